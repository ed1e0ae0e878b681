"""Records of csv and tsv, where a quotation mark that is never closed costs its own row and no other."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from .table_files import LONGEST_LINE

# Lines of one record. The longest posts and their replies have some hundred; a stray quotation mark runs on until the
# next one, and what it ran over is read again, so this also bounds what is held.
LONGEST_RECORD = 1000
# The largest that every platform's C long holds; the csv module's own limit is 131,072 characters a field.
_FIELD_LIMIT = 2**31 - 1


class Record(NamedTuple):
    """A record of a table.

    Attributes:
        number: The line of the file where it ends, from 1; the broken line when `error` is set.
        cells: Its cells; empty when `error` is set.
        error: Why it could not be read, or None.
        line: The broken line with its end when `error` is set, for who writes it as it was; without its content
            when it is too long.
    """

    number: int
    cells: list[str]
    error: str | None = None
    line: str = ""


def delimited_records(lines: Iterator[str | None], delimiter: str) -> Iterator[Record]:
    r"""Read records as `csv.reader` does, but for those that a stray quotation mark makes of several rows.

    A record is broken when it runs over `LONGEST_RECORD` lines or to the end of the file inside of quotation marks,
    or when it spans lines, its first line alone would fill the columns, and its closing mark is followed by text, as
    in `"a,1\n"b",0`. Of a broken record the first line becomes an error and the next lines are read anew. What a stray
    mark ran over holds no other that could stay open, or it would have ended there: each line is read twice at most.

    Args:
        lines: From `bounded_lines`: lines with their ends, or None for one that is too long.
        delimiter: What parts cells.

    Yields:
        Records, good and bad; empty lines are left out.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _FIELD_LIMIT))
    source = _RecordLines(lines, delimiter)
    reader = csv.reader(source, delimiter=delimiter)
    width = 0
    while True:
        source.start_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # before Python 3.11 a NUL
            fault: str | None = str(error)
        else:
            width = width or len(cells)
            fault = source.fault(width)
        if fault:
            line = source.go_back()
            yield Record(source.number, [], fault, line)
        elif cells:
            yield Record(source.number, cells)


class _RecordLines:
    """The lines of a file, with those that were taken for the record at hand, so that they can be read anew."""

    def __init__(self, lines: Iterator[str | None], delimiter: str) -> None:
        self.number = 0
        self._lines = lines
        self._delimiter = delimiter
        self._again: deque[str | None] = deque()
        self.start_record()

    def start_record(self) -> None:
        self._taken: list[str] = []
        self._size = 0
        self._cut: str | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Give the next line of the file; inside of a record that is too long, end it."""
        if len(self._taken) == LONGEST_RECORD:
            return self._end(f"not closed within {LONGEST_RECORD:,} lines")
        try:
            line = self._again.popleft() if self._again else next(self._lines)
        except StopIteration:
            return self._end("never closed")
        if self._taken and (line is None or self._size + len(line) > LONGEST_LINE):
            self._again.appendleft(line)
            return self._end(f"not closed within {LONGEST_LINE:,} characters")
        if line is None:
            self._cut = f"the line has {LONGEST_LINE:,} characters or more, which is more than can be read"
            line = "\n"
        self.number += 1
        self._taken.append(line)
        self._size += len(line)
        return line

    def _end(self, how: str) -> str:
        if self._taken:
            self._cut = f"a quotation mark is opened in line {self._first()} or later and {how}: close it, or double it"
        raise StopIteration

    def _first(self) -> int:
        return self.number - len(self._taken) + 1

    def fault(self, width: int) -> str | None:
        """Say what is wrong with the record at hand in a table of `width` columns, or None."""
        if self._cut or len(self._taken) < 2:
            return self._cut
        complete = self._taken[0].count(self._delimiter) >= width - 1
        if not complete or _closes_well(self._taken, self._delimiter):
            return None
        return (
            f"a quotation mark is opened in line {self._first()} and closed inside of a text in line {self.number}: "
            "close it, or double it"
        )

    def go_back(self) -> str:
        """Return the first line of this record, and give those behind it once more."""
        self.number = self._first()
        self._again.extendleft(reversed(self._taken[1:]))
        return self._taken[0]


def _closes_well(lines: list[str], delimiter: str) -> bool:
    """Whether behind each closing quotation mark comes a delimiter or the end."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


__all__ = ["LONGEST_RECORD", "Record", "delimited_records"]
