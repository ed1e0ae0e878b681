"""Labelled texts from csv, tsv, jsonl and parquet files, plain or gzipped, row by row or as a data set."""

import csv
import gzip
import logging
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .delimited_rows import delimited_records
from .json_lines import json_object
from .table_files import bounded_lines, open_seekable, open_text
from .text_encoding import known_encoding

if TYPE_CHECKING:
    from datasets import Dataset

logger = logging.getLogger(__name__)

# How many records of a jsonl file are looked at before a column counts as missing: jsonl has no header.
_HEAD = 100
# 18 digits always fit the 64-bit integers of Arrow.
_WHOLE_NUMBER = re.compile(r"\s*([+-]?\d{1,18})(?:\.0*)?\s*")


@dataclass(frozen=True)
class TableRow:
    """One row of a table, or the reason why it could not be read.

    Attributes:
        number: Line of the file for csv, tsv and jsonl (where the record ends, or what is broken in it begins), row
            for parquet; from 1.
        values: The requested columns; an optional one that the row lacks is None. Empty when `error` is set.
        error: What is wrong with the row, or None.
    """

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True)
class _Request:
    """What to read, and of which file."""

    path: Path
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    encoding: str | None = None

    def check(self, present: Sequence[str]) -> None:
        """Hold the request against the columns that there are."""
        missing = [name for name in self.needed if name not in present]
        if missing:
            raise ValueError(
                f"{self.path} has no column {', '.join(missing)}; its columns are: {', '.join(present) or 'none'}"
            )
        for name in (*self.needed, *self.optional):
            if present.count(name) > 1:
                raise ValueError(
                    f"{self.path} has {present.count(name)} columns called {name!r}: rename them, so that it is clear "
                    "which to read"
                )

    def lacking(self, record: dict[str, Any]) -> str:
        """Name the columns that a record lacks though they are needed."""
        return ", ".join(name for name in self.needed if name not in record)

    def row(self, number: int, record: dict[str, Any], error: str | None) -> TableRow:
        """Take the columns out of a record."""
        if error:
            return TableRow(number, error=error)
        return TableRow(number, {name: record.get(name) for name in (*self.needed, *self.optional)})


def table_rows(
    path: str | Path, columns: Sequence[str], encoding: str | None = None, optional: Sequence[str] = ()
) -> Iterator[TableRow]:
    """Read a table row by row; the file is checked at once, its rows are read as they are asked for.

    A broken row is returned with its error and the rows behind it are still read: so are a line that is too long
    (`LONGEST_LINE`) and a quotation mark that is never closed (`delimited_records`). Memory stays bounded however
    large the file is. Bytes that are not of the encoding come back as lone surrogates (`surrogateescape`), for the
    reader of the text to judge.

    Args:
        path: A file that ends in .csv, .tsv, .jsonl or .parquet, or in one of these and .gz. The first row of csv
            and tsv names the columns.
        columns: The columns to read. Their values are strings in csv and tsv, else what the file holds.
        encoding: Any of Python's text encodings. None is UTF-8 (with or without a byte order mark), or UTF-16 or
            UTF-32 with one. Parquet knows its own.
        optional: Columns to read where there are any; a row without one has None there.

    Returns:
        An iterator over all rows, good and bad, in the file's order.

    Raises:
        FileNotFoundError: There is no such file.
        PermissionError: The file may not be read.
        ValueError: The extension or the encoding is unknown, a column is missing or there twice, the file is empty,
            damaged, or in another encoding. Damage far into a file shows when its rows are read.
    """
    path = Path(path)
    reader = _READERS[_table_format(path)]
    if not path.is_file():
        folder = " (it is a folder; name one of its files)" if path.is_dir() else ""
        raise FileNotFoundError(f"no such file: {path}{folder}")
    if encoding is not None:
        known_encoding(encoding)
    needed = tuple(dict.fromkeys(columns))
    request = _Request(path, needed, tuple(dict.fromkeys(name for name in optional if name not in needed)), encoding)
    rows = _damage_as_value_error(path, lambda: reader(request))
    first = next(rows, None)
    if first is None:
        raise ValueError(f"{path} has no rows")
    return chain([first], rows)


def read_table(path: str | Path, columns: Sequence[str] = ("text", "label"), encoding: str | None = None) -> "Dataset":
    """Read a whole table into a data set in memory; rows that cannot be used are left out and logged.

    A row is left out when it is broken, when one of the columns is missing or null in it, or when a string in
    it is not valid Unicode, which Arrow cannot hold. A column `label` that holds whole numbers only ("1",
    1.0) becomes integers.

    Args:
        path: As in `table_rows`.
        columns: The columns to keep, all of them needed in each row.
        encoding: As in `table_rows`.

    Returns:
        A `datasets.Dataset` with these columns, in the file's order.

    Raises:
        OSError: As in `table_rows`.
        ValueError: As in `table_rows`, or no row can be used.
    """
    import pyarrow
    from datasets import Dataset

    data: dict[str, list[Any]] = {name: [] for name in columns}
    bad: list[str] = []
    for row in table_rows(path, columns, encoding):
        error = row.error or _unusable(row.values)
        if error:
            bad.append(f"row {row.number}: {error}")
            continue
        for name in columns:
            data[name].append(row.values[name])
    if bad:
        logger.warning("%s: %d rows left out; %s", path, len(bad), "; ".join(bad[:5]) + (" ..." if bad[5:] else ""))
    if not any(data.values()):
        raise ValueError(f"{path}: none of its {len(bad)} rows can be used; {bad[0]}")
    if "label" in data:
        data["label"] = _integers(data["label"])
    try:
        return Dataset.from_dict(data)
    except (pyarrow.ArrowException, TypeError) as mixed:
        raise ValueError(f"{path}: a column mixes types, such as numbers and names: {mixed}") from mixed


def whole_number(value: object) -> int | None:
    """Read an integer from what tables hold for one: 1, 1.0, True, "1", "1.0"; None for anything else."""
    if isinstance(value, str):
        match = _WHOLE_NUMBER.fullmatch(value)
        return int(match[1]) if match else None
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    return None


def _table_format(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    name = suffixes[-1].lstrip(".") if suffixes else ""
    if name not in _READERS:
        allowed = ", ".join(f".{known}" for known in _READERS)
        raise ValueError(f"cannot tell what {path} holds: its name must end in {allowed}, or one of these and .gz")
    return name


def _damage_as_value_error(path: Path, rows: Callable[[], Iterator[TableRow]]) -> Iterator[TableRow]:
    """Turn what gzip, csv and Arrow raise on damaged files into one clear error."""
    import pyarrow

    try:
        yield from rows()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a whole gzip file: {error}") from error
    except PermissionError as error:
        raise PermissionError(f"{path} may not be read: ask its owner, or change its permissions ({error})") from error
    except (csv.Error, UnicodeError, OSError, pyarrow.ArrowException) as error:
        raise ValueError(f"{path} cannot be read (damaged, or not what its name or encoding says): {error}") from error


def _delimited_rows(request: _Request, delimiter: str) -> Iterator[TableRow]:
    with open_text(request.path, request.encoding, newline="") as file:
        records = delimited_records(bounded_lines(file, "\r\n"), delimiter)
        header = next(records, None)
        if header is None:
            raise ValueError(f"{request.path} is empty")
        if header.error:
            raise ValueError(f"{request.path}: the row of column names cannot be read: {header.error}")
        request.check(header.cells)
        for number, cells, error, _ in records:
            record = dict(zip(header.cells, cells, strict=False))
            if error is None and (lacking := request.lacking(record)):
                error = f"the row ends before column {lacking}"
            yield request.row(number, record, error)


def _csv_rows(request: _Request) -> Iterator[TableRow]:
    return _delimited_rows(request, ",")


def _tsv_rows(request: _Request) -> Iterator[TableRow]:
    return _delimited_rows(request, "\t")


def _jsonl_rows(request: _Request) -> Iterator[TableRow]:
    with open_text(request.path, request.encoding, newline="\n") as file:
        lines = enumerate(bounded_lines(file), 1)
        records = ((number, *json_object(line)) for number, line in lines if line is None or line.strip())
        head = list(islice(records, _HEAD))
        present = list(dict.fromkeys(chain.from_iterable(record for _, record, error in head if error is None)))
        if any(error is None for _, _, error in head):
            request.check(present)
        for number, record, error in chain(head, records):
            if error is None and (lacking := request.lacking(record)):
                error = f"no {lacking} among the keys {', '.join(record) or '(none)'}"
            yield request.row(number, record, error)


def _parquet_rows(request: _Request) -> Iterator[TableRow]:
    from pyarrow import parquet

    with open_seekable(request.path) as file:
        table = parquet.ParquetFile(file)
        present = table.schema_arrow.names
        request.check(present)
        columns = [*request.needed, *(name for name in request.optional if name in present)]
        batches = table.iter_batches(batch_size=1024, columns=columns)
        for number, record in enumerate(chain.from_iterable(batch.to_pylist() for batch in batches), 1):
            yield request.row(number, record, None)


def _unusable(values: dict[str, Any]) -> str | None:
    for name, value in values.items():
        if value is None or value != value or (isinstance(value, str) and not value.strip()):  # NaN differs from itself
            return f"{name} is empty"
        if name == "text" and not isinstance(value, str):
            return f"text is {type(value).__name__}, a string is needed"
        if isinstance(value, str) and not _is_unicode(value):
            return f"{name} is not valid Unicode"
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _integers(values: list[Any]) -> list[Any]:
    numbers = [whole_number(value) for value in values]
    return values if None in numbers else numbers


_READERS: dict[str, Callable[[_Request], Iterator[TableRow]]] = {
    "csv": _csv_rows,
    "tsv": _tsv_rows,
    "jsonl": _jsonl_rows,
    "parquet": _parquet_rows,
}
