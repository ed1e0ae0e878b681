import csv
import gzip
import json
import logging
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from decloak.training.data.tables import read_table, table_rows, whole_number

ROWS = [{"text": '今天, "天气"\n好 😀', "label": 1}, {"text": "two", "label": 0}]
SUFFIXES = ["csv", "tsv", "jsonl", "parquet"]
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows in the format that the name says, with the writers that users have."""
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    if plain.suffix == ".parquet":
        parquet.write_table(pyarrow.Table.from_pylist(rows), plain)
    elif plain.suffix == ".jsonl":
        plain.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        with plain.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0], delimiter="\t" if plain.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    if path != plain:
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    return path


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_gives_the_same_data_set(tmp_path: Path, suffix: str, packed: str) -> None:
    path = write(tmp_path / f"rows.{suffix}{packed}", [{"id": 7, **row} for row in ROWS])
    assert read_table(path).to_list() == ROWS
    assert [row.values["text"] for row in table_rows(path, ["text"])] == [row["text"] for row in ROWS]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_byte_order_marks(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    path.write_text("text,label\n字,1\n".replace(",", "\t" if name == "a.tsv" else ","), encoding=encoding)
    assert read_table(path).to_list() == [{"text": "字", "label": 1}]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_huge_fields(tmp_path: Path, suffix: str) -> None:
    text = "字" * 1_000_000
    assert read_table(write(tmp_path / f"a.{suffix}", [{"text": text, "label": 1}]))[0]["text"] == text


@pytest.mark.parametrize("suffix", [*SUFFIXES, "csv.gz", "jsonl.gz", "parquet.gz"])
def test_a_missing_column_names_those_present(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", [{"body": "a", "label": 1}])
    with pytest.raises(ValueError, match=r"no column text; its columns are: body, label"):
        table_rows(path, ["text", "label"])


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.gz", "a.txt.gz", ".csv"])
def test_unknown_names_list_the_allowed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"\.csv, \.tsv, \.jsonl, \.parquet"):
        table_rows(tmp_path / name, ["text"])


def test_missing_file_and_folder(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for name, words in (("none.csv", "no such file"), ("folder.csv", "no such file.*is a folder")):
        with pytest.raises(FileNotFoundError, match=words):
            table_rows(tmp_path / name, ["text"])


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.csv.gz", "a.parquet"])
def test_empty_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"empty|no rows|cannot be read"):
        table_rows(tmp_path / name, ["text"])


def test_a_header_alone_is_no_table(tmp_path: Path) -> None:
    for content in ("text,label", "text,label\n", "text,label\r\n\r\n"):
        (tmp_path / "a.csv").write_text(content, encoding="utf-8", newline="")
        with pytest.raises(ValueError, match="has no rows"):
            table_rows(tmp_path / "a.csv", ["text"])


def test_broken_jsonl_lines_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"text": "a"}\n\n{"text": \n[1]\n{"other": 1}\n' + "[" * 100_000 + '\n{"text": "b"}', encoding="utf-8"
    )
    rows = list(table_rows(path, ["text"]))
    assert [row.number for row in rows] == [1, 3, 4, 5, 6, 7]
    assert [row.values.get("text") for row in rows] == ["a", None, None, None, None, "b"]
    assert [(row.error or "")[:8] for row in rows] == ["", "not JSON", "a JSON o", "no text ", "not JSON", ""]


def test_short_csv_rows_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("label,text\n1,a\n1\n0,b,c\n", encoding="utf-8")
    rows = list(table_rows(tmp_path / "a.csv", ["text"]))
    assert [(row.number, row.values.get("text")) for row in rows] == [(2, "a"), (3, None), (4, "b")]
    assert rows[1].error == "the row ends before column text"


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_a_quote_that_is_never_closed_costs_its_row_alone(tmp_path: Path, end: str) -> None:
    (tmp_path / "a.csv").write_text(f'text,label\n"a\n""b""",1\n\nc,0\n"d,1\ne,0\nf,1{end}', encoding="utf-8")
    rows = list(table_rows(tmp_path / "a.csv", ["text"]))
    assert [(row.number, row.values.get("text")) for row in rows] == [
        (3, 'a\n"b"'),
        (5, "c"),
        (6, None),
        (7, "e"),
        (8, "f"),
    ]
    assert rows[2].error == "a quotation mark is opened in line 6 or later and never closed: close it, or double it"


def test_a_quote_in_the_header_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,"label\na,1\n', encoding="utf-8")
    with pytest.raises(ValueError, match="column names cannot be read: a quotation mark is opened in line 1"):
        table_rows(tmp_path / "a.csv", ["text"])


@pytest.mark.parametrize("suffix", [*SUFFIXES, "csv.gz", "parquet.gz"])
def test_optional_columns_are_read_where_there_are_any(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", [{"text": "a", "id": "7"}, {"text": "b", "id": "8"}])
    rows = table_rows(path, ["text", "text"], optional=("id", "group", "text"))
    assert [row.values for row in rows] == [
        {"text": "a", "id": "7", "group": None},
        {"text": "b", "id": "8", "group": None},
    ]


def test_a_row_may_lack_what_is_optional(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,id\na\nb,1\n", encoding="utf-8")
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"text": "b", "id": "1"}\n', encoding="utf-8")
    for path in tmp_path.iterdir():
        rows = list(table_rows(path, ["text"], optional=["id"]))
        assert [(row.values["id"], row.error) for row in rows] == [(None, None), ("1", None)]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_a_column_that_is_there_twice_is_refused_only_if_asked_for(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "parquet":
        columns = [pyarrow.array(["a"]), pyarrow.array(["b"]), pyarrow.array(["c"])]
        parquet.write_table(pyarrow.Table.from_arrays(columns, ["x", "x", "text"]), path)
    else:
        path.write_text("x,x,text\na,b,c\n".replace(",", "\t" if suffix == "tsv" else ","), encoding="utf-8")
    assert next(table_rows(path, ["text"])).values == {"text": "c"}
    for asked in (["x"], ["text"]):
        with pytest.raises(ValueError, match="2 columns called 'x': rename them"):
            table_rows(path, asked, optional=["x"])


def test_columns_without_a_name_and_empty_lines_above_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n\n,text,,label\n0,a,,1\n", encoding="utf-8")
    (row,) = table_rows(tmp_path / "a.csv", ["text", "label"])
    assert (row.number, row.values) == (4, {"text": "a", "label": "1"})


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_nul_characters_cost_their_row_at_most(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    lines = ["text,label", "a,1", "b\0b,0", "c,1"] if suffix == "csv" else ['{"text": "a"}', "{\0}", '{"text": "c"}']
    path.write_text("\n".join(lines), encoding="utf-8")
    first, middle, last = table_rows(path, ["text"])
    assert (first.values["text"], last.values["text"]) == ("a", "c")
    assert middle.error or middle.values == {"text": "b\0b"}  # the csv module reads them since Python 3.11


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("text\na\n", encoding="utf-8")

    def refuse(path: Path, *options: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))  # as root nothing is refused, so no real file is

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PermissionError, match=r"a\.csv may not be read"):
        table_rows(tmp_path / "a.csv", ["text"])


def test_an_encoding_is_obeyed(tmp_path: Path) -> None:
    for suffix, content in (("csv", "text,label\n字,1\n"), ("jsonl", '{"text": "字", "label": 1}\n')):
        path = tmp_path / f"a.{suffix}"
        path.write_text(content, encoding="gb18030")
        assert next(table_rows(path, ["text"], "gb18030")).values == {"text": "字"}
        assert read_table(path, encoding="gb18030").to_list() == [{"text": "字", "label": 1}]
    with pytest.raises(ValueError, match="no text encoding is called 'utf-9'"):
        table_rows(tmp_path / "a.csv", ["text"], "utf-9")


def test_bytes_that_are_not_utf8_spoil_their_row_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.csv").write_bytes(b"text,label\ngood,1\nb\xffd,0\n,1\n\xe5\xad\x97,0\n")
    with caplog.at_level(logging.WARNING):
        assert read_table(tmp_path / "a.csv")["text"][:] == ["good", "字"]
    assert "2 rows left out" in caplog.text
    assert "row 3: text is not valid Unicode; row 4: text is empty" in caplog.text


def test_damaged_gzip(tmp_path: Path) -> None:
    whole = gzip.compress(b"text\n" + b"".join(b"%d\n" % number for number in range(50_000)))
    (tmp_path / "a.csv.gz").write_bytes(whole[:-2000])
    with pytest.raises(ValueError, match="not a whole gzip file"):
        list(table_rows(tmp_path / "a.csv.gz", ["text"]))
    (tmp_path / "b.csv.gz").write_bytes(b"text\nplain\n")
    with pytest.raises(ValueError, match="not a whole gzip file"):
        table_rows(tmp_path / "b.csv.gz", ["text"])


def test_labels_become_integers_only_when_all_are(tmp_path: Path) -> None:
    rows = [{"text": "1", "label": "1.0"}, {"text": "2", "label": "0"}]
    assert read_table(write(tmp_path / "a.csv", rows)).to_list() == [
        {"text": "1", "label": 1},
        {"text": "2", "label": 0},
    ]
    names = [{"text": "1", "label": "1"}, {"text": "2", "label": "hate"}]
    assert read_table(write(tmp_path / "b.csv", names))["label"][:] == ["1", "hate"]


def test_mixed_types_are_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [{"text": "a", "label": 1}, {"text": "b", "label": "hate"}])
    with pytest.raises(ValueError, match="mixes types"):
        read_table(path)


def test_no_usable_row(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none of its 2 rows can be used; row 1: label is empty"):
        read_table(write(tmp_path / "a.jsonl", [{"text": "a", "label": None}, {"text": 3, "label": 1}]))


def test_rows_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n' * 100_000, encoding="utf-8")
    rows = table_rows(path, ["text"])
    next(rows)
    path.write_text("", encoding="utf-8")
    assert sum(1 for _ in rows) < 50_000


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(content=st.binary(max_size=200))
@same_folder
def test_garbage_gives_rows_or_one_clear_error(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"garbage.{suffix}"
    path.write_bytes(content)
    try:
        rows = list(table_rows(path, ["text"]))
    except ValueError as error:
        assert str(path) in str(error)
    else:
        assert all((row.error is None) == ("text" in row.values) for row in rows)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@given(content=st.lists(st.tuples(texts, st.integers(0, 5)), min_size=1, max_size=5))
@same_folder
def test_what_was_written_is_read(tmp_path: Path, suffix: str, content: list[tuple[str, int]]) -> None:
    rows = [{"text": text, "label": label} for text, label in content]
    assert read_table(write(tmp_path / f"a.{suffix}", rows)).to_list() == rows


@pytest.mark.parametrize(
    ("value", "number"),
    [("1", 1), (" -2 ", -2), ("3.0", 3), ("3.5", None), ("", None), ("1_0", None), ("1e3", None), (2.0, 2), (True, 1),
     (float("nan"), None), (float("inf"), None), ("9" * 5000, None), (None, None), ([1], None)],
)  # fmt: skip
def test_whole_number(value: object, number: int | None) -> None:
    assert whole_number(value) == number
