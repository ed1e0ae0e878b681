"""Macro-F1, Matthews correlation and accuracy of many confusion matrices at once; NaN where undefined."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def macro_f1(confusion: Floats) -> Floats:
    """Return the mean F1 of the classes that a matrix holds or predicts, as scikit-learn does.

    Args:
        confusion: `(..., classes, classes)`, rows true, columns predicted.

    Returns:
        `(...)`; NaN for an empty matrix.
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    sizes = confusion.sum(axis=-2) + confusion.sum(axis=-1)
    present = sizes > 0
    scores = np.divide(2 * hits, sizes, out=np.zeros(sizes.shape), where=present)
    return _divide(scores.sum(axis=-1), present.sum(axis=-1))


def mcc(confusion: Floats) -> Floats:
    """Return the Matthews correlation (for more than two classes that of Gorodkin 2004).

    Args:
        confusion: `(..., classes, classes)`, rows true, columns predicted.

    Returns:
        `(...)`; NaN when the true classes are one only, else 0 for constant predictions, by convention.
    """
    true, predicted = confusion.sum(axis=-1), confusion.sum(axis=-2)
    n = true.sum(axis=-1)
    hits = np.trace(confusion, axis1=-2, axis2=-1)
    spread = n**2 - (true**2).sum(axis=-1)
    spread_predicted = n**2 - (predicted**2).sum(axis=-1)
    covariance = hits * n - (true * predicted).sum(axis=-1)
    # Roots before the product: counts to the fourth power leave the whole numbers that floats hold exactly.
    scale = np.sqrt(spread) * np.sqrt(spread_predicted)
    found = np.divide(covariance, scale, out=np.zeros(covariance.shape), where=scale > 0)
    return np.where(spread > 0, found, np.nan)


def accuracy(confusion: Floats) -> Floats:
    """Return the share of rows on the diagonal.

    Args:
        confusion: `(..., classes, classes)`, rows true, columns predicted.

    Returns:
        `(...)`; NaN for an empty matrix.
    """
    return _divide(np.trace(confusion, axis1=-2, axis2=-1), confusion.sum(axis=(-2, -1)))


def _divide(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Floats:
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 0)


CONFUSION_MEASURES: dict[str, Callable[[Floats], Floats]] = {"macro_f1": macro_f1, "mcc": mcc, "accuracy": accuracy}
