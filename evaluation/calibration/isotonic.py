"""Isotonic calibration: a monotone map from scores to probabilities (Zadrozny & Elkan 2002), as a few knots."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST_KNOTS = 200
# How much of the score itself is mixed in: isotonic regression has steps, on which the ranking would be lost.
RANKING = 1e-3


def fit_isotonic(labels: NDArray[np.int64], scores: Floats, most_knots: int = MOST_KNOTS) -> dict[str, list[float]]:
    """Fit the monotone map with the least squared error, that of scikit-learn's `IsotonicRegression`.

    Three things differ, none by more than about `RANKING`, or where knots were thinned out by what lies between them:
    probabilities stay within 1/(n + 2) of 0 and 1, since n rows never show that anything is impossible; the map spans
    0 to 1; and it rises everywhere, so that AUROC is kept.

    Args:
        labels: `(n,)`, 1 for a positive text, else 0.
        scores: `(n,)`, from 0 to 1.
        most_knots: Knots to keep, at least 2.

    Returns:
        `scores`, strictly rising from 0 to 1, and `probabilities`, rising within 0 ... 1.
    """
    from sklearn.isotonic import IsotonicRegression

    least = 1 / (len(labels) + 2)
    fitted = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(scores, labels)
    heights = np.asarray(fitted.y_thresholds_, dtype=np.float64)
    # The ends of `clip`, as knots.
    knots = np.concatenate([[0.0], fitted.X_thresholds_, [1.0]])
    heights = np.concatenate([heights[:1], heights, heights[-1:]])
    kept = np.flatnonzero(np.diff(knots, prepend=-1.0) > 0)
    kept = kept[thinned(heights[kept], most_knots)]
    mixed = (1 - RANKING) * heights[kept] + RANKING * knots[kept]
    return {"scores": knots[kept].tolist(), "probabilities": np.maximum.accumulate(mixed).tolist()}


def thinned(heights: Floats, most: int) -> NDArray[np.int64]:
    """Choose at most so many of rising knots, the first and the last among them, evenly by height and number.

    Args:
        heights: `(n,)`, never falling.
        most: Knots to keep, at least 2.

    Returns:
        Their indices, rising.
    """
    n = len(heights)
    if n <= most:
        return np.arange(n)
    rise = (heights - heights[0]) / max(heights[-1] - heights[0], 1e-300)
    way = rise + np.arange(n) / (n - 1)
    return np.unique(np.searchsorted(way, np.linspace(0, way[-1], most)).clip(0, n - 1))


def apply_isotonic(isotonic: dict[str, list[float]] | None, scores: Floats) -> Floats:
    """Map scores of any shape; None leaves them as they are."""
    if isotonic is None:
        return scores
    return np.asarray(np.interp(scores, isotonic["scores"], isotonic["probabilities"]))


__all__ = ["MOST_KNOTS", "RANKING", "apply_isotonic", "fit_isotonic", "thinned"]
