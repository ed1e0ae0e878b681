"""What `decloak reproduce` prints: the plan of an experiment, and its results."""

from typing import Any

from rich.console import Console
from rich.table import Table

from decloak.cli.evaluation_output import plain


def print_plan(plan: dict[str, Any]) -> None:
    """Print the rows of each table, and the runs."""
    console = Console(soft_wrap=True)
    console.print(_rows_table(plan), _runs_table(plan))
    holdout = plan["data"]["holdout"]
    if holdout is not None:
        found = holdout["found"]
        console.print(f"held out: {found['rows']:,} rows of {plain(holdout['source'])}, {found['groups']:,} groups")


def print_fold_plans(plans: dict[str, Any]) -> None:
    """Print the plan of each fold."""
    for fold, plan in enumerate(plans["folds"]):
        Console(soft_wrap=True).print(f"fold {fold} of {len(plans['folds'])} (from 0)", style="bold")
        print_plan(plan)


def print_folds(results: dict[str, Any]) -> None:
    """Print a table for each test of all folds, and one of each fold's macro-F1."""
    from decloak.reproduction.fold_page import fold_rows, spread_rows

    console = Console(soft_wrap=True)
    for test in results["tests"]:
        how = "held-out rows of all folds, joined" if test["joined"] else "rows, mean over folds"
        for title, (headings, rows) in (
            (f"{test['name']}, {test['n']} {how}", fold_rows(test)),
            (f"{test['name']}, macro-F1 of each fold", spread_rows(test, results["folds"])),
        ):
            table = _table(title, *headings)
            for row in rows:
                table.add_row(*map(plain, row))
            console.print(table)
    _print_notes(console, results)


def print_results(results: dict[str, Any]) -> None:
    """Print a table for each test."""
    from decloak.reproduction.result_page import HEADINGS, variant_rows

    console = Console(soft_wrap=True)
    for test in results["tests"]:
        table = _table(f"{test['name']}, {test['n']} rows", *HEADINGS)
        for row in variant_rows(test):
            table.add_row(*map(plain, row))
        console.print(table)
    _print_notes(console, results)


def _print_notes(console: Console, results: dict[str, Any]) -> None:
    for one in results["notes"]:
        console.print(plain(one), style="dim")


def _table(title: str, first: str, *others: str) -> Table:
    """Make a table whose first column is never cut: on a narrow terminal it is folded."""
    table = Table(title=plain(title), title_justify="left")
    table.add_column(first, overflow="fold", min_width=12)
    for heading in others:
        table.add_column(heading, overflow="fold")
    return table


def _rows_table(plan: dict[str, Any]) -> Table:
    data = plan["data"]
    columns = ("rows", "positive", "groups", "read", "of held-out groups", "like a test text", "validation")
    table = _table(plan["experiment"]["name"], "table", *columns)
    for name, counts in data["train"].items():
        like = sum(counts[key] for key in ("equal", "near", "near_uncloaked"))
        of_source = (counts["read"], counts["held_out_group"], like, counts.get("validation", 0))
        table.add_row(plain(f"train {name}"), *_sizes(counts), *(f"{count:,}" for count in of_source))
    table.add_row("validation", *_sizes(data["validation"]))
    for name, counts in data["tests"].items():
        table.add_row(plain(f"test {name}"), *_sizes(counts))
    return table


def _sizes(counts: dict[str, int]) -> list[str]:
    return [f"{counts[key]:,}" for key in ("rows", "positives", "groups")]


def _runs_table(plan: dict[str, Any]) -> Table:
    """Tabulate the variants, their runs together."""
    table = _table("runs", "variant", "senses", "recipe", "normalisation", "training texts", "seeds")
    variants: dict[str, list[dict[str, Any]]] = {}
    for run in plan["runs"]:
        variants.setdefault(run["variant"], []).append(run)
    for name, runs in variants.items():
        first = runs[0]
        states = "; ".join(f"{run['seed']} {run['state']}" for run in runs)
        table.add_row(
            plain(name),
            ", ".join(first["senses"]),
            plain(first["recipe"]),
            first["normalization"],
            f"{first['texts']:,}",
            states if first["chosen"] else f"not chosen ({states})",
        )
    return table


__all__ = ["print_fold_plans", "print_folds", "print_plan", "print_results"]
