"""What ranking by a score gives: counts above each threshold, and the measures that follow from them.

Every function takes counts in its last axis, so that the curve of a data set `(thresholds,)` and those of its
resamples `(resamples, thresholds)` go through the same code. Undefined values are NaN.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class ScoreOrder(NamedTuple):
    """Rows from the highest to the lowest score, and where a run of equal scores ends.

    Attributes:
        rows: `(n,)` indices of rows.
        ends: `(thresholds,)` positions in `rows` of the last row of each run.
        thresholds: `(thresholds,)` the scores of the runs, falling.
    """

    rows: NDArray[np.int64]
    ends: NDArray[np.int64]
    thresholds: Floats


def score_order(scores: Floats) -> ScoreOrder:
    """Sort rows by falling score; rows of equal scores are one threshold."""
    rows = np.argsort(-scores, kind="stable")
    ordered = scores[rows]
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    return ScoreOrder(rows, ends, ordered[ends])


def counts_above(labels: NDArray[np.int64], order: ScoreOrder) -> tuple[Floats, Floats]:
    """Count the positives and the negatives at or above each threshold.

    Args:
        labels: `(n,)`, 0 or 1.
        order: Of their scores.

    Returns:
        True and false positives, each `(thresholds,)`.
    """
    positives = np.cumsum(labels[order.rows])[order.ends].astype(np.float64)
    return positives, order.ends + 1.0 - positives


def auroc(positives: Floats, negatives: Floats) -> Floats:
    """Return the area under the ROC curve: the share of pairs that are ranked right, ties counting half.

    Args:
        positives: Positives at or above each threshold, `(..., thresholds)`; the last is all of them.
        negatives: Negatives likewise.

    Returns:
        `(...)`; NaN where a class is missing.
    """
    steps = np.diff(negatives, axis=-1, prepend=0.0)
    heights = positives - np.diff(positives, axis=-1, prepend=0.0) / 2
    return _divide((steps * heights).sum(axis=-1), positives[..., -1] * negatives[..., -1])


def average_precision(positives: Floats, negatives: Floats) -> Floats:
    """Return the mean of the precision at each threshold, weighted by the rise of recall (as scikit-learn's).

    Args:
        positives: Positives at or above each threshold, `(..., thresholds)`.
        negatives: Negatives likewise.

    Returns:
        `(...)`; NaN where a class is missing: of positives alone it would be 1 whatever the scores.
    """
    taken = positives + negatives
    precision = np.divide(positives, taken, out=np.zeros_like(taken), where=taken > 0)
    total = (np.diff(positives, axis=-1, prepend=0.0) * precision).sum(axis=-1)
    return np.where(negatives[..., -1] > 0, _divide(total, positives[..., -1]), np.nan)


def thresholds_within(negatives: Floats, rate: float) -> NDArray[np.int64]:
    """Count the thresholds whose false positive rate is at most `rate`; they are the highest ones.

    The division, unlike a product with the rate, compares 29 of 100 with 0.29 as equal.

    Args:
        negatives: Negatives at or above each threshold, `(..., thresholds)`.
        rate: Highest false positive rate.

    Returns:
        `(...)`; 0 where even the highest score lets too many through, or where there are no negatives.
    """
    rates = _divide(negatives, negatives[..., -1:])
    return np.asarray((rates <= rate).sum(axis=-1), dtype=np.int64)


def recall_at_rate(positives: Floats, negatives: Floats, rate: float) -> Floats:
    """Return the recall at the lowest threshold whose false positive rate is at most `rate`.

    Args:
        positives: Positives at or above each threshold, `(..., thresholds)`.
        negatives: Negatives likewise.
        rate: Highest false positive rate.

    Returns:
        `(...)`; NaN where a class is missing.
    """
    index = thresholds_within(negatives, rate)
    found = np.take_along_axis(positives, np.maximum(index - 1, 0)[..., None], axis=-1)[..., 0]
    recall = _divide(np.where(index > 0, found, 0.0), positives[..., -1])
    return np.where(negatives[..., -1] > 0, recall, np.nan)


def _divide(part: Floats, whole: Floats) -> Floats:
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
