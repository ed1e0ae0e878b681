"""What `decloak routers` reads: texts of a table, and their uncloaked twins."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from decloak.evaluation.routers import RoutedText
    from decloak.training.data.tables import TableRow


@dataclass(frozen=True)
class RouterTable:
    """Texts of a table.

    Attributes:
        name: what the report calls it.
        file: where it is from.
        texts: those that are looked at.
        rows: how many rows the table has.
        errors: rows without a text, by reason.
    """

    name: str
    file: Path
    texts: list["RoutedText"]
    rows: int
    errors: Counter[str] = field(default_factory=Counter)

    def facts(self) -> dict[str, Any]:
        """Return what the report says of the file."""
        from decloak.training.data.checksums import sha256_of

        return {"name": self.name, "file": self.file.name, "sha256": sha256_of(self.file), "rows": self.rows}

    def notes(self) -> list[str]:
        """Say which rows were left out."""
        notes = [f"{count} rows were left out: {reason}." for reason, count in self.errors.most_common(5)]
        usable = self.rows - sum(self.errors.values())
        if len(self.texts) < usable:
            notes.append(f"{len(self.texts)} of {usable} texts were drawn.")
        return notes


def check_cloaking(twins: Path | None, attack: str | None) -> None:
    """Check that there is one way at most to the uncloaked texts, and that the attack exists.

    Raises:
        ValueError: Both --twins and --attack, or an unknown attack.
    """
    from decloak.processing.cloaking import available_attacks

    if twins is not None and attack is not None:
        raise ValueError("--twins and --attack were given: --twins is for texts that are cloaked, --attack cloaks them")
    if attack is not None and attack not in available_attacks():
        raise ValueError(f"no attack {attack}; there are {', '.join(available_attacks())}")


def read_router_table(
    value: str, columns: tuple[str, str, str], encoding: str | None, limit: int, seed: int
) -> RouterTable:
    """Read the table that `--data` names, and draw some of its texts, each label with its share.

    Args:
        value: `[NAME=]PATH`.
        columns: names of the columns of text, label and id; the last two need not be there.
        encoding: of a text file.
        limit: how many texts; 0 for all.
        seed: of the draw.

    Raises:
        ValueError: It is several tables, or no row has a text.
    """
    from decloak.cli.evaluation_inputs import named_files
    from decloak.training.data.tables import table_rows

    files = named_files([value])
    if len(files) > 1:
        raise ValueError(f"--data names {len(files)} tables, {', '.join(files)}: look at one at a time")
    name, file = next(iter(files.items()))
    text, label, identity = columns
    rows = list(table_rows(file, [text], encoding, [label, identity]))
    errors = Counter(reason for row in rows if (reason := _unusable(row, text)))
    texts = [_routed(row, columns) for row in rows if not _unusable(row, text)]
    if not texts:
        raise ValueError(f"no row of {file} has a text: {'; '.join(errors) or 'it has no rows'}")
    return RouterTable(name, file, _drawn(texts, limit, seed), len(rows), errors)


def read_twins(file: Path, columns: tuple[str, str], encoding: str | None) -> dict[str, str]:
    """Read uncloaked texts by id.

    Args:
        file: A table.
        columns: names of the columns of text and id.
        encoding: of a text file.

    Raises:
        ValueError: Two rows with one id differ, so that it is not clear which is the twin.
    """
    from decloak.training.data.tables import table_rows

    text, identity = columns
    twins: dict[str, str] = {}
    for row in table_rows(file, [text, identity], encoding):
        key = _name(row.values.get(identity))
        if key is None or _unusable(row, text):
            continue
        if twins.setdefault(key, row.values[text]) != row.values[text]:
            raise ValueError(
                f"{file}, row {row.number}: the {identity} {key} stands at another text above; make it unique"
            )
    return twins


def _routed(row: "TableRow", columns: tuple[str, str, str]) -> "RoutedText":
    from decloak.evaluation.routers import RoutedText

    text, label, identity = columns
    return RoutedText(row.values[text], row.number, _name(row.values.get(identity)), _name(row.values.get(label)))


def _unusable(row: "TableRow", column: str) -> str | None:
    if row.error is not None:
        return row.error
    text = row.values.get(column)
    if isinstance(text, str) and text.strip():
        return None
    return f"{column} is empty" if text is None or isinstance(text, str) else f"{column} is {type(text).__name__}"


def _name(value: object) -> str | None:
    """Write a label or an id the same way whatever the table made of it; None for an empty one."""
    from decloak.training.data.tables import whole_number

    if value is None or value != value:  # NaN differs from itself
        return None
    number = None if isinstance(value, str) else whole_number(value)
    return (str(value).strip() if number is None else str(number)) or None


def _drawn(texts: list["RoutedText"], limit: int, seed: int) -> list["RoutedText"]:
    import numpy as np

    from decloak.evaluation.attack_runs import stratified_sample

    labels = {label: index for index, label in enumerate(sorted({str(text.label) for text in texts}))}
    classes = np.array([labels[str(text.label)] for text in texts], dtype=np.int64)
    return [texts[place] for place in stratified_sample(classes, limit, seed)]


__all__ = ["RouterTable", "check_cloaking", "read_router_table", "read_twins"]
