"""What `decloak routers` prints."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from decloak.cli.errors import note
from decloak.cli.evaluation_output import plain

if TYPE_CHECKING:
    from rich.table import Table


def print_routers(report: Mapping[str, Any]) -> None:
    """Print an analysis as tables, and its notes on stderr."""
    from rich.console import Console

    console = Console(soft_wrap=True)
    for part in (balance_table, group_table, specialisation_table, alignment_table):
        if (table := part(report)) is not None:
            console.print(table)
    for line in report["notes"]:
        note(line)


def balance_table(report: Mapping[str, Any]) -> "Table":
    """Tabulate how each layer uses its experts, of all tokens."""
    from rich.table import Table

    side = report["sides"]["texts"]
    title = plain(f"routers of {report['model']} on {report['data']}: {report['texts']} texts")
    columns = ("entropy", "winner", "loss", "verdict")
    table = Table("layer", *map(plain, report["experts"]), *columns, title=title, title_justify="left")
    for one, weights in zip(side["layers"], side["groups"]["all"]["weights"], strict=True):
        numbers = (one["entropy"], one["most_winning"], one["balance_loss"])
        table.add_row(str(one["layer"]), *map(_number, [*weights, *numbers]), one["verdict"])
    return table


def group_table(report: Mapping[str, Any]) -> "Table":
    """Tabulate the mean weights of each group, over layers."""
    from rich.table import Table

    title = "groups of tokens, mean over layers"
    table = Table("group", "tokens", *map(plain, report["experts"]), "entropy", title=title, title_justify="left")
    for name, group in report["sides"]["texts"]["groups"].items():
        means = [_mean(column) for column in zip(*group["weights"], strict=True)]
        table.add_row(plain(name), str(group["tokens"]), *map(_number, [*means, _mean(group["entropy"])]))
    return table


def specialisation_table(report: Mapping[str, Any]) -> "Table | None":
    """Tabulate what cloaking does to the weights, mean over layers; None without twins."""
    from rich.table import Table

    if not report["specialisation"]:
        return None
    title = "differences of weights on cloaked tokens, mean over layers"
    table = Table("contrast", "texts", "expert", "difference", "interval", title=title, title_justify="left")
    for name, one in report["specialisation"].items():
        for expert, row in one["experts"].items():
            ends = "" if row["interval"] is None else "({:+.4f} to {:+.4f})".format(*row["interval"])
            difference = "undefined" if row["difference"] is None else f"{row['difference']:+.4f}"
            table.add_row(plain(name), str(one["texts"]), plain(expert), difference, ends)
    return table


def alignment_table(report: Mapping[str, Any]) -> "Table | None":
    """Tabulate the alignment of the senses beside its baselines; None where it was not measured."""
    from rich.table import Table

    if not report["alignment"]:
        return None
    columns = ("MSE", "of 0", "of the mean", "explained")
    table = Table(
        "sense",
        "target",
        "tokens",
        *columns,
        title="alignment: MSE beside that of predicting 0 or the mean",
        title_justify="left",
    )
    for one in report["alignment"]:
        numbers = (one["mse"], one["zero_mse"], one["mean_mse"], one["explained_variance"])
        table.add_row(one["sense"], one["target"], str(one["tokens"]), *map(_number, numbers))
    return table


def _mean(values: Any) -> float:
    held = list(values)
    return sum(held) / len(held)


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


__all__ = ["alignment_table", "balance_table", "group_table", "print_routers", "specialisation_table"]
