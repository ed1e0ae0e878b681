"""`decloak classify`: texts in, labels out."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from decloak.cli.errors import clear_errors, note
from decloak.cli.options import (
    BatchSize,
    Device,
    DeviceOption,
    Dtype,
    DtypeOption,
    Modalities,
    Model,
    Revision,
    TrustRemoteCode,
    senses,
)
from decloak.cli.output import Format

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline


@dataclass(frozen=True)
class InputText:
    """A text to classify, or why there is none.

    Attributes:
        text: The text; None when the row could not be read.
        error: What is wrong with the row, or None.
    """

    text: str | None
    error: str | None = None


def classify(
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts; - reads one a line from stdin.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="A .csv, .tsv, .jsonl or .parquet file, also with .gz."),
    ] = None,
    column: Annotated[str, typer.Option(help="The column of the file that holds the text.")] = "text",
    model: Model = None,
    revision: Revision = None,
    trust_remote_code: TrustRemoteCode = False,
    modalities: Modalities = None,
    batch_size: BatchSize = 32,
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="Default: what the name of --output says, else table.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write here instead of to stdout.", show_default=False),
    ] = None,
    device: DeviceOption = Device.auto,
    dtype: DtypeOption = Dtype.auto,
) -> None:
    """Label texts, from arguments, from stdin (one a line) or from a table.

    One answer a text, in order, as soon as its batch is done. jsonl gives text, label, score, scores, model,
    modalities and truncated; windows and joined too when a long text was read in parts. A text that cannot be
    answered gets label null and an error, and the others are still answered: the exit code is 1 only if none
    was.

    **Examples**

    ```
    decloak classify "have a nice day" "祝你今天愉快"
    decloak classify --format jsonl - < lines.txt > answers.jsonl
    decloak classify --file comments.csv.gz --column comment --output answers.csv
    decloak classify --modalities text --model ./my-model "text alone"
    ```
    """
    from decloak.cli.loading import load_classifier, model_name
    from decloak.cli.output import chosen_format, open_output, record_writer, show_progress
    from decloak.evaluation.answers import labels_of

    with clear_errors():
        wanted = senses(modalities)
        rows = _inputs(texts or [], file, column)
        classifier = load_classifier(model, revision, trust_remote_code, device.value, dtype.value)
        records = _records(classifier, rows, model_name(model, revision), batch_size, wanted)
        with open_output(output) as out:
            writer = record_writer(chosen_format(format_, output), out, labels_of(classifier))
            counts = _write(writer.write, show_progress(records, hidden=out.isatty()))
    _report(*counts)


def _inputs(texts: list[str], file: Path | None, column: str) -> Iterator[InputText]:
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
        raise ValueError('no text given: try decloak classify "a text", or --file, or pipe lines into it')
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


def _records(
    classifier: "TextClassificationPipeline",
    rows: Iterable[InputText],
    name: str,
    batch_size: int,
    modalities: list[str] | None,
) -> Iterator[dict[str, Any]]:
    """Answer rows in order, unreadable ones between the others."""
    from decloak.evaluation.answers import answers

    read: deque[InputText] = deque()

    def readable() -> Iterator[str]:
        for row in rows:
            read.append(row)
            if row.error is None and row.text is not None:
                yield row.text

    for answer in answers(classifier, readable(), batch_size, modalities):
        while read[0].error:
            yield _record(read.popleft(), name, {})
        yield _record(read.popleft(), name, answer)
    for row in read:
        yield _record(row, name, {})


def _record(row: InputText, name: str, answer: dict[str, Any]) -> dict[str, Any]:
    record = {
        "text": row.text,
        "label": answer.get("label"),
        "score": answer.get("score"),
        "scores": answer.get("scores"),
        "model": name,
        "modalities": answer.get("modalities") or [],
        "truncated": bool(answer.get("truncated")),
    }
    if answer.get("windows", 1) > 1:
        record |= {"windows": answer["windows"], "joined": answer.get("joined")}
    if record["label"] is None:
        record["error"] = row.error or answer.get("error") or "no answer"
    return record


def _write(write: Any, records: Iterable[dict[str, Any]]) -> tuple[int, int, int]:
    """Write all records; count the answered, the unanswered and the truncated."""
    answered = failed = truncated = 0
    for record in records:
        write(record)
        failed += record["label"] is None
        answered += record["label"] is not None
        truncated += record["truncated"]
    return answered, failed, truncated


def _report(answered: int, failed: int, truncated: int) -> None:
    if failed:
        note(f"{failed} of {answered + failed} texts could not be answered; see error")
    if truncated:
        note(f"{truncated} texts are longer than the model reads and were cut; see truncated")
    if not answered:
        if not failed:
            note("no texts came in")
        raise typer.Exit(1)
