"""`decloak reproduce mmbert --fold all`: every fold of an experiment, and their results together."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .experiment import Experiment, load_experiment
from .fold_tables import fold_folder, fold_tables, missing_folds
from .result_tables import SCHEMA
from .running import Request, how_made, plan, prepare, reproduce_prepared, write_results
from .training_runs import Say

logger = logging.getLogger(__name__)


def plan_folds(request: Request, output: Path | None = None) -> dict[str, Any]:
    """Return what would be done in each fold, ready for JSON: `folds` holds the `plan` of each; nothing is written.

    Raises:
        FileNotFoundError: As `prepare`.
        ValueError: As `prepare`, or the experiment has no folds.
    """
    _, asked = _fold_requests(request)
    plans = [
        plan(prepare(one), None if output is None else fold_folder(output, fold)) for fold, one in enumerate(asked)
    ]
    return {"schema": SCHEMA, "kind": "fold plans", "folds": plans}


def reproduce_folds(request: Request, output: Path, say: Say = logger.info) -> dict[str, Any]:
    """Run every fold, or go on with it, as `reproduce` does, and write `results.json` and `results.md` of all.

    Each fold gets the folder `fold-<n>/`, which is that of a run of this fold alone. The rows of all folds are divided
    before the first is trained, so that what does not fit is told at once.

    Args:
        request: what is asked; its `fold` is of no account.
        output: the folder.
        say: told what happens, and in which fold.

    Returns:
        What `results.json` holds: `tests` as `fold_tables` has them; `runs`, `failed` and `notes` of all folds; `data`,
        the account of each fold, and `held_out`, the rows and groups of all folds together.

    Raises:
        FileNotFoundError: As `prepare`.
        ValueError: As `prepare`, or the experiment has no folds.
    """
    from .fold_page import fold_page_text

    experiment, asked = _fold_requests(request)
    prepared = []
    for fold, one in enumerate(asked):
        say(f"fold {fold}: dividing the rows ({fold + 1} of {len(asked)} folds)")
        prepared.append(prepare(one))
    results = []
    for fold, one in enumerate(asked):
        say(f"fold {fold} ({fold + 1} of {len(asked)} folds)")
        results.append(reproduce_prepared(prepared[fold], one, fold_folder(output, fold), _prefixed(say, fold)))
    found = _joined_results(experiment, request, results, output)
    write_results(found, fold_page_text(found), output)
    return found


def _fold_requests(request: Request) -> tuple[Experiment, list[Request]]:
    """Return the experiment, and a request for each fold.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The experiment has no folds.
    """
    experiment = load_experiment(request.file)
    if experiment.holdout is None or experiment.holdout.folds is None:
        raise ValueError(f"--fold is all, but {experiment.name} has no folds: give its holdout folds, such as folds: 5")
    return experiment, [replace(request, fold=fold) for fold in range(experiment.holdout.folds)]


def _prefixed(say: Say, fold: int) -> Say:
    return lambda message: say(f"fold {fold}: {message}")


def _joined_results(
    experiment: Experiment, request: Request, results: Sequence[Mapping[str, Any]], output: Path
) -> dict[str, Any]:
    tables = fold_tables(experiment, results, output)
    held = [one["data"]["holdout"]["found"] for one in results]
    runs = [
        {"fold": fold, **run, "folder": f"{fold_folder(output, fold).name}/{run['folder']}"}
        for fold, one in enumerate(results)
        for run in one["runs"]
    ]
    return {
        "schema": SCHEMA,
        "kind": "folds",
        **how_made(request),
        "experiment": experiment.model_dump(mode="json"),
        "folds": len(results),
        "held_out": {key: sum(counts[key] for counts in held) for key in ("rows", "positives", "groups")},
        "data": [one["data"] for one in results],
        "tests": tables,
        "runs": runs,
        "failed": sum(one["failed"] for one in results),
        "notes": [
            *missing_folds(experiment, tables),
            *(f"fold {fold}: {note}" for fold, one in enumerate(results) for note in one["notes"]),
        ],
    }


__all__ = ["plan_folds", "reproduce_folds"]
