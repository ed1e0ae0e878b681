"""What `decloak data` shows to people: the catalogue, one data set, and its files."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

if TYPE_CHECKING:
    from decloak.training.data.catalogue import Entry


def catalogue_table(entries: "Iterable[Entry]") -> Table:
    """Lay out all data sets, a row each."""
    caption = "decloak data info NAME says more. None of the data comes with decloak."
    table = Table(caption=caption, box=box.SIMPLE, padding=0, collapse_padding=True)
    table.add_column("name", no_wrap=True)
    table.add_column("language")
    table.add_column("task", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("licence", overflow="fold")
    table.add_column("role", no_wrap=True)
    for entry in entries:
        rows = "" if entry.rows is None else f"{entry.rows:,}"
        role = entry.role.replace("_", " ")
        licence = re.split(r"[(;:]", entry.licence.name)[0].strip()  # the rest is in `decloak data info`
        few = ", ".join(entry.languages) if len(entry.languages) < 4 else f"{len(entry.languages)} of them"
        table.add_row(entry.name, few, entry.task, rows, licence, role)
    return table


def entry_table(entry: "Entry") -> Table:
    """Lay out what is known about a data set."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in _facts(entry):
        if value:
            table.add_row(key, value)
    return table


def _facts(entry: "Entry") -> list[tuple[str, str]]:
    licence = entry.licence
    allowed = f"redistribution: {_answer(licence.redistribution)}, commercial use: {_answer(licence.commercial)}"
    splits = [_size(name, split.rows, split.positives) for name, split in entry.splits.items()]
    layouts = entry.layouts
    found = (layouts.upstream, layouts.normalised, layouts.hub)
    tested = [
        f"{name} ({'run' if layout.tested else 'not run'} on the real data)"
        for name, layout in zip(("upstream", "normalised", "hub"), found, strict=True)
        if layout is not None
    ]
    return [
        ("name", entry.name),
        ("title", entry.title),
        ("task", entry.task),
        ("languages", ", ".join(entry.languages)),
        ("label 1", entry.label_meaning.one),
        ("label 0", entry.label_meaning.zero),
        ("role", entry.role.replace("_", " ") + (": never train on it" if entry.role == "test_suite" else "")),
        ("licence", f"{licence.name} ({allowed})"),
        ("homepage", entry.homepage),
        ("paper", entry.paper or ""),
        ("Hub", " ".join(filter(None, (entry.hub_id, entry.hub_config)))),
        ("splits" if entry.official_split else "parts (no official split)", "\n".join(splits)),
        ("group", ": ".join(entry.group_by.model_dump(exclude_none=True).values())),
        ("layouts", ", ".join(tested)),
        ("leaks", "\n".join(entry.leaks)),
        ("notes", "\n".join(entry.notes)),
    ]


def _answer(value: bool | None) -> str:
    return "not stated" if value is None else "yes" if value else "no"


def _size(name: str, rows: int | None, positives: int | None) -> str:
    if rows is None:
        return name
    return f"{name}: {rows:,} rows" + ("" if positives is None else f", {positives:,} of label 1")


__all__ = ["catalogue_table", "entry_table"]
