"""Measures of probabilities: expected calibration error, Brier score and the reliability table."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .checked_inputs import checked_classes, checked_scores, some_rows
from .score_curves import Floats, score_order


def calibration_metrics(labels: ArrayLike, probabilities: ArrayLike, bins: int = 15) -> dict[str, Any]:
    """Measure how far probabilities can be taken at their word.

    The calibration error here is of the probability of class 1 (of 100 texts scored 0.7, 70 are hateful), as a
    threshold on that probability needs it, and not of the confidence in whichever class won. It grows as bins get
    fewer rows, also for a perfect classifier: compare only at like numbers of rows and bins.

    Args:
        labels: True classes, `(n,)`, 0 or 1.
        probabilities: Of class 1, `(n,)`, each in 0 ... 1.
        bins: Number of bins, at least 1.

    Returns:
        `ece`, the mean over equal-width bins of |mean probability - share of positives|, weighted by rows (Naeini et
        al. 2015; Guo et al. 2017); `adaptive_ece`, the same over bins of equally many rows (Nixon et al. 2019), where
        rows of equal probability share their positives evenly, so that the order of rows does not matter; `brier`,
        the mean squared difference of probability and label; and `reliability`, one entry an equal-width bin from
        `low` to `high` (the upper end belongs to the next bin, 1 to the last) with `count`, `mean_probability` and
        `positive_rate`, None where the bin is empty.

    Raises:
        ValueError: No rows, lengths that differ, labels other than 0 and 1, probabilities outside 0 ... 1, or no
            bins.
    """
    if bins < 1:
        raise ValueError(f"bins is {bins}; at least 1 is needed, such as 15")
    true = checked_classes("labels", labels)
    some_rows(len(true))
    chance = checked_scores("probabilities", probabilities, len(true), 0.0, 1.0)
    where = probability_bins(chance, bins)
    counts = np.bincount(where, minlength=bins)
    chances = np.bincount(where, chance, minlength=bins)
    positives = np.bincount(where, true, minlength=bins)
    return {
        "ece": float(np.abs(chances - positives).sum() / len(true)),
        "adaptive_ece": _adaptive_ece(true.astype(np.float64), chance, bins),
        "brier": float(np.mean((chance - true) ** 2)),
        "reliability": [
            {
                "low": k / bins,
                "high": (k + 1) / bins,
                "count": int(counts[k]),
                "mean_probability": float(chances[k] / counts[k]) if counts[k] else None,
                "positive_rate": float(positives[k] / counts[k]) if counts[k] else None,
            }
            for k in range(bins)
        ],
    }


def probability_bins(probabilities: Floats, bins: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the equal-width bin of each probability.

    The edges are looked up rather than multiplied out: `0.29 * 100` is below 29.
    """
    edges = np.arange(bins + 1) / bins
    return np.asarray(np.minimum(np.searchsorted(edges, probabilities, side="right") - 1, bins - 1), dtype=np.int64)


def _adaptive_ece(true: Floats, chance: Floats, bins: int) -> float:
    order = score_order(chance)
    sizes = np.diff(order.ends, prepend=-1)
    positives = np.diff(np.cumsum(true[order.rows])[order.ends], prepend=0.0)
    gaps = chance[order.rows] - np.repeat(positives / sizes, sizes)
    return float(sum(abs(part.sum()) for part in np.array_split(gaps, bins)) / len(true))
