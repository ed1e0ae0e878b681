"""From the results of all folds to a table for each test: held-out rows are joined, other tests averaged."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .experiment import Experiment
from .experiment_parts import UNCLOAKED
from .measuring import test_folder
from .result_tables import MEASURES, Collected, mean_and_sd, named_tests, table_of_test
from .run_answers import joined_answers, read_answers

# Of a test, of each fold, the row of each variant that was measured in it.
FoldRows = Sequence[Mapping[str, Any]]


def fold_folder(output: Path, fold: int) -> Path:
    """Return the folder of a fold, which is the output of an experiment of its own."""
    return output / f"fold-{fold}"


def fold_tables(experiment: Experiment, results: Sequence[Mapping[str, Any]], output: Path) -> list[dict[str, Any]]:
    """Return a table for each test, twins included, of the results of all folds.

    Only folds in which all seeds of a variant were measured count for it, so that its seeds are of the same rows.

    Args:
        experiment: the experiment.
        results: what `reproduce` returned, by fold.
        output: where the folders of the folds are.

    Returns:
        What `result_tables` has for each test, and `joined`, whether its rows are held out. The row of each variant
        also has `folds`, those that it is of, `missing`, the others, and `by_fold`: macro-F1 of each of `folds` (mean
        over seeds), with `mean` and `sd`. Of a joined test all is computed on the rows of these folds together, but
        for measures of scores, which are None; `difference` and `drop` are of the `folds` that both sides have. Of
        another test `measures`, `difference` and `drop` are `mean` and `sd` over `folds`, and `by_fold`; it has no
        `interval`.

    Raises:
        FileNotFoundError: A fold's answers are gone.
        ValueError: They are damaged, or a group is held out twice.
    """
    names = named_tests(experiment)
    rows = {name: [_rows_of(found, name) for found in results] for name in names}
    collected = Collected(experiment)
    for name, test in names.items():
        if test.rows == "heldout":
            _join(collected, name, rows[name], output)
    tables = []
    for name, test in names.items():
        table = {"joined": test.rows == "heldout", **table_of_test(collected, name, test)}
        if table["joined"]:
            _add_folds(table, rows, collected.baseline)
        else:
            table["variants"] = _averaged(experiment, rows[name], collected.baseline)
            table["n"] = max((row["n"] for row in table["variants"].values()), default=0)
        tables.append(table)
    return tables


def missing_folds(experiment: Experiment, tables: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a note on each variant that some fold is missing of."""
    notes = []
    for variant in experiment.variant_names:
        measured = [table["variants"][variant] for table in tables if variant in table["variants"]]
        missing = sorted({fold for row in measured for fold in row["missing"]})
        if not any(row["folds"] for row in measured):
            notes.append(f"{variant} has no whole fold, and is in no table")
        elif missing:
            numbers = ", ".join(map(str, missing))
            notes.append(
                f"{variant} is without fold {numbers}: its numbers are of the other folds alone, not to be compared "
                "with those of a variant that has it; differences and drops are of the folds that both sides have"
            )
    return notes


def _rows_of(results: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    (table,) = (table for table in results["tests"] if table["name"] == name)
    return table["variants"]


def _whole_folds(rows: FoldRows, variant: str) -> tuple[list[int], list[int]]:
    """Return the folds in which all seeds were measured that were measured in any, and these seeds."""
    seeds = {fold: set(found[variant]["seeds"]) for fold, found in enumerate(rows) if variant in found}
    every = set().union(*seeds.values())
    return [fold for fold, known in seeds.items() if known == every], sorted(every)


def _join(collected: Collected, name: str, rows: FoldRows, output: Path) -> None:
    """Join the answers of all variants to a test."""
    for variant in collected.experiment.variants:
        folds, seeds = _whole_folds(rows, variant.name)
        collected.trained_on[variant.name] = set()  # attacks stay in the results of each fold
        if not folds:
            continue
        collected.answers[variant.name, name] = {
            seed: joined_answers(
                {
                    fold: read_answers(test_folder(fold_folder(output, fold) / variant.name / f"seed-{seed}", name))
                    for fold in folds
                }
            )
            for seed in seeds
        }


def _add_folds(table: dict[str, Any], rows: Mapping[str, FoldRows], baseline: str | None) -> None:
    """Tell of a joined test which folds its numbers are of."""
    name = table["name"]
    for variant, row in table["variants"].items():
        folds, _ = _whole_folds(rows[name], variant)
        row |= _folds_of(rows[name], variant)
        if row["difference"] is not None:
            assert baseline is not None  # noqa: S101  there is a difference from it
            row["difference"]["folds"] = _both(folds, _whole_folds(rows[name], baseline)[0])
        if row["drop"] is not None:
            row["drop"]["folds"] = _both(folds, _whole_folds(rows[name + UNCLOAKED], variant)[0])


def _both(first: Sequence[int], second: Sequence[int]) -> list[int]:
    return sorted(set(first) & set(second))


def _folds_of(rows: FoldRows, variant: str) -> dict[str, Any]:
    folds, _ = _whole_folds(rows, variant)
    scores = {fold: rows[fold][variant]["measures"]["macro_f1"]["mean"] for fold in folds}
    return {
        "folds": folds,
        "missing": [fold for fold in range(len(rows)) if fold not in folds],
        "by_fold": _over_folds(scores),
    }


def _averaged(experiment: Experiment, rows: FoldRows, baseline: str | None) -> dict[str, dict[str, Any]]:
    """Average the rows of variants over folds: all were measured on the same texts."""
    found = {}
    for variant in experiment.variant_names:
        folds, seeds = _whole_folds(rows, variant)
        if not folds:
            continue
        mine = {fold: rows[fold][variant] for fold in folds}
        shared = _both(folds, _whole_folds(rows, baseline)[0]) if baseline is not None else []
        found[variant] = {
            "seeds": seeds,
            "n": max(row["n"] for row in mine.values()),
            "measures": {
                key: _over_folds({fold: row["measures"][key]["mean"] for fold, row in mine.items()}) for key in MEASURES
            },
            "interval": None,
            "difference": _compared({fold: mine[fold]["difference"] for fold in shared}),
            "drop": _compared({fold: row["drop"] for fold, row in mine.items()}),
            "attacks": [],
            **_folds_of(rows, variant),
        }
    return found


def _compared(values: Mapping[int, Mapping[str, Any] | None]) -> dict[str, Any] | None:
    """Average paired differences over the folds that have one; None where none has."""
    known = {fold: value for fold, value in values.items() if value is not None}
    if not known:
        return None
    first = next(iter(known.values()))
    against = {"against": first["against"]} if "against" in first else {}
    return {**against, **_over_folds({fold: value["difference"] for fold, value in known.items()})}


def _over_folds(values: Mapping[int, float | None]) -> dict[str, Any]:
    return {"folds": list(values), **mean_and_sd(list(values.values())), "by_fold": list(values.values())}


__all__ = ["fold_folder", "fold_tables", "missing_folds"]
