"""`decloak normalize`: texts in, texts without their cloak out."""

import json
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from decloak.cli.errors import clear_errors, note
from decloak.cli.inputs import InputText, input_texts


class ProfileName(str, Enum):
    """How much is undone."""

    light = "light"
    full = "full"


class TextFormat(str, Enum):
    """How texts are written."""

    text = "text"
    jsonl = "jsonl"


def normalize(
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts; - reads one a line from stdin.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="A .csv, .tsv, .jsonl or .parquet file, also with .gz."),
    ] = None,
    column: Annotated[str, typer.Option(help="The column of the file that holds the text.")] = "text",
    profile: Annotated[
        ProfileName,
        typer.Option(help="light leaves clean text alone; full makes a view for matching and for a model."),
    ] = ProfileName.light,
    format_: Annotated[
        TextFormat, typer.Option("--format", help="The text alone, or with what was changed and why.")
    ] = TextFormat.text,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write here instead of to stdout.", show_default=False),
    ] = None,
) -> None:
    """Undo what hides words, in texts from arguments, from stdin (one a line) or from a table.

    light removes zero-width characters, undoes look-alike letters and the width of letters and digits. full also
    folds case, traditional characters, leet, gaps, split characters, emoji and more. jsonl gives text, normalized
    and changes, each with its kind, start, end, original and new. A row that cannot be read gets normalized null
    and an error; the exit code is 1 only if no row could be read.

    **Examples**

    ```
    decloak normalize "h４te" --profile full
    decloak normalize --format jsonl - < lines.txt > normalized.jsonl
    decloak normalize --file comments.csv.gz --column comment
    ```
    """
    from decloak.cli.output import open_output

    with clear_errors():
        rows = input_texts(texts or [], file, column)
        with open_output(output) as out:
            read, failed = _write(out.write, _records(rows, profile.value), format_)
    if failed:
        note(f"{failed} of {read + failed} texts could not be read; see error in --format jsonl")
    if not read:
        if not failed:
            note("no texts came in")
        raise typer.Exit(1)


def _records(rows: Iterable[InputText], profile: str) -> Iterator[dict[str, Any]]:
    from decloak.processing.normalization import Normalizer

    normalizer = Normalizer(profile)
    for row in rows:
        if row.text is None:
            yield {"text": None, "normalized": None, "changes": [], "error": row.error}
            continue
        result = normalizer(row.text)
        changes = [change.as_dict() for change in result.changes]
        yield {"text": row.text, "normalized": result.text, "changes": changes}


def _write(write: Any, records: Iterable[dict[str, Any]], form: TextFormat) -> tuple[int, int]:
    """Write all records, an empty line for a text that could not be read; count both kinds."""
    read = failed = 0
    for record in records:
        line = json.dumps(record, ensure_ascii=False) if form is TextFormat.jsonl else record["normalized"] or ""
        write(line + "\n")
        failed += record["normalized"] is None
        read += record["normalized"] is not None
    return read, failed
