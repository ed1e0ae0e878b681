"""The metric `hate_classification` of the `evaluate` library."""

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate

# evaluate copies the files that this one names in lines like these, and no others: files that only those import stand
# here too. A comment behind such a line would be taken for the address of a file.
from .bootstrap import MEASURES, bootstrap_intervals
from .calibration import calibration_metrics
from .checked_inputs import checked_classes
from .classification import class_scores, classification_metrics
from .comparison import mcnemar, paired_bootstrap
from .confusion_measures import CONFUSION_MEASURES
from .ranking import ranking_metrics, roc_curve_points
from .resampling import units_of
from .score_curves import score_order
from .weighted_scores import WeightedScores

__all__ = [
    "CONFUSION_MEASURES",
    "MEASURES",
    "HateClassification",
    "WeightedScores",
    "bootstrap_intervals",
    "calibration_metrics",
    "checked_classes",
    "class_scores",
    "classification_metrics",
    "mcnemar",
    "paired_bootstrap",
    "ranking_metrics",
    "roc_curve_points",
    "score_order",
    "units_of",
]

_DESCRIPTION = """
Macro-F1, Matthews correlation, accuracy, AUROC, average precision, recall at fixed false positive rates, calibration
error and Brier score of a hate-speech classifier, each with a bootstrap interval on demand.
"""
_INPUTS = """
Args:
    predictions: predicted classes, whole numbers from 0.
    references: true classes.
    scores: scores of class 1, or one column a class. As an argument of `compute`; to give them to `add` and
        `add_batch`, load the metric with the configuration "scores" (one number a row).
    num_labels: number of classes, 2 by default.
    false_positive_rates: rates at which recall is measured, 0.01 and 0.05 by default.
    bins: bins of the calibration errors, 15 by default.
    intervals: also return bootstrap intervals.
    clusters: what is drawn together for the intervals; rows by default.
    resamples, level, seed: of the bootstrap; 1000, 0.95 and 0 by default.

Returns:
    macro_f1, mcc, accuracy, auroc, confusion, n; with scores and two classes average_precision and recall_at_fpr,
    and where the scores are probabilities ece, adaptive_ece, brier and reliability; with intervals=True intervals.
    A measure that is undefined is None.
"""
_CONFIGURATIONS: dict[str, dict[str, datasets.Value]] = {
    "default": {},
    "scores": {"scores": datasets.Value("float64")},
}


class HateClassification(evaluate.Metric):
    """Measures of classes, ranking and calibration; see `inputs_description`."""

    def _info(self) -> evaluate.MetricInfo:
        if self.config_name not in _CONFIGURATIONS:
            raise ValueError(f"the configuration is {self.config_name!r}; use one of {', '.join(_CONFIGURATIONS)}")
        classes = {name: datasets.Value("int64") for name in ("predictions", "references")}
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features(classes | _CONFIGURATIONS[self.config_name]),
            license="Apache-2.0",
        )

    def _compute(
        self,
        predictions: Sequence[int],
        references: Sequence[int],
        scores: Any = None,
        num_labels: int = 2,
        false_positive_rates: Sequence[float] = (0.01, 0.05),
        bins: int = 15,
        intervals: bool = False,
        clusters: Sequence[Any] | None = None,
        measures: Sequence[str] = MEASURES,
        resamples: int = 1000,
        level: float = 0.95,
        seed: int = 0,
    ) -> dict[str, Any]:
        found = classification_metrics(references, predictions, scores, num_labels)
        if scores is not None and num_labels == 2:
            ranks = class_scores(scores, len(references), 2)[:, 1]
            found |= ranking_metrics(references, ranks, false_positive_rates)
            if ranks.min() >= 0 and ranks.max() <= 1:
                found |= calibration_metrics(references, ranks, bins)
        if intervals:
            found["intervals"] = bootstrap_intervals(
                references, predictions, scores, clusters, measures, resamples, level, seed, num_labels
            )
        return found
