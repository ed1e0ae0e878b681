"""`decloak compare`: two reports on the same rows."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decloak.cli.errors import clear_errors, note
from decloak.cli.evaluate import Report

if TYPE_CHECKING:
    from rich.table import Table


def compare(
    a: Annotated[
        Path, typer.Argument(metavar="A.json", help="A report of `decloak evaluate --report`, or its folder.")
    ],
    b: Annotated[Path, typer.Argument(metavar="B.json", help="Another one, on the same data.")],
    resamples: Annotated[int, typer.Option(min=1, help="Of the paired bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
    html: Annotated[Path | None, typer.Option(help="Write a page to this file, too.", show_default=False)] = None,
    format_: Annotated[Report, typer.Option("--format", help="A table for people, or one JSON object.")] = Report.table,
) -> None:
    """Tell whether one classifier is better than another, or whether it only looks so.

    Both must have been evaluated with --report on the same file. Rows are paired: the bootstrap draws the same rows
    for both, and McNemar's test counts the rows where one is right and the other wrong. Rows of one source sentence
    (column group) are drawn together.

    **Examples**

    ```
    decloak evaluate --data test.csv --report reports/small
    decloak evaluate --data test.csv --model ./mine --report reports/mine
    decloak compare reports/mine reports/small --html reports/mine-small.html
    ```
    """
    from decloak.evaluation.comparing import compare_reports

    with clear_errors():
        compared = compare_reports(a, b, resamples, seed)
        if html is not None:
            from decloak.evaluation.reporting.comparison_page import write_comparison_html

            write_comparison_html(compared, html)
            note(f"wrote {html}")
    if format_ is Report.json:
        typer.echo(json.dumps(compared))
        return
    from rich.console import Console

    Console(soft_wrap=True).print(_differences(compared), _disagreement(compared))


def _differences(compared: dict[str, Any]) -> "Table":
    from rich.table import Table

    from decloak.cli.evaluation_output import interval, number, plain

    a, b = compared["a"], compared["b"]
    title = plain(f"A: {a['model']}, B: {b['model']}, on {compared['n']} rows of {a['data']}")
    table = Table("measure", "A", "B", "A - B", "95 % interval", "p", title=title, title_justify="left")
    for measure, found in compared["difference"].items():
        table.add_row(
            measure,
            number(_value(a, measure)),
            number(_value(b, measure)),
            number(found["difference"]),
            interval(found["interval"]),
            number(found["p_value"]),
        )
    return table


def _value(report: dict[str, Any], measure: str) -> float | None:
    rate = measure.removeprefix("recall_at_fpr_")
    if rate == measure:
        return report.get(measure)
    return (report.get("recall_at_fpr", {}).get(rate) or {}).get("recall")


def _disagreement(compared: dict[str, Any]) -> "Table":
    from rich.table import Table

    from decloak.cli.evaluation_output import number

    found = compared["mcnemar"]
    table = Table("only A is right", "only B is right", "p", title="McNemar's test", title_justify="left")
    table.add_row(str(found["only_a_right"]), str(found["only_b_right"]), number(found["p_value"]))
    return table
