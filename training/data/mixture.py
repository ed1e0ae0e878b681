"""The training texts of a run: tables joined, cleaned of what would leak, and counted."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .near_duplicates import THRESHOLD, NearDuplicateIndex
from .tables import table_rows, whole_number
from .test_suites import check_test_suites
from .text_identity import normalised

if TYPE_CHECKING:
    from ..recipe import DataSource


@dataclass(frozen=True)
class LabelledText:
    """A text of the training data.

    Attributes:
        text: the text.
        label: its class id.
        source: the table it is from.
        attack: that made it, if it is a cloaked copy.
        copied: the text that it is a copy of.
    """

    text: str
    label: int
    source: str
    attack: str = ""
    copied: str = ""

    @property
    def written(self) -> str:
        """What a person wrote: the text itself, or that which it is a cloaked copy of."""
        return self.copied or self.text


@dataclass
class Mixture:
    """Training texts with an account of what was left out.

    Attributes:
        rows: the texts, in a random order that the seed fixes.
        counts: for each table the rows read, unusable, of a test suite, excluded (also in an excluded table), near
            duplicates of an excluded text, duplicate, conflicting (the same text with another label: all copies are
            dropped), over the limit, and kept.
        cloaked: cloaked copies among the rows, by attack.
        language_texts: what the language model of a transcript reads beside the rows.
        language_counts: an account of those, by table.
    """

    rows: list[LabelledText] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    cloaked: dict[str, int] = field(default_factory=dict)
    language_texts: list[str] = field(default_factory=list)
    language_counts: dict[str, dict[str, int]] = field(default_factory=dict)


def load_texts(path: str | Path, column: str = "text") -> set[str]:
    """Return the normalised texts of a table."""
    return {
        normalised(row.values[column]) for row in table_rows(path, [column]) if isinstance(row.values.get(column), str)
    }


def load_mixture(
    sources: "Sequence[DataSource]",
    paths: Mapping[str, Path],
    excluded: Iterable[str],
    labels: Sequence[str],
    seed: int,
    near_duplicates: float | None = THRESHOLD,
) -> Mixture:
    """Read and join the tables of a recipe.

    Texts of test suites are left out; a table that is one is refused.

    Args:
        sources: what to read, and how.
        paths: file of each source, by name.
        excluded: normalised texts that must not be trained on.
        labels: class names; a label may be an id or a name.
        seed: of the choice of rows under a `limit`, and of the order.
        near_duplicates: similarity from which texts like an excluded one are left out too (`NearDuplicateIndex`); None
            leaves out equal texts alone.

    Raises:
        ValueError: A source has no path, or a path no source, a label is unknown, or a table is a test suite.
    """
    missing, unknown = [s.name for s in sources if s.name not in paths], set(paths) - {s.name for s in sources}
    if missing or unknown:
        raise ValueError(
            f"The recipe reads {[s.name for s in sources]}. Missing: {missing or 'none'} (pass --data NAME=PATH); "
            f"not in the recipe: {sorted(unknown) or 'none'}."
        )
    excluded = set(excluded)
    near = None if near_duplicates is None else NearDuplicateIndex(sorted(excluded), near_duplicates)
    mixture = Mixture()
    for source in sources:
        rows = _without_excluded(_read(source, paths[source.name], labels, mixture), mixture, excluded, near)
        _add(mixture, source, rows, seed)
    _drop_conflicts(mixture)
    repeats = {source.name: source.repeat for source in sources}
    mixture.rows = [row for row in mixture.rows for _ in range(repeats[row.source])]
    random.Random(seed).shuffle(mixture.rows)  # noqa: S311  an order, not a secret
    return mixture


def _read(source: "DataSource", path: Path, labels: Sequence[str], mixture: Mixture) -> list[LabelledText]:
    counts = mixture.counts[source.name] = dict.fromkeys(
        (
            "read", "unusable", "test_suite", "excluded", "near_duplicate", "duplicate", "conflicting", "over_limit",
            "kept",
        ),
        0,
    )  # fmt: skip
    rows, numbers = [], []
    for row in table_rows(path, [source.text_column, source.label_column, *source.only]):
        if not row.error and any(str(row.values.get(column)) != value for column, value in source.only.items()):
            continue
        counts["read"] += 1
        text = row.values.get(source.text_column)
        if row.error or not isinstance(text, str) or not text.strip():
            counts["unusable"] += 1
            continue
        label = class_id(row.values.get(source.label_column), labels, f"{path}, row {row.number}")
        rows.append(LabelledText(text, label, source.name))
        numbers.append(row.number)
    suites = check_test_suites(str(path), [row.text for row in rows], numbers)
    counts["test_suite"] = sum(suite is not None for suite in suites)
    return [row for row, suite in zip(rows, suites, strict=True) if suite is None]


def _without_excluded(
    rows: list[LabelledText], mixture: Mixture, excluded: set[str], near: NearDuplicateIndex | None
) -> list[LabelledText]:
    """Leave out the rows of a table whose texts are excluded, or near duplicates of those."""
    kept = [row for row in rows if normalised(row.text) not in excluded]
    similar = near.closest([row.text for row in kept]) if near is not None else [None] * len(kept)
    left = [row for row, closest in zip(kept, similar, strict=True) if closest is None]
    if rows:
        mixture.counts[rows[0].source]["excluded"] += len(rows) - len(kept)
        mixture.counts[rows[0].source]["near_duplicate"] += len(kept) - len(left)
    return left


def _add(mixture: Mixture, source: "DataSource", rows: list[LabelledText], seed: int) -> None:
    """Add a table's rows that are not there already, at most its limit."""
    counts = mixture.counts[source.name]
    seen = {(normalised(row.text), row.label) for row in mixture.rows}
    random.Random(seed).shuffle(rows)  # noqa: S311
    for row in rows:
        key = normalised(row.text)
        if (key, row.label) in seen:
            counts["duplicate"] += 1
        elif source.limit is None or counts["kept"] < source.limit:
            seen.add((key, row.label))
            mixture.rows.append(row)
            counts["kept"] += 1
        else:
            counts["over_limit"] += 1


def _drop_conflicts(mixture: Mixture) -> None:
    labels: dict[str, set[int]] = {}
    for row in mixture.rows:
        labels.setdefault(normalised(row.text), set()).add(row.label)
    kept = []
    for row in mixture.rows:
        if len(labels[normalised(row.text)]) > 1:
            mixture.counts[row.source]["conflicting"] += 1
            mixture.counts[row.source]["kept"] -= 1
        else:
            kept.append(row)
    mixture.rows = kept


def class_id(value: Any, labels: Sequence[str], where: str) -> int:
    """Return the class id of a cell: an id, or a class name.

    Raises:
        ValueError: It is neither.
    """
    if isinstance(value, str) and value in labels:
        return list(labels).index(value)
    number = whole_number(value)
    if number is None or not 0 <= number < len(labels):
        raise ValueError(f"{where}: the label is {value!r}; allowed are 0 to {len(labels) - 1} or {list(labels)}.")
    return number


__all__ = ["LabelledText", "Mixture", "class_id", "load_mixture", "load_texts", "normalised"]
