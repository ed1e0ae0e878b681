"""`decloak evaluate`: how good a classifier is on labelled texts."""

import json
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decloak.cli.errors import clear_errors, note
from decloak.cli.exact_senses import ExactSenses, Senses, SpeechCache, SpeechEncoder, SpeechModel, VisionEncoder
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

if TYPE_CHECKING:
    from rich.table import Table


class Report(str, Enum):
    """How the measures are written."""

    table = "table"
    json = "json"


def evaluate(
    data: Annotated[Path, typer.Option("--data", "-d", help="A .csv, .tsv, .jsonl or .parquet file, also with .gz.")],
    model: Model = None,
    revision: Revision = None,
    trust_remote_code: TrustRemoteCode = False,
    text_column: Annotated[str, typer.Option(help="The column that holds the text.")] = "text",
    label_column: Annotated[str, typer.Option(help="The column that holds the true label.")] = "label",
    positive_label: Annotated[
        list[str] | None,
        typer.Option(
            help="A label of the model that counts as class 1, all others as class 0; may be repeated. "
            "For data with 0/1 labels and a model with more or other labels.",
            show_default=False,
        ),
    ] = None,
    modalities: Modalities = None,
    senses_from: Senses = None,
    speech_encoder: SpeechEncoder = None,
    vision_encoder: VisionEncoder = None,
    speech_model: SpeechModel = None,
    speech_cache: SpeechCache = None,
    batch_size: BatchSize = 32,
    format_: Annotated[Report, typer.Option("--format", help="A table for people, or one JSON object.")] = Report.table,
    device: DeviceOption = Device.auto,
    dtype: DtypeOption = Dtype.auto,
) -> None:
    """Measure a classifier on labelled texts.

    json prints one object with macro_f1, mcc, accuracy, auroc, confusion (rows are true classes), n, and
    more; a measure that is undefined, such as auroc where only one class occurs, is null. Rows that cannot be
    answered are left out of the measures and counted in errors. Labels in the data are class ids (0, 1, ...)
    or the names in the model's id2label.

    **Examples**

    ```
    decloak evaluate --data test.csv
    decloak evaluate --model ./my-model --data test.csv.gz --format json
    decloak evaluate --model ./three-classes --data test.csv --positive-label hate --positive-label rude
    ```
    """
    from decloak.cli.loading import load_classifier, model_name
    from decloak.cli.output import show_progress
    from decloak.evaluation.answers import labels_of
    from decloak.evaluation.label_scheme import label_scheme, labelled_texts
    from decloak.evaluation.measure import measure
    from decloak.training.data.tables import table_rows

    with clear_errors():
        wanted = senses(modalities)
        exact = ExactSenses(senses_from, speech_encoder, vision_encoder, speech_model, speech_cache)
        rows = table_rows(data, [text_column, label_column])
        classifier = load_classifier(model, revision, trust_remote_code, device.value, dtype.value, exact)
        scheme = label_scheme(labels_of(classifier), positive_label or [])
        labelled = labelled_texts(rows, text_column, label_column, scheme)
        report = measure(classifier, labelled, scheme, batch_size, wanted, show_progress)
        report |= {"model": model_name(model, revision), "data": str(data)}
    _print_report(report, format_)


def _print_report(report: dict[str, Any], form: Report) -> None:
    if report["errors"]:
        note(f"{report['errors']} rows could not be used and are left out of the measures")
    if form is Report.json:
        typer.echo(json.dumps(report))
        return
    from rich.console import Console

    Console(soft_wrap=True).print(_measures(report), _confusion(report))


def _measures(report: dict[str, Any]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    from decloak.cli.output import printable

    title = escape(printable(f"{report['model']} on {report['data']}"))
    table = Table("measure", "value", title=title, title_justify="left")
    for name in ("macro_f1", "mcc", "accuracy", "auroc"):
        table.add_row(name, "undefined" if report[name] is None else f"{report[name]:.4f}")
    for name in ("n", "errors", "truncated", "seconds"):
        table.add_row(name, str(report[name]))
    return table


def _confusion(report: dict[str, Any]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    from decloak.cli.output import printable

    names = [escape(printable(name)) for name in report["labels"]]
    table = Table("true \\ predicted", *names, title="confusion", title_justify="left")
    for name, counts in zip(names, report["confusion"], strict=True):
        table.add_row(name, *map(str, counts))
    return table
