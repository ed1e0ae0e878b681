"""Files of texts for `decloak attack`: every row is written as it was read, but for its text and a few new columns."""

import csv
import gzip
import io
import json
import sys
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO, Any, cast

from decloak.training.data.delimited_rows import delimited_records
from decloak.training.data.json_lines import json_object
from decloak.training.data.text_encoding import marked_encoding

_BATCH = 1024


class TableFormat(str, Enum):
    """What a file of texts holds."""

    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"
    parquet = "parquet"
    txt = "txt"


@dataclass(frozen=True)
class SourceRow:
    """A row as it was read.

    Attributes:
        number: Which row it is, from 1.
        content: The row itself, for the writer.
        text: Its text; None where there is none.
        error: Why there is no text, or None.
    """

    number: int
    content: Any
    text: str | None = None
    error: str | None = None


class AttackFile(ABC):
    """Reads rows from one stream and writes them to another."""

    binary = False
    # How text is written that is no Unicode: as the bytes that were read.
    errors = "surrogateescape"
    newline = "\n"

    def __init__(self, source: Any, out: Any, column: str, added: Sequence[str]) -> None:
        """Keep the streams, the name of the text's column, and those of the new columns."""
        self.source = source
        self.out = out
        self.column = column
        self.added = tuple(added)

    @abstractmethod
    def rows(self) -> Iterator[SourceRow]:
        """Read all rows, good and bad.

        Raises:
            ValueError: The file has no such column, or one of the new columns already.
        """

    @abstractmethod
    def write(self, row: SourceRow, text: str | None, added: dict[str, Any]) -> None:
        """Write a row with its new text and the new columns; with None as it was."""

    def close(self) -> None:  # noqa: B027  most formats hold nothing back
        """Write what was held back."""

    def _check(self, columns: Sequence[str]) -> None:
        if self.column not in columns:
            raise ValueError(f"no column {self.column}: name one with --column, out of: {', '.join(columns) or 'none'}")
        if taken := [name for name in self.added if name in columns]:
            raise ValueError(f"there is a column {taken[0]} already: rename it, or compose attacks by several --attack")


class LineFile(AttackFile):
    """One text a line; the new columns have no place unless they are asked for, as JSON lines."""

    def rows(self) -> Iterator[SourceRow]:
        """Read all lines."""
        for number, line in enumerate(self.source, 1):
            text = line.rstrip("\r\n")
            yield SourceRow(number, text, text)

    def write(self, row: SourceRow, text: str | None, added: dict[str, Any]) -> None:
        """Write a line, or an object with `text` and the new columns if changes are among them."""
        line = row.content if text is None else text
        if "changes" in added:
            line = _json({"text": line, **added})
        self.out.write(line + "\n")


class DelimitedFile(AttackFile):
    """csv, and tsv by its subclass; the first row names the columns."""

    delimiter = ","
    newline = ""  # any line end, and those inside of quotation marks as they are

    def rows(self) -> Iterator[SourceRow]:
        """Read the header and write it with the new columns, then read the rows."""
        records = delimited_records(self.source, self.delimiter)
        header = next(records, None)
        if header is None:
            raise ValueError("the file is empty")
        if header.error:
            raise ValueError(f"the row of column names cannot be read: {header.error}")
        self._check(header.cells)
        self.writer = csv.writer(self.out, delimiter=self.delimiter, lineterminator="\n")
        self.writer.writerow([*header.cells, *self.added])
        self.place = header.cells.index(self.column)
        for number, record in enumerate(records, 1):
            if record.error:
                yield SourceRow(number, record.line.rstrip("\r\n"), error=record.error)
            elif len(record.cells) == len(header.cells):
                yield SourceRow(number, record.cells, record.cells[self.place])
            else:
                error = f"it has {len(record.cells)} cells, the header has {len(header.cells)}"
                yield SourceRow(number, record.cells, error=error)

    def write(self, row: SourceRow, text: str | None, added: dict[str, Any]) -> None:
        """Write the cells, or the line of a row that has none."""
        if isinstance(row.content, str):
            self.out.write(row.content + "\n")
            return
        cells = list(row.content)
        if text is not None:
            cells[self.place] = text
            cells += [_cell(added[name]) for name in self.added]
        elif row.error is None:
            cells += [""] * len(self.added)
        self.writer.writerow(cells)


class TabFile(DelimitedFile):
    """Columns parted by tabs."""

    delimiter = "\t"


class JsonLinesFile(AttackFile):
    """One JSON object a line."""

    errors = "backslashreplace"  # in JSON the escape of a lone surrogate is that surrogate again

    def rows(self) -> Iterator[SourceRow]:
        """Read all lines but blank ones; those that are no object with a text are rows with an error."""
        for number, line in enumerate((line for line in self.source if line.strip()), 1):
            record, error = json_object(line)
            if error is None:
                error = self._error(record)
            text = None if error else record[self.column]
            yield SourceRow(number, line.rstrip("\r\n") if error else record, text, error)

    def _error(self, record: dict[str, Any]) -> str | None:
        if self.column not in record:
            return f"no {self.column} among its keys: {', '.join(record) or 'none'}"
        if not isinstance(record[self.column], str):
            return f"{self.column} is {type(record[self.column]).__name__}, a string is needed"
        taken = [name for name in self.added if name in record]
        return f"it has a key {taken[0]} already" if taken else None

    def write(self, row: SourceRow, text: str | None, added: dict[str, Any]) -> None:
        """Write an object, or the line of a row with an error."""
        line = row.content if isinstance(row.content, str) else _json({**row.content, self.column: text, **added})
        self.out.write(line + "\n")


class ParquetFile(AttackFile):
    """Parquet, in batches; the types of all columns stay."""

    binary = True

    def rows(self) -> Iterator[SourceRow]:
        """Read all rows."""
        import pyarrow
        from pyarrow import parquet

        table = parquet.ParquetFile(self.source)
        schema = table.schema_arrow
        self._check(schema.names)
        for name in self.added:
            schema = schema.append(pyarrow.field(name, pyarrow.string()))
        # What `datasets` notes there lists the columns, and would no longer be true.
        kept = {key: value for key, value in (schema.metadata or {}).items() if key != b"huggingface"}
        self.writer = parquet.ParquetWriter(self.out, schema.with_metadata(kept or None))
        self.waiting: list[dict[str, Any]] = []
        records = (record for batch in table.iter_batches(batch_size=_BATCH) for record in batch.to_pylist())
        for number, record in enumerate(records, 1):
            text = record[self.column]
            if isinstance(text, str):
                yield SourceRow(number, record, text)
            else:
                yield SourceRow(number, record, error=f"{self.column} is {type(text).__name__}, a string is needed")

    def write(self, row: SourceRow, text: str | None, added: dict[str, Any]) -> None:
        """Keep a record until there are enough for a batch."""
        new = {} if text is None else {self.column: text} | {name: _cell(value) for name, value in added.items()}
        self.waiting.append({**row.content, **new})
        if len(self.waiting) == _BATCH:
            self._flush()

    def close(self) -> None:
        """Write the last batch and the end of the file."""
        self._flush()
        self.writer.close()

    def _flush(self) -> None:
        import pyarrow

        if self.waiting:
            self.writer.write_table(pyarrow.Table.from_pylist(self.waiting, schema=self.writer.schema))
        self.waiting = []


_FILES: dict[TableFormat, type[AttackFile]] = {
    TableFormat.csv: DelimitedFile,
    TableFormat.tsv: TabFile,
    TableFormat.jsonl: JsonLinesFile,
    TableFormat.parquet: ParquetFile,
    TableFormat.txt: LineFile,
}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def named_format(path: Path | None) -> TableFormat | None:
    """Return what the name of a file says that it holds; None for no file, -, and other names."""
    suffixes = [suffix.lower().lstrip(".") for suffix in path.suffixes] if path else []
    if suffixes and suffixes[-1] == "gz":
        suffixes.pop()
    known = {form.value for form in TableFormat}
    return TableFormat(suffixes[-1]) if suffixes and suffixes[-1] in known else None


def chosen_format(form: TableFormat | None, file: Path | None, output: Path | None) -> TableFormat:
    """Take `--format`, else what the name of the file says, else, on stdin, plain lines.

    Raises:
        ValueError: The name says nothing, or that of the output says something else.
    """
    allowed = ", ".join(f".{known.value}" for known in TableFormat)
    chosen = form or named_format(file) or (TableFormat.txt if file is None else None)
    if chosen is None:
        raise ValueError(
            f"cannot tell what {file} holds: its name must end in {allowed}, also with .gz; or say --format"
        )
    if named_format(output) not in (None, chosen):
        raise ValueError(f"--output {output} must be {chosen.value} as the input is: formats are not converted")
    return chosen


@contextmanager
def open_attack_file(
    form: TableFormat, file: Path | None, output: Path | None, column: str, added: Sequence[str]
) -> Iterator[AttackFile]:
    """Open both ends: a file or stdin (None), a file or stdout (None).

    Raises:
        OSError: One of the files cannot be opened.
        ValueError: Both are the same file.
    """
    if file and output and output.exists() and file.samefile(output):
        raise ValueError(f"--output {output} is the input itself; write to another file")
    kind = _FILES[form]
    with _damage_as_value_error(file), _opened_source(file) as source, _opened_output(output) as target:
        if kind.binary:
            table = kind(_seekable(source), target, column, added)
            yield table
            table.close()
            return
        out = io.TextIOWrapper(target, encoding="utf-8", errors=kind.errors, newline="")
        try:
            yield kind(_decoded(source, kind.newline), out, column, added)
        finally:
            out.detach()  # it would close stdout


@contextmanager
def _damage_as_value_error(file: Path | None) -> Iterator[None]:
    try:
        yield
    except (csv.Error, EOFError, zlib.error) as error:
        raise ValueError(f"{file or 'stdin'} is damaged, or not what its name says: {error}") from error


@contextmanager
def _opened_source(file: Path | None) -> Iterator[IO[bytes]]:
    if file is None:
        yield sys.stdin.buffer
        return
    with gzip.open(file, "rb") if file.suffix.lower() == ".gz" else file.open("rb") as source:
        yield cast(IO[bytes], source)


@contextmanager
def _opened_output(output: Path | None) -> Iterator[IO[bytes]]:
    """Open stdout, or a file that takes its name when it is whole."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with gzip.open(part, "wb") if output.suffix.lower() == ".gz" else part.open("wb") as out:
            yield cast(IO[bytes], out)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def _seekable(source: IO[bytes]) -> IO[bytes]:
    """Parquet is read from its end, so what comes through a pipe or gzip is read whole first."""
    return io.BytesIO(source.read())


def _decoded(source: IO[bytes], newline: str) -> IO[str]:
    """Decode UTF-8, or UTF-16 and UTF-32 by their mark; a stream cannot be read twice to find others."""
    buffered = io.BufferedReader(cast(io.RawIOBase, source)) if not hasattr(source, "peek") else source
    encoding = marked_encoding(cast(io.BufferedReader, buffered).peek(4)[:4])
    errors = "strict" if encoding else "surrogateescape"
    return io.TextIOWrapper(buffered, encoding=encoding or "utf-8-sig", errors=errors, newline=newline)


__all__ = ["AttackFile", "SourceRow", "TableFormat", "chosen_format", "open_attack_file"]
