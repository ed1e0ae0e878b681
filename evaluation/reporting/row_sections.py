"""The sections on single rows, the worst errors and those left out, and on how all was measured."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .escaped_text import shortened
from .headline import Report
from .number_text import count
from .page_content import Block, Cell, Section, Table, number_cell, text_cell

OPEN_ROWS = 20  # longer tables lie in a fold
OFFENSIVE = "Show the texts. They are what people wrote, and may be hateful or offensive."
SETTINGS = {
    "classifier": "Classifier",
    "dataset": "Data",
    "settings": "Settings",
    "versions": "Versions",
    "predictions": "Predictions",
}


def worst_errors(report: Report, prefix: str) -> Section | None:
    """List the most confident mistakes; texts only behind a fold."""
    errors = report.get("worst_errors") or []
    if not errors:
        return None
    columns = ["row", "id", "SHA-256 of the text", "true class", "answered", "score"]
    rows = [
        [
            _row_cell(one.get("row")),
            text_cell(one.get("id")),
            text_cell(one.get("sha256"), "code"),
            text_cell(one.get("true")),
            text_cell(one.get("predicted")),
            number_cell(one.get("score")),
        ]
        for one in errors
    ]
    tables = [Table("The most confident mistakes first.", columns, rows, _fold(rows, "mistakes"))]
    if texts := text_table(errors, ["true", "predicted"], ["true class", "answered"]):
        tables.append(texts)
    else:
        tables[0] = Table(f"{tables[0].caption} The report holds no texts.", columns, rows, tables[0].folded)
    return Section(f"{prefix}errors", "Worst errors", blocks=[Block(tables=tables)])


def text_table(rows: Sequence[Mapping[str, Any]], keys: Sequence[str], names: Sequence[str]) -> Table | None:
    """Make the table of texts, in a fold that says that they may hurt; None if no row has its text."""
    cells = [
        [
            _row_cell(one.get("row")),
            *(text_cell(one.get(key)) for key in keys),
            text_cell(shortened(one["text"]), "text"),
        ]
        for one in rows
        if isinstance(one.get("text"), str)
    ]
    return Table("The texts.", ["row", *names, "text"], cells, OFFENSIVE, sensitive=True) if cells else None


def _row_cell(row: Any) -> Cell:
    """Make the number of a row of a file, without separators so that it can be searched for."""
    return Cell("" if row is None else str(row), float(row) if isinstance(row, int) else None, "number")


def _fold(rows: Sequence[Any], what: str) -> str | None:
    return f"All {count(len(rows))} {what}" if len(rows) > OPEN_ROWS else None


def left_out(report: Report, prefix: str) -> Section | None:
    """List rows that are in no measure, with reasons, and ids that several rows have."""
    listed, examples = report.get("error_rows") or [], report.get("error_examples") or []
    repeated = report.get("duplicate_ids") or []
    if not (report.get("errors") or listed or repeated):
        return None
    paragraphs, tables = [], []
    if report.get("errors") or listed:
        total = max(int(report.get("errors") or 0), len(listed))
        paragraphs.append(f"{count(total)} rows are in no measure; they could not be read or got no answer.")
        if listed:
            rows = [[_row_cell(one.get("row")), text_cell(one.get("reason"))] for one in listed]
            caption = (
                "Rows left out."
                if len(rows) >= total
                else f"The first {count(len(rows))} of {count(total)} rows left out."
            )
            tables.append(Table(caption, ["row", "reason"], rows, _fold(rows, "rows")))
    bullets = [] if listed else [str(example) for example in examples]
    if repeated:
        rows = [[text_cell(one.get("id")), text_cell(_joined(one.get("rows")))] for one in repeated]
        tables.append(Table("Ids that several rows have; all were measured.", ["id", "rows"], rows, _fold(rows, "ids")))
    return Section(f"{prefix}left-out", "Rows left out", paragraphs, [Block(tables=tables)] if tables else [], bullets)


def _joined(rows: Any) -> str:
    return ", ".join(map(str, rows)) if isinstance(rows, (list, tuple)) else str(rows)


def method(report: Report, prefix: str) -> Section | None:
    """List settings, versions, fingerprints and the command."""
    command = report.get("command") or (report.get("settings") or {}).get("command")
    tables = []
    for key, title in SETTINGS.items():
        rows = [
            [text_cell(name), text_cell(value)]
            for name, value in flattened(report.get(key))
            if name != "command" and value != ""
        ]
        if rows:
            tables.append(Table(title, ["", ""], rows, style="facts"))
    speed = _speed(report)
    if not (tables or command or speed):
        return None
    code = " ".join(map(str, command)) if isinstance(command, (list, tuple)) else command
    return Section(f"{prefix}method", "How it was measured", speed, [Block(tables=tables, wide=True)], code=code)


def _speed(report: Report) -> list[str]:
    if not report.get("seconds"):
        return []
    rate = report.get("texts_per_second")
    return [f"Answering took {report['seconds']:,.1f} seconds" + (f", {rate:,.0f} texts a second." if rate else ".")]


def flattened(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of a JSON value by dotted name; lists of plain values are one leaf."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from flattened(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)) and any(isinstance(item, (Mapping, list, tuple)) for item in value):
        for index, item in enumerate(value):
            yield from flattened(item, f"{name}[{index}]")
    elif isinstance(value, (list, tuple)):
        yield name, ", ".join(map(str, value))
    elif value is not None:
        yield name, str(value)


__all__ = ["OFFENSIVE", "flattened", "left_out", "method", "text_table", "worst_errors"]
