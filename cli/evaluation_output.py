"""What `decloak evaluate` and `decloak compare` print and write."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from decloak.cli.errors import note

if TYPE_CHECKING:
    from rich.table import Table

MEASURES = ("macro_f1", "mcc", "accuracy", "auroc", "average_precision", "ece", "brier")
COUNTS = ("n", "errors", "truncated", "seconds")
_SHOWN_ERRORS = 3  # the report lists them


def folder_name(name: str) -> str:
    """Make a data set's name safe as the name of a folder."""
    return re.sub(r"[^\w.+-]+", "_", name).strip("._") or "data"


def write_files(report: dict[str, Any], folder: Path, hub_dataset: str | None = None) -> None:
    """Write report.json, report.html and the entries for a card into a folder, and say so."""
    from decloak.evaluation.reporting.html_report import write_html
    from decloak.evaluation.reporting.hub_results import write_eval_results
    from decloak.evaluation.reporting.report_schema import write_report

    folder.mkdir(parents=True, exist_ok=True)
    write_report(report, folder / "report.json")
    write_html(report, folder / "report.html")
    note(f"wrote {folder / 'report.json'} and {folder / 'report.html'}")
    if hub_dataset is not None:
        written = write_eval_results(report, folder, dataset_id=hub_dataset)
        note(f"wrote {', '.join(map(str, written))}" if written else "no entry for a card: nothing was measured")


def note_problems(report: dict[str, Any]) -> None:
    """Say on stderr which rows of a data set could not be used, and that nothing was attacked."""
    if report["errors"]:
        first = "; ".join(f"row {row['row']}: {row['reason']}" for row in report["error_rows"][:_SHOWN_ERRORS])
        more = "; ..." if report["errors"] > _SHOWN_ERRORS else ""
        left_out = f"{report['errors']} rows could not be used and are left out of the measures"
        note(f"{report['data']}: {left_out} ({first}{more})")
    for line in report["notes"]:
        if line.startswith("Nothing was attacked"):
            note(f"{report['data']}: {line}")


def print_report(report: dict[str, Any]) -> None:
    """Print a report of one or of several data sets as tables."""
    from rich.console import Console

    console = Console(soft_wrap=True)
    reports = report["reports"] if report["kind"] == "cross-dataset" else [report]
    if len(reports) > 1:
        console.print(summary_table(report))
        return
    console.print(measures_table(reports[0]), confusion_table(reports[0]))
    for part in (functionality_table, group_table, attack_table, baseline_table):
        if (table := part(reports[0])) is not None:
            console.print(table)


def measures_table(report: dict[str, Any]) -> "Table":
    """Tabulate the headline measures with their intervals."""
    from rich.table import Table

    title = plain(f"{report['model']} on {report['data']}")
    table = Table("measure", "value", "95 % interval", title=title, title_justify="left")
    for name in MEASURES:
        table.add_row(name, number(report.get(name)), interval(report["intervals"].get(name)))
    for rate, point in report["recall_at_fpr"].items():
        ends = report["intervals"].get(f"recall_at_fpr_{rate}")
        table.add_row(f"recall at FPR {rate}", number(point["recall"]), interval(ends))
    for name in COUNTS:
        table.add_row(name, str(report[name]))
    return table


def confusion_table(report: dict[str, Any]) -> "Table":
    """Tabulate the confusion matrix."""
    from rich.table import Table

    names = [plain(name) for name in report["labels"]]
    table = Table("true \\ predicted", *names, title="confusion", title_justify="left")
    for name, counts in zip(names, report["confusion"], strict=True):
        table.add_row(name, *map(str, counts))
    return table


def functionality_table(report: dict[str, Any]) -> "Table | None":
    """Tabulate accuracy per functionality, the worst first."""
    from rich.table import Table

    if not report.get("functionality"):
        return None
    found = report["functionality"]["functionalities"]
    table = Table("functionality", "class", "n", "accuracy", title="functionalities", title_justify="left")
    for name, one in sorted(found.items(), key=lambda item: item[1]["accuracy"]):
        label = "mixed" if one["label"] is None else report["labels"][one["label"]]
        table.add_row(plain(name), plain(label), str(one["n"]), number(one["accuracy"]))
    return table


def group_table(report: dict[str, Any]) -> "Table | None":
    """Tabulate the groups that are large enough, the most frequent first."""
    from rich.table import Table

    if not report.get("groups"):
        return None
    columns = ("fpr", "fnr", "subgroup_auc", "bpsn_auc", "bnsp_auc")
    table = Table("group", "n", *columns, title="groups", title_justify="left")
    for name, one in sorted(report["groups"]["groups"].items(), key=lambda item: -item[1]["n"]):
        if not one["too_small"]:
            table.add_row(plain(name), str(one["n"]), *(number(one[column]) for column in columns))
    return table


def attack_table(report: dict[str, Any]) -> "Table | None":
    """Tabulate macro-F1 under each attack, the greatest drop first."""
    from rich.table import Table

    if not report.get("robustness"):
        return None
    results = report["robustness"]["attacks"]
    table = Table(
        "attack", "strength", "changed", "macro-F1", "drop", "attack success", title="attacks", title_justify="left"
    )
    for one in sorted(results, key=lambda result: -(result["absolute_drop"] or 0)):
        table.add_row(
            one["attack"],
            f"{one['strength']:g}",
            f"{one['changed']} of {one['n']}",
            number(one["attacked_macro_f1"]),
            number(one["absolute_drop"]),
            number(one["attack_success_rate"]),
        )
    return table


def baseline_table(report: dict[str, Any]) -> "Table | None":
    """Tabulate other classifiers on the same rows."""
    from rich.table import Table

    if not report.get("baselines"):
        return None
    table = Table("beside", "macro-F1", "difference", "p", "McNemar p", title="baselines", title_justify="left")
    for one in report["baselines"]:
        difference = one["difference"]["macro_f1"]
        table.add_row(
            plain(one["name"]),
            number(one["measures"]["macro_f1"]),
            f"{number(difference['difference'])} {interval(difference['interval'])}",
            number(difference["p_value"]),
            number(one["mcnemar"]["p_value"]),
        )
    return table


def summary_table(report: dict[str, Any]) -> "Table":
    """Tabulate several data sets, a row each."""
    from rich.table import Table

    title = plain(f"{report['model']} on {len(report['reports'])} data sets")
    table = Table("data", "n", "macro-F1", "MCC", "AUROC", "recall at FPR 0.01", title=title, title_justify="left")
    for one in report["reports"]:
        point = one["recall_at_fpr"].get("0.01") or {}
        table.add_row(
            plain(one["data"]),
            str(one["n"]),
            f"{number(one['macro_f1'])} {interval(one['macro_f1_interval'])}",
            number(one["mcc"]),
            number(one["auroc"]),
            number(point.get("recall")),
        )
    return table


def number(value: float | None) -> str:
    """Write a measure with four decimals."""
    return "undefined" if value is None else f"{value:.4f}"


def interval(ends: list[float] | None) -> str:
    """Write an interval."""
    return "" if ends is None else f"({ends[0]:.4f} to {ends[1]:.4f})"


def plain(text: str) -> str:
    """Make any text fit for a table: without markup, the unprintable as escapes."""
    from rich.markup import escape

    from decloak.cli.output import printable

    return escape(printable(str(text)))


__all__ = ["folder_name", "interval", "note_problems", "number", "plain", "print_report", "write_files"]
