"""Fit the map from logits to probabilities, on all rows or on those of other folds."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .isotonic import apply_isotonic, fit_isotonic
from .temperature import fit_temperature, positive_log_odds
from .thresholds import of_language, threshold_at

Floats = NDArray[np.float64]
# From the simplest on.
FITS = ("temperature", "isotonic", "both")
FOLDS = 5


@dataclass(frozen=True)
class CalibrationRows:
    """What a calibration is fitted on.

    Attributes:
        labels: `(n,)`, 1 for a positive text, else 0.
        logits: `(n, labels of the classifier)`.
        positive: `(labels of the classifier,)`, which are positive.
        languages: `(n,)`, the language of each text.
        folds: `(n,)`, the fold that each row is held out in.
    """

    labels: NDArray[np.int64]
    logits: Floats
    positive: NDArray[np.bool_]
    languages: NDArray[np.str_]
    folds: NDArray[np.int64]


@dataclass(frozen=True)
class ScoreMap:
    """A fitted map: a temperature, then knots or None."""

    temperature: float
    isotonic: dict[str, list[float]] | None

    def scores(self, logits: Floats, positive: NDArray[np.bool_]) -> Floats:
        """Return the calibrated positive scores `(n,)` of logits `(n, labels)`."""
        from scipy.special import expit

        return apply_isotonic(self.isotonic, np.asarray(expit(positive_log_odds(logits, positive, self.temperature))))


def fit_map(labels: NDArray[np.int64], logits: Floats, positive: NDArray[np.bool_], method: str) -> ScoreMap:
    """Fit one method, or none (`"none"`): the arguments are those of `CalibrationRows`."""
    temperature = fit_temperature(labels, logits, positive) if method in ("temperature", "both") else 1.0
    scaled = ScoreMap(temperature, None)
    if method in ("isotonic", "both"):
        return ScoreMap(temperature, fit_isotonic(labels, scaled.scores(logits, positive)))
    return scaled


def choose_folds(labels: NDArray[np.int64], groups: Sequence[Hashable] | None, seed: int) -> NDArray[np.int64]:
    """Deal rows into `FOLDS` folds of like shares of positives, rows of one group into the same.

    Args:
        labels: `(n,)`, 0 or 1.
        groups: `(n,)` names of what belongs together, such as copies of a text; None if nothing does.
        seed: Of the deal.

    Raises:
        ValueError: There are fewer than `FOLDS` groups.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    rows = np.zeros(len(labels))
    folds = np.zeros(len(labels), dtype=np.int64)
    if groups is None:
        splits = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(rows, labels)
    else:
        codes = {name: code for code, name in enumerate(dict.fromkeys(groups))}
        if len(codes) < FOLDS:
            raise ValueError(f"the rows are {len(codes)} texts and copies of them; at least {FOLDS} are needed")
        names = np.array([codes[name] for name in groups])
        splits = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(rows, labels, names)
    for fold, (_, held_out) in enumerate(splits):
        folds[held_out] = fold
    return folds


@dataclass(frozen=True)
class CrossFit:
    """A method fitted once for each fold, on the rows of the others.

    Attributes:
        rows: The rows.
        scores: `(folds, n)`, the positive score of every row by the map of each fold.
    """

    rows: CalibrationRows
    scores: Floats

    @property
    def held_out(self) -> Floats:
        """The score of each row by the map that was not fitted on it: `(n,)`."""
        return self.scores[self.rows.folds, np.arange(len(self.rows.labels))]

    def answers(self, language: str, rate: float) -> NDArray[np.bool_]:
        """Tell which rows of a language are positive by map and threshold of the other folds.

        Returns:
            `(rows of the language,)`, in order; `"*"` is all languages with their common threshold.
        """
        spoken = of_language(self.rows.languages, language)
        positive = np.zeros(len(spoken), dtype=bool)
        for fold, scores in enumerate(self.scores):
            out = self.rows.folds == fold
            negatives = scores[~out & spoken & (self.rows.labels == 0)]
            threshold = threshold_at(negatives, scores[~out & spoken], rate) if len(negatives) else np.inf
            positive[out] = scores[out] >= threshold
        return positive[spoken]


def cross_fit(rows: CalibrationRows, method: str) -> CrossFit:
    """Fit a method (or `"none"`) once for each fold."""
    scores = []
    for fold in range(FOLDS):
        fitted = rows.folds != fold
        found = fit_map(rows.labels[fitted], rows.logits[fitted], rows.positive, method)
        scores.append(found.scores(rows.logits, rows.positive))
    return CrossFit(rows, np.stack(scores))


__all__ = ["FITS", "FOLDS", "CalibrationRows", "CrossFit", "ScoreMap", "choose_folds", "cross_fit", "fit_map"]
