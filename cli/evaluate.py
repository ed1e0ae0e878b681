"""`decloak evaluate`: how good a classifier is on labelled texts."""

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decloak.cli.errors import clear_errors
from decloak.cli.evaluation_inputs import Columns, labelled, labels_map, named_files, read_tables, strengths
from decloak.cli.exact_senses import ExactSenses, Senses, SpeechCache, SpeechEncoder, SpeechModel, VisionEncoder
from decloak.cli.options import (
    BatchSize,
    Device,
    DeviceOption,
    Dtype,
    DtypeOption,
    Encoding,
    Modalities,
    Model,
    Revision,
    TextColumn,
    TrustRemoteCode,
    pairs,
    senses,
)

if TYPE_CHECKING:
    from decloak.evaluation.classifiers import TextClassifier
    from decloak.evaluation.evaluating import EvaluationSettings, LabelledTable
    from decloak.evaluation.label_scheme import LabelScheme
    from decloak.evaluation.suites import Suite


class Report(str, Enum):
    """How the measures are written."""

    table = "table"
    json = "json"


class SuiteName(str, Enum):
    """What is tested."""

    hatecheck = "hatecheck"
    mhc = "mhc"
    bias = "bias"
    robustness = "robustness"
    cross_dataset = "cross-dataset"


class GroupSource(str, Enum):
    """Where the groups that a row is about come from."""

    auto = "auto"
    target = "target"
    terms = "terms"


def evaluate(
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            "-d",
            metavar="[NAME=]PATH",
            help="A .csv, .tsv, .jsonl or .parquet file, also with .gz, or a folder of them; may be repeated. Columns "
            "id, group, target, functionality and language are used where there are any.",
            show_default=False,
        ),
    ] = None,
    model: Model = None,
    revision: Revision = None,
    trust_remote_code: TrustRemoteCode = False,
    head: Annotated[
        str | None, typer.Option(help="Linear head of a sentence-transformers model: a folder.", show_default=False)
    ] = None,
    suite: Annotated[
        SuiteName | None,
        typer.Option(
            help="hatecheck, mhc: accuracy per functionality. bias: false alarms per identity group. robustness: all "
            "attacks. cross-dataset: several data sets side by side. The first three load their data from the Hub if "
            "--data names none.",
            show_default=False,
        ),
    ] = None,
    attacks: Annotated[
        str | None,
        typer.Option(
            help="Attack the texts: all, zh, en, or names of `decloak attack --list` joined by commas.",
            show_default=False,
        ),
    ] = None,
    strengths_: Annotated[
        str, typer.Option("--strengths", help="Shares of the places that an attack changes, joined by commas.")
    ] = "0.1,0.3,0.6,1",
    attack_rows: Annotated[int, typer.Option(min=0, help="Attack as many rows, drawn by class; 0 attacks all.")] = 1000,
    text_column: TextColumn = "text",
    label_column: Annotated[str, typer.Option(help="The column that holds the true label.")] = "label",
    encoding: Encoding = None,
    positive_label: Annotated[
        list[str] | None,
        typer.Option(
            help="A label of the model that counts as class 1, all others as class 0; may be repeated. "
            "For data with 0/1 labels and a model with more or other labels.",
            show_default=False,
        ),
    ] = None,
    labels_map_: Annotated[
        list[str] | None,
        typer.Option(
            "--labels-map",
            metavar="NAME=CLASS,...",
            help="The class of each label, of the model and of the data: LABEL_0=0,LABEL_1=1,hate=1,normal=0.",
            show_default=False,
        ),
    ] = None,
    groups: Annotated[
        GroupSource,
        typer.Option(help="Groups that a row is about: its column target, or identity terms in its text."),
    ] = GroupSource.auto,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Folder for report.html, report.json and predictions.parquet. A run that was killed goes on there.",
            show_default=False,
        ),
    ] = None,
    texts: Annotated[
        bool,
        typer.Option("--texts", help="Write texts into the report. Without it rows have number, id and hash only."),
    ] = False,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=REPORT",
            help="Report of another model on the same data, to stand beside; may be repeated.",
            show_default=False,
        ),
    ] = None,
    hub_dataset: Annotated[
        str | None,
        typer.Option(help="Hub id of the data, for the entries of a model card (.eval_results).", show_default=False),
    ] = None,
    resamples: Annotated[int, typer.Option(min=0, help="Of the bootstrap intervals; 0 leaves them out.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
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
    """Measure any text classifier on labelled texts.

    --model is a decloak model, any sequence classifier (folder or Hub id), a baseline of `decloak baseline`, a
    sentence-transformers model with a head, or your own function: callable:package.module:function.

    json prints one object with macro_f1, mcc, accuracy, auroc, confusion (rows are true classes), n, and much more; a
    measure that is undefined, such as auroc where only one class occurs, is null. Rows that cannot be answered are
    left out of the measures and counted in errors. Labels in the data are class ids (0, 1, ...) or the names in the
    model's id2label.

    **Examples**

    ```
    decloak evaluate --data test.csv
    decloak evaluate --data test.csv --attacks all --report reports/mine
    decloak evaluate --model ./my-model --data test.csv.gz --format json
    decloak evaluate --model ./three-classes --data test.csv --labels-map hate=1,rude=1,fine=0
    decloak evaluate --suite cross-dataset --data cold=cold.csv --data sbic=sbic.csv --report reports/both
    decloak evaluate --model callable:my_package.filter:score --data test.csv --baseline decloak=reports/mine
    ```
    """
    from decloak.cli.loading import model_name, open_any

    with clear_errors():
        exact = ExactSenses(senses_from, speech_encoder, vision_encoder, speech_model, speech_cache)
        columns = Columns(text_column, label_column, encoding)
        chosen = _suite(suite)
        settings = _settings(chosen, attacks, strengths_, attack_rows, groups, resamples, seed, texts)
        others = {name: Path(file) for name, file in pairs("--baseline", baseline or []).items()}
        read = read_tables(named_files(data or []), chosen, columns)
        _check_report(report, others, hub_dataset, len(read))
        options = {"device": device.value, "dtype": dtype.value, "batch_size": batch_size, "head": head}
        classifier = open_any(model, revision, trust_remote_code, modalities=senses(modalities), exact=exact, **options)
        classifier.name = model_name(model, revision)
        scheme = _scheme(classifier, positive_label, labels_map_)
        tables = _tables(read, columns, scheme, chosen)
        reports = [
            _evaluated(classifier, table, scheme, settings, _folder(report, table.name, len(tables)), others)
            for table in tables
        ]
        found = reports[0] if len(reports) == 1 else _joined(reports)
        _write(found, report, hub_dataset)
    _print(found, format_)


def _check_report(report: Path | None, baselines: dict[str, Path], hub_dataset: str | None, tables: int) -> None:
    """Miss what a report needs before texts are answered for hours, not after.

    Raises:
        FileNotFoundError: There is no such report to stand beside.
        ImportError: jinja2 or matplotlib is not installed.
        ValueError: There is no folder for a report, or several data sets for what is of one.
    """
    from decloak.evaluation.reporting.report_schema import read_report

    for option, given in (("--baseline", baselines), ("--hub-dataset", hub_dataset)):
        if given and report is None:
            raise ValueError(f"{option} needs a report: give --report DIR, too")
        if given and tables > 1:
            raise ValueError(f"{option} is for one data set, and there are {tables}: evaluate them one by one")
    for file in baselines.values():
        read_report(file)
    if report is not None:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401


def _suite(name: SuiteName | None) -> "Suite | None":
    from decloak.evaluation.suites import SUITES

    return None if name is None else SUITES[name.value]


def _settings(
    suite: "Suite | None",
    attacks: str | None,
    strengths_: str,
    rows: int,
    groups: GroupSource,
    resamples: int,
    seed: int,
    texts: bool,
) -> "EvaluationSettings":
    from decloak.evaluation.attack_runs import AttackSettings, chosen_attacks
    from decloak.evaluation.evaluating import EvaluationSettings
    from decloak.evaluation.report_sections import MeasureSettings

    measuring = MeasureSettings(resamples=resamples, seed=seed, texts=texts)
    attacked = None
    names = "all" if attacks is None and suite is not None and suite.attacks else attacks
    if names is not None:
        attacked = AttackSettings(chosen_attacks(names), strengths(strengths_), rows, seed, resamples)
    source = suite.groups if suite is not None and groups is GroupSource.auto else groups.value
    return EvaluationSettings(measuring, attacked, source)


def _scheme(
    classifier: "TextClassifier", positive: Sequence[str] | None, mapped: Sequence[str] | None
) -> "LabelScheme":
    from decloak.evaluation.label_scheme import label_scheme

    return label_scheme(
        classifier.labels, positive or [], labels_map(mapped or []) or None, independent=classifier.independent
    )


def _tables(
    read: list[tuple[str, Path | None, list[Any]]], columns: Columns, scheme: "LabelScheme", suite: "Suite | None"
) -> list["LabelledTable"]:
    from decloak.evaluation.evaluating import LabelledTable
    from decloak.evaluation.suites import check_suite

    tables = [LabelledTable(name, labelled(name, rows, columns, scheme), file) for name, file, rows in read]
    return tables if suite is None else check_suite(suite, tables)


def _folder(report: Path | None, name: str, tables: int) -> Path | None:
    from decloak.cli.evaluation_output import folder_name

    return report if report is None or tables == 1 else report / folder_name(name)


def _evaluated(
    classifier: "TextClassifier",
    table: "LabelledTable",
    scheme: "LabelScheme",
    settings: "EvaluationSettings",
    folder: Path | None,
    baselines: dict[str, Path],
) -> dict[str, Any]:
    """Evaluate one table, and put other reports beside it."""
    from decloak.cli.output import show_progress
    from decloak.evaluation.comparing import baseline_entry, compare_reports
    from decloak.evaluation.evaluating import evaluate_table
    from decloak.evaluation.reporting.report_schema import write_report

    # A report of several data sets is written when all are measured: a run that is killed before keeps all answers.
    found = evaluate_table(classifier, table, scheme, settings, folder, show_progress, _attack_progress, True)
    found["command"] = shlex.join(["decloak", *sys.argv[1:]])
    if folder is not None and baselines:
        write_report(found, folder / "report.json")
        measuring = settings.measuring
        for name, file in baselines.items():
            compared = compare_reports(folder, file, measuring.resamples or 1000, measuring.seed)
            found["baselines"].append(baseline_entry(compared, name))
    return found


def _joined(reports: list[dict[str, Any]]) -> dict[str, Any]:
    kept = ("schema", "created", "versions", "model", "classifier", "settings", "labels")
    first = {key: reports[0][key] for key in kept}
    return {**first, "kind": "cross-dataset", "data": [one["data"] for one in reports], "reports": reports, "notes": []}


def _write(found: dict[str, Any], folder: Path | None, hub_dataset: str | None) -> None:
    from decloak.cli.evaluation_output import folder_name, write_files
    from decloak.evaluation.evaluating import forget_answers

    if folder is None:
        return
    folders = [folder]
    if found["kind"] == "cross-dataset":
        folders = [folder / folder_name(one["data"]) for one in found["reports"]]
        for one, own in zip(found["reports"], folders, strict=True):
            write_files(one, own)
    write_files(found, folder, hub_dataset)
    for own in folders:
        forget_answers(own)


def _attack_progress(plan: Sequence[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """Show which attack is at work, when a person looks at stderr."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("attacks", total=len(plan))
        for name, strength in plan:
            progress.update(task, description=f"{name} {strength:g}")
            yield name, strength
            progress.advance(task)


def _print(found: dict[str, Any], form: Report) -> None:
    from decloak.cli.evaluation_output import note_problems, print_report

    for one in found["reports"] if found["kind"] == "cross-dataset" else [found]:
        note_problems(one)
    if form is Report.json:
        typer.echo(json.dumps(found))
        return
    print_report(found)
