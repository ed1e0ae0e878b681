"""A trained run, measured on every test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from decloak.evaluation.attack_runs import AttackSettings
from decloak.evaluation.classifiers.opening import open_classifier
from decloak.evaluation.evaluating import EvaluationSettings, LabelledTable, evaluate_table
from decloak.evaluation.label_scheme import LabelScheme, label_scheme, labelled_texts
from decloak.evaluation.report_sections import MeasureSettings
from decloak.evaluation.reporting.report_schema import write_report
from decloak.training.data.tables import table_rows

from .experiment import Experiment
from .experiment_parts import MeasuredAttacks
from .planning import PlannedRun
from .run_state import RunState, text_key
from .text_normalization import NormalizedClassifier
from .training_runs import Say
from .written_tables import MeasuredFile

REPORT = "report.json"


def measure_run(
    experiment: Experiment,
    run: PlannedRun,
    files: Mapping[str, MeasuredFile],
    output: Path,
    state: RunState,
    say: Say,
) -> RunState:
    """Measure a trained model on the tests that it was not measured on; return its new state, which is saved, too.

    Each test gets a folder `tests/<test>/` with `report.json` and `predictions.parquet`. Texts are normalised as the
    training texts were.

    Raises:
        ValueError: A test does not fit the model.
    """
    folder = run.folder(output)
    attacks = {test.name: test.attacks for test in experiment.tests}
    settings = {name: _settings(experiment, attacks.get(name)) for name in files}
    keys = {name: _key(run, state, files[name], settings[name]) for name in files}
    missing = [
        name
        for name, key in keys.items()
        if state.tests.get(name) != key or not (test_folder(folder, name) / REPORT).is_file()
    ]
    if not missing:
        return state
    inner = open_classifier(str(folder / "model"), batch_size=experiment.measuring.batch_size)
    classifier = NormalizedClassifier(inner, run.variant.normalization, f"{run.variant.name}/seed-{run.seed}")
    scheme = label_scheme(classifier.labels, [])
    for name in missing:
        say(f"measuring {name} ({len(files) - len(missing) + missing.index(name) + 1} of {len(files)})")
        place = test_folder(folder, name)
        table = LabelledTable(name, _rows(files[name].file, scheme), files[name].file)
        report = evaluate_table(classifier, table, scheme, settings[name], place)
        write_report(report, place / REPORT)
        state.tests[name] = keys[name]
        state.save(folder)
    return state


def test_folder(folder: Path, name: str) -> Path:
    """Return the folder of a test in that of its run."""
    return folder / "tests" / name


def _settings(experiment: Experiment, attacks: MeasuredAttacks | None) -> EvaluationSettings:
    measuring = experiment.measuring
    return EvaluationSettings(
        MeasureSettings(resamples=measuring.resamples, level=measuring.level, seed=measuring.seed),
        None
        if attacks is None
        else AttackSettings(
            tuple(attacks.names), tuple(attacks.strengths), attacks.rows, attacks.seed, measuring.resamples
        ),
    )


def _key(run: PlannedRun, state: RunState, file: MeasuredFile, settings: EvaluationSettings) -> str:
    return text_key([state.model_sha256, run.variant.normalization, file.sha256, settings])


def _rows(file: Path, scheme: LabelScheme) -> list[Any]:
    rows = list(table_rows(file, ["text", "label"], optional=["id", "group"]))
    return labelled_texts(rows, "text", "label", scheme)


__all__ = ["REPORT", "measure_run", "test_folder"]
