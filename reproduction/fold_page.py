"""`results.md` of all folds of an experiment, for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from .result_page import (
    data_cells,
    interval,
    markdown_table,
    mean,
    number,
    paper_number,
    rendered,
    run_cells,
    signed,
    version_list,
)

JOINED = ("variant", "folds", "seeds", "macro-F1", "interval", "MCC", "difference", "p", "drop", "paper")
AVERAGED = ("variant", "folds", "seeds", "macro-F1", "MCC", "AUROC", "difference", "drop", "paper")


def fold_page_text(results: Mapping[str, Any]) -> str:
    """Return the page as Markdown.

    Args:
        results: what `results.json` of all folds holds.

    Raises:
        ImportError: jinja2 is missing.
    """
    experiment, folds = results["experiment"], results["folds"]
    return rendered(
        "folds.md.jinja",
        experiment=experiment,
        folds=folds,
        held_out=results["held_out"],
        level=f"{experiment['measuring']['level'] * 100:g}",
        baseline=next((one["name"] for one in experiment["variants"] if one["baseline"]), None),
        attacked=[test["name"] for test in experiment["tests"] if test["attacks"]],
        tests=[_test(test, folds) for test in results["tests"]],
        runs=_with_fold([(run["fold"], run_cells([run])) for run in results["runs"]]),
        failures=[
            f"fold {run['fold']}, {run['variant']}, seed {run['seed']}: {run['error']}"
            for run in results["runs"]
            if run["error"]
        ],
        data=_with_fold([(fold, data_cells(one["train"])) for fold, one in enumerate(results["data"])]),
        notes=results["notes"],
        command=results["command"],
        versions=version_list(results["versions"]),
        created=results["created"],
    )


def fold_rows(test: Mapping[str, Any]) -> tuple[Sequence[str], list[list[str]]]:
    """Return the headings of a test's table, and the cells of each variant."""
    row_of = _joined if test["joined"] else _averaged
    rows = []
    for name, row in test["variants"].items():
        paper = test["paper_by_variant"].get(name)
        rows.append([name, *_folds(row), *row_of(row), "" if paper is None else paper_number(paper)])
    return JOINED if test["joined"] else AVERAGED, rows


def spread_rows(test: Mapping[str, Any], folds: int) -> tuple[Sequence[str], list[list[str]]]:
    """Return the headings of the table of each fold's macro-F1, and the cells of each variant."""
    rows = []
    for name, row in test["variants"].items():
        scores = dict(zip(row["by_fold"]["folds"], row["by_fold"]["by_fold"], strict=True))
        cells = [number(scores[fold]) if fold in scores else "missing" for fold in range(folds)]
        rows.append([name, *cells, mean(row["by_fold"])])
    return ["variant", *(f"fold {fold}" for fold in range(folds)), "mean"], rows


def _folds(row: Mapping[str, Any]) -> list[str]:
    missing = f" (missing: {_list(row['missing'])})" if row["missing"] else ""
    return [_list(row["folds"]) + missing, str(len(row["seeds"]))]


def _joined(row: Mapping[str, Any]) -> list[str]:
    measures, difference = row["measures"], row["difference"]
    return [
        mean(measures["macro_f1"]),
        interval(row["interval"]),
        number(measures["mcc"]["mean"]),
        _compared(difference, row),
        "" if difference is None else number(difference["p_value"]),
        _compared(row["drop"], row),
    ]


def _averaged(row: Mapping[str, Any]) -> list[str]:
    measures = row["measures"]
    cells = [mean(measures[key]) for key in ("macro_f1", "mcc", "auroc")]
    return [*cells, _compared(row["difference"], row), _compared(row["drop"], row)]


def _compared(value: Mapping[str, Any] | None, row: Mapping[str, Any]) -> str:
    """Write a difference, and its folds where they are not those of the row."""
    if value is None:
        return ""
    if "interval" in value:
        text = signed(value["difference"], value["interval"])
    else:
        text = signed(value["mean"], None) + ("" if value["sd"] is None else f" ± {value['sd']:.3f}")
    return text if value["folds"] == row["folds"] else f"{text} of folds {_list(value['folds'])}"


def _test(test: Mapping[str, Any], folds: int) -> dict[str, Any]:
    if test["joined"]:
        about = f"{test['n']} held-out rows of all folds, joined."
    else:
        about = f"The same {test['n']} rows in each fold: means over folds ± their standard deviation."
    if test["of"] != test["name"]:
        about += f" The same rows as {test['of']}, before they were cloaked."
    measured = bool(test["variants"])
    return {
        "name": test["name"],
        "about": about,
        "table": markdown_table(*fold_rows(test)) if measured else "No run was measured on it.",
        "spread": markdown_table(*spread_rows(test, folds)) if measured else "",
        "paper": [paper_number(one) for one in test["paper"]],
    }


def _with_fold(tables: Sequence[tuple[int, tuple[list[str], list[list[str]]]]]) -> str:
    """Put tables of the same columns under each other, with the fold before each row."""
    headings = tables[0][1][0]
    return markdown_table(["fold", *headings], [[fold, *row] for fold, (_, rows) in tables for row in rows])


def _list(folds: Sequence[int]) -> str:
    return ", ".join(map(str, folds))


__all__ = ["AVERAGED", "JOINED", "fold_page_text", "fold_rows", "spread_rows"]
