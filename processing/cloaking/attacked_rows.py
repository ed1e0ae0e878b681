"""Attacks on rows of a data set: the text changes, all other columns stay."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

logger = logging.getLogger(__name__)


class RowAttack:
    """A function of one row, for `datasets.Dataset.map`.

    Example:
        `dataset.map(RowAttack(load_attack("homophone")))`
    """

    def __init__(self, attack: Callable[[str], str], column: str = "text") -> None:
        """Choose the attack and the column that it changes.

        Args:
            attack: From `load_attack` or `compose`, or any function of a text.
            column: The column of the text.
        """
        self.attack = attack
        self.column = column

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a copy of a row with its text attacked.

        Raises:
            KeyError: The row has no such column.
            TypeError: What stands there is no string.
        """
        if self.column not in row:
            raise KeyError(f"The row has no column {self.column!r}; its columns are: {', '.join(map(str, row))}.")
        text = row[self.column]
        if not isinstance(text, str):
            raise TypeError(f"Column {self.column!r} must be a string; {type(text).__name__} was given.")
        return {**row, self.column: self.attack(text)}


def attack_rows(
    rows: Iterable[Mapping[str, Any]], attack: Callable[[str], str], column: str = "text"
) -> Iterator[dict[str, Any]]:
    """Attack the text of each row and keep all else, labels included.

    A row without a text comes back as it is, and a warning says how many there were.

    Args:
        rows: Any mappings.
        attack: From `load_attack` or `compose`.
        column: The column of the text.

    Returns:
        One dictionary a row, in order.
    """
    attacked = RowAttack(attack, column)
    unchanged = 0
    for row in rows:
        try:
            yield attacked(row)
        except (KeyError, TypeError):
            if isinstance(row.get(column), str):
                raise  # the attack's own error
            unchanged += 1
            yield dict(row)
    if unchanged:
        logger.warning("%d rows have no string in column %r and are unchanged.", unchanged, column)


__all__ = ["RowAttack", "attack_rows"]
