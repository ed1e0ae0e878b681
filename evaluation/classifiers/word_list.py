"""Word lists as plain files: one entry a line, or tab-separated columns with a severity."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

COMMENT = "#"
COLUMNS = ("entry", "severity")


@dataclass(frozen=True)
class WordListEntry:
    """An entry of a word list.

    Attributes:
        entry: As the list has it.
        severity: How much a hit counts; 1 if the list does not say.
        source: Name of the list.
    """

    entry: str
    severity: float
    source: str


def folded(text: str) -> str:
    """Return a text as entries are looked for in it: NFKC and case-folded, so that width and case do not matter."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def read_word_list(file: str | Path) -> tuple[list[WordListEntry], list[str]]:
    r"""Read a word list.

    A line is an entry, or an entry, a tab and its severity. Lines that start with # and a space, or are # alone, are
    comments; those at the head are returned, for they state source and licence. A first line that reads
    `entry`, or `entry\tseverity` names the columns.

    Args:
        file: A UTF-8 file.

    Returns:
        The entries, and the comments at the head without their #.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not UTF-8, has no entries, or a line is wrong.
    """
    file = Path(file)
    if not file.is_file():
        raise FileNotFoundError(f"no such word list: {file}")
    try:
        # Not splitlines: an entry may hold one of the other line separators of Unicode.
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not UTF-8: {error}") from error
    entries = list(_entries(file, lines))
    if not entries:
        raise ValueError(f"{file} has no entries; one a line is needed")
    return entries, list(_head(lines))


def unique_entries(entries: Iterable[WordListEntry]) -> dict[str, WordListEntry]:
    """Key entries by their folded form; of those that fold alike the most severe stays, the first of equals."""
    unique: dict[str, WordListEntry] = {}
    for entry in entries:
        key = folded(entry.entry)
        if key not in unique or entry.severity > unique[key].severity:
            unique[key] = entry
    return unique


def _head(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not _is_comment(line):
            return
        yield line.strip().removeprefix(COMMENT).strip()


def _is_comment(line: str) -> bool:
    return line.startswith(f"{COMMENT} ") or line.strip() == COMMENT


def _entries(file: Path, lines: list[str]) -> Iterator[WordListEntry]:
    first = True
    for number, line in enumerate(lines, 1):
        if _is_comment(line) or not line.strip():
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        header = first and tuple(cells) in (COLUMNS[:1], COLUMNS)
        first = False
        if not header:
            yield _entry(cells, f"{file}, line {number}", file.name)


def _entry(cells: list[str], where: str, source: str) -> WordListEntry:
    if len(cells) > len(COLUMNS):
        raise ValueError(f"{where} has {len(cells)} columns; allowed are {' and '.join(COLUMNS)}, separated by a tab")
    if not folded(cells[0]).strip():
        raise ValueError(f"{where}: the entry is empty")
    severity = _severity(cells[1], where) if len(cells) > 1 else 1.0
    return WordListEntry(cells[0], severity, source)


def _severity(cell: str, where: str) -> float:
    try:
        severity = float(cell)
    except ValueError:
        severity = float("nan")
    if not isfinite(severity) or severity <= 0:
        raise ValueError(f"{where}: the severity is {cell!r}; a number above 0 is needed, 1 for a plain hit")
    return severity


__all__ = ["WordListEntry", "folded", "read_word_list", "unique_entries"]
