"""Measures of a ranking: AUROC, average precision, recall at a false positive rate, and the ROC curve."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checked_inputs import checked_classes, checked_scores, some_rows
from .score_curves import (
    Floats,
    ScoreOrder,
    auroc,
    average_precision,
    counts_above,
    recall_at_rate,
    score_order,
    thresholds_within,
)

# Rates at which moderation is usually judged: a thinned curve is exact at these.
_EXACT_RATES = (0.001, 0.01, 0.05, 0.1)
_FEWEST_POINTS = 20


def ranking_metrics(
    labels: ArrayLike, scores: ArrayLike, false_positive_rates: Sequence[float] = (0.01, 0.05)
) -> dict[str, Any]:
    """Measure how well scores tell the two classes apart.

    Args:
        labels: True classes, `(n,)`, 0 or 1.
        scores: Of class 1, `(n,)`, on any scale; higher means class 1.
        false_positive_rates: Shares of the negatives, each in 0 ... 1, that may be taken for positive.

    Returns:
        `auroc` and `average_precision` (None when a class is missing) and `recall_at_fpr`: for each rate, by its
        shortest decimal ("0.01"), `recall`, `threshold`, `fpr`, `negatives` and `enough_negatives`.
        The threshold is the lowest of the scores whose false positive rate is at most the target when a row counts
        as positive from the threshold on (`score >= threshold`); rows of equal scores stand or fall together. Where
        even the highest score lets too many through it is the next number above it, and the recall is 0.
        `enough_negatives` is False where `negatives * rate < 1`: then not one negative may pass, the threshold lies
        above them all, and the rate that it would have on other data is unknown. None where undefined: `threshold`
        and `fpr` without negatives, `recall` also without positives.

    Raises:
        ValueError: No rows, lengths that differ, labels other than 0 and 1, scores that are not finite, or a rate
            outside 0 ... 1.
    """
    true, values = _checked(labels, scores)
    for rate in false_positive_rates:
        if not 0 <= rate <= 1:
            raise ValueError(f"a false positive rate is {rate}; it lies between 0 and 1, such as 0.01")
    order = score_order(values)
    positives, negatives = counts_above(true, order)
    return {
        "auroc": _value(auroc(positives, negatives)),
        "average_precision": _value(average_precision(positives, negatives)),
        "recall_at_fpr": {
            f"{rate:g}": _operating_point(positives, negatives, order, rate) for rate in false_positive_rates
        },
    }


def roc_curve_points(labels: ArrayLike, scores: ArrayLike, points: int = 200) -> dict[str, list[float]]:
    """Return the ROC curve, thinned for drawing.

    Half of the points are spread evenly over the logarithm of the false positive rate, where a DET plot looks, the
    others over recall. At 0.1, 1, 5 and 10 % false positives the curve keeps its exact steps.

    Args:
        labels: True classes, `(n,)`, 0 or 1.
        scores: Of class 1, `(n,)`.
        points: Most points, at least 20.

    Returns:
        `fpr` and `tpr`, rising from 0 to 1, and the falling `threshold` of each; the first threshold lies above all
        scores. The lists are empty when a class is missing, for then there is no curve.

    Raises:
        ValueError: As `ranking_metrics`, or `points` is too low.
    """
    if points < _FEWEST_POINTS:
        raise ValueError(f"points is {points}; a curve needs at least {_FEWEST_POINTS}")
    true, values = _checked(labels, scores)
    order = score_order(values)
    positives, negatives = counts_above(true, order)
    if not positives[-1] or not negatives[-1]:
        return {"fpr": [], "tpr": [], "threshold": []}
    fpr = np.append(0.0, negatives / negatives[-1])
    tpr = np.append(0.0, positives / positives[-1])
    threshold = np.append(_above(order), order.thresholds)
    kept = _corners(fpr, tpr)
    if len(kept) > points:
        kept = kept[_thinned(fpr[kept], tpr[kept], points, 1 / negatives[-1])]
    return {"fpr": fpr[kept].tolist(), "tpr": tpr[kept].tolist(), "threshold": threshold[kept].tolist()}


def _checked(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.int64], Floats]:
    true = checked_classes("labels", labels)
    some_rows(len(true))
    return true, checked_scores("scores", scores, len(true))


def _operating_point(positives: Floats, negatives: Floats, order: ScoreOrder, rate: float) -> dict[str, Any]:
    count = int(negatives[-1])
    if count == 0:
        return {"recall": None, "threshold": None, "fpr": None, "negatives": 0, "enough_negatives": False}
    index = int(thresholds_within(negatives, rate)) - 1
    return {
        "recall": _value(recall_at_rate(positives, negatives, rate)),
        "threshold": float(order.thresholds[index]) if index >= 0 else _above(order),
        "fpr": float(negatives[index]) / count if index >= 0 else 0.0,
        "negatives": count,
        "enough_negatives": 1 / count <= rate,
    }


def _above(order: ScoreOrder) -> float:
    """Return the next number above all scores; an infinite one could not be written as JSON."""
    highest = order.thresholds[0]
    return float(min(np.nextafter(highest, np.inf), np.finfo(np.float64).max))


def _value(number: Floats) -> float | None:
    return None if np.isnan(number) else float(number)


def _corners(fpr: Floats, tpr: Floats) -> NDArray[np.int64]:
    """Find the points where the curve turns; those between lie on a line that is horizontal or vertical."""
    flat = ((fpr[2:] == fpr[1:-1]) & (fpr[1:-1] == fpr[:-2])) | ((tpr[2:] == tpr[1:-1]) & (tpr[1:-1] == tpr[:-2]))
    return np.concatenate([[0], np.flatnonzero(~flat) + 1, [len(fpr) - 1]])


def _thinned(fpr: Floats, tpr: Floats, points: int, lowest: float) -> NDArray[np.int64]:
    """Choose at most `points` of the points of a curve, its ends among them."""
    last = len(fpr) - 1
    exact = np.searchsorted(fpr, _EXACT_RATES, side="right") - 1
    always = np.unique(np.concatenate([[0, last], exact, np.minimum(exact + 1, last)]))
    spread = points - len(always)
    by_rate = np.searchsorted(fpr, np.geomspace(lowest, 1, spread // 2), side="right") - 1
    by_recall = np.searchsorted(tpr, np.linspace(0, 1, spread - spread // 2))
    return np.unique(np.concatenate([always, by_rate, np.minimum(by_recall, last)]))
