"""Opening table files: packed or plain, in any encoding, in lines of bounded length."""

import gzip
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from .text_encoding import HEAD, detected_encoding, known_encoding

# Characters of a line. No text is that long; a file without line ends, such as a gzip bomb, would fill the memory.
LONGEST_LINE = 2**24
# Parquet is packed already. What gzip makes this much smaller, and is large, was made to fill the disk.
_MOST_TIMES_PACKED = 100
_ALWAYS_ALLOWED = 2**26
_CHUNK = 2**20


def is_packed(path: Path) -> bool:
    """Say whether a file is gzipped, by its name."""
    return path.suffix.lower() == ".gz"


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, gzipped or not, for its bytes."""
    if is_packed(path):
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def open_text(path: Path, encoding: str | None, newline: str) -> IO[str]:
    """Open a file, gzipped or not, as text. Bytes that do not fit come back as lone surrogates.

    Args:
        path: The file.
        encoding: Any of Python's; None finds it.
        newline: As in `open`.

    Raises:
        ValueError: The encoding is unknown, or none was given and the file is not UTF-8.
    """
    if encoding is None:
        with open_bytes(path) as file:
            chosen = detected_encoding(path, file.read(HEAD))
    else:
        chosen = known_encoding(encoding)
    # A byte that is escaped is above 127; half of a wide character may be any.
    errors = "surrogatepass" if chosen.startswith(("utf-16", "utf-32")) else "surrogateescape"
    return io.TextIOWrapper(open_bytes(path), encoding=chosen, errors=errors, newline=newline)


def bounded_lines(file: IO[str], ends: str = "\n") -> Iterator[str | None]:
    """Read a file line by line without its byte order mark.

    Args:
        file: From `open_text`.
        ends: The characters that end a line.

    Yields:
        Each line with its end; None for one of `LONGEST_LINE` characters or more.
    """
    mark, torn = "\ufeff", False
    while line := file.readline(LONGEST_LINE):
        if torn and line == "\n":  # the other half of a line end
            torn = False
            continue
        too_long = len(line) == LONGEST_LINE
        while len(line) == LONGEST_LINE and line[-1] not in ends:
            line = file.readline(LONGEST_LINE)
        torn = len(line) == LONGEST_LINE and line[-1] == "\r"
        yield None if too_long else line.removeprefix(mark) or "\n"
        mark = ""


def open_seekable(path: Path) -> IO[bytes]:
    """Open a file that is read from its end, as Parquet is; a gzipped one is unpacked to a temporary file.

    Raises:
        ValueError: It unpacks to far more than a Parquet file could.
    """
    if not is_packed(path):
        return path.open("rb")
    allowed = max(_ALWAYS_ALLOWED, _MOST_TIMES_PACKED * path.stat().st_size)
    unpacked = cast(IO[bytes], tempfile.TemporaryFile())
    with open_bytes(path) as file:
        while chunk := file.read(_CHUNK):
            if unpacked.tell() + len(chunk) > allowed:
                unpacked.close()
                raise ValueError(
                    f"{path} unpacks to more than {allowed:,} bytes, {_MOST_TIMES_PACKED} times its size, which no "
                    "Parquet file does: unpack it and see what it is"
                )
            unpacked.write(chunk)
    unpacked.seek(0)
    return unpacked


__all__ = ["LONGEST_LINE", "bounded_lines", "is_packed", "open_bytes", "open_seekable", "open_text"]
