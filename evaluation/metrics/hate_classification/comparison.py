"""Two classifiers on the same rows: the paired bootstrap of any measure, and McNemar's test."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .bootstrap import check_draws, check_measures, confusion_matrices, percentile_interval
from .checked_inputs import checked_classes, checked_scores, same_length, some_rows
from .confusion_measures import CONFUSION_MEASURES, Floats
from .resampling import cell_draws, unit_draws, units_of
from .weighted_scores import CALIBRATION, WeightedScores

# Below this many rows on which one classifier is right, the chi-squared distribution is too coarse.
_EXACT_BELOW = 25
_ANY_NUMBER = 2**31


def paired_bootstrap(
    labels: ArrayLike,
    predictions_a: ArrayLike,
    predictions_b: ArrayLike,
    scores_a: ArrayLike | None = None,
    scores_b: ArrayLike | None = None,
    measure: str = "macro_f1",
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
    clusters: Sequence[Hashable] | NDArray[np.generic] | None = None,
) -> dict[str, Any]:
    """Compare two classifiers by resampling the rows that both answered.

    Args:
        labels: True classes, `(n,)`.
        predictions_a: Predicted classes of the first, `(n,)`.
        predictions_b: Predicted classes of the second, `(n,)`.
        scores_a: Scores of class 1 of the first, `(n,)`; for measures of scores, of two classes only.
        scores_b: Scores of the second.
        measure: Of `bootstrap_intervals`.
        resamples: How many are drawn.
        level: Share of the resamples that lies inside the interval.
        seed: Of the draws.
        clusters: `(n,)` names of rows that are drawn together; None draws rows.

    Returns:
        `difference` (a - b), its percentile `interval`, and `p_value`: twice the share of resamples on the far side
        of no difference (Davison and Hinkley 1997, with one added so that it is never 0), at most 1. `interval` is
        None where more than half of the resamples are undefined, and all three are where the measure itself is.

    Raises:
        ValueError: Lengths differ, there are no rows, the measure is unknown or its scores are missing, or as
            `bootstrap_intervals`.
    """
    check_measures([measure])
    check_draws(resamples, level)
    true, first, second = _checked(labels, predictions_a, predictions_b)
    units = units_of(clusters, len(true))
    if measure in CONFUSION_MEASURES:
        difference, draws = _class_differences(true, first, second, units, measure, resamples, seed)
    else:
        ranked = [
            WeightedScores(true, _scores(name, scores, true, measure), units)
            for name, scores in (("scores_a", scores_a), ("scores_b", scores_b))
        ]
        difference, draws = _score_differences(ranked, units, measure, resamples, seed)
    if np.isnan(difference):
        return {"difference": None, "interval": None, "p_value": None}
    interval = percentile_interval(draws, level)
    defined = draws[~np.isnan(draws)]
    tail = 1 + min((defined <= 0).sum(), (defined >= 0).sum())
    p_value = None if interval is None else float(min(1.0, 2 * tail / (len(defined) + 1)))
    return {"difference": difference, "interval": interval, "p_value": p_value}


def mcnemar(labels: ArrayLike, predictions_a: ArrayLike, predictions_b: ArrayLike) -> dict[str, Any]:
    """Test whether two classifiers are right equally often, from the rows on which only one is (McNemar 1947).

    The rows must be independent: for variants of one source sentence use `paired_bootstrap` with clusters.

    Args:
        labels: True classes, `(n,)`.
        predictions_a: Predicted classes of the first, `(n,)`.
        predictions_b: Predicted classes of the second, `(n,)`.

    Returns:
        `only_a_right` and `only_b_right` (rows), `statistic` and `p_value` (two-sided). With fewer than 25 such rows
        the p-value is the exact binomial one and the statistic the smaller count; else the statistic is chi-squared
        with one degree of freedom and Edwards' continuity correction.

    Raises:
        ValueError: Lengths differ, there are no rows, or a value is no class.
    """
    from scipy.stats import binom, chi2

    true, first, second = _checked(labels, predictions_a, predictions_b)
    a = int(((first == true) & (second != true)).sum())
    b = int(((first != true) & (second == true)).sum())
    if a + b < _EXACT_BELOW:
        statistic = float(min(a, b))
        p_value = min(1.0, 2 * float(binom.cdf(min(a, b), a + b, 0.5)))
    else:
        statistic = max(abs(a - b) - 1, 0) ** 2 / (a + b)
        p_value = float(chi2.sf(statistic, 1))
    return {"only_a_right": a, "only_b_right": b, "statistic": statistic, "p_value": p_value}


def _checked(labels: ArrayLike, *predictions: ArrayLike) -> list[NDArray[np.int64]]:
    """Check classes. How many there are does not matter to any measure here, so that any whole number will do."""
    true = checked_classes("labels", labels, _ANY_NUMBER)
    others = {
        f"predictions_{letter}": checked_classes(f"predictions_{letter}", values, _ANY_NUMBER)
        for letter, values in zip("ab", predictions, strict=True)
    }
    same_length(len(true), **others)
    some_rows(len(true))
    return [true, *others.values()]


def _scores(name: str, scores: ArrayLike | None, true: NDArray[np.int64], measure: str) -> Floats:
    if scores is None:
        raise ValueError(f"{measure} is a measure of scores, and {name} is not given")
    checked_classes("labels", true, 2)
    low, high = (0.0, 1.0) if measure in CALIBRATION else (-np.inf, np.inf)
    return checked_scores(name, scores, len(true), low, high)


def _class_differences(
    true: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    units: NDArray[np.int64],
    measure: str,
    resamples: int,
    seed: int,
) -> tuple[float, Floats]:
    """Draw the joint cells of label and both predictions, so that both are measured on the same rows."""
    classes, numbers = np.unique(np.stack([true, first, second]), return_inverse=True)
    k = len(classes)
    true, first, second = numbers.reshape(3, -1)
    joint = (true * k + first) * k + second
    kept = np.unique(joint)
    counts, drawn = cell_draws(joint, units, resamples, seed)
    by_first, by_second = kept // k, kept // k**2 * k + kept % k
    calculate = CONFUSION_MEASURES[measure]

    def difference(cells: Floats) -> Floats:
        return calculate(confusion_matrices(by_first, cells, k)) - calculate(confusion_matrices(by_second, cells, k))

    return float(difference(counts)), difference(drawn)


def _score_differences(
    ranked: Sequence[WeightedScores], units: NDArray[np.int64], measure: str, resamples: int, seed: int
) -> tuple[float, Floats]:
    def difference(weights: Floats) -> Floats:
        first, second = (one.measure(weights, [measure])[measure] for one in ranked)
        return first - second

    whole = difference(np.ones((1, int(units.max()) + 1)))
    return float(whole[0]), np.concatenate([difference(draws) for draws in unit_draws(units, resamples, seed)])
