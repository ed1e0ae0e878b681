"""What a calibration does, measured on rows that it was not fitted on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from decloak.modeling.calibration_mmbert import ALL_LANGUAGES, LANGUAGES

from .fitting import CrossFit
from .thresholds import exact_interval, of_language

Floats = NDArray[np.float64]


def log_losses(labels: NDArray[np.int64], scores: Floats) -> Floats:
    """Return the negative log-likelihood `(n,)` in nats of labels `(n,)` under positive scores `(n,)`.

    Scores count as at least 1e-12 away from 0 and 1, so that one sure error does not make it infinite.
    """
    likely = np.where(labels == 1, scores, 1 - scores)
    return np.asarray(-np.log(likely.clip(1e-12, 1)))


def simplest_of_the_best(losses: dict[str, Floats]) -> str:
    """Choose the first whose mean loss is no more than one standard error above the least.

    The error is that of the paired difference: the rule of Breiman et al. (1984, section 3.4.3).

    Args:
        losses: By name, the simplest first, the loss of each row, `(n,)`.
    """
    best = min(losses.values(), key=lambda held: float(held.mean()))
    errors = {name: (held - best).std() / np.sqrt(len(held)) for name, held in losses.items()}
    return next(name for name, held in losses.items() if held.mean() <= best.mean() + errors[name])


def measured(before: CrossFit, after: CrossFit, thresholds: dict[str, dict[str, float]]) -> dict[str, dict[str, Any]]:
    """Measure a method by cross-fitting.

    Args:
        before: The classifier's own scores.
        after: The method, on the same rows.
        thresholds: Those of all rows; which languages and rates are measured, and what is shown beside the measures.

    Returns:
        By language, `"*"` being all: `n`, `positives`, `negatives`; `ece` and `brier`, each `before` (no
        calibration) and `after`; and `thresholds`, by rate the `threshold`, `recall` and `fpr` with their 95 %
        intervals (Clopper-Pearson). `recall` is None without positives.
    """
    rows = before.rows
    report = {}
    for language in (*LANGUAGES, ALL_LANGUAGES):
        spoken = of_language(rows.languages, language)
        if not spoken.any():
            continue
        labels = rows.labels[spoken]
        report[language] = {
            "n": len(labels),
            "positives": int(labels.sum()),
            "negatives": int((labels == 0).sum()),
            **_errors(labels, before.held_out[spoken], after.held_out[spoken]),
            "thresholds": {
                rate: {"threshold": threshold} | operating_point(labels, after.answers(language, float(rate)))
                for rate, threshold in thresholds.get(language, {}).items()
            },
        }
    return report


def operating_point(labels: NDArray[np.int64], called: NDArray[np.bool_]) -> dict[str, Any]:
    """Return recall and false-positive rate of answers `(n,)` to labels `(n,)`, with 95 % intervals."""
    point: dict[str, Any] = {}
    for name, true in (("recall", 1), ("fpr", 0)):
        hits, of = int(called[labels == true].sum()), int((labels == true).sum())
        point |= {
            name: hits / of if of else None,
            f"{name}_interval": list(exact_interval(hits, of)) if of else None,
        }
    return point


def _errors(labels: NDArray[np.int64], before: Floats, after: Floats) -> dict[str, dict[str, float]]:
    from decloak.evaluation.metrics import calibration_metrics

    pairs = [(when, calibration_metrics(labels, scores)) for when, scores in (("before", before), ("after", after))]
    return {name: {when: measures[name] for when, measures in pairs} for name in ("ece", "brier")}


__all__ = ["log_losses", "measured", "operating_point", "simplest_of_the_best"]
