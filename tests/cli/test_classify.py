import csv
import io
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import Result

from decloak.cli.classify import InputText, _records

ROOT = Path(__file__).parents[2]
KEYS = ["text", "label", "score", "scores", "model", "modalities", "sources", "truncated"]
Run = Callable[..., Result]


def records(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_jsonl_has_the_promised_keys(run_decloak: Run, tiny_bert: Path) -> None:
    result = run_decloak("classify", "--model", tiny_bert, "--format", "jsonl", "good", "今天很好")
    assert result.exit_code == 0
    first, second = records(result)
    assert list(first) == KEYS
    assert (first["text"], second["text"]) == ("good", "今天很好")
    assert first["label"] == max(first["scores"], key=first["scores"].__getitem__)
    assert list(first["scores"]) == ["ok", "hate"]
    assert sum(first["scores"].values()) == pytest.approx(1, abs=1e-5)
    assert first["score"] == max(first["scores"].values())
    assert first["modalities"] == ["text"]
    assert first["model"] == str(tiny_bert)
    assert first["truncated"] is False


def test_answers_do_not_depend_on_the_batch(run_decloak: Run, tiny_bert: Path) -> None:
    texts = ["a", "long " * 4, "今天天气", "b c d", "z" * 20]
    options = ["classify", "--model", tiny_bert, "--format", "jsonl"]
    together = records(run_decloak(*options, "--batch-size", 2, *texts))
    alone = [records(run_decloak(*options, text))[0] for text in texts]
    assert [record["text"] for record in together] == texts
    for one, other in zip(together, alone, strict=True):
        assert one["scores"] == pytest.approx(other["scores"], abs=1e-5)
    assert len({round(record["score"], 4) for record in together}) > 2  # the fixture tells texts apart


def test_cut_texts_are_reported(run_decloak: Run, tiny_bert: Path) -> None:
    result = run_decloak("classify", "--model", tiny_bert, "--format", "jsonl", "a b", "x" * 30, "x" * 31)
    assert [record["truncated"] for record in records(result)] == [False, False, True]  # 32 with [CLS] and [SEP]
    assert "1 texts are longer" in result.stderr


def test_bad_texts_do_not_lose_the_others(run_decloak: Run, tiny_bert: Path) -> None:
    lines = b"\xef\xbb\xbfgood\r\n\nbr\xffken\n\xf0\x9f\x98\x80\n\x00\x1b[31m\n" + b"x" * 10_000 + b"\nlast"
    result = run_decloak("classify", "--model", tiny_bert, "--format", "jsonl", "-", stdin=lines)
    assert result.exit_code == 0
    got = records(result)
    assert [record["text"] for record in got] == [
        "good", "", "br\udcffken", "😀", "\x00\x1b[31m", "x" * 10_000, "last",
    ]  # fmt: skip
    assert [record["label"] is None for record in got] == [False, True, False, False, False, False, False]
    assert "empty" in got[1]["error"]
    assert list(got[1]) == [*KEYS, "error"]


def test_exit_code_is_1_when_nothing_was_answered(run_decloak: Run, tiny_bert: Path) -> None:
    result = run_decloak("classify", "--model", tiny_bert, "--format", "jsonl", stdin=b"\n \n")
    assert result.exit_code == 1
    assert [record["label"] for record in records(result)] == [None, None]
    assert run_decloak("classify", "--model", tiny_bert, stdin=b"").exit_code == 1


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_tables(run_decloak: Run, tiny_bert: Path, tmp_path: Path, suffix: str) -> None:
    content = {
        "csv": 'id,body\n1,"a, b"\n2\n3,c\n',
        "tsv": "id\tbody\n1\ta, b\n2\n3\tc\n",
        "jsonl": '{"body": "a, b"}\n{"body": 3}\n{"body": "c"}\n',
    }
    file = tmp_path / f"rows.{suffix}"
    file.write_text(content[suffix], encoding="utf-8")
    result = run_decloak("classify", "--model", tiny_bert, "--file", file, "--column", "body", "--format", "jsonl")
    assert result.exit_code == 0
    assert [record["text"] for record in records(result)] == ["a, b", None, "c"]
    assert "body" in records(result)[1]["error"]
    assert "1 of 3 texts" in result.stderr


def test_missing_column_fails_before_the_model_is_loaded(run_decloak: Run, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("id,body\n1,a\n", encoding="utf-8")
    result = run_decloak("classify", "--model", tmp_path / "no-model", "--file", file)
    assert result.exit_code == 1
    assert "no column text" in result.stderr
    assert "id, body" in result.stderr
    assert result.stdout == ""


def test_missing_file(run_decloak: Run, tiny_bert: Path, tmp_path: Path) -> None:
    result = run_decloak("classify", "--model", tiny_bert, "--file", tmp_path / "none.csv")
    assert result.exit_code == 1
    assert "no such file" in result.stderr


def test_one_source_of_texts(run_decloak: Run, tiny_bert: Path, tmp_path: Path) -> None:
    result = run_decloak("classify", "--model", tiny_bert, "--file", tmp_path / "rows.csv", "text")
    assert result.exit_code == 1
    assert "not both" in result.stderr


@pytest.mark.parametrize(
    ("modalities", "message"),
    [
        ("text,smell", "allowed are text, speech, vision"),
        ("", "allowed are text, speech, vision"),
        ("text,vision", "this model reads text only"),
    ],
)
def test_modalities_that_cannot_be(run_decloak: Run, tiny_bert: Path, modalities: str, message: str) -> None:
    result = run_decloak("classify", "--model", tiny_bert, "--modalities", modalities, "a")
    assert result.exit_code == 1
    assert message in result.stderr


def test_csv_output(run_decloak: Run, tiny_bert: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    text = 'a "quoted", text\nof two lines'
    result = run_decloak("classify", "--model", tiny_bert, "--output", out, text, "", "\udc80")
    assert result.exit_code == 0
    assert result.stdout == ""
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert [row["text"] for row in rows] == [text, "", "\\udc80"]
    assert set(json.loads(rows[0]["scores"])) == {"ok", "hate"}
    assert rows[1]["label"] == ""
    assert rows[1]["scores"] == ""
    assert "empty" in rows[1]["error"]


def test_table_is_the_default_and_shows_escapes(run_decloak: Run, tiny_bert: Path) -> None:
    result = run_decloak("classify", "--model", tiny_bert, "[red]bold[/red]", "\x1b[31mx", "")
    assert result.exit_code == 0
    header, first, second, third = result.stdout.splitlines()
    assert header.split() == ["label", "score", "senses", "text"]
    assert first.split()[0] in ("ok", "hate")
    assert "[red]bold[/red]" in first
    assert "\\x1b[31mx" in second
    assert "the text is empty" in third


def test_works_in_a_bare_locale(tiny_bert: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "decloak", "classify", "--model", tiny_bert, "--format", "jsonl", "今天", b"\xff"],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C", "LANG": "C"},
        check=True,
    )
    texts = [json.loads(line)["text"] for line in done.stdout.decode("utf-8").splitlines()]
    assert texts == ["今天", "\udcff"]


class WindowedClassifier:
    """Stands for decloak's pipeline: answers in windows, refuses some texts, and says how far it has read."""

    def __init__(self) -> None:
        config = SimpleNamespace(model_type="decloak_mmbert", id2label={0: "ok", 1: "hate"})
        self.model = SimpleNamespace(config=config)
        self.options: dict[str, Any] = {}

    def __call__(self, texts: Iterable[str], **options: Any) -> Iterator[dict[str, Any]]:
        self.options = options
        for text in texts:
            yield self.answer(text)

    def answer(self, text: str) -> dict[str, Any]:
        if text == "refuse":
            return {"label": None, "score": None, "error": "refused"}
        score = float("nan") if text == "nan" else 0.75
        return {
            "label": "hate",
            "score": score,
            "scores": {"ok": 0.25, "hate": score},
            "modalities": ["text", "vision"],
            "windows": len(text),
            "joined": "max",
            "truncated": False,
        }


def test_multimodal_answers_keep_their_place_between_unreadable_rows() -> None:
    rows = [
        InputText(None, "broken"),
        InputText("a"),
        InputText("refuse"),
        InputText(None, "torn"),
        InputText("four"),
        InputText("nan"),
        InputText(None, "cut"),
    ]
    got = list(_records(WindowedClassifier(), rows, "m", 2, ["text", "vision"]))
    assert [record["text"] for record in got] == [row.text for row in rows]
    assert [record.get("error", "")[:7] for record in got] == [
        "broken", "", "refused", "torn", "", "the mod", "cut",
    ]  # fmt: skip
    assert "windows" not in got[1]
    assert (got[4]["windows"], got[4]["joined"], got[4]["modalities"]) == (4, "max", ["text", "vision"])


def test_multimodal_options_are_passed_on() -> None:
    classifier = WindowedClassifier()
    list(_records(classifier, [InputText("a")], "m", 7, ["text"]))
    assert classifier.options == {"top_k": None, "batch_size": 7, "modalities": ["text"], "return_details": True}


def test_rows_are_answered_while_they_come(tiny_bert: Path) -> None:
    from decloak.cli.loading import load_classifier

    endless = (InputText(str(number)) for number in itertools.count())
    for classifier in (WindowedClassifier(), load_classifier(str(tiny_bert))):
        got = itertools.islice(_records(classifier, endless, "m", 2, None), 3)
        assert [record["label"] is not None for record in got] == [True] * 3


def test_help_teaches(run_decloak: Run) -> None:
    text = run_decloak("classify", "--help").stdout
    assert "decloak classify --file comments.csv.gz" in text
    assert "--trust-remote-code" in text
