"""`decloak calibrate`: scores that are probabilities, and thresholds at stated false-positive rates."""

import json
from collections import Counter
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    TextColumn,
    TrustRemoteCode,
    senses,
)

if TYPE_CHECKING:
    from decloak.evaluation.calibration import Calibration
    from decloak.evaluation.label_scheme import LabelScheme


class ReportFormat(str, Enum):
    """How the outcome is written."""

    table = "table"
    json = "json"


class Method(str, Enum):
    """What is fitted."""

    auto = "auto"
    temperature = "temperature"
    isotonic = "isotonic"
    both = "both"


class Language(str, Enum):
    """The languages that thresholds are kept for."""

    zh = "zh"
    en = "en"


def calibrate(
    data: Annotated[
        list[str],
        typer.Option(
            "--data",
            "-d",
            metavar="[NAME=]FILE",
            help="Labelled texts that the model was neither trained nor is tested on (.csv, .tsv, .jsonl, .parquet, "
            "also with .gz), and how the record calls them; may be repeated, all are joined.",
        ),
    ],
    model: Model = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Copy the model here and calibrate the copy. Needed for a Hub model, and for the one that is "
            "installed with decloak; else the config.json in the model's own folder is changed.",
            show_default=False,
        ),
    ] = None,
    method: Annotated[
        Method,
        typer.Option(
            help="temperature divides the logits by one number; isotonic maps scores by a monotone curve; both does "
            "one after the other; auto takes the simplest that predicts rows which it was not fitted on as well as any."
        ),
    ] = Method.auto,
    fpr: Annotated[
        list[float] | None,
        typer.Option(
            help="A false-positive rate to find thresholds for; may be repeated. It takes 1/rate harmless texts of a "
            "language, and tens of times that to be exact. Default: 0.01 and 0.05.",
            show_default=False,
        ),
    ] = None,
    language: Annotated[
        Language | None,
        typer.Option(
            help="Use the texts of this language alone. A text with a Han character is zh, any other en.",
            show_default=False,
        ),
    ] = None,
    positive_label: Annotated[
        list[str] | None,
        typer.Option(
            help="A label of the model that counts as harmful; may be repeated. Default for a model of two labels: "
            "that with id 1.",
            show_default=False,
        ),
    ] = None,
    text_column: TextColumn = "text",
    label_column: Annotated[str, typer.Option(help="The column that holds the label: 1, 0, or a name.")] = "label",
    revision: Revision = None,
    trust_remote_code: TrustRemoteCode = False,
    modalities: Modalities = None,
    batch_size: BatchSize = 32,
    seed: Annotated[int, typer.Option(help="Deals the rows into the five folds that the measures come from.")] = 0,
    format_: Annotated[
        ReportFormat, typer.Option("--format", help="A table for people, or one JSON object.")
    ] = ReportFormat.table,
    device: DeviceOption = Device.auto,
    dtype: DtypeOption = Dtype.auto,
) -> None:
    """Calibrate a classifier, and store the calibration in its config.json.

    From then on its scores are probabilities, for all that reads the model: decloak's commands, and for a decloak model
    `pipeline` of transformers, too. `decloak classify --fpr 0.01` then labels by the threshold at which 1 % of the
    harmless texts of a language are taken for harmful. A rate that too few harmless texts were given for gets no
    threshold, and the table says so.

    Calibrate on texts like those that will come, with the share of harmful texts that will come: a calibration holds
    for such texts alone. Every measure shown is of rows that its calibration was not fitted on (five folds), in
    brackets with its 95 % interval.

    **Examples**

    ```
    decloak calibrate --model ./my-model --data dev.csv
    decloak calibrate --data cold=cold/dev.csv --data validation.csv.gz --output ./calibrated
    decloak calibrate --model ./my-model --data dev.csv --method temperature --fpr 0.01 --fpr 0.001 --language zh
    decloak calibrate --model ./three-classes --data dev.csv --positive-label hate --positive-label offensive
    ```
    """
    from decloak.cli.calibrated_copy import destination, write_calibration
    from decloak.cli.loading import load_classifier, model_name
    from decloak.cli.output import show_progress
    from decloak.evaluation.answers import labels_of
    from decloak.evaluation.calibration import calibrate as fit
    from decloak.evaluation.calibration.classifier_logits import classifier_logits

    with clear_errors():
        wanted = senses(modalities)
        place = destination(model, output)
        files = named_files(data)
        classifier = load_classifier(model, revision, trust_remote_code, device.value, dtype.value)
        names = labels_of(classifier)
        scheme = positive_scheme(names, positive_label or [])
        rows = [row for file in files.values() for row in _labelled_rows(file, text_column, label_column, scheme)]
        found = classifier_logits(classifier, rows, batch_size, wanted, language and language.value, show_progress)
        rates = fpr or [0.01, 0.05]
        calibration = fit(
            found.labels, found.logits, found.languages, names, scheme.positive, method.value, rates, seed, found.groups
        )
        calibration.record.update(_origin(files, language))
        config = write_calibration(place, model, revision, calibration, note)
    _print(calibration, found.errors, model_name(model, revision), config, format_)


def named_files(data: list[str]) -> dict[str, Path]:
    """Split repeated [NAME=]FILE options; a file without a name is called by its own.

    Raises:
        ValueError: Two files have one name.
        FileNotFoundError: There is no such file.
    """
    files: dict[str, Path] = {}
    for value in data:
        name, equals, rest = value.partition("=")
        whole = not equals or "/" in name or Path(value).exists()
        file = Path(value if whole else rest)
        name = file.name if whole else name
        if not file.is_file():
            raise FileNotFoundError(f"no such file: {file}")
        if name in files:
            raise ValueError(f"--data has two tables called {name}; name them apart: --data one={files[name]}")
        files[name] = file
    return files


def positive_scheme(names: list[str], positive: list[str]) -> "LabelScheme":
    """Say which of a model's labels are positive.

    Raises:
        ValueError: None is named of a model of more than two labels, or one is none of the model's.
    """
    from decloak.evaluation.label_scheme import label_scheme

    if not positive and len(names) > 2:
        raise ValueError(f"say which of the model's labels are harmful (--positive-label): {', '.join(names)}")
    return label_scheme(names, positive or names[1:])


def _labelled_rows(file: Path, text_column: str, label_column: str, scheme: "LabelScheme") -> list[Any]:
    """Read a table; leave out the few texts of test suites that may be in it by chance, and refuse a suite itself."""
    from decloak.evaluation.label_scheme import LabelledText, labelled_texts
    from decloak.training.data.tables import table_rows
    from decloak.training.data.test_suites import check_test_suites

    rows = labelled_texts(table_rows(file, [text_column, label_column]), text_column, label_column, scheme)
    suites = check_test_suites(str(file), [row.text for row in rows], [row.number for row in rows])
    return [
        LabelledText(error=f"the text is of the test suite {suite}") if suite else row
        for row, suite in zip(rows, suites, strict=True)
    ]


def _origin(files: dict[str, Path], language: Language | None) -> dict[str, Any]:
    """Say what a calibration was fitted on, without the paths of this machine."""
    from datetime import datetime, timezone

    from decloak import __version__
    from decloak.training.data.checksums import sha256_of

    return {
        "data": [{"name": name, "sha256": sha256_of(file)} for name, file in files.items()],
        "language": language and language.value,
        "date": datetime.now(timezone.utc).date().isoformat(),
        "decloak": __version__,
    }


def _print(calibration: "Calibration", errors: Counter[str], model: str, config: Path, form: ReportFormat) -> None:
    record = calibration.record
    if errors:
        reasons = "; ".join(reason for reason, _ in errors.most_common(3))
        note(f"{errors.total()} rows could not be used and are left out: {reasons}")
    for line in record["notes"]:
        note(line)
    if form is ReportFormat.json:
        report = calibration.settings() | {"model": model, "config": str(config), "errors": errors.total()}
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    from rich.console import Console

    from decloak.cli.calibration_tables import error_table, threshold_table

    Console(soft_wrap=True).print(error_table(calibration, model), threshold_table(calibration))
    note(f"the calibration is stored in {config}")
