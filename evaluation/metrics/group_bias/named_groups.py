"""Which rows name which group: a row may name several groups or none."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .checked_inputs import same_length


class NamedGroups:
    """Groups of rows.

    Args:
        groups: For each of `n` rows the names of the groups that it mentions; names given twice count once.
        n: Number of rows.

    Attributes:
        names: The groups, in alphabetical order.
        rows: `(mentions,)` the row of each mention.
        members: `(mentions,)` the index in `names` of each mention.

    Raises:
        ValueError: There is not one list for each row, or an entry is no list of strings.
    """

    def __init__(self, groups: Sequence[Sequence[str]], n: int) -> None:
        same_length(n, groups=groups)
        numbers: dict[str, int] = {}
        rows: list[int] = []
        members: list[int] = []
        for row, names in enumerate(groups):
            for name in _distinct(names, row):
                rows.append(row)
                members.append(numbers.setdefault(name, len(numbers)))
        self.names = sorted(numbers)
        place = np.empty(len(numbers), dtype=np.int64)
        place[[numbers[name] for name in self.names]] = np.arange(len(numbers))
        self.rows: NDArray[np.int64] = np.array(rows, dtype=np.int64)
        self.members: NDArray[np.int64] = place[np.array(members, dtype=np.int64)]
        order = np.argsort(self.members, kind="stable")
        self._sorted = self.rows[order]
        self._starts = np.searchsorted(self.members[order], np.arange(len(numbers) + 1))

    def of(self, index: int) -> NDArray[np.int64]:
        """Return the rows of a group, rising."""
        return self._sorted[self._starts[index] : self._starts[index + 1]]


def _distinct(names: Sequence[str], row: int) -> Sequence[str]:
    if isinstance(names, str):
        raise ValueError(f"groups of row {row} are the string {names!r}; give a list of names, such as [{names!r}]")
    try:
        given = tuple(names)
    except TypeError:
        raise ValueError(
            f"groups of row {row} are {names!r}; give a list of names, or an empty list for a row without a group"
        ) from None
    if len(given) == 1 and isinstance(given[0], str):
        return given
    wrong = [name for name in given if not isinstance(name, str)]
    if wrong:
        raise ValueError(f"groups of row {row} hold {wrong[0]!r}, which is no string")
    return tuple(dict.fromkeys(given))
