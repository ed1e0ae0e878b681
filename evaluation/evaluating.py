"""From a classifier and a table to a report."""

import platform
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from decloak import __version__
from decloak.evaluation.answer_store import AnswerStore, remove_store
from decloak.evaluation.attack_runs import (
    AttackSettings,
    AttackWatch,
    NothingToAttackError,
    attack_section,
    check_classes,
)
from decloak.evaluation.classifiers import TextClassifier
from decloak.evaluation.identity_terms import mentioned_groups
from decloak.evaluation.label_scheme import LabelledText, LabelScheme, duplicate_ids
from decloak.evaluation.predictions_file import write_predictions
from decloak.evaluation.report_sections import (
    MeasureSettings,
    functionality_section,
    group_section,
    language_section,
    languages_of,
    measures,
    named_groups,
    worst_errors,
)
from decloak.evaluation.reporting.report_schema import SCHEMA
from decloak.evaluation.scored_rows import Answers, ScoredRows, Watch, score_rows
from decloak.training.data.checksums import sha256_of

OPTIONAL_COLUMNS = ("id", "group", "target", "category", "functionality", "language")
STORE = ".answers.sqlite"
_MOST_ERRORS = 1000
_PACKAGES = ("torch", "transformers", "scikit-learn", "fairlearn", "numpy")


@dataclass(frozen=True)
class LabelledTable:
    """A table that a classifier is measured on.

    Attributes:
        name: what reports call it.
        rows: from `labelled_texts`.
        file: where it is from; None for rows that were never in a file.
        suite: the test suite that it is, or None.
        language: of all its texts, or None to tell row by row.
    """

    name: str
    rows: Sequence[LabelledText]
    file: Path | None = None
    suite: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class EvaluationSettings:
    """What an evaluation does.

    Attributes:
        measuring: how numbers are made.
        attacks: what is attacked; None for nothing.
        groups: where the groups of a row come from: `target` (the column), `terms` (identity terms in the text),
            or `auto`, the column where any row has it, else nothing.
    """

    measuring: MeasureSettings = field(default_factory=MeasureSettings)
    attacks: AttackSettings | None = None
    groups: str = "auto"


def evaluate_table(
    classifier: TextClassifier,
    table: LabelledTable,
    scheme: LabelScheme,
    settings: EvaluationSettings | None = None,
    folder: Path | None = None,
    watch: Watch = iter,
    attack_watch: AttackWatch = iter,
    keep_answers: bool = False,
) -> dict[str, Any]:
    """Measure a classifier on a table.

    Args:
        classifier: any.
        table: what it is measured on.
        scheme: how its labels and the table's meet.
        settings: what is done.
        folder: where the answers are kept, so that a killed run goes on, and `predictions.parquet` is written;
            None keeps nothing.
        watch: sees the answers pass, to show progress.
        attack_watch: sees attacks pass.
        keep_answers: leave the answers in the folder, for a caller that has more to do before the report is written
            and calls `forget_answers` then.

    Returns:
        A `Report` (see `reporting.report_schema`).

    Raises:
        ValueError: The settings do not fit the data, or the folder keeps answers that cannot be read.
    """
    settings = settings or EvaluationSettings()
    if settings.attacks is not None:
        check_classes(scheme)  # before anything is asked
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    keep = folder is not None or settings.attacks is not None
    store = AnswerStore(classifier, None if folder is None else folder / STORE) if keep else None
    with store or nullcontext():
        answers = store.answers if store else classifier.answers
        scored = score_rows(answers, _in_language(table), scheme, watch)
        report = _report(classifier, table, scheme, scored, settings)
        if store is not None and store.found:
            report["notes"].append(f"{store.found} texts had been answered by an earlier run that was stopped.")
            report["texts_per_second"] = None
        if settings.attacks is not None and len(scored.rows):
            _attack(report, answers, scored, scheme, settings.attacks, attack_watch)
        if folder is not None:
            report["predictions"] = write_predictions(scored, scheme.names, folder, settings.measuring.texts)
    if folder is not None and not keep_answers:
        forget_answers(folder)
    return report


def forget_answers(folder: Path) -> None:
    """Delete the answers that `evaluate_table` kept in a folder."""
    remove_store(folder / STORE)


def _in_language(table: LabelledTable) -> list[LabelledText]:
    for row in table.rows:
        if table.language is not None and row.values.get("language") in (None, ""):
            row.values["language"] = table.language
    return list(table.rows)


def _report(
    classifier: TextClassifier,
    table: LabelledTable,
    scheme: LabelScheme,
    scored: ScoredRows,
    settings: EvaluationSettings,
) -> dict[str, Any]:
    labels, measuring = scheme.names, settings.measuring
    binary = len(labels) == 2 and bool(scored.rows)
    attacks = None if settings.attacks is None else asdict(settings.attacks)
    reasons = list(dict.fromkeys(reason for _, reason in scored.errors))
    report: dict[str, Any] = {
        **measures(scored, labels, measuring),
        "schema": SCHEMA,
        "kind": "evaluation",
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": versions(),
        "model": classifier.name,
        "data": table.name,
        "classifier": classifier.describe(),
        "dataset": _dataset(table, scored),
        "settings": {**asdict(measuring), "groups": settings.groups, "attacks": attacks},
        "labels": list(labels),
        "errors": len(scored.errors),
        "error_examples": reasons[:5],
        "error_rows": [{"row": row, "reason": reason} for row, reason in scored.errors[:_MOST_ERRORS]],
        "truncated": scored.truncated,
        "modalities": scored.modalities,
        "seconds": round(scored.seconds, 3),
        "texts_per_second": round(len(scored.rows) / scored.seconds, 1) if scored.seconds else None,
        "languages": language_section(scored, labels, measuring),
        "groups": None,
        "functionality": functionality_section(scored) if binary else None,
        "robustness": None,
        "worst_errors": worst_errors(scored, labels, measuring.texts),
        "duplicate_ids": _duplicates(table.rows),
        "baselines": [],
        "predictions": None,
    }
    notes = _notes(report)
    if binary:
        notes += _add_groups(report, scored, settings.groups)
    return report | {"notes": notes}


def _add_groups(report: dict[str, Any], scored: ScoredRows, source: str) -> list[str]:
    """Measure groups, if the package for it is there; the other measures do not need it."""
    try:
        report["groups"] = group_section(scored, _groups(scored, source))
    except ImportError as error:
        return [f"Groups were not measured: {error}."]
    return []


def _dataset(table: LabelledTable, scored: ScoredRows) -> dict[str, Any]:
    return {
        "name": table.name,
        "file": None if table.file is None else table.file.name,
        "sha256": None if table.file is None else sha256_of(table.file),
        "rows": len(table.rows),
        "languages": languages_of(scored),
        "suite": table.suite,
    }


def _groups(scored: ScoredRows, source: str) -> list[list[str]]:
    if source == "terms":
        return [mentioned_groups(row.text) for row in scored.rows]
    return [named_groups(row.values.get("target")) for row in scored.rows]


def _duplicates(rows: Sequence[LabelledText]) -> list[dict[str, Any]]:
    return [{"id": name, "rows": numbers} for name, numbers in duplicate_ids(rows)[:100]]


def _notes(report: dict[str, Any]) -> list[str]:
    """Say what a reader must know before believing the numbers."""
    notes = []
    if report["errors"]:
        notes.append(f"{report['errors']} rows could not be used and are in no measure; the reasons are listed.")
    if report["truncated"]:
        notes.append(f"{report['truncated']} texts are longer than the model reads and were cut.")
    if report["duplicate_ids"]:
        notes.append(f"{len(report['duplicate_ids'])} ids stand at several rows; each row counts.")
    held = [name for name, counts in zip(report["labels"], report["confusion"], strict=True) if sum(counts)]
    if report["n"] and len(held) == 1:
        notes.append(f"All rows are of the class {held[0]}: MCC, AUROC and what builds on them are undefined.")
    for rate, point in report["recall_at_fpr"].items():
        if point["negatives"] * float(rate) < 1:
            notes.append(f"{point['negatives']} negative rows are too few to say anything at FPR {rate}.")
    return notes


def _attack(
    report: dict[str, Any],
    answers: Answers,
    scored: ScoredRows,
    scheme: LabelScheme,
    settings: AttackSettings,
    watch: AttackWatch,
) -> None:
    """Add what attacks do to a report; where none fits the languages of the data, the rest of it stands."""
    try:
        report["robustness"] = attack_section(answers, scored, scheme, settings, watch)
    except NothingToAttackError as error:
        report["notes"].append(f"Nothing was attacked: {error}.")
        return
    report["notes"] += _attack_notes(report["robustness"])


def _attack_notes(robustness: dict[str, Any]) -> list[str]:
    notes = []
    if robustness["sampled"]:
        notes.append(
            f"Attacks were made on {robustness['rows']} rows, drawn by class with the seed {robustness['seed']}."
        )
    lost = sum(result["unanswered"] for result in robustness["attacks"])
    return notes + ([f"{lost} attacked texts could not be answered and are left out."] if lost else [])


def versions() -> dict[str, str]:
    """Name the versions that numbers depend on."""
    found = {"decloak": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


__all__ = ["OPTIONAL_COLUMNS", "EvaluationSettings", "LabelledTable", "evaluate_table", "forget_answers", "versions"]
