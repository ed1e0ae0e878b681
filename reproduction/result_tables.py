"""From finished runs to tables: means over seeds, intervals, differences and drops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .experiment import Experiment
from .experiment_parts import UNCLOAKED, MeasuredTest
from .measuring import test_folder
from .planning import PlannedRun
from .pooled_bootstrap import Draws, pooled_difference, pooled_interval
from .run_answers import RunAnswers, common_rows, read_answers, shared_rows
from .run_state import RunState

SCHEMA = "decloak.reproduction/1"
MEASURES = ("macro_f1", "mcc", "accuracy", "auroc", "average_precision", "ece")


@dataclass
class RunOutcome:
    """What became of a run.

    Attributes:
        run: the run.
        status: `trained`, `resumed`, `skipped` (done before), `failed` or `not run`.
        error: why it failed.
        state: what is known of its model; None if there is none.
    """

    run: PlannedRun
    status: str = "not run"
    error: str | None = None
    state: RunState | None = None


@dataclass
class Collected:
    """What tables are made of.

    Attributes:
        experiment: whose tables they are.
        answers: by variant and test, then by seed.
        trained_on: attacks that a variant's training texts were cloaked with.
    """

    experiment: Experiment
    answers: dict[tuple[str, str], dict[int, RunAnswers]] = field(default_factory=dict)
    trained_on: dict[str, set[str]] = field(default_factory=dict)

    @property
    def baseline(self) -> str | None:
        """Name of the variant that others are compared with."""
        return next((one.name for one in self.experiment.variants if one.baseline), None)

    @property
    def draws(self) -> Draws:
        """How the experiment resamples."""
        measuring = self.experiment.measuring
        return Draws(measuring.resamples, measuring.level, measuring.seed)


def result_tables(
    experiment: Experiment, outcomes: Sequence[RunOutcome], output: Path
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a table for each test, and notes on what is missing from them.

    Returns:
        For each test, twins included, `name`, `of` (the test itself for a twin), `n`, `variants`, `paper` (numbers
        of the whole test) and `paper_by_variant`. Each variant has `seeds`, `measures` (name -> `mean`, `sd` over
        seeds, `by_seed`), the pooled `interval` of macro-F1, `difference` from the baseline (`pooled_difference`, with
        `against` and `seeds`), `drop` from the uncloaked rows to these, and `attacks`. What cannot be told is None.
    """
    collected = Collected(experiment)
    notes: list[str] = []
    names = named_tests(experiment)
    for outcome in outcomes:
        cloaking = outcome.run.recipe.cloaking
        attacks = {*cloaking.chinese, *cloaking.english} if cloaking is not None else set()
        collected.trained_on[outcome.run.variant.name] = attacks
        for name in names:
            notes += _collect(outcome, name, output, collected)
    return [table_of_test(collected, name, test) for name, test in names.items()], notes


def run_rows(outcomes: Sequence[RunOutcome], output: Path) -> list[dict[str, Any]]:
    """Return a row for each run: what became of it, its size, and what it took."""
    return [_run_row(outcome, output) for outcome in outcomes]


def _run_row(outcome: RunOutcome, output: Path) -> dict[str, Any]:
    state = outcome.state
    record = state.record if state is not None else {}
    return {
        "variant": outcome.run.variant.name,
        "seed": outcome.run.seed,
        "status": outcome.status,
        "error": outcome.error,
        "folder": outcome.run.folder(output).relative_to(output).as_posix(),
        "parameters": (state.parameters if state is not None else {}) or None,
        "resumed": state is not None and state.resumed,
        "training": {key: record.get(key) for key in ("texts", "texts_cut", "steps", "seconds", "threads", "bf16")},
        "data": record.get("data"),
        "cloaked": record.get("cloaked"),
        "versions": record.get("versions"),
    }


def named_tests(experiment: Experiment) -> dict[str, MeasuredTest]:
    """Return the tests by name, each with its twin behind it."""
    names: dict[str, MeasuredTest] = {}
    for test in experiment.tests:
        names |= {test.name: test} | ({test.name + UNCLOAKED: test} if test.uncloaked else {})
    return names


def _collect(outcome: RunOutcome, name: str, output: Path, collected: Collected) -> list[str]:
    """Read the answers of a run to a test; return what a reader must know of them."""
    if outcome.state is None or name not in outcome.state.tests:
        return []
    try:
        answers = read_answers(test_folder(outcome.run.folder(output), name))
    except (OSError, ValueError) as error:
        return [f"{outcome.run.name} is missing from {name}: {error}"]
    if len(answers.rows):
        collected.answers.setdefault((outcome.run.variant.name, name), {})[outcome.run.seed] = answers
    errors = answers.report["errors"]
    return [f"{outcome.run.name} left {errors} rows of {name} unanswered; they are in no measure"] * (errors > 0)


def table_of_test(collected: Collected, name: str, test: MeasuredTest) -> dict[str, Any]:
    """Return the table of a test or twin, as `result_tables` says."""
    experiment = collected.experiment
    variants = {
        variant.name: _variant_row(collected, variant.name, name, test)
        for variant in experiment.variants
        if (variant.name, name) in collected.answers
    }
    numbers = [number for number in experiment.paper.numbers if number.test == name]
    return {
        "name": name,
        "of": test.name,
        "n": max((row["n"] for row in variants.values()), default=0),
        "variants": variants,
        "paper": [number.model_dump() for number in numbers if number.variant is None],
        "paper_by_variant": {number.variant: number.model_dump() for number in numbers if number.variant is not None},
    }


def _variant_row(collected: Collected, variant: str, name: str, test: MeasuredTest) -> dict[str, Any]:
    found, draws, base = collected.answers[variant, name], collected.draws, collected.baseline
    seeds = sorted(found)
    rows = common_rows([found[seed] for seed in seeds])
    difference = drop = None
    if base is not None and base != variant:
        difference = _paired(found, collected.answers.get((base, name), {}), draws)
    if name == test.name and test.uncloaked:
        drop = _paired(collected.answers.get((variant, name + UNCLOAKED), {}), found, draws)
    reports = [found[seed].report for seed in seeds]
    return {
        "seeds": seeds,
        "n": len(rows.true),
        "measures": {key: _over_seeds([report.get(key) for report in reports]) for key in MEASURES},
        "interval": pooled_interval(rows.true, rows.predicted, rows.clusters, draws),
        "difference": None if difference is None else {"against": base, **difference},
        "drop": drop,
        "attacks": _attacks(reports, collected.trained_on[variant]),
    }


def _paired(first: Mapping[int, RunAnswers], second: Mapping[int, RunAnswers], draws: Draws) -> dict[str, Any] | None:
    """Compare answers seed by seed; None where no seed is on both sides, or no row in all of these answers."""
    seeds = sorted(set(first) & set(second))
    given = [one for seed in seeds for one in (first[seed], second[seed])]
    if not seeds or not len(shared_rows(given)):
        return None
    rows = common_rows(given)
    pairs = list(zip(rows.predicted[::2], rows.predicted[1::2], strict=True))
    return {"seeds": seeds, "n": len(rows.true), **pooled_difference(rows.true, pairs, rows.clusters, draws)}


def _over_seeds(values: Sequence[float | None]) -> dict[str, Any]:
    return {**mean_and_sd(values), "by_seed": list(values)}


def mean_and_sd(values: Sequence[float | None]) -> dict[str, float | None]:
    """Return `mean` and `sd`, the standard deviation, which needs two values; None where a value is undefined."""
    known = [value for value in values if value is not None]
    whole = len(known) == len(values) > 0
    return {
        "mean": float(np.mean(known)) if whole else None,
        "sd": float(np.std(known, ddof=1)) if whole and len(known) > 1 else None,
    }


def _attacks(reports: Sequence[Mapping[str, Any]], trained_on: set[str]) -> list[dict[str, Any]]:
    """Return each attack at each strength, as means over seeds."""
    found: dict[tuple[str, float], list[Mapping[str, Any]]] = {}
    for report in reports:
        for one in (report.get("robustness") or {}).get("attacks", []):
            found.setdefault((one["attack"], one["strength"]), []).append(one)
    return [
        {
            "attack": attack,
            "strength": strength,
            "trained_on": attack in trained_on,
            "n": results[0]["n"],
            **{key: _over_seeds([one[key] for one in results]) for key in ("attacked_macro_f1", "absolute_drop")},
        }
        for (attack, strength), results in found.items()
    ]


__all__ = [
    "MEASURES",
    "SCHEMA",
    "Collected",
    "RunOutcome",
    "mean_and_sd",
    "named_tests",
    "result_tables",
    "run_rows",
    "table_of_test",
]
