"""A leak report as tables for people."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from decloak.cli.output import printable


def leak_tables(report: Mapping[str, Any], most: int) -> list[Table | str]:
    """Lay out a report of `leak_report`: the splits, their pairs, and some leaking rows of each pair.

    Args:
        report: the report.
        most: rows to show of each pair; what is left out is counted.
    """
    shown: list[Table | str] = [_splits(report["splits"])]
    if report["pairs"]:
        shown.append(_pairs(report))
    shown += [_rows(pair, most) for pair in report["pairs"] if pair["leaking"] and most]
    return shown


def _table(title: str, *columns: str, caption: str | None = None) -> Table:
    table = Table(title=escape(printable(title)), title_justify="left", caption=caption, caption_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in _NAMES else "right", overflow="fold")
    return table


_NAMES = ("split", "test suites", "first", "second", "kind", "text", "text of the first")


def _splits(splits: Mapping[str, Any]) -> Table:
    table = _table("Splits", "split", "rows", "unusable", "texts", "repeated", "similar", "two labels", "test suites")
    for name, split in splits.items():
        numbers = (split["rows"], len(split["unusable"]), split["texts"], *split["repeated"].values())
        suites = ", ".join(f"{count:,} of {suite}" for suite, count in split["test_suites"].items())
        cells = [f"{number:,}" for number in (*numbers, split["conflicting_labels"])]
        table.add_row(_cell(name), *cells, _cell(suites or "none"))
    return table


def _pairs(report: Mapping[str, Any]) -> Table:
    kinds = ["exact", "near", *(["cloaked"] if report["cloaked"] else []), "group"]
    title = f"Rows of the second split that have a sibling in the first (near: from {report['threshold']:g} on)"
    table = _table(title, "first", "second", *kinds, "leaking", "share", "other label", "texts in both")
    for pair in report["pairs"]:
        counts = [f"{pair[key]:,}" for key in (*kinds, "leaking")]
        table.add_row(
            _cell(pair["first"]),
            _cell(pair["second"]),
            *counts,
            f"{pair['share']:.1%}",
            f"{pair['conflicting_labels']:,}",
            f"{pair['shared_texts']:,}",
            style="red" if pair["leaking"] else None,
        )
    return table


def _rows(pair: Mapping[str, Any], most: int) -> Table:
    rows = pair["rows"][:most]
    hidden = len(pair["rows"]) - len(rows)
    caption = f"{hidden:,} more rows: --rows shows them, and --format json has all" if hidden else None
    texts = ["text", "text of the first"] if rows and "text" in rows[0] else []
    title = f"{pair['second']}: rows with a sibling in {pair['first']}"
    table = _table(
        title, "row", "id", "kind", "similarity", "siblings", "closest row", "its id", *texts, caption=caption
    )
    for row in rows:
        closest = row["closest"]
        similarity = "" if row["similarity"] is None else f"{row['similarity']:.2f}"
        kind = row["kind"] + (", other label" if row["conflicting_label"] else "")
        siblings = str(max(row["siblings"].values()))
        cells = [str(row["row"]), row["id"] or "", kind, similarity, siblings, str(closest["row"]), closest["id"] or ""]
        table.add_row(*map(_cell, cells + ([row["text"], closest["text"]] if texts else [])))
    return table


def _cell(text: str) -> str:
    return escape(printable(text))


__all__ = ["leak_tables"]
