import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.cli.output import (
    Format,
    TableWriter,
    chosen_format,
    open_output,
    printable,
    record_writer,
    show_progress,
)

any_text = st.text(st.characters(exclude_categories=()))


def record(text: str, **more: Any) -> dict[str, Any]:
    return {
        "text": text,
        "label": "ok",
        "score": 0.5,
        "scores": {"ok": 0.5},
        "model": "m",
        "modalities": ["text"],
        "truncated": False,
        **more,
    }


@given(any_text)
def test_jsonl_gives_any_text_back(text: str) -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="")
    record_writer(Format.jsonl, file, []).write(record(text))
    file.flush()
    line = raw.getvalue().decode("utf-8")
    assert line.count("\n") == 1
    # A pair of surrogates and the character that it stands for are the same in JSON.
    got = json.loads(line)["text"]
    assert got.encode("utf-16", "surrogatepass") == text.encode("utf-16", "surrogatepass")


@given(any_text)
def test_terminals_get_nothing_to_obey(text: str) -> None:
    assert printable(text).isprintable()


def test_long_texts_fold_and_stay_whole() -> None:
    file = io.StringIO()
    writer = TableWriter(file, ["ok"])
    writer.write(record("字" * 200, windows=3, joined="max", truncated=True))
    assert file.getvalue().count("字") == 200
    assert "3 windows, joined by max" in " ".join(file.getvalue().split())
    assert "truncated" in file.getvalue()


@pytest.mark.parametrize(
    ("form", "output", "expected"),
    [
        (None, None, Format.table),
        (None, Path("a.csv"), Format.csv),
        (None, Path("a.JSONL"), Format.jsonl),
        (None, Path("a.txt"), Format.table),
        (Format.csv, Path("a.jsonl"), Format.csv),
    ],
)
def test_chosen_format(form: Format | None, output: Path | None, expected: Format) -> None:
    assert chosen_format(form, output) is expected


def test_files_are_utf8_with_escapes(tmp_path: Path) -> None:
    with open_output(tmp_path / "out") as file:
        file.write("字\udc80")
    assert (tmp_path / "out").read_bytes() == "字\\udc80".encode()


def test_progress_passes_records_through() -> None:
    records = [record("a"), record("b")]
    assert list(show_progress(iter(records), hidden=False)) == records


def test_words_that_were_heard_otherwise_are_shown() -> None:
    heard = record("你好", heard=[{"written": "郝", "heard": "好"}])
    table, rows = io.StringIO(), io.StringIO()
    TableWriter(table, ["ok"]).write(heard)
    assert "郝 heard as 好" in table.getvalue()
    writer = record_writer(Format.csv, rows, [])
    writer.write(heard)
    writer.write(record("你好"))
    first, second = csv.DictReader(io.StringIO(rows.getvalue()))
    assert json.loads(first["heard"]) == heard["heard"] and second["heard"] == ""
