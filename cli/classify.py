"""`decloak classify`: texts in, labels out."""

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decloak.cli.errors import clear_errors, note
from decloak.cli.exact_senses import ExactSenses, Senses, SpeechCache, SpeechEncoder, SpeechModel, VisionEncoder
from decloak.cli.inputs import InputText, input_texts
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
    senses_from: Senses = None,
    speech_encoder: SpeechEncoder = None,
    vision_encoder: VisionEncoder = None,
    speech_model: SpeechModel = None,
    speech_cache: SpeechCache = None,
    fpr: Annotated[
        float | None,
        typer.Option(
            help="Label by the model's thresholds at this false-positive rate, such as 0.01 (see `decloak calibrate`). "
            "Default: the label with the highest score.",
            show_default=False,
        ),
    ] = None,
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
    modalities and truncated; windows and joined too when a long text was read in parts, threshold with --fpr, and
    heard when a model with a transcript hears other words than are written. A text that cannot be answered gets label
    null and an error, and the others are still answered: the exit code is 1 only if none was.

    **Examples**

    ```
    decloak classify "have a nice day" "祝你今天愉快"
    decloak classify --format jsonl - < lines.txt > answers.jsonl
    decloak classify --file comments.csv.gz --column comment --output answers.csv
    decloak classify --modalities text --model ./my-model "text alone"
    decloak classify --model ./my-calibrated-model --fpr 0.01 --file comments.csv
    ```
    """
    from decloak.cli.loading import load_classifier, model_name
    from decloak.cli.output import chosen_format, open_output, record_writer, show_progress
    from decloak.evaluation.answers import labels_of

    with clear_errors():
        wanted = senses(modalities)
        exact = ExactSenses(senses_from, speech_encoder, vision_encoder, speech_model, speech_cache)
        rows = input_texts(texts or [], file, column)
        classifier = load_classifier(model, revision, trust_remote_code, device.value, dtype.value, exact)
        records = _records(classifier, rows, model_name(model, revision), batch_size, wanted, fpr)
        with open_output(output) as out:
            writer = record_writer(chosen_format(format_, output), out, labels_of(classifier))
            counts = _write(writer.write, show_progress(records, hidden=out.isatty()))
    _report(*counts)


def _records(
    classifier: "TextClassificationPipeline",
    rows: Iterable[InputText],
    name: str,
    batch_size: int,
    modalities: list[str] | None,
    false_positive_rate: float | None = None,
) -> Iterator[dict[str, Any]]:
    """Answer rows in order, unreadable ones between the others."""
    from decloak.evaluation.answers import answers

    read: deque[InputText] = deque()

    def readable() -> Iterator[str]:
        for row in rows:
            read.append(row)
            if row.error is None and row.text is not None:
                yield row.text

    for answer in answers(classifier, readable(), batch_size, modalities, false_positive_rate):
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
        "sources": answer.get("sources") or {},
        "truncated": bool(answer.get("truncated")),
    }
    if answer.get("threshold") is not None:
        record["threshold"] = answer["threshold"]
    if answer.get("heard"):
        record["heard"] = answer["heard"]
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
