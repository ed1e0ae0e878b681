"""How sure a measure is: percentile bootstrap intervals over rows or clusters."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checked_inputs import checked_classes, same_length, some_rows
from .classification import class_scores
from .confusion_measures import CONFUSION_MEASURES
from .resampling import cell_draws, unit_draws, units_of
from .weighted_scores import CALIBRATION, Floats, WeightedScores, is_score_measure

MEASURES = (
    "macro_f1",
    "mcc",
    "accuracy",
    "auroc",
    "average_precision",
    "ece",
    "brier",
    "recall_at_fpr_0.01",
    "recall_at_fpr_0.05",
)
Interval = tuple[float, float]


def bootstrap_intervals(
    labels: ArrayLike,
    predictions: ArrayLike,
    scores: ArrayLike | None = None,
    clusters: Sequence[Hashable] | NDArray[np.generic] | None = None,
    measures: Sequence[str] = MEASURES,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    num_labels: int = 2,
) -> dict[str, Interval | None]:
    """Return the percentile bootstrap interval of each measure (Efron 1979).

    Rows are drawn with replacement, as many as there are. Rows that are variants of one source sentence are no
    independent observations: name their source in `clusters`, and they are drawn together, which widens the interval
    to what the sources can tell. Calibration error is biased upwards in resamples, so that the interval of `ece` can
    lie above the value of a well calibrated classifier.

    Args:
        labels: True classes, `(n,)`.
        predictions: Predicted classes, `(n,)`.
        scores: `(n, num_labels)`, or for two classes also `(n,)`, the score of class 1.
        clusters: `(n,)` names of what is drawn together; None draws rows.
        measures: Of `MEASURES`; after `recall_at_fpr_` any rate from 0 to 1.
        resamples: How many are drawn.
        level: Share of the resamples that lies inside, between 0 and 1.
        seed: Of the draws.
        num_labels: Number of classes.

    Returns:
        For each measure the lower and the upper end. None where it is undefined in more than half of the resamples
        (others are left out), where it needs scores and there are none, for `ece` and `brier` where the scores of
        class 1 are no probabilities, and for three and more classes for all measures of scores but `auroc`.

    Raises:
        ValueError: As `classification_metrics`; or there are no rows, a measure is unknown, a cluster is missing,
            `level` is not between 0 and 1, or `resamples` is not positive.
    """
    check_measures(measures)
    check_draws(resamples, level)
    true = checked_classes("labels", labels, num_labels)
    predicted = checked_classes("predictions", predictions, num_labels)
    same_length(len(true), predictions=predicted)
    some_rows(len(true))
    units = units_of(clusters, len(true))
    columns = None if scores is None else class_scores(scores, len(true), num_labels)
    draws = _confusion_draws(true, predicted, num_labels, units, measures, resamples, seed)
    draws |= _score_draws(true, columns, units, measures, resamples, seed)
    return {name: percentile_interval(draws[name], level) if name in draws else None for name in measures}


def check_measures(measures: Sequence[str]) -> None:
    """Check names of measures.

    Raises:
        ValueError: One is unknown.
    """
    unknown = [name for name in measures if name not in CONFUSION_MEASURES and not is_score_measure(name)]
    if unknown:
        raise ValueError(f"measures hold {', '.join(map(repr, unknown))}; known are {', '.join(MEASURES)}")


def percentile_interval(draws: Floats, level: float) -> Interval | None:
    """Return the middle `level` of resampled values; None if more than half of them are undefined (NaN)."""
    defined = draws[~np.isnan(draws)]
    if len(defined) * 2 < len(draws):
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def confusion_matrices(cells: NDArray[np.int64], counts: Floats, num_labels: int) -> Floats:
    """Lay counts of cells out as matrices.

    Args:
        cells: `(cells,)`, each `true * num_labels + predicted`.
        counts: `(..., cells)`; cells that occur twice are added up.
        num_labels: Number of classes.

    Returns:
        `(..., num_labels, num_labels)`.
    """
    places = np.zeros((len(cells), num_labels**2))
    places[np.arange(len(cells)), cells] = 1
    flat = counts @ places
    return flat.reshape(*counts.shape[:-1], num_labels, num_labels)


def check_draws(resamples: int, level: float) -> None:
    """Check what a bootstrap is told.

    Raises:
        ValueError: `level` is not between 0 and 1, or `resamples` not positive.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it lies between 0 and 1, such as 0.95")
    if resamples < 1:
        raise ValueError(f"resamples is {resamples}; at least 1 is needed, such as 1000")


def _confusion_draws(
    true: NDArray[np.int64],
    predicted: NDArray[np.int64],
    num_labels: int,
    units: NDArray[np.int64],
    measures: Sequence[str],
    resamples: int,
    seed: int,
) -> dict[str, Floats]:
    wanted = [name for name in measures if name in CONFUSION_MEASURES]
    if not wanted:
        return {}
    cells = true * num_labels + predicted
    _, counts = cell_draws(cells, units, resamples, seed)
    matrices = confusion_matrices(np.unique(cells), counts, num_labels)
    return {name: CONFUSION_MEASURES[name](matrices) for name in wanted}


def _score_draws(
    true: NDArray[np.int64],
    columns: Floats | None,
    units: NDArray[np.int64],
    measures: Sequence[str],
    resamples: int,
    seed: int,
) -> dict[str, Floats]:
    wanted = [name for name in measures if is_score_measure(name)]
    if columns is None or not wanted:
        return {}
    if columns.shape[1] > 2:
        return _multiclass_draws(true, columns, units, resamples, seed) if "auroc" in wanted else {}
    if columns[:, 1].min() < 0 or columns[:, 1].max() > 1:
        wanted = [name for name in wanted if name not in CALIBRATION]
    ranked = WeightedScores(true, columns[:, 1], units)
    blocks = [ranked.measure(draws, wanted) for draws in unit_draws(units, resamples, seed)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in wanted}


def _multiclass_draws(
    true: NDArray[np.int64], columns: Floats, units: NDArray[np.int64], resamples: int, seed: int
) -> dict[str, Floats]:
    """Resample AUROC as the mean of one class against the rest; undefined where a class was not drawn."""
    ranked = [WeightedScores((true == k).astype(np.int64), columns[:, k], units) for k in range(columns.shape[1])]
    blocks = [
        np.mean([one.measure(draws, ["auroc"])["auroc"] for one in ranked], axis=0)
        for draws in unit_draws(units, resamples, seed)
    ]
    return {"auroc": np.concatenate(blocks)}
