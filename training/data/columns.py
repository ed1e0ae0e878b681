"""Rows of a source become rows of a prepared data set; what cannot be used is counted with its reason and place."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .layouts import LINK, LabelRule, Names, alternatives
from .tables import TableRow, whole_number

# So much of a value is quoted in a reason: enough to recognise it, and never a whole text.
_QUOTED = 40


@dataclass(frozen=True)
class RowMapping:
    """How the rows of one part are read; attributes as in `layouts.FileLayout` and `layouts.Part`."""

    columns: Mapping[str, Names]
    labels: LabelRule
    suffixes: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)

    def needed(self) -> list[list[str]]:
        """List the source columns that each row must have, with the alternatives of each."""
        needed = [
            self._roots(self.columns["text"]),
            *([name] for name in self.labels.sum_of),
            *([n] for n in self.only),
        ]
        return needed if self.labels.sum_of else [*needed, self._roots(self.columns["label"])]

    def optional(self) -> list[str]:
        """List the other source columns that are looked at."""
        return [root for names in self.columns.values() for root in self._roots(names)]

    @staticmethod
    def _roots(names: Names) -> list[str]:
        return list(dict.fromkeys(root for name in alternatives(names) for root in (name, name.split("/")[0])))


@dataclass
class Account:
    """What became of the rows of a part.

    Attributes:
        read: rows of the source that belong to the part.
        kept: rows that can be used.
        lost: rows that cannot be used or were left out on purpose: their numbers, by reason.
        renamed_ids: rows whose id was there before and got a number behind it.
        cleared: rows in which an optional column could not be used and is empty, by column.
        missing_media: rows whose picture or sound is not in the folder that was given, by column.
    """

    read: int = 0
    kept: int = 0
    lost: dict[str, list[int]] = field(default_factory=dict)
    renamed_ids: list[int] = field(default_factory=list)
    cleared: dict[str, list[int]] = field(default_factory=dict)
    missing_media: dict[str, list[int]] = field(default_factory=dict)


class UnusableRowError(ValueError):
    """A row cannot be used; the message is the reason, the same for all rows with the same fault."""


def map_rows(part: str, rows: Iterable[TableRow], mapping: RowMapping) -> tuple[list[dict[str, Any]], Account]:
    """Bring the rows of a part to our columns.

    Args:
        part: its name; rows of a source without ids are called `<part>-<number>`.
        rows: the source's rows.
        mapping: how they are read.

    Returns:
        The usable rows, with `text` (str), `label` (0 or 1), `id` (str, unique) and what else the source gives (str,
        or None where it is empty), and the account of all.
    """
    kept: list[dict[str, Any]] = []
    account = Account()
    ids: set[str] = set()
    for row in rows:
        if not row.error and any(_as_key(row.values.get(name)) != value for name, value in mapping.only.items()):
            continue
        account.read += 1
        try:
            kept.append(_map_row(part, row, mapping, account, ids))
        except UnusableRowError as reason:
            account.lost.setdefault(str(reason), []).append(row.number)
    account.kept = len(kept)
    return kept, account


def _map_row(part: str, row: TableRow, mapping: RowMapping, account: Account, ids: set[str]) -> dict[str, Any]:
    if row.error:
        raise UnusableRowError(row.error)
    mapped: dict[str, Any] = {
        "text": _usable_text(_pick(row.values, mapping.columns["text"])),
        "label": _label(row.values, mapping),
    }
    for column, names in mapping.columns.items():
        if column not in ("text", "label"):
            value = as_text(_pick(row.values, names), "\n" if column == "context" else "|")
            if value is not None and not is_unicode(value):
                account.cleared.setdefault(column, []).append(row.number)
                value = None
            mapped[column] = None if value is None else value + mapping.suffixes.get(column, "")
    mapped |= mapping.constants
    wanted = mapped.get("id") or f"{part}-{row.number}"
    mapped["id"] = _unique(wanted, ids)
    if mapped["id"] != wanted:
        account.renamed_ids.append(row.number)
    return mapped


def _usable_text(value: Any) -> str:
    if value is None or value != value:  # NaN differs from itself
        raise UnusableRowError("text is empty")
    if not isinstance(value, str):
        raise UnusableRowError(f"text is {type(value).__name__}, a string is needed")
    if not value.strip():
        raise UnusableRowError("text is empty")
    if not is_unicode(value):
        raise UnusableRowError("text is not valid Unicode (is it in another encoding?)")
    return value


def _label(values: Mapping[str, Any], mapping: RowMapping) -> int:
    rule = mapping.labels
    if not rule.values:
        found = [values.get(name) for name in rule.sum_of] or [_pick(values, mapping.columns["label"])]
        numbers = [_number(value) for value in found]
        total = sum(number for number in numbers if number is not None)
        if None in numbers:
            raise UnusableRowError("the label is no number")
        return int(total >= rule.least if rule.least is not None else total > (rule.above or 0.0))
    value = _pick(values, mapping.columns["label"])
    key = _as_key(value[0] if isinstance(value, (list, tuple)) and value else value)
    if not key:
        raise UnusableRowError("the label is empty")
    if key not in rule.values:
        raise UnusableRowError(f"the label is {key[:_QUOTED]!r}; known are {', '.join(rule.values)}")
    label = rule.values[key]
    if label is None:
        raise UnusableRowError(f"left out on purpose: the label is {key[:_QUOTED]!r}")
    return label


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None  # NaN is not smaller than anything


def _as_key(value: Any) -> str:
    """Write a label as the keys of a rule are written: 1, 1.0, True and "1" are all "1"."""
    number = whole_number(value)
    if number is not None:
        return str(number)
    return "" if value is None or value != value else str(value).strip()


def _pick(values: Mapping[str, Any], names: Names) -> Any:
    """Return the first alternative that has a value; `a/0` is the first item of a, unless there is a column a/0."""
    for name in alternatives(names):
        value = values.get(name)
        if value is None and "/" in name:
            value = _inside(values, name.split("/"))
        if value is not None:
            return value
    return None


def _inside(value: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, (list, tuple)) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def as_text(value: Any, joint: str = "|") -> str | None:
    """Write a value as text: lists of texts joined, other structures as JSON; None for what is empty."""
    if value is None or value != value:
        return None
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        value = joint.join(value)
    elif isinstance(value, (list, tuple, dict)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    number = whole_number(value) if isinstance(value, float) else None
    return (str(value) if number is None else str(number)) if str(value).strip() else None


def is_unicode(text: str) -> bool:
    """Tell whether a string can be written as UTF-8, and so held by Arrow: lone surrogates cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _unique(name: str, taken: set[str]) -> str:
    """Return the name, with the first free number from 2 on behind it if it is taken, and take it."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    taken.add(free)
    return free


def resolve_media(rows: Iterable[dict[str, Any]], column: str, folder: Path) -> Iterator[int]:
    """Put the folder before the names of pictures or sounds; yield the index of each row whose file is not there.

    Names that lead out of the folder count as missing.
    """
    root = folder.resolve()
    for index, row in enumerate(rows):
        if row.get(column):
            file = (root / row[column]).resolve()
            if file.is_relative_to(root) and file.is_file():
                row[column] = str(file)
            else:
                yield index


__all__ = ["LINK", "Account", "RowMapping", "as_text", "is_unicode", "map_rows", "resolve_media"]
