"""A table cut into several: each row, as it stands, into the file of its part."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO

from .table_files import bounded_lines, open_seekable, open_text
from .tables import table_rows

_DELIMITERS = {".csv": ",", ".tsv": "\t"}


def write_parts(path: str | Path, parts: Mapping[int, str], output: str | Path) -> dict[str, Path]:
    """Write the rows of a table into `<part>` files of its own format, with all their columns and in their order.

    Args:
        path: as in `table_rows`.
        parts: part of each row, by its number in `table_rows`; rows that are not in it are left out.
        output: the folder; made if it is not there.

    Returns:
        The file of each part. Text is UTF-8 and not gzipped, whatever the table is.

    Raises:
        FileNotFoundError: There is no such table.
        FileExistsError: A file of a part is there already.
        ValueError: The table cannot be read.
    """
    path, output = Path(path), Path(output)
    suffix = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"][-1:]
    rows = table_rows(path, [])  # says what is wrong with the table before anything is written
    files = {part: output / f"{part}{''.join(suffix)}" for part in sorted(set(parts.values()))}
    for file in files.values():
        if file.exists():
            raise FileExistsError(f"{file} is there already: name another folder, or remove it.")
    output.mkdir(parents=True, exist_ok=True)
    if suffix == [".parquet"]:
        _write_parquet(path, parts, files)
        return files
    with ExitStack() as opened:
        targets = {part: opened.enter_context(file.open("wb")) for part, file in files.items()}
        lines = _Lines(path, opened, "\n" if suffix == [".jsonl"] else "\r\n")
        header = _header(lines, _DELIMITERS[suffix[0]]) if suffix[0] in _DELIMITERS else []
        for target in targets.values():
            _write(target, header)
        for row in rows:
            record = lines.until(row.number)
            if row.number in parts:
                _write(targets[parts[row.number]], record)
    return files


class _Lines:
    """The lines of a file in order, with the number of those that were read."""

    def __init__(self, path: Path, opened: ExitStack, ends: str) -> None:
        file = opened.enter_context(open_text(path, None, "\n" if ends == "\n" else ""))
        self._lines = bounded_lines(file, ends)
        self.read = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.read += 1
            yield line or ""

    def until(self, number: int) -> list[str]:
        """Return the lines up to this one that were not read yet."""
        wanted = number - self.read
        return list(islice(self, max(wanted, 0)))


def _header(lines: _Lines, delimiter: str) -> list[str]:
    taken: list[str] = []
    reader = csv.reader((taken.append(line) or line for line in lines), delimiter=delimiter)  # type: ignore[func-returns-value]
    next(reader, None)
    return taken


def _write(target: IO[bytes], lines: list[str]) -> None:
    for line in lines:
        ended = line if line.endswith(("\n", "\r")) else f"{line}\n"
        try:
            target.write(ended.encode("utf-8", "surrogateescape"))
        except UnicodeEncodeError:  # half of a wide character, from UTF-16, is no byte that was escaped
            target.write(ended.encode("utf-8", "surrogatepass"))


def _write_parquet(path: Path, parts: Mapping[int, str], files: Mapping[str, Path]) -> None:
    from pyarrow import parquet

    with open_seekable(path) as file:
        table = parquet.read_table(file)
    for part, target in files.items():
        parquet.write_table(table.take([number - 1 for number in sorted(parts) if parts[number] == part]), target)


__all__ = ["write_parts"]
