"""Measures of scores under many weightings of the rows at once: what a bootstrap needs, after one sort."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .calibration import probability_bins
from .score_curves import Floats, auroc, average_precision, recall_at_rate, score_order

_RECALL = re.compile(r"recall_at_fpr_(0(?:\.\d+)?|1(?:\.0+)?)")
_BINS = 15
CALIBRATION = ("ece", "brier")


def is_score_measure(name: str) -> bool:
    """Tell a measure of scores: auroc, average_precision, ece, brier, or recall_at_fpr_ and a rate."""
    return name in ("auroc", "average_precision", *CALIBRATION) or _RECALL.fullmatch(name) is not None


class WeightedScores:
    """Rows with scores of class 1, sorted once.

    Args:
        labels: `(n,)`, 0 or 1.
        scores: `(n,)`, finite; probabilities where calibration is asked for.
        units: `(n,)`, which unit (a cluster, or the row itself) each row belongs to.
    """

    def __init__(self, labels: NDArray[np.int64], scores: Floats, units: NDArray[np.int64]) -> None:
        self._order = score_order(scores)
        self._labels = labels[self._order.rows].astype(np.float64)
        self._scores = scores[self._order.rows]
        self._units = units[self._order.rows]

    def measure(self, weights: Floats, names: Sequence[str]) -> dict[str, Floats]:
        """Measure under weights.

        Args:
            weights: `(draws, units)`, how often each unit counts.
            names: Measures of scores.

        Returns:
            `(draws,)` for each measure, NaN where undefined.
        """
        rows = weights[:, self._units]
        found: dict[str, Floats] = {}
        curves = [name for name in names if name not in CALIBRATION]
        if curves:
            positives, negatives = self._counts(rows)
            found = {name: _of_curve(name, positives, negatives) for name in curves}
        return found | {name: self._calibration(name, rows) for name in names if name in CALIBRATION}

    def _counts(self, rows: Floats) -> tuple[Floats, Floats]:
        positives = np.cumsum(rows * self._labels, axis=1)[:, self._order.ends]
        return positives, np.cumsum(rows, axis=1)[:, self._order.ends] - positives

    def _calibration(self, name: str, rows: Floats) -> Floats:
        gaps = self._scores - self._labels
        if name == "brier":
            return np.asarray(rows @ gaps**2 / rows.sum(axis=1))
        # Bins are runs of the sorted scores.
        bins = probability_bins(self._scores, _BINS)
        starts = np.append(0, np.flatnonzero(np.diff(bins)) + 1)
        sums = np.add.reduceat(rows * gaps, starts, axis=1)
        return np.asarray(np.abs(sums).sum(axis=1) / rows.sum(axis=1))


def _of_curve(name: str, positives: Floats, negatives: Floats) -> Floats:
    if name == "auroc":
        return auroc(positives, negatives)
    if name == "average_precision":
        return average_precision(positives, negatives)
    return recall_at_rate(positives, negatives, float(name.removeprefix("recall_at_fpr_")))
