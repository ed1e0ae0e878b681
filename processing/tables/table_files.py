"""Reading and writing the table files.

A table is a UTF-8 file `NAME.tsv` in this folder. It opens with lines `# field: text`; `source` and `licence` are
required. Then each line is a key and its values, the best first, separated by tabs.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent
REQUIRED = ("source", "licence")
HEADER = "# "


def available_tables() -> list[str]:
    """Return the names of the tables that are shipped, in alphabetical order."""
    return sorted(file.stem for file in FOLDER.glob("*.tsv"))


@cache
def load_table(name: str) -> Mapping[str, tuple[str, ...]]:
    """Read a shipped table once.

    Args:
        name: one of `available_tables()`.

    Returns:
        Key to values, the best first; read-only, in the order of the file.

    Raises:
        ValueError: There is no such table, or a line of it has no value or an empty one, or a key stands twice.
    """
    return MappingProxyType(_parse(name)[1])


def table_header(name: str) -> dict[str, str]:
    """Return what a table says of itself: at least `source` and `licence`.

    Raises:
        ValueError: As for `load_table`, or the header lacks one of the two.
    """
    header = _parse(name)[0]
    missing = [field for field in REQUIRED if not header.get(field)]
    if missing:
        raise ValueError(f"Table {name} does not state its {' and '.join(missing)}.")
    return header


def write_table(
    folder: Path, name: str, header: Mapping[str, str], rows: Mapping[str, Iterable[str]] | Mapping[str, list[str]]
) -> Path:
    """Write a table that `load_table` reads; used by the builders.

    Raises:
        ValueError: The header lacks source or licence, a cell is empty or holds a tab or a line break, or a part of
            the header or the first key would be read as another line.
    """
    missing = [field for field in REQUIRED if not header.get(field)]
    if missing:
        raise ValueError(f"Table {name} must state its {' and '.join(missing)}; the header has {sorted(header)}.")
    lines = [f"{HEADER}{field}: {text}" for field, text in header.items()]
    if any(": " in field for field in header) or any(set(line) & set("\n\r") for line in lines):
        raise ValueError(f"Table {name}: a header field has no ': ' in its name and no line break: {dict(header)}")
    if next(iter(rows), "").startswith(HEADER):
        raise ValueError(f"Table {name}: the first key cannot start with {HEADER!r}, which begins the header's lines.")
    for key, values in rows.items():
        cells = [key, *values]
        broken = [cell for cell in cells if not cell or set(cell) & set("\t\n\r")]
        if broken or len(cells) < 2:
            raise ValueError(f"Table {name}, key {key!r}: cells are not empty and hold no tab or line break: {cells}")
        lines.append("\t".join(cells))
    path = folder / f"{name}.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _parse(name: str) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    path = FOLDER / f"{name}.tsv"
    if name not in available_tables():
        raise ValueError(f"There is no table {name!r}; choose from {', '.join(available_tables())}.")
    header: dict[str, str] = {}
    rows: dict[str, tuple[str, ...]] = {}
    # Not splitlines: a key may be one of the other line separators of Unicode.
    for number, line in enumerate(path.read_text(encoding="utf-8").rstrip("\n").split("\n"), 1):
        if not rows and line.startswith(HEADER):
            field, _, text = line.removeprefix(HEADER).partition(": ")
            header[field] = text
            continue
        key, *values = line.split("\t")
        if not key or not values or not all(values) or key in rows:
            raise ValueError(f"{path.name}, line {number}: {line!r} has an empty cell, or its key stands twice.")
        rows[key] = tuple(values)
    return header, rows


__all__ = ["available_tables", "load_table", "table_header", "write_table"]
