"""Apply the calibration that a model's configuration holds to its answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from decloak.evaluation.classifier_loading import is_multimodal
from decloak.modeling.calibration_mmbert import ScoreCalibration, language_of

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, TextClassificationPipeline

# Where the configuration of a model that is not decloak's keeps its calibration: transformers keeps unknown keys.
STORED_AS = "decloak_calibration"
FIELDS = ("temperature", "isotonic", "thresholds", "positive_labels", "calibration_record")
NO_CALIBRATION: dict[str, Any] = dict.fromkeys(FIELDS) | {"temperature": 1.0}
# Scores come as float32: what it rounds to 0 was no more than this.
_LEAST = float(np.finfo(np.float32).smallest_subnormal)


def stored_calibration(config: "PreTrainedConfig") -> ScoreCalibration | None:
    """Read the calibration of a model that is not decloak's; a decloak model's pipeline applies its own.

    Returns:
        None if there is none, or the model is decloak's.

    Raises:
        ValueError: What is stored is no calibration, or one of other labels.
    """
    stored = getattr(config, STORED_AS, None)
    if stored is None or is_multimodal(config):
        return None
    if not isinstance(stored, dict) or not set(stored) <= set(FIELDS):
        given = sorted(map(str, stored)) if isinstance(stored, dict) else type(stored).__name__
        raise ValueError(f"{STORED_AS} in config.json holds {given}; allowed are the keys {', '.join(FIELDS)}")
    names: Any = config.id2label
    labels = [str(names[index]) for index in sorted(names)]
    settings = NO_CALIBRATION | stored
    calibration = ScoreCalibration(labels, **{name: settings[name] for name in FIELDS[:-1]})
    try:
        calibration.check()
    except ValueError as error:
        raise ValueError(f"{STORED_AS} in config.json is no calibration of this model: {error}") from error
    return calibration


def check_rate(config: "PreTrainedConfig", false_positive_rate: float | None) -> ScoreCalibration | None:
    """Return the stored calibration, and refuse a rate that the model has no threshold for.

    Raises:
        ValueError: See `stored_calibration` and `ScoreCalibration.check_rate`.
    """
    calibration = stored_calibration(config)
    if false_positive_rate is not None and not is_multimodal(config):
        (calibration or ScoreCalibration(())).check_rate(false_positive_rate)
    return calibration


def apply_calibration(
    answer: dict[str, Any], text: str, calibration: ScoreCalibration | None, false_positive_rate: float | None = None
) -> dict[str, Any]:
    """Calibrate an answer.

    Args:
        answer: One of `answers`, with uncalibrated `scores` that add up to 1.
        text: What was answered; its language chooses the threshold.
        calibration: Of the classifier, or None: the answer is returned as it is, and so is an error.
        false_positive_rate: Label by the threshold at this rate; None labels by the highest score.

    Returns:
        The answer with calibrated `label`, `score` and `scores`, and `calibrated`, `language` and `threshold` beside
        them. Where the language has no threshold, `label` None and `error`.
    """
    if calibration is None or answer["label"] is None or not all(map(isfinite, answer["scores"].values())):
        return answer
    language = language_of(text)
    try:
        threshold = None if false_positive_rate is None else calibration.threshold(language, false_positive_rate)
    except ValueError as error:
        return {"label": None, "score": None, "error": str(error)}
    names = list(answer["scores"])
    scores = calibration.calibrated(with_temperature(list(answer["scores"].values()), calibration.temperature))
    best = calibration.ranked(scores, threshold)[0]
    return answer | {
        "label": names[best],
        "score": float(scores[best]),
        "scores": dict(zip(names, scores.tolist(), strict=True)),
        "calibrated": calibration.is_set,
        "language": language,
        "threshold": threshold,
    }


def with_temperature(scores: list[float], temperature: float) -> np.ndarray:
    """Return what softmax would have given for the logits divided by a temperature, from its scores `(labels,)`."""
    logits = log_scores(scores) / temperature
    raised = np.exp(logits - logits.max())
    return raised / raised.sum()


def log_scores(scores: list[float]) -> np.ndarray:
    """Return the logarithms `(labels,)` of softmax scores: logits but for a number that all share."""
    return np.log(np.maximum(np.asarray(scores, dtype=np.float64), _LEAST))


@contextmanager
def uncalibrated(classifier: "TextClassificationPipeline") -> Iterator[None]:
    """Let a classifier answer with its own scores for a while, whatever calibration it has."""
    config: Any = classifier.model.config
    changed = NO_CALIBRATION if is_multimodal(config) else {STORED_AS: None}
    kept = {name: getattr(config, name) for name in changed if hasattr(config, name)}
    try:
        for name, value in changed.items():
            setattr(config, name, value)
        yield
    finally:
        for name in changed:
            if name in kept:
                setattr(config, name, kept[name])
            else:
                delattr(config, name)


__all__ = [
    "FIELDS",
    "STORED_AS",
    "apply_calibration",
    "check_rate",
    "log_scores",
    "stored_calibration",
    "uncalibrated",
    "with_temperature",
]
