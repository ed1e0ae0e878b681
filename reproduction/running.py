"""`decloak reproduce mmbert`: all runs of an experiment, and the tables of their results."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .experiment import Experiment, load_experiment
from .experiment_data import ExperimentTables, experiment_tables
from .folder_lock import only_writer
from .measuring import measure_run
from .planning import PlannedRun, chosen_variants, planned_runs
from .result_tables import SCHEMA, RunOutcome, result_tables, run_rows
from .run_state import checked_state, load_state
from .source_tables import Places, read_sources
from .training_runs import EncoderPlaces, Say, run_inputs, train_run
from .written_tables import MeasuredFile, TrainingFiles, write_tests, write_training

logger = logging.getLogger(__name__)

RESULTS = "results.json"
PAGE = "results.md"


@dataclass
class Request:
    """What a person asks of an experiment.

    Attributes:
        file: the experiment file; its recipes may lie beside it.
        places: where the data are.
        encoders: where the encoders are; the experiment's own where they are None.
        only: variants to train; the others are in the tables if they were trained before.
        seeds: instead of the experiment's.
        overrides: changes to every recipe by dotted key.
        fold: which fold is held out, instead of the experiment's.
        command: that asked, for the record.
    """

    file: Path
    places: Places = field(default_factory=Places)
    encoders: EncoderPlaces = field(default_factory=EncoderPlaces)
    only: Sequence[str] = ()
    seeds: Sequence[int] | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    fold: int | None = None
    command: str = ""


@dataclass
class Prepared:
    """An experiment with its rows and its runs."""

    experiment: Experiment
    tables: ExperimentTables
    runs: list[PlannedRun]
    chosen: list[str]


def prepare(request: Request) -> Prepared:
    """Read the experiment and its data, divide the rows, and lay the runs out; nothing is written.

    Raises:
        FileNotFoundError: A file or recipe is not there.
        ValueError: The experiment, the data or the request do not fit together.
    """
    experiment = _with_fold(load_experiment(request.file), request.fold)
    for sense in ("text", "speech", "vision"):
        if getattr(request.encoders, sense) is None:
            setattr(request.encoders, sense, getattr(experiment.encoders, sense))
    chosen = chosen_variants(experiment, request.only)
    sources = read_sources(experiment, request.places)
    facts = {name: table.facts for name, table in sources.items()}
    runs = planned_runs(experiment, facts, request.seeds, request.overrides, request.file.parent)
    return Prepared(experiment, experiment_tables(experiment, sources), runs, chosen)


def _with_fold(experiment: Experiment, fold: int | None) -> Experiment:
    if fold is None:
        return experiment
    if experiment.holdout is None or experiment.holdout.folds is None:
        raise ValueError(f"--fold is {fold}, but {experiment.name} has no folds: its holdout says how many")
    values = experiment.model_dump()
    values["holdout"]["fold"] = fold
    return Experiment.model_validate(values)


def plan(prepared: Prepared, output: Path | None = None) -> dict[str, Any]:
    """Return what would be done, ready for JSON; `state` of a run is `new`, `half done` or `trained`."""
    states = [None if output is None else load_state(run.folder(output)) for run in prepared.runs]
    return {
        "schema": SCHEMA,
        "kind": "plan",
        "experiment": prepared.experiment.model_dump(mode="json"),
        "data": prepared.tables.account,
        "runs": [
            {
                "variant": run.variant.name,
                "seed": run.seed,
                "chosen": run.variant.name in prepared.chosen,
                "senses": run.senses,
                "recipe": run.variant.recipe,
                "normalization": run.variant.normalization,
                "train": [source.name for source in run.recipe.data],
                "texts": sum(len(prepared.tables.train[source.name]) for source in run.recipe.data),
                "state": "new" if state is None else "trained" if state.trained else "half done",
            }
            for run, state in zip(prepared.runs, states, strict=True)
        ],
    }


def reproduce(request: Request, output: Path, say: Say = logger.info) -> dict[str, Any]:
    """Train and measure what is not done yet, and write `results.json` and `results.md`.

    The folder keeps `data/` (tables with an account of every row), and for each run `<variant>/seed-<n>/` with its
    recipe, model, reports and predictions. A run that was killed goes on; one that is done is skipped, if it was made
    with the same recipe, data and encoders. A run that fails is recorded, and the others go on.

    Args:
        request: what is asked.
        output: the folder.
        say: told what happens.

    Returns:
        What `results.json` holds.

    Raises:
        FileNotFoundError: As `prepare`.
        ValueError: As `prepare`, or another process writes the folder.
    """
    return reproduce_prepared(prepare(request), request, output, say)


def reproduce_prepared(prepared: Prepared, request: Request, output: Path, say: Say = logger.info) -> dict[str, Any]:
    """Do what `reproduce` does, with rows that are divided already."""
    with only_writer(output):
        return _reproduce(prepared, request, output, say)


def _reproduce(prepared: Prepared, request: Request, output: Path, say: Say) -> dict[str, Any]:
    from .result_page import page_text

    tests = write_tests(prepared.tables, output / "data")
    wanted = [run for run in prepared.runs if run.variant.name in prepared.chosen]
    training = _training_files(prepared, output)
    outcomes = []
    for run in prepared.runs:
        outcome = RunOutcome(run)
        outcomes.append(outcome)
        files = training[run.variant.normalization]
        if run not in wanted:
            _find(outcome, files, request.encoders, output)
            continue
        say(f"run {wanted.index(run) + 1} of {len(wanted)}: {run.name}")
        _run(outcome, prepared.experiment, files, tests, request.encoders, output, say)
    found = _results(prepared, request, outcomes, output)
    write_results(found, page_text(found), output)
    return found


def write_results(found: Mapping[str, Any], page: str, output: Path) -> None:
    """Write `results.json` and `results.md` into the folder of an experiment."""
    text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    (output / RESULTS).write_text(text, encoding="utf-8")
    (output / PAGE).write_text(page, encoding="utf-8")


def _training_files(prepared: Prepared, output: Path) -> dict[str, TrainingFiles]:
    kinds = dict.fromkeys(run.variant.normalization for run in prepared.runs)
    return {kind: write_training(prepared.tables, kind, output / "data") for kind in kinds}


def _find(outcome: RunOutcome, files: TrainingFiles, encoders: EncoderPlaces, output: Path) -> None:
    """Take a run that was not asked for into the tables, if it is done with the same inputs."""
    try:
        state = load_state(outcome.run.folder(output))
    except ValueError:
        return
    if state is not None and state.trained and state.inputs == run_inputs(outcome.run, files, encoders):
        outcome.state, outcome.status = state, "skipped"


def _run(
    outcome: RunOutcome,
    experiment: Experiment,
    files: TrainingFiles,
    tests: Mapping[str, MeasuredFile],
    encoders: EncoderPlaces,
    output: Path,
    say: Say,
) -> None:
    """Train and measure a run, unless it is done; whatever fails is recorded."""
    run = outcome.run
    try:
        state = checked_state(run.folder(output), run_inputs(run, files, encoders))
        if state.trained:
            outcome.status = "skipped"
            say("trained before with the same recipe, data and encoders: skipped")
        else:
            state = train_run(run, files, encoders, output, state, say)
            outcome.status = "resumed" if state.resumed else "trained"
        outcome.state = state
        measure_run(experiment, run, tests, output, state, say)
    except Exception as error:  # one run of many, which may fail in any way, must not lose the others
        logger.debug("%s failed", run.name, exc_info=True)
        outcome.status, outcome.error = "failed", f"{type(error).__name__}: {error}"
        say(f"failed: {outcome.error}")


def _results(prepared: Prepared, request: Request, outcomes: Sequence[RunOutcome], output: Path) -> dict[str, Any]:
    tables, notes = result_tables(prepared.experiment, outcomes, output)
    return {
        "schema": SCHEMA,
        "kind": "results",
        **how_made(request),
        "experiment": prepared.experiment.model_dump(mode="json"),
        "data": prepared.tables.account,
        "tests": tables,
        "runs": run_rows(outcomes, output),
        "failed": sum(outcome.status == "failed" for outcome in outcomes),
        "notes": notes,
    }


def how_made(request: Request) -> dict[str, Any]:
    """Return when, by which command and with which versions results are made."""
    from decloak.evaluation.evaluating import versions

    return {
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": request.command,
        "overrides": dict(request.overrides),
        "versions": versions(),
    }


__all__ = [
    "PAGE",
    "RESULTS",
    "Prepared",
    "Request",
    "how_made",
    "plan",
    "prepare",
    "reproduce",
    "reproduce_prepared",
    "write_results",
]
