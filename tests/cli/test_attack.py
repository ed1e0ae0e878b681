"""`decloak attack`: files in, the same files with hidden words out."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest
import typer
from pyarrow import parquet
from typer.testing import CliRunner, Result

from decloak.cli.attack import attack
from decloak.processing.cloaking import available_attacks, load_attack, replay
from decloak.processing.cloaking.cloaked_text import Change

ROWS = [
    {"id": "7", "text": "a fine day, isn't it", "label": "1"},
    {"id": "8", "text": 'two\nlines, and "marks"', "label": "0"},
    {"id": "9", "text": "今天天气很好", "label": "0"},
]
CAPITALS = ("--attack", "random_case", "--strength", "1")


@pytest.fixture
def run_attack() -> Callable[..., Result]:
    """Run `decloak attack ...` in this process; `stdin` is what is piped into it."""
    app = typer.Typer()
    app.command()(attack)

    def run(*arguments: object, stdin: bytes = b"") -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "table.csv", ROWS)


def write_csv(file: Path, rows: list[dict[str, str]], delimiter: str = ",") -> Path:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return file


def read_csv(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def without_text(rows: list[dict]) -> list[dict]:
    return [{key: value for key, value in row.items() if key not in ("text", "original", "attack")} for row in rows]


def test_csv_keeps_all_other_columns(run_attack: Callable[..., Result], table: Path) -> None:
    result = run_attack(*CAPITALS, table)
    rows = read_csv(result.stdout)
    assert result.exit_code == 0
    assert list(rows[0]) == ["id", "text", "label", "original", "attack"]
    assert [row["text"] for row in rows] == [row["text"].swapcase() for row in ROWS]
    assert [row["original"] for row in rows] == [row["text"] for row in ROWS]
    assert {row["attack"] for row in rows} == {"random_case"}
    assert without_text(rows) == without_text(ROWS)
    assert "1 texts had nothing to change" in result.stderr


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.tsv", "out.data"])
def test_an_output_file(run_attack: Callable[..., Result], tmp_path: Path, name: str) -> None:
    delimiter = "\t" if ".tsv" in name else ","
    source = write_csv(tmp_path / f"in.{'tsv' if delimiter != ',' else 'csv'}", ROWS, delimiter)
    output = tmp_path / name
    assert run_attack(*CAPITALS, source, "--output", output).stdout == ""
    data = gzip.decompress(output.read_bytes()) if name.endswith(".gz") else output.read_bytes()
    assert [row["id"] for row in read_csv(data.decode(), delimiter)] == ["7", "8", "9"]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([source.name, name])


def test_json_lines_keep_types(run_attack: Callable[..., Result], tmp_path: Path) -> None:
    rows = [{"comment": "so good \ud83d", "label": 1.0, "more": {"a": [None, "é"]}}, {"comment": "", "label": False}]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n\n" for row in rows))
    result = run_attack(*CAPITALS, "--column", "comment", "--spans", file)
    attacked = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["comment"] for row in attacked] == ["SO GOOD \ud83d", ""]
    for old, new in zip(rows, attacked, strict=True):
        assert {**new, "comment": old["comment"]} == {
            **old, "original": old["comment"], "attack": "random_case", "changes": new["changes"]
        }  # fmt: skip
        assert type(new["label"]) is type(old["label"])
        changes = [Change(**change) for change in new["changes"]]
        assert replay(new["original"], changes) == new["comment"]
    assert attacked[0]["changes"]


def test_gzipped_json_lines_from_stdin(run_attack: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "rows.JSONL.gz"
    file.write_bytes(gzip.compress(b'{"text": "ab"}\n'))
    piped = run_attack(*CAPITALS, "--format", "jsonl", stdin=b'{"text": "ab"}\n')
    assert json.loads(run_attack(*CAPITALS, file).stdout) == json.loads(piped.stdout)
    assert json.loads(piped.stdout)["text"] == "AB"


def test_parquet_keeps_types(run_attack: Callable[..., Result], tmp_path: Path) -> None:
    schema = pyarrow.schema(
        [("text", pyarrow.large_string()), ("label", pyarrow.int8()), ("tags", pyarrow.list_(pyarrow.string()))],
        metadata={b"huggingface": b"{}", b"other": b"kept"},
    )
    rows = [{"text": f"row {n}", "label": n % 2, "tags": ["x"]} for n in range(2500)]
    rows[3]["text"] = None
    source, output = tmp_path / "in.parquet", tmp_path / "out.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), source)
    result = run_attack(*CAPITALS, "--spans", source, "--output", output)
    table = parquet.read_table(output)
    assert result.exit_code == 0
    assert "row 4 stays as it is: text is NoneType" in result.stderr
    assert table.schema.names == ["text", "label", "tags", "original", "attack", "changes"]
    assert table.schema.field("label").type == pyarrow.int8()
    assert table.schema.field("text").type == pyarrow.large_string()
    assert table.schema.metadata == {b"other": b"kept"}
    assert table.num_rows == 2500
    assert table["text"][2499].as_py() == "ROW 2499"
    assert table["label"].to_pylist() == [n % 2 for n in range(2500)]
    assert table.slice(3, 1).to_pylist() == [
        {"text": None, "label": 1, "tags": ["x"], "original": None, "attack": None, "changes": None}
    ]
    assert json.loads(table["changes"][0].as_py())[0]["new"] == "R"


def test_parquet_on_stdout(run_attack: Callable[..., Result], tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    parquet.write_table(pyarrow.table({"text": ["ab"]}), source)
    piped = run_attack(*CAPITALS, "--format", "parquet", stdin=source.read_bytes())
    assert parquet.read_table(io.BytesIO(piped.stdout_bytes))["text"].to_pylist() == ["AB"]


def test_plain_lines(run_attack: Callable[..., Result], tmp_path: Path) -> None:
    lines = "one, two\r\n\n\u2028three\x0b four \ufeff".encode() + b"\xff\xfe bytes\nlast"
    file = tmp_path / "lines.txt"
    file.write_bytes(b"\xef\xbb\xbf" + lines)
    expected = "ONE, TWO\n\n\u2028THREE\x0b FOUR \ufeff".encode() + b"\xff\xfe BYTES\nLAST\n"
    assert run_attack(*CAPITALS, file).stdout_bytes == expected
    assert run_attack(*CAPITALS, stdin=lines).stdout_bytes == expected
    assert run_attack(*CAPITALS, "-", stdin=lines).stdout_bytes == expected


def test_plain_lines_with_spans_are_json(run_attack: Callable[..., Result]) -> None:
    result = run_attack("--attack", "spaces", "--strength", 1, "--spans", stdin="好人\n".encode())
    assert json.loads(result.stdout) == {
        "text": "好 人",
        "original": "好人",
        "attack": "spaces",
        "changes": [{"start": 1, "end": 1, "new_start": 1, "new_end": 2, "original": "", "new": " "}],
    }


def test_utf_16(run_attack: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes("text,label\nab,1\n".encode("utf-16"))
    assert read_csv(run_attack(*CAPITALS, file).stdout)[0]["text"] == "AB"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_csv_with_any_line_end(run_attack: Callable[..., Result], tmp_path: Path, end: bytes) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(end.join([b"text,label", b'"a\r\nb",1', b"c,0", b""]))
    rows = read_csv(run_attack(*CAPITALS, file).stdout_bytes.decode())
    assert [(row["text"], row["label"]) for row in rows] == [("A\r\nB", "1"), ("C", "0")]


def test_the_result_is_that_of_the_library(run_attack: Callable[..., Result]) -> None:
    text = "今天天气很好，我们去公园"
    result = run_attack("--attack", "homophone", "--strength", 0.5, "--seed", 3, stdin=text.encode())
    assert result.stdout == load_attack("homophone", 0.5, 3)(text) + "\n"
    assert result.stdout != text + "\n"


def test_attacks_compose(run_attack: Callable[..., Result], table: Path) -> None:
    result = run_attack("-a", "random_case", "-a", "spaces", "--strength", 1, table)
    rows = read_csv(result.stdout)
    assert rows[0]["text"] == "A F I N E D A Y, I S N'T I T"
    assert rows[0]["attack"] == "random_case+spaces"


def test_only_keywords_change(run_attack: Callable[..., Result], tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("\ufeffday\n\n 天气 \n", encoding="utf-8")
    result = run_attack(
        "-a", "full_width", "-a", "spaces", "--strength", 1, "--keywords", words, stdin="a day today, 好天气".encode()
    )
    assert result.stdout == "a ｄａｙ today, 好天 气\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no attack given: name one with --attack"),
        (("-a", "homofone"), "no attack 'homofone'; choose from"),
        (("-a", "leet", "--strength", "3"), "strength=3.0 must be a number from 0"),
        (("-a", "spaces", "-a", "leet"), "leet cannot follow spaces"),
        (("-a", "leet", "--column", "comment"), "no column comment: name one with --column, out of: id, text, label"),
        (("-a", "leet", "--keywords", "nowhere.txt"), "nowhere.txt"),
        (("-a", "leet", "--output", "out.jsonl"), "must be csv as the input is"),
    ],
)
def test_errors_are_one_line(
    run_attack: Callable[..., Result], table: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run_attack(*arguments, table)
    assert result.exit_code == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("table.xlsx", b"PK", "its name must end in .csv, .tsv, .jsonl, .parquet, .txt"),
        ("table.csv", b"", "the file is empty"),
        ("table.csv", b"text,original\na,b\n", "there is a column original already"),
        ("table.csv.gz", gzip.compress(b"text\n" + b"abc\n" * 999, mtime=0)[:-20], "is damaged"),
        ("table.csv.gz", b"text\nabc\n", "gzip"),
        ("table.parquet", b"text\nabc\n", "arquet"),
    ],
)
def test_files_that_cannot_be_read(
    run_attack: Callable[..., Result], tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    output = tmp_path / "out"
    result = run_attack(*CAPITALS, file, "--output", output)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == [file]


def test_an_output_that_was_there_stays_when_it_fails(
    run_attack: Callable[..., Result], table: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.csv"
    output.write_text("earlier")
    assert run_attack(*CAPITALS, "--column", "none", table, "--output", output).exit_code == 1
    assert output.read_text() == "earlier"


def test_the_input_is_not_overwritten(run_attack: Callable[..., Result], table: Path) -> None:
    before = table.read_bytes()
    result = run_attack(*CAPITALS, table, "--output", table)
    assert result.exit_code == 1
    assert "is the input itself" in result.stderr
    assert table.read_bytes() == before


def test_bad_rows_stay_and_the_others_are_done(run_attack: Callable[..., Result], tmp_path: Path) -> None:
    lines = [
        '{"text": "ab"}',
        "not json",
        "[1]",
        '{"text": null}',
        '{"label": 1}',
        '{"text": "cd", "attack": 1}',
        '{"text":"ef"}',
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(lines))
    result = run_attack(*CAPITALS, file)
    written = result.stdout.splitlines()
    assert result.exit_code == 0
    assert written[1:6] == lines[1:6]
    assert [json.loads(written[place])["text"] for place in (0, 6)] == ["AB", "EF"]
    assert len([line for line in result.stderr.splitlines() if "stays as it is" in line]) == 5
    assert "row 2 stays as it is: not JSON" in result.stderr
    assert "row 4 stays as it is: text is NoneType, a string is needed" in result.stderr
    assert "5 of 7 rows have no text" in result.stderr


def test_csv_rows_of_another_length_stay(run_attack: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("text,label\nab,1\nshort\na,b,c\n\ncd,0\n")
    result = run_attack(*CAPITALS, file)
    assert result.stdout.splitlines()[1:] == ["AB,1,ab,random_case", "short", "a,b,c", "CD,0,cd,random_case"]
    assert "row 2 stays as it is: it has 1 cells, the header has 2" in result.stderr


def test_a_quote_that_is_never_closed_stays_and_costs_no_other_row(
    run_attack: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(b'text,label\r\nab,1\r\n"open,0\r\ncd,1\r\n"e ""f""",0\r\n')
    result = run_attack(*CAPITALS, file)
    assert result.stdout.splitlines()[1:] == [
        "AB,1,ab,random_case",
        '"open,0',
        "CD,1,cd,random_case",
        '"E ""F""",0,"e ""f""",random_case',
    ]
    assert "row 2 stays as it is: a quotation mark is opened in line 3" in result.stderr


def test_many_bad_rows_are_only_counted(run_attack: Callable[..., Result]) -> None:
    result = run_attack(*CAPITALS, "--format", "jsonl", stdin=b"broken\n" * 500)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) < 30
    assert "500 of 500 rows" in result.stderr


def test_no_texts_are_an_error(run_attack: Callable[..., Result]) -> None:
    result = run_attack(*CAPITALS, stdin=b"")
    assert result.exit_code == 1
    assert "no texts came in" in result.stderr


def test_the_list_names_every_attack(run_attack: Callable[..., Result]) -> None:
    result = run_attack("--list")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in available_attacks())
    assert "composes with" in result.stdout


def test_the_help_teaches(run_attack: Callable[..., Result]) -> None:
    text = run_attack("--help").stdout
    for word in ("--attack", "--strength", "--keywords", "--spans", "--list", "Examples", "original"):
        assert word in text
