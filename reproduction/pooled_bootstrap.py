"""Bootstrap over rows, pooled over seeds: how far a run of a variant may be from the mean over its seeds."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decloak.evaluation.metrics.hate_classification.bootstrap import confusion_matrices, percentile_interval
from decloak.evaluation.metrics.hate_classification.confusion_measures import CONFUSION_MEASURES, Floats
from decloak.evaluation.metrics.hate_classification.resampling import cell_draws, units_of

Classes = NDArray[np.int64]


@dataclass(frozen=True)
class Draws:
    """How resamples are drawn.

    Attributes:
        resamples: for each seed of training.
        level: share of them inside an interval.
        seed: of the draws.
        measure: `macro_f1`, `mcc` or `accuracy`.
    """

    resamples: int = 2000
    level: float = 0.95
    seed: int = 0
    measure: str = "macro_f1"


def pooled_interval(
    true: Classes,
    predictions: Sequence[Classes],
    clusters: Sequence[Hashable] | None,
    draws: Draws,
    num_labels: int = 2,
) -> list[float] | None:
    """Return the percentile interval of a measure over all draws of all seeds.

    Each seed's predictions are resampled as by `bootstrap_intervals`, and the draws are put together: the interval
    holds what another draw of rows and another of these seeds would change. With one seed it is the plain bootstrap.

    Args:
        true: classes, (n,).
        predictions: for each seed the predicted classes, (n,).
        clusters: (n,) names of rows that are drawn together; None draws rows.
        draws: how.
        num_labels: number of classes.

    Returns:
        The lower and the upper end; None where the measure is undefined in more than half of the draws.
    """
    units = units_of(clusters, len(true))
    calculate = CONFUSION_MEASURES[draws.measure]
    pooled = []
    for predicted in predictions:
        cells = true * num_labels + predicted
        _, counts = cell_draws(cells, units, draws.resamples, draws.seed)
        pooled.append(calculate(confusion_matrices(np.unique(cells), counts, num_labels)))
    interval = percentile_interval(np.concatenate(pooled), draws.level)
    return None if interval is None else list(interval)


def pooled_difference(
    true: Classes,
    pairs: Sequence[tuple[Classes, Classes]],
    clusters: Sequence[Hashable] | None,
    draws: Draws,
    num_labels: int = 2,
) -> dict[str, Any]:
    """Compare two predictions for each seed by the paired bootstrap, and pool the draws of all seeds.

    Args:
        true: classes, (n,).
        pairs: for each seed the predictions of the one and of the other, (n,) each.
        clusters: as in `pooled_interval`.
        draws: how.
        num_labels: number of classes.

    Returns:
        `by_seed` (first - second), their mean `difference`, the `interval` of all draws, and `p_value` as
        `paired_bootstrap` has it, over all draws. Undefined ones are None.
    """
    units = units_of(clusters, len(true))
    by_seed, pooled = [], []
    for first, second in pairs:
        joint = (true * num_labels + first) * num_labels + second
        counts, drawn = cell_draws(joint, units, draws.resamples, draws.seed)
        kept = np.unique(joint)
        by_seed.append(float(_differences(kept, counts, draws.measure, num_labels)))
        pooled.append(_differences(kept, drawn, draws.measure, num_labels))
    everything = np.concatenate(pooled)
    interval = percentile_interval(everything, draws.level)
    defined = everything[~np.isnan(everything)]
    tail = 1 + min((defined <= 0).sum(), (defined >= 0).sum())
    return {
        "difference": _mean(by_seed),
        "by_seed": [None if np.isnan(value) else value for value in by_seed],
        "interval": None if interval is None else list(interval),
        "p_value": None if interval is None else float(min(1.0, 2 * tail / (len(defined) + 1))),
    }


def _differences(kept: Classes, counts: Floats, measure: str, num_labels: int) -> Floats:
    """Return the measure of the first minus that of the second, of joint cells (true, first, second)."""
    calculate, k = CONFUSION_MEASURES[measure], num_labels
    first, second = kept // k, kept // k**2 * k + kept % k
    return calculate(confusion_matrices(first, counts, k)) - calculate(confusion_matrices(second, counts, k))


def _mean(values: Sequence[float]) -> float | None:
    return None if any(np.isnan(value) for value in values) else float(np.mean(values))


__all__ = ["Draws", "pooled_difference", "pooled_interval"]
