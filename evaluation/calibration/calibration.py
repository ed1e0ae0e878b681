"""A calibration: what is stored in a checkpoint, and how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from decloak.modeling.calibration_mmbert import ScoreCalibration


@dataclass(frozen=True)
class Calibration:
    """What makes a classifier's scores probabilities, and where its thresholds lie.

    Attributes:
        temperature: Divides the logits.
        isotonic: Knots of the map of the positive score, or None.
        thresholds: By language (`"*"` for all), then by false-positive rate; None if there are none.
        positive_labels: The labels of the classifier that it means.
        record: How it was made and what it was measured to do; see `measured`.
    """

    temperature: float
    isotonic: dict[str, list[float]] | None
    thresholds: dict[str, dict[str, float]] | None
    positive_labels: list[str]
    record: dict[str, Any] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """Return it as plain values for JSON, by the names of the fields of `MMBertConfig`."""
        return {
            "temperature": self.temperature,
            "isotonic": self.isotonic,
            "thresholds": self.thresholds,
            "positive_labels": self.positive_labels,
            "calibration_record": self.record,
        }

    def of_scores(self, labels: Sequence[str]) -> ScoreCalibration:
        """Return what applies it to the scores of a classifier with these labels, by id."""
        return ScoreCalibration(labels, self.temperature, self.isotonic, self.thresholds, self.positive_labels)


__all__ = ["Calibration"]
