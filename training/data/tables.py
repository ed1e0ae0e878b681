"""Labelled texts from csv, tsv, jsonl and parquet files, plain or gzipped, row by row or as a data set."""

import csv
import gzip
import io
import json
import logging
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from datasets import Dataset

logger = logging.getLogger(__name__)

# How many records of a jsonl file are looked at before a column counts as missing: jsonl has no header.
_HEAD = 100
# The largest that every platform's C long holds; the csv module's own limit is 131,072 characters a field.
_FIELD_LIMIT = 2**31 - 1
# 18 digits always fit the 64-bit integers of Arrow.
_WHOLE_NUMBER = re.compile(r"\s*([+-]?\d{1,18})(?:\.0*)?\s*")


@dataclass(frozen=True)
class TableRow:
    """One row of a table, or the reason why it could not be read.

    Attributes:
        number: Line of the file for csv, tsv and jsonl (where the record ends), row for parquet; from 1.
        values: The requested columns. Empty when `error` is set.
        error: What is wrong with the row, or None.
    """

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


def table_rows(path: str | Path, columns: Sequence[str]) -> Iterator[TableRow]:
    """Read a table row by row; the file is checked at once, its rows are read as they are asked for.

    A broken row is returned with its error and the rows behind it are still read. Bytes that are not UTF-8
    come back as lone surrogates (`surrogateescape`), for the reader of the text to judge.

    Args:
        path: A file that ends in .csv, .tsv, .jsonl or .parquet, or in one of these and .gz. Text is UTF-8
            (with or without a byte order mark) or UTF-16 with one; the first row of csv and tsv names the
            columns.
        columns: The columns to read. Their values are strings in csv and tsv, else what the file holds.

    Returns:
        An iterator over all rows, good and bad, in the file's order.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The extension is unknown, a column is missing, or the file is empty or damaged.
    """
    path = Path(path)
    reader = _READERS[_table_format(path)]
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    rows = _damage_as_value_error(path, lambda: reader(path, tuple(columns)))
    first = next(rows, None)
    if first is None:
        raise ValueError(f"{path} has no rows")
    return chain([first], rows)


def read_table(path: str | Path, columns: Sequence[str] = ("text", "label")) -> "Dataset":
    """Read a whole table into a data set in memory; rows that cannot be used are left out and logged.

    A row is left out when it is broken, when one of the columns is missing or null in it, or when a string in
    it is not valid Unicode, which Arrow cannot hold. A column `label` that holds whole numbers only ("1",
    1.0) becomes integers.

    Args:
        path: As in `table_rows`.
        columns: The columns to keep, all of them needed in each row.

    Returns:
        A `datasets.Dataset` with these columns, in the file's order.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: As in `table_rows`, or no row can be used.
    """
    import pyarrow
    from datasets import Dataset

    data: dict[str, list[Any]] = {name: [] for name in columns}
    bad: list[str] = []
    for row in table_rows(path, columns):
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
    except (csv.Error, UnicodeError, OSError, pyarrow.ArrowException) as error:
        raise ValueError(f"{path} cannot be read (damaged, or not what its name says): {error}") from error


def _open_bytes(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def _open_text(path: Path, newline: str | None = None) -> IO[str]:
    with _open_bytes(path) as file:
        head = file.read(2)
    encoding = "utf-16" if head in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    errors = "strict" if encoding == "utf-16" else "surrogateescape"
    return io.TextIOWrapper(_open_bytes(path), encoding=encoding, errors=errors, newline=newline)


def _require(path: Path, columns: Sequence[str], present: Sequence[str]) -> None:
    missing = [name for name in columns if name not in present]
    if missing:
        raise ValueError(f"{path} has no column {', '.join(missing)}; its columns are: {', '.join(present) or 'none'}")


def _delimited_rows(path: Path, columns: Sequence[str], delimiter: str) -> Iterator[TableRow]:
    csv.field_size_limit(max(csv.field_size_limit(), _FIELD_LIMIT))
    with _open_text(path, newline="") as file:
        lines = _RecordLines(file)
        reader = csv.reader(lines, delimiter=delimiter)
        header = next(reader, None)
        if header is None:
            raise ValueError(f"{path} is empty")
        _require(path, columns, header)
        lines.taken = 0
        for cells in reader:
            error = lines.unclosed_quote(reader.line_num)
            lines.taken = 0
            record = dict(zip(header, cells, strict=False))
            absent = [name for name in columns if name not in record]
            if absent and error is None:
                error = f"the row ends before column {', '.join(absent)}"
            if cells:
                yield TableRow(reader.line_num, {} if error else {name: record[name] for name in columns}, error)


class _RecordLines:
    """The lines of a file, with the number that the csv reader has taken for the record at hand.

    A quotation mark that is never closed makes one field of all lines behind it, which the reader does not report.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._ended_inside = False
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._file, None)
        if line is None:
            self._ended_inside = self.taken > 0
            raise StopIteration
        self.taken += 1
        return line

    def unclosed_quote(self, last: int) -> str | None:
        """Say what is wrong with a record that the file ended inside of; `last` is its last line."""
        if not self._ended_inside:
            return None
        first = last - self.taken + 1
        return f"a quotation mark is opened in line {first} or later and never closed: close it, or double it"


def _csv_rows(path: Path, columns: Sequence[str]) -> Iterator[TableRow]:
    return _delimited_rows(path, columns, ",")


def _tsv_rows(path: Path, columns: Sequence[str]) -> Iterator[TableRow]:
    return _delimited_rows(path, columns, "\t")


def _jsonl_rows(path: Path, columns: Sequence[str]) -> Iterator[TableRow]:
    with _open_text(path, newline="\n") as file:
        records = ((number, *_json_object(line)) for number, line in enumerate(file, 1) if line.strip())
        head = list(islice(records, _HEAD))
        present = list(dict.fromkeys(chain.from_iterable(record for _, record, error in head if error is None)))
        if any(error is None for _, _, error in head):
            _require(path, columns, present)
        for number, record, error in chain(head, records):
            absent = [name for name in columns if name not in record]
            if error is None and absent:
                error = f"no {', '.join(absent)} among the keys {', '.join(record) or '(none)'}"
            yield TableRow(number, {} if error else {name: record[name] for name in columns}, error)


def _json_object(line: str) -> tuple[dict[str, Any], str | None]:
    """Parse a line of jsonl: the object and None, or an empty one and what is wrong with the line."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {}, f"not JSON: {error}"
    if not isinstance(record, dict):
        return {}, f"a JSON object is needed, this is {type(record).__name__}"
    return record, None


def _parquet_rows(path: Path, columns: Sequence[str]) -> Iterator[TableRow]:
    from pyarrow import parquet

    # Parquet is read from its end, so a gzipped one is unpacked first.
    with _open_bytes(path) as file:
        source = io.BytesIO(file.read()) if path.suffix.lower() == ".gz" else file
        table = parquet.ParquetFile(source)
        _require(path, columns, table.schema_arrow.names)
        batches = table.iter_batches(batch_size=1024, columns=list(columns))
        for number, values in enumerate(chain.from_iterable(batch.to_pylist() for batch in batches), 1):
            yield TableRow(number, values)


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


_READERS: dict[str, Callable[[Path, Sequence[str]], Iterator[TableRow]]] = {
    "csv": _csv_rows,
    "tsv": _tsv_rows,
    "jsonl": _jsonl_rows,
    "parquet": _parquet_rows,
}
