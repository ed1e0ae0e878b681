"""Rows go into the files of their parts as they stand."""

import csv
import gzip
import json
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from decloak.training.data.table_parts import write_parts
from decloak.training.data.tables import table_rows

cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('",\n\t'), min_size=1, max_size=6)


def alternating(path: Path) -> dict[int, str]:
    return {row.number: ("one", "two")[place % 2] for place, row in enumerate(table_rows(path, [])) if not row.error}


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
@given(content=st.lists(st.tuples(cells, cells), min_size=2, max_size=6))
def test_all_columns_of_delimited_rows_stay(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, content: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path, delimiter = folder / f"t.{suffix}", {"csv": ",", "tsv": "\t"}[suffix]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("te\nxt", "other"), *content])
    files = write_parts(path, alternating(path), folder / "out")
    for place, name in enumerate(("one", "two")):
        with files[name].open(encoding="utf-8", newline="") as file:
            assert [tuple(row) for row in csv.reader(file, delimiter=delimiter)] == [
                ("te\nxt", "other"),
                *content[place::2],
            ]


def test_lines_of_jsonl_stay_whatever_their_keys_are(tmp_path: Path) -> None:
    lines = ['{"text": "a", "x": 1}', "", "no json", '{"text":"b"}', '{"text": "c", "y": [2]}']
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    files = write_parts(path, alternating(path), tmp_path)
    assert files == {"one": tmp_path / "one.jsonl", "two": tmp_path / "two.jsonl"}
    read = {name: [json.loads(line) for line in file.read_text().splitlines() if line] for name, file in files.items()}
    assert read == {"one": [{"text": "a", "x": 1}, {"text": "b"}], "two": [{"text": "c", "y": [2]}]}


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    table = pyarrow.table({"text": ["a", "b", "c"], "tags": [["x"], [], None], "label": [1, 0, 1]})
    parquet.write_table(table, tmp_path / "t.parquet")
    files = write_parts(tmp_path / "t.parquet", {1: "one", 3: "one", 2: "two"}, tmp_path / "out")
    assert parquet.read_table(files["one"]).equals(table.take([0, 2]))
    assert parquet.read_table(files["two"]).equals(table.take([1]))


def test_rows_without_a_part_and_broken_rows_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('text,label\na,1\nb,0\n"c,1\nd,0\n', encoding="utf-8")
    rows = {row.number: row.error is None for row in table_rows(path, [])}
    assert rows == {2: True, 3: True, 4: False, 5: True}
    files = write_parts(path, {2: "one", 5: "two"}, tmp_path / "out")
    written = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    assert written == {"one": "text,label\na,1\n", "two": "text,label\nd,0\n"}


def test_other_encodings_become_utf_8_and_stray_bytes_stay(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_bytes("text\n好\n".encode("utf-16"))
    assert (
        write_parts(tmp_path / "wide.csv", {2: "wide"}, tmp_path / "out")["wide"].read_bytes() == "text\n好\n".encode()
    )
    (tmp_path / "bytes.csv").write_bytes(b"text\r\na \xff b")
    assert (
        write_parts(tmp_path / "bytes.csv", {2: "stray"}, tmp_path / "out")["stray"].read_bytes()
        == b"text\r\na \xff b\n"
    )


def test_files_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text\na\n", encoding="utf-8")
    with pytest.raises(FileExistsError, match=r"t\.csv is there already"):
        write_parts(tmp_path / "t.csv", {2: "t"}, tmp_path)
    with pytest.raises(FileNotFoundError, match="no such file"):
        write_parts(tmp_path / "none.csv", {2: "t"}, tmp_path)
