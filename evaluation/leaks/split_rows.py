"""The rows of a split, with what can join them to rows of another."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from decloak.training.data.tables import table_rows, whole_number


@dataclass
class SplitRows:
    """A split of a data set; all lists but `unusable` have an item for each row that can be used.

    Attributes:
        name: of the split.
        texts: the texts.
        numbers: row numbers of the table, as `table_rows` counts them; places from 1 if the list is not given.
        ids: ids, or None where a row has none.
        groups: groups, or None where a row has none; a group is all variants of one sentence.
        labels: labels, or None where a row has none.
        unusable: numbers of the rows that have no text.
        path: the table, or None.
    """

    name: str
    texts: Sequence[str]
    numbers: Sequence[int] = ()
    ids: Sequence[str | None] = ()
    groups: Sequence[str | None] = ()
    labels: Sequence[str | None] = ()
    unusable: list[int] = field(default_factory=list)
    path: str | None = None

    def __post_init__(self) -> None:
        size = len(self.texts)
        self.numbers = self.numbers or range(1, size + 1)
        self.ids, self.groups, self.labels = (
            values or [None] * size for values in (self.ids, self.groups, self.labels)
        )
        lengths = {name: len(getattr(self, name)) for name in ("numbers", "ids", "groups", "labels")}
        if any(length != size for length in lengths.values()):
            raise ValueError(f"split {self.name!r} has {size} texts and {lengths}; each text needs one of each.")


def read_split(
    name: str,
    path: str | Path,
    text_column: str = "text",
    group_column: str | None = None,
    id_column: str = "id",
    label_column: str = "label",
) -> SplitRows:
    """Read a split from a table; rows without a text are counted, and the others still read.

    Args:
        name: of the split.
        path: as in `table_rows`.
        text_column: the texts.
        group_column: what is the same for all variants of a sentence; needed if it is named.
        id_column: ids to name rows by, where the table has them.
        label_column: labels, where the table has them.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The table cannot be read, or lacks the columns of the texts or the groups.
    """
    needed = [text_column] if group_column is None else [text_column, group_column]
    columns: dict[str, list[Any]] = {"texts": [], "numbers": [], "ids": [], "groups": [], "labels": []}
    unusable = []
    for row in table_rows(path, needed, optional=[id_column, label_column]):
        text = row.values.get(text_column)
        if row.error or not isinstance(text, str) or not text.strip():
            unusable.append(row.number)
            continue
        columns["texts"].append(text)
        columns["numbers"].append(row.number)
        columns["ids"].append(_cell(row.values.get(id_column)))
        columns["groups"].append(_cell(row.values.get(group_column)) if group_column else None)
        columns["labels"].append(_cell(row.values.get(label_column)))
    return SplitRows(name, **columns, unusable=unusable, path=str(path))


def _cell(value: Any) -> str | None:
    """Write a value so that 1, 1.0 and "1" are the same; None for an empty one."""
    if value is None or value != value or not str(value).strip():
        return None
    number = whole_number(value)
    return str(value).strip() if number is None else str(number)


__all__ = ["SplitRows", "read_split"]
