"""Whether experts specialise on cloaked tokens: paired differences per text, with bootstrap intervals over texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .routing_sums import RoutingSums
from .token_groups import CHANGED, UNCHANGED

Floats = NDArray[np.float64]
TEXTS, UNCLOAKED = "texts", "uncloaked"
Term = tuple[str, str]  # the side, and the group of its tokens


@dataclass(frozen=True)
class Contrast:
    """A difference that is taken in each text.

    Attributes:
        meaning: what it tells, in a sentence.
        terms: how often each mean weight counts.
    """

    meaning: str
    terms: Mapping[Term, float]


CONTRASTS = {
    "within": Contrast(
        "changed minus unchanged tokens of the cloaked text. It also holds what made the attack choose these words",
        {(TEXTS, CHANGED): 1.0, (TEXTS, UNCHANGED): -1.0},
    ),
    "cloaking": Contrast(
        "changed tokens minus the tokens at the same places of the uncloaked text: what the cloaking itself did",
        {(TEXTS, CHANGED): 1.0, (UNCLOAKED, CHANGED): -1.0},
    ),
    "beyond_context": Contrast(
        "the same, minus what happened to the unchanged tokens around: what is left when the whole text shifted",
        {(TEXTS, CHANGED): 1.0, (UNCLOAKED, CHANGED): -1.0, (TEXTS, UNCHANGED): -1.0, (UNCLOAKED, UNCHANGED): 1.0},
    ),
}


def paired_differences(sides: Mapping[str, RoutingSums], contrast: Contrast) -> Floats:
    """Return the differences of the texts that have all tokens which a contrast needs.

    Returns:
        (texts, layers, experts).
    """
    total = sum(sign * sides[side].by_text(group) for (side, group), sign in contrast.terms.items())
    values = np.asarray(total)
    return values[~np.isnan(values).any(axis=(1, 2))]


def specialisation(
    sides: Mapping[str, RoutingSums],
    layers: Sequence[int],
    experts: Sequence[str],
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, dict[str, Any]]:
    """Measure all contrasts, for each expert.

    Args:
        sides: sums of the cloaked texts (`texts`) and of their twins (`uncloaked`), the same texts in the same order.
        layers: indices of the layers with experts.
        experts: their names.
        resamples: of the bootstrap.
        level: share of the resamples inside an interval.
        seed: of the draws.

    Returns:
        By contrast `meaning`, the number of `texts`, and `experts`: for each its mean `difference` over layers with an
        `interval` (None for fewer than two texts, or no resamples), and the same for each of its `layers`.
    """
    found = {}
    for name, contrast in CONTRASTS.items():
        values = paired_differences(sides, contrast)
        # The first column is the mean over layers, of each text.
        columns = np.concatenate([values.mean(axis=1, keepdims=True), values], axis=1)
        means, intervals = bootstrap_means(columns, resamples, level, seed)
        found[name] = {
            "meaning": contrast.meaning,
            "texts": len(values),
            "experts": {
                expert: _described(means[:, index], intervals[:, index], layers) for index, expert in enumerate(experts)
            },
        }
    return found


def bootstrap_means(values: Floats, resamples: int, level: float, seed: int) -> tuple[Floats, Floats]:
    """Return means over texts, and their percentile bootstrap intervals (Efron 1979).

    Args:
        values: (texts, ...).
        resamples: how many are drawn.
        level: share of the resamples inside.
        seed: of the draws.

    Returns:
        (...) and (..., 2); NaN where there are no texts, and intervals also where there is one text only.
    """
    shape = values.shape[1:]
    texts = len(values)
    intervals = np.full((*shape, 2), np.nan)
    if not texts:
        return np.full(shape, np.nan), intervals
    if texts > 1 and resamples:
        draws = _resampled_means(values.reshape(texts, -1), resamples, seed).reshape(resamples, *shape)
        ends = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        intervals = np.moveaxis(ends, 0, -1)
    return values.mean(axis=0), intervals


def _resampled_means(values: Floats, resamples: int, seed: int) -> Floats:
    """Draw the rows of (texts, columns) again, as many as there are; return the means, (resamples, columns)."""
    texts = len(values)
    chooser = np.random.default_rng(seed)
    even = np.full(texts, 1 / texts)
    # One by one: counts of all resamples at once would take resamples x texts numbers.
    return np.stack([chooser.multinomial(texts, even) @ values / texts for _ in range(resamples)])


def _described(means: Floats, intervals: Floats, layers: Sequence[int]) -> dict[str, Any]:
    rows = [
        {"difference": _defined(mean), "interval": None if np.isnan(ends).any() else ends.tolist()}
        for mean, ends in zip(means, intervals, strict=True)
    ]
    return rows[0] | {"layers": [{"layer": layer} | row for layer, row in zip(layers, rows[1:], strict=True)]}


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


__all__ = ["CONTRASTS", "TEXTS", "UNCLOAKED", "Contrast", "bootstrap_means", "paired_differences", "specialisation"]
