"""How sure a measure is: bootstrap intervals."""

from collections.abc import Sequence

import numpy as np

from decloak.evaluation.metrics.hate_classification.confusion_measures import macro_f1


def macro_f1_interval(
    confusion: Sequence[Sequence[int]], level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval of macro-F1.

    Rows of a test set matter to macro-F1 only through the confusion matrix, so that drawing rows with replacement
    is drawing its cells from a multinomial distribution.

    Args:
        confusion: rows true, columns predicted classes.
        level: share of the resamples that lies inside.
        resamples: how many are drawn.
        seed: of the draws.

    Returns:
        The lower and the upper end; None for an empty matrix.

    Raises:
        ValueError: The matrix is not square, or `level` is not between 0 and 1.
    """
    counts = np.asarray(confusion, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"a confusion matrix is square; this has the shape {counts.shape}")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it lies between 0 and 1, such as 0.95")
    n = int(counts.sum())
    if n == 0:
        return None
    drawn = np.random.default_rng(seed).multinomial(n, counts.ravel() / n, size=resamples)
    macro = macro_f1(drawn.reshape(resamples, *counts.shape).astype(np.float64))
    low, high = np.quantile(macro, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
