"""The texts that a verb works on: arguments, a table, or lines of stdin."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class InputText:
    """A text to classify, or why there is none.

    Attributes:
        text: The text; None when the row could not be read.
        error: What is wrong with the row, or None.
    """

    text: str | None
    error: str | None = None


def input_texts(texts: list[str], file: Path | None, column: str) -> Iterator[InputText]:
    """Choose the one source of texts.

    Raises:
        ValueError: There is none, or more than one.
    """
    from decloak.training.data.tables import table_rows

    if file is not None and texts:
        raise ValueError("texts come either as arguments or from --file, not both")
    if file is not None:
        return (_table_input(row.values.get(column), row.error, column) for row in table_rows(file, [column]))
    if texts == ["-"] or (not texts and not sys.stdin.isatty()):
        return (InputText(line) for line in _lines(sys.stdin.buffer))
    if not texts:
        raise ValueError("no text given: name some, or a --file, or pipe lines in")
    return (InputText(text) for text in texts)


def _table_input(value: object, error: str | None, column: str) -> InputText:
    if error is None and not isinstance(value, str):
        error = f"{column} is {type(value).__name__}, a string is needed"
    return InputText(value if isinstance(value, str) else None, error)


def _lines(stdin: IO[bytes]) -> Iterator[str]:
    """Decode stdin line by line; bytes that are not UTF-8 stay, as lone surrogates, in their own line."""
    for number, line in enumerate(stdin):
        text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        yield text.removeprefix("\ufeff") if number == 0 else text


__all__ = ["InputText", "input_texts"]
