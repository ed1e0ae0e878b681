"""What `decloak evaluate` measures on: tables, folders of tables, and data sets of the catalogue."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decloak.evaluation.label_scheme import LabelledText, LabelScheme
    from decloak.evaluation.suites import Suite
    from decloak.training.data.tables import TableRow

_NAMED = re.compile(r"([^=/\\]+)=(.+)")
_TABLE = re.compile(r"(.+)\.(csv|tsv|jsonl|parquet)(\.gz)?", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """Where texts and labels are, and how the file is written."""

    text: str = "text"
    label: str = "label"
    encoding: str | None = None


def labels_map(values: Sequence[str]) -> dict[str, int]:
    """Read `--labels-map`: NAME=CLASS, repeated or joined by commas.

    Raises:
        ValueError: An entry has no name, or its class is no whole number.
    """
    entries = [entry for value in values for entry in value.split(",") if entry.strip()]
    mapped: dict[str, int] = {}
    for entry in entries:
        name, _, number = entry.rpartition("=")
        if not name.strip() or not number.strip().isdecimal():
            raise ValueError(f"--labels-map has {entry!r}; it must read NAME=CLASS, such as hate=1,normal=0")
        mapped[name.strip()] = int(number)
    return mapped


def strengths(value: str) -> tuple[float, ...]:
    """Read `--strengths`: numbers joined by commas.

    Raises:
        ValueError: One is no number.
    """
    try:
        return tuple(sorted({float(part) for part in value.split(",") if part.strip()}))
    except ValueError as error:
        raise ValueError(f"--strengths is {value!r}; give numbers joined by commas, such as 0.1,0.3,1") from error


def named_files(values: Sequence[str]) -> dict[str, Path]:
    """Read `--data`: files and folders by name; a file's own name where none is given.

    Raises:
        ValueError: Two have one name (or names that are one as a folder's), or a folder holds no table.
    """
    from decloak.cli.evaluation_output import folder_name

    files: dict[str, Path] = {}
    for value in values:
        named = _NAMED.fullmatch(value)
        name, path = (named[1], Path(named[2])) if named and not Path(value).exists() else ("", Path(value))
        found = {name or path.name: path} if not path.is_dir() else _tables_in(path, name)
        for key, file in found.items():
            alike = next((other for other in files if folder_name(other) == folder_name(key)), None)
            if alike is not None:
                same = (
                    f"two of the name {key}" if alike == key else f"{alike} and {key}, which are one as a folder's name"
                )
                raise ValueError(f"--data has {same}: name them apart, as --data NAME=PATH")
            files[key] = file
    return files


def _tables_in(folder: Path, name: str) -> dict[str, Path]:
    """Find the tables of a folder by their names without endings; with them, where two differ by those alone."""
    tables = [(match[1], file) for file in sorted(folder.iterdir()) if (match := _TABLE.fullmatch(file.name))]
    if not tables:
        raise ValueError(f"{folder} holds no .csv, .tsv, .jsonl or .parquet file")
    stems = [stem for stem, _ in tables]
    names = [(file.name if stems.count(stem) > 1 else stem, file) for stem, file in tables]
    return {f"{name}/{own}" if name else own: file for own, file in names}


def read_tables(
    files: dict[str, Path], suite: "Suite | None", columns: Columns
) -> list[tuple[str, Path | None, list["TableRow"]]]:
    """Read all tables; without files those of the suite's own data set.

    Raises:
        ValueError: There is nothing to read.
    """
    from decloak.evaluation.evaluating import OPTIONAL_COLUMNS
    from decloak.training.data.tables import table_rows

    if files:
        needed = [columns.text, columns.label]
        optional = [name for name in OPTIONAL_COLUMNS if name not in needed]
        return [
            (name, file, list(table_rows(file, needed, columns.encoding, optional))) for name, file in files.items()
        ]
    if suite is None or suite.data is None:
        raise ValueError("no data: give --data PATH, or --suite hatecheck, mhc or bias, which know theirs")
    return [(name, None, rows) for name, rows in _catalogued(suite.data)]


def _catalogued(name: str) -> Iterable[tuple[str, list["TableRow"]]]:
    """Load a data set of the catalogue from the Hub."""
    from decloak.training.data.preparing import prepare_dataset
    from decloak.training.data.tables import TableRow

    prepared = prepare_dataset(name)
    several = len(prepared.dataset) > 1
    for split, rows in prepared.dataset.items():
        yield (str(split) if several else name), [TableRow(number, dict(row)) for number, row in enumerate(rows, 1)]


def labelled(name: str, rows: list["TableRow"], columns: Columns, scheme: "LabelScheme") -> list["LabelledText"]:
    """Bring the rows of the data `name` into the classes of a scheme.

    Raises:
        ValueError: Its labels do not fit the scheme.
    """
    from decloak.evaluation.label_scheme import labelled_texts

    try:
        return labelled_texts(rows, columns.text, columns.label, scheme)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


__all__ = ["Columns", "labelled", "labels_map", "named_files", "read_tables", "strengths"]
