import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.evaluation.routers.tiny_routing import PLAIN, pipe

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    pipe(fusion="add").save_pretrained(folder)
    return folder


def table(file: Path, texts: list[str], labels: list[Any] | None = None) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = [(index, text, index % 2 if labels is None else labels[index]) for index, text in enumerate(texts)]
        csv.writer(stream).writerows([("id", "text", "label"), *rows])
    return file


def texts(count: int) -> list[str]:
    return [PLAIN[index % 5 :] for index in range(count)]


def test_an_attack_writes_all_files(run_decloak: Run, model: Path, tmp_path: Path) -> None:
    data = table(tmp_path / "data.csv", [*texts(12), ""])
    output = tmp_path / "out"
    options = ["--attack", "homophone", "--strength", "0.6", "--limit", "10", "--resamples", "20", "--output", output]
    result = run_decloak("routers", "-m", model, "-d", f"mine={data}", *options, "--figure", tmp_path / "card.png")
    assert result.exit_code == 0, result.stderr
    report = json.loads((output / "routers.json").read_text(encoding="utf-8"))
    assert (report["data"], report["texts"], report["changed"]) == ("mine", 10, 10)
    assert report["settings"]["attack"] == "homophone" and report["settings"]["limit"] == 10
    assert report["dataset"]["rows"] == 13 and len(report["dataset"]["sha256"]) == 64
    assert "1 rows were left out: text is empty." in report["notes"] and "10 of 12 texts were drawn." in report["notes"]
    assert (output / "routers.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (tmp_path / "card.png").read_bytes().startswith(b"\x89PNG")
    for words in ("verdict", "with_glyph", "cloaking", "alignment", "mine"):
        assert words in result.stdout
    assert str(data.parent) not in json.dumps(report["dataset"])


def test_twins_as_json(run_decloak: Run, model: Path, tmp_path: Path) -> None:
    data, twins = table(tmp_path / "a.csv", ["你杯", "今天"]), table(tmp_path / "b.csv", ["你好", "今天"])
    options = ["--twins", twins, "--output", tmp_path / "out", "--format", "json", "--no-alignment"]
    result = run_decloak("routers", "-m", model, "-d", data, *options)
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["twins"], report["changed"], report["alignment"]) == (2, 1, None)
    assert report["sides"]["uncloaked"]["groups"]["changed"]["tokens"] == 1
    assert report["settings"]["twins"] == "b.csv"


def test_what_cannot_be_done_is_said_in_one_line(
    run_decloak: Run, model: Path, tiny_bert: Path, tmp_path: Path
) -> None:
    data = table(tmp_path / "a.csv", ["你好", "今天"])
    double = tmp_path / "double.csv"
    double.write_text("id,text\n1,a\n1,b\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("text\n\n", encoding="utf-8")
    for options, message in (
        (["-m", model, "-d", data, "--twins", data, "--attack", "homophone"], "--twins and --attack were given"),
        (["-m", model, "-d", data, "--attack", "magic"], "no attack magic"),
        (["-m", model, "-d", data, "--figure", "a.gif"], "must end in .svg or .png"),
        (["-m", model, "-d", data, "--twins", data], "none of the 2 twins differs"),
        (["-m", model, "-d", data, "--twins", double], "stands at another text above"),
        (["-m", model, "-d", tmp_path / "none.csv"], "no such file"),
        (["-m", model, "-d", data, "--modalities", "vision"], "add text to them"),
        (["-m", tiny_bert, "-d", data], "has no routers"),
        (["-m", model, "-d", tmp_path], "tables"),
    ):
        result = run_decloak("routers", *options, "--output", tmp_path / "out")
        assert (result.exit_code, result.stdout) == (1, ""), message
        assert message in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert not (tmp_path / "out").exists()


def test_the_help_teaches(run_decloak: Run) -> None:
    shown = run_decloak("routers", "--help").stdout
    for words in ("--twins", "--attack", "--limit", "Examples", "decloak routers --data", "Specialisation"):
        assert words in shown
