"""Bootstrap draws: of rows, or of clusters of rows that belong together."""

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .checked_inputs import same_length

Floats = NDArray[np.float64]

# Draws are made in blocks of about this many weights (8 MB), whatever the number of rows.
_BLOCK = 1_000_000


def units_of(clusters: Sequence[Hashable] | NDArray[np.generic] | None, n: int) -> NDArray[np.int64]:
    """Give numbers to what is drawn: clusters, in order of appearance, or the rows themselves.

    Args:
        clusters: `(n,)` names, or None.
        n: Number of rows.

    Returns:
        `(n,)` numbers from 0.

    Raises:
        ValueError: There is not one cluster for each row, or one is missing.
    """
    if clusters is None:
        return np.arange(n)
    names = clusters.tolist() if isinstance(clusters, np.ndarray) else list(clusters)
    same_length(n, clusters=names)
    missing = [row for row, name in enumerate(names) if name is None or name != name]
    if missing:
        raise ValueError(
            f"clusters are missing in {len(missing)} of {n} rows, the first at index {missing[0]}; "
            "give a row that belongs to no other a name of its own"
        )
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def unit_draws(units: NDArray[np.int64], resamples: int, seed: int) -> Iterator[Floats]:
    """Draw as many units as there are, with replacement, again and again.

    Args:
        units: From `units_of`.
        resamples: How often.
        seed: Of the draws; equal seeds give equal draws whatever else is measured.

    Yields:
        Blocks of `(draws, units)`, how often each unit was drawn; `resamples` draws in all.
    """
    rng = np.random.default_rng(seed)
    size = int(units.max()) + 1
    block = max(1, _BLOCK // len(units))
    for start in range(0, resamples, block):
        count = min(block, resamples - start)
        draws = np.empty((count, size))
        for row in draws:
            row[:] = np.bincount(rng.integers(0, size, size), minlength=size)
        yield draws


def cell_draws(cells: NDArray[np.int64], units: NDArray[np.int64], resamples: int, seed: int) -> tuple[Floats, Floats]:
    """Draw units and count the cells that their rows fall into.

    Where each row is a unit, drawing rows is drawing the counts of cells from a multinomial distribution: the number
    of rows then costs nothing.

    Args:
        cells: `(n,)` the cell of each row.
        units: From `units_of`.
        resamples: How often.
        seed: Of the draws.

    Returns:
        The counts as they are, `(cells,)`, and as drawn, `(resamples, cells)`, of the cells that occur, in rising
        order.
    """
    _, cells, counts = np.unique(cells, return_inverse=True, return_counts=True)
    n, size = len(cells), int(units.max()) + 1
    if size == n:
        drawn = np.random.default_rng(seed).multinomial(n, counts / n, size=resamples)
        return counts.astype(np.float64), drawn.astype(np.float64)
    width = len(counts)
    table = np.bincount(units * width + cells, minlength=size * width).reshape(size, width)
    blocks = [draws @ table for draws in unit_draws(units, resamples, seed)]
    return counts.astype(np.float64), np.concatenate(blocks)
