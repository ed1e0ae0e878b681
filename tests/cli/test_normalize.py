import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from decloak.cli.normalize import normalize

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    app = typer.Typer()
    app.command()(normalize)

    def invoke(*arguments: object, stdin: bytes = b"") -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return invoke


def test_texts_come_out_one_a_line(run: Run) -> None:
    result = run("he\u200bllo", "今天Ｏ\uff2b", "good day")
    assert (result.exit_code, result.stdout) == (0, "hello\n今天OK\ngood day\n")


def test_the_profile_is_chosen(run: Run) -> None:
    assert run("HELL0 W0rld", "--profile", "light").stdout == "HELL0 W0rld\n"
    assert run("HELL0 W0rld", "--profile", "full").stdout == "hello world\n"


def test_an_unknown_profile_is_refused(run: Run) -> None:
    result = run("a text", "--profile", "heavy")
    assert result.exit_code == 2
    assert "light" in result.output and "full" in result.output


def test_jsonl_says_what_was_changed_and_where(run: Run) -> None:
    result = run("g\u043e\u043ed d\u200bay", "--format", "jsonl")
    assert json.loads(result.stdout) == {
        "text": "g\u043e\u043ed d\u200bay",
        "normalized": "good day",
        "changes": [
            {"kind": "homoglyph", "start": 1, "end": 3, "original": "\u043e\u043e", "new": "oo"},
            {"kind": "invisible", "start": 6, "end": 7, "original": "\u200b", "new": ""},
        ],
    }


def test_lines_come_from_stdin_even_if_they_are_not_utf_8(run: Run) -> None:
    result = run("--format", "jsonl", "-", stdin=b"o\xef\xbd\x8b\nbad \xff byte\n\n")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["normalized"] for record in records] == ["ok", "bad \udcff byte", ""]
    assert result.exit_code == 0


def test_rows_of_a_table_that_cannot_be_read_do_not_lose_the_others(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "comments.jsonl.gz"
    table.write_bytes(gzip.compress(b'{"comment": "o\\u200bk"}\n{"comment": 3}\n{"comment": "fine"}\n'))
    result = run("--file", table, "--column", "comment", "--format", "jsonl")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["normalized"] for record in records] == ["ok", None, "fine"]
    assert "string is needed" in records[1]["error"]
    assert result.exit_code == 0
    assert "1 of 3" in result.stderr
    assert run("--file", table, "--column", "comment").stdout == "ok\n\nfine\n"


def test_output_goes_to_a_file(run: Run, tmp_path: Path) -> None:
    result = run("o\u200bk", "--output", tmp_path / "out.txt")
    assert result.stdout == ""
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == "ok\n"


def test_no_text_is_an_error(run: Run, tmp_path: Path) -> None:
    assert run("-").exit_code == 1
    assert run("a text", "--file", tmp_path / "a.csv").exit_code == 1
    missing = run("--file", tmp_path / "missing.csv")
    assert missing.exit_code == 1 and "no such file" in missing.stderr


def test_an_answer_of_only_bad_rows_is_a_failure(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "comments.jsonl"
    table.write_text('{"text": 1}\n', encoding="utf-8")
    assert run("--file", table).exit_code == 1
