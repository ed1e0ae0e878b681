"""The JSON report of an evaluation: its keys, its version, and how it is read back.

A report of several data sets has `kind` "cross-dataset" and holds one report each under `reports`.
"""

import json
from pathlib import Path
from typing import Any, TypedDict

SCHEMA = "decloak.evaluation/1"


class ErrorRow(TypedDict):
    """A row that is in no measure: its number in the file and why."""

    row: int
    reason: str


class WrongAnswer(TypedDict):
    """A confident mistake.

    Attributes:
        row: number in the file.
        id: of the data, or None.
        sha256: first 16 characters of the hash of the text.
        true: class name.
        predicted: class name.
        score: of the predicted class.
        text: the text, only where it was asked for, else None.
    """

    row: int
    id: str | None
    sha256: str
    true: str
    predicted: str
    score: float
    text: str | None


class AttackResult(TypedDict, total=False):
    """One attack at one strength, beside the same rows without it: the keys of `robustness_metrics`, and these.

    Attributes:
        attack: name in `decloak attack --list`.
        strength: share of the places that changed.
        languages: of the attack; only rows in these were attacked.
        unanswered: attacked texts without an answer, which are in no measure.
        intervals: by measure, such as `attacked_macro_f1`, `absolute_drop` and `attack_success_rate`.
    """

    attack: str
    strength: float
    languages: list[str]
    unanswered: int
    n: int
    changed: int
    macro_f1: float | None
    attacked_macro_f1: float | None
    absolute_drop: float | None
    relative_drop: float | None
    attack_success_rate: float | None
    evasion_rate: float | None
    false_alarm_rate: float | None
    intervals: dict[str, list[float] | None]


class Robustness(TypedDict):
    """All attacks on one data set.

    Attributes:
        rows: that were attacked (a sample, stratified by class, or all).
        sampled: whether it is a sample.
        seed: of sample and attacks.
        strengths: in rising order.
        attacks: one result per attack and strength.
        worst: the attack and strength with the greatest absolute drop; None if there is no result.
        mean_drop: mean absolute drop by strength (as text, such as "0.3").
    """

    rows: int
    sampled: bool
    seed: int
    strengths: list[float]
    attacks: list[AttackResult]
    worst: dict[str, Any] | None
    mean_drop: dict[str, float]


class Comparison(TypedDict):
    """Another report on the same rows, beside this one.

    Attributes:
        name: of the other classifier.
        measures: macro_f1, mcc, accuracy, auroc, ... of the other.
        macro_f1_interval: of the other.
        difference: `paired_bootstrap` of this minus the other, by measure.
        mcnemar: `mcnemar` of this against the other.
    """

    name: str
    measures: dict[str, float | None]
    macro_f1_interval: list[float] | None
    difference: dict[str, dict[str, Any]]
    mcnemar: dict[str, Any]


class Report(TypedDict, total=False):
    """One classifier on one data set. Undefined measures are None.

    Attributes:
        schema: `SCHEMA`.
        kind: "evaluation".
        created: UTC time, ISO 8601.
        versions: of decloak, python, torch, transformers, scikit-learn.
        model: name of the classifier.
        data: name of the data.
        classifier: `TextClassifier.describe()`, with `calibration` if it has one.
        dataset: file (its name), sha256, rows, languages (language -> rows), suite.
        settings: seed, resamples, level, and what else the numbers depend on.
        labels: class names, by id.
        n: rows measured.
        errors: rows left out.
        error_examples: up to five reasons.
        error_rows: the first 1,000 of them.
        truncated: texts that were cut.
        modalities: senses used.
        seconds: of answering.
        texts_per_second: likewise.
        confusion: rows are true, columns predicted classes.
        recall_at_fpr: "0.01" -> recall, threshold, fpr, negatives.
        intervals: measure -> [low, high].
        reliability: bins: low, high, count, mean_probability, positive_rate.
        roc: fpr, tpr, threshold.
        languages: language -> n, macro_f1, auroc, recall_at_fpr, where there are several.
        groups: `group_metrics`, if rows name groups.
        functionality: `functionality_metrics`, if rows name functionalities.
        robustness: if attacks were asked for.
        worst_errors: most confident mistakes first.
        duplicate_ids: ids that several rows have, with their rows; the first 100.
        baselines: other reports on the same rows.
        predictions: file beside the report (parquet), sha256, rows.
        notes: what a reader must know, in sentences.
        command: that made it, if one did.
    """

    schema: str
    kind: str
    created: str
    versions: dict[str, str]
    model: str
    data: str
    classifier: dict[str, Any]
    dataset: dict[str, Any]
    settings: dict[str, Any]
    labels: list[str]
    n: int
    errors: int
    error_examples: list[str]
    error_rows: list[ErrorRow]
    truncated: int
    modalities: list[str] | None
    seconds: float
    texts_per_second: float | None
    macro_f1: float | None
    macro_f1_interval: list[float] | None
    mcc: float | None
    accuracy: float | None
    auroc: float | None
    average_precision: float | None
    ece: float | None
    adaptive_ece: float | None
    brier: float | None
    recall_at_fpr: dict[str, dict[str, Any]]
    confusion: list[list[int]]
    intervals: dict[str, list[float] | None]
    reliability: list[dict[str, Any]]
    roc: dict[str, list[float]] | None
    languages: dict[str, dict[str, Any]]
    groups: dict[str, Any] | None
    functionality: dict[str, Any] | None
    robustness: Robustness | None
    worst_errors: list[WrongAnswer]
    duplicate_ids: list[dict[str, Any]]
    baselines: list[Comparison]
    predictions: dict[str, Any] | None
    notes: list[str]
    command: str


def write_report(report: "Report | dict[str, Any]", file: Path) -> None:
    """Write a report; a killed run leaves the old file or the new one, never half of one."""
    partial = file.with_name(f".{file.name}.partial")
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    # Ids and texts of a file in another encoding hold lone surrogates; their escapes are JSON.
    partial.write_text(text, encoding="utf-8", errors="backslashreplace")
    partial.replace(file)


def read_report(file: Path) -> dict[str, Any]:
    """Read a report, or the one in a folder; see `read_versioned`."""
    return read_versioned(file, "report.json", SCHEMA, "decloak evaluate --report DIR")


def read_versioned(file: Path, name: str, schema: str, command: str) -> dict[str, Any]:
    """Read a file of JSON that says which schema it has.

    Args:
        file: The file, or the folder that it is in.
        name: Its name in a folder.
        schema: Name and version that is understood.
        command: That makes such a file, for the errors.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no JSON, or has another schema.
    """
    file = file / name if file.is_dir() else file
    if not file.is_file():
        raise FileNotFoundError(f"There is no report {file}; make one with `{command}`.")
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is no JSON ({error}); a report is made by `{command}`.") from error
    found = report.get("schema") if isinstance(report, dict) else None
    if found != schema:
        raise ValueError(f"{file} has the schema {found!r}; this decloak reads {schema!r}. Make it again: `{command}`.")
    return report


__all__ = [
    "SCHEMA",
    "AttackResult",
    "Comparison",
    "Report",
    "Robustness",
    "read_report",
    "read_versioned",
    "write_report",
]
