"""Records on stdout or in a file, as an aligned table, JSON lines or csv, each written when it is known."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import IO, Any, Protocol

from rich.cells import cell_len
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

CSV_COLUMNS = (
    "text", "label", "score", "scores", "model", "modalities", "sources", "truncated", "threshold", "windows", "joined",
    "heard", "error",
)  # fmt: skip


class Format(str, Enum):
    """How records are written."""

    table = "table"
    jsonl = "jsonl"
    csv = "csv"


class RecordWriter(Protocol):
    """Writes one answer after the other."""

    def write(self, record: dict[str, Any]) -> None:
        """Write one record: the keys of `CSV_COLUMNS`, of which the last five may be absent."""


class JsonLinesWriter:
    """One JSON object a line."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file

    def write(self, record: dict[str, Any]) -> None:
        """Write a record, unchanged."""
        self.file.write(json.dumps(record, ensure_ascii=False) + "\n")


class CsvWriter:
    """The columns of `CSV_COLUMNS`; `scores`, `sources` and `heard` as JSON, `modalities` joined by +."""

    def __init__(self, file: IO[str]) -> None:
        self.rows = csv.DictWriter(file, CSV_COLUMNS, restval="", lineterminator="\n")
        self.rows.writeheader()

    def write(self, record: dict[str, Any]) -> None:
        """Write a record as one row."""
        scores = json.dumps(record["scores"], ensure_ascii=False) if record["scores"] else ""
        sources = json.dumps(record.get("sources") or {}, ensure_ascii=False)
        modalities = "+".join(record["modalities"])
        heard = json.dumps(record["heard"], ensure_ascii=False) if record.get("heard") else ""
        self.rows.writerow({**record, "scores": scores, "modalities": modalities, "sources": sources, "heard": heard})


class TableWriter:
    """Columns of a fixed width for people, row by row; long texts fold, the unprintable shows as escapes."""

    def __init__(self, file: IO[str], labels: Iterable[str]) -> None:
        self.console = Console(file=file, highlight=False)
        self.label_width = max(map(cell_len, [*labels, "label", "error"]))
        self._row(Text("label"), "score", "senses", Text("text"), style="bold")

    def write(self, record: dict[str, Any]) -> None:
        """Write a record as one row, with what happened to the text behind it."""
        failed = record["label"] is None
        label = Text("error", style="red") if failed else Text(printable(record["label"]), style="bold cyan")
        score = "" if failed else f"{record['score']:.3f}"
        text = Text(printable(record["text"] or ""))
        if notes := _notes(record):
            text.append(f"  ({printable(notes)})", style="dim")
        self._row(label, score, "+".join(record["modalities"]), text)

    def _row(self, label: Text, score: str, senses: str, text: Text, style: str = "") -> None:
        grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
        grid.add_column(width=self.label_width, overflow="fold")
        grid.add_column(width=5)
        grid.add_column(width=18, overflow="fold")
        grid.add_column(ratio=1, overflow="fold")
        grid.add_row(label, score, senses, text)
        self.console.print(grid, style=style)


def printable(text: str) -> str:
    """Replace what a terminal would obey or hide (controls, zero-width, lone surrogates) by its escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def record_writer(form: Format, file: IO[str], labels: Iterable[str]) -> RecordWriter:
    """Make the writer of a format; `labels` lets a table align them before they come."""
    if form is Format.table:
        return TableWriter(file, labels)
    return JsonLinesWriter(file) if form is Format.jsonl else CsvWriter(file)


def chosen_format(form: Format | None, output: Path | None) -> Format:
    """Take `--format`, else what the name of `--output` says, else a table."""
    suffix = output.suffix.lstrip(".").lower() if output else ""
    return form or (Format(suffix) if suffix in ("jsonl", "csv") else Format.table)


@contextmanager
def open_output(output: Path | None) -> Iterator[IO[str]]:
    r"""Open a file, or stdout for None and `-`, as UTF-8 in which lone surrogates become escapes.

    In JSON the escape is the same character again (`"\ud83d"`), elsewhere it is readable.
    """
    if output is not None and str(output) != "-":
        with output.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    yield sys.stdout
    sys.stdout.flush()


def show_progress(records: Iterable[dict[str, Any]], hidden: bool = False) -> Iterator[dict[str, Any]]:
    """Count records on stderr while they pass, when a person looks at it."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} texts"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=hidden or not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        for record in records:
            yield record
            progress.advance(task)


def _notes(record: dict[str, Any]) -> str:
    notes = [
        record.get("error") or "",
        ", ".join(f"{word['written']} heard as {word['heard']}" for word in record.get("heard", [])),
        "truncated" if record["truncated"] else "",
        f"threshold {record['threshold']:.3f}" if "threshold" in record else "",
        f"{record['windows']} windows, joined by {record['joined']}" if "windows" in record else "",
    ]
    return "; ".join(filter(None, notes))
