import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from decloak.cli.calibrate import named_files
from tests.hub_cards.tiny_repository import save_tiny_repository

Run = Callable[..., Result]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
def model(tiny_bert: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bert, tmp_path / "model"))


def texts(n: int) -> list[str]:
    rng = np.random.default_rng(0)
    drawn = ["".join(rng.choice(list(LETTERS), 6)) for _ in range(n)]
    return [text if number % 2 else "好" + text for number, text in enumerate(drawn)]


def table(path: Path, rows: list[tuple[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path


def labelled(path: Path, n: int = 120) -> Path:
    rng = np.random.default_rng(1)
    return table(path, [(text, int(rng.random() < 0.4)) for text in texts(n)])


def records(run_decloak: Run, model: Path, *options: Any) -> list[dict[str, Any]]:
    result = run_decloak("classify", "--model", model, "--format", "jsonl", *options, *texts(6))
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_folder_is_calibrated_in_place_and_answers_so(run_decloak: Run, model: Path, tmp_path: Path) -> None:
    before, data = records(run_decloak, model), labelled(tmp_path / "dev.csv")
    options = ["--data", data, "--fpr", 0.1, "--fpr", 0.2, "--format", "json"]
    result = run_decloak("calibrate", "--model", model, *options)
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    kept = json.loads((model / "config.json").read_text())["decloak_calibration"]
    assert kept == {name: report[name] for name in kept}
    record = kept["calibration_record"]
    assert record["data"] == [{"name": "dev.csv", "sha256": hashlib.sha256(data.read_bytes()).hexdigest()}]
    assert str(tmp_path) not in json.dumps(kept)
    assert set(kept["thresholds"]) == {"zh", "en", "*"} and set(kept["thresholds"]["zh"]) == {"0.1", "0.2"}
    after = records(run_decloak, model)
    assert [one["scores"] for one in after] != [one["scores"] for one in before]
    assert "threshold" not in after[0]
    for number, one in enumerate(records(run_decloak, model, "--fpr", 0.1)):
        assert one["threshold"] == kept["thresholds"]["en" if number % 2 else "zh"]["0.1"]
        assert one["label"] == ("hate" if one["scores"]["hate"] >= one["threshold"] else "ok")
    again = json.loads(run_decloak("calibrate", "--model", model, *options).stdout)
    assert again["temperature"] == pytest.approx(report["temperature"], abs=1e-6)  # not calibrated twice over


def test_a_copy_is_calibrated_and_the_model_left(run_decloak: Run, model: Path, tmp_path: Path) -> None:
    before = (model / "config.json").read_bytes()
    data, copy = labelled(tmp_path / "dev.csv"), tmp_path / "copy"
    result = run_decloak("calibrate", "--model", model, "--data", f"mine={data}", "--output", copy)
    assert result.exit_code == 0, result.stderr
    assert (model / "config.json").read_bytes() == before
    assert json.loads((copy / "config.json").read_text())["decloak_calibration"]["positive_labels"] == ["hate"]
    for words in ("language", "harmless", "ECE", "Brier", "zh", "en", "all", "positive: hate"):
        assert words in result.stdout
    assert "no threshold at a false-positive rate of 0.01" in result.stderr
    assert str(copy / "config.json") in result.stderr


def test_a_decloak_model_saved_before_gets_the_code_that_calibrates(run_decloak: Run, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    save_tiny_repository(folder)
    (folder / "calibration_mmbert.py").unlink()
    data = table(tmp_path / "dev.csv", [(text[:4], number % 2) for number, text in enumerate(texts(60))])
    result = run_decloak("calibrate", "--model", folder, "--data", data, "--fpr", 0.2, "--method", "both")
    assert result.exit_code == 0, result.stderr
    assert "the Python files in" in result.stderr
    assert (folder / "calibration_mmbert.py").is_file()
    config = json.loads((folder / "config.json").read_text())
    assert config["isotonic"] and config["thresholds"] and config["calibration_record"]["method"] == "both"
    answered = records(run_decloak, folder, "--fpr", 0.2)
    assert all(one["threshold"] is not None for one in answered)


def test_the_installed_model_is_never_written_to(run_decloak: Run, tmp_path: Path) -> None:
    result = run_decloak("calibrate", "--data", labelled(tmp_path / "dev.csv"))
    assert result.exit_code == 1
    assert "--output" in result.stderr and "left as it is" in result.stderr


def test_one_language(run_decloak: Run, model: Path, tmp_path: Path) -> None:
    data = labelled(tmp_path / "dev.csv")
    options = ["--data", data, "--language", "zh", "--fpr", 0.1, "--format", "json"]
    report = json.loads(run_decloak("calibrate", "--model", model, *options).stdout)
    assert list(report["thresholds"]) == ["zh"]
    assert report["calibration_record"]["languages"]["zh"]["n"] == 60
    some = run_decloak("classify", "--model", model, "--fpr", 0.1, "--format", "csv", "好a", "a")
    assert some.exit_code == 0
    rows = list(csv.DictReader(some.stdout.splitlines()))
    assert rows[0]["threshold"] and "no threshold for texts of the language 'en'" in rows[1]["error"]


def test_several_positive_labels(run_decloak: Run, tiny_three_classes: Path, tmp_path: Path) -> None:
    data = labelled(tmp_path / "dev.csv")
    options = ["calibrate", "--model", tiny_three_classes, "--data", data, "--output", tmp_path / "copy"]
    refused = run_decloak(*options)
    assert refused.exit_code == 1
    assert "--positive-label" in refused.stderr and "hate, normal, offensive" in refused.stderr
    positive = ["--positive-label", "offensive", "--positive-label", "hate"]
    result = run_decloak(*options, *positive, "--format", "json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["positive_labels"] == ["offensive", "hate"]


def test_rows_that_cannot_be_used_are_counted(run_decloak: Run, model: Path, tmp_path: Path) -> None:
    rows = [(text, number % 2) for number, text in enumerate(texts(40))]
    data = table(tmp_path / "dev.csv", [*rows, ("", 1), ("a", "")])
    result = run_decloak("calibrate", "--model", model, "--data", data, "--format", "json")
    assert json.loads(result.stdout)["errors"] == 2
    assert "2 rows could not be used" in result.stderr


def test_test_suites_are_refused(
    run_decloak: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from decloak.training.data import test_suites

    held = test_suites.suite_hashes({"an invented suite": texts(30)})
    monkeypatch.setattr(test_suites, "shipped_hashes", lambda: held)
    before = (model / "config.json").read_bytes()
    result = run_decloak("calibrate", "--model", model, "--data", labelled(tmp_path / "dev.csv"))
    assert result.exit_code == 1
    assert "an invented suite" in result.stderr
    assert (model / "config.json").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "none.csv"], "no such file: none.csv"),
        (["--fpr", "2"], "between 0 and 1"),
        (["--language", "zh", "--text-column", "body"], "no column body"),
        (["--positive-label", "rude"], "rude"),
    ],
)
def test_what_cannot_be_is_one_line(
    run_decloak: Run, model: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    before = (model / "config.json").read_bytes()
    result = run_decloak("calibrate", "--model", model, "--data", labelled(tmp_path / "dev.csv"), *options)
    assert result.exit_code == 1
    assert message in result.stderr
    assert (model / "config.json").read_bytes() == before


def test_classify_says_that_a_model_has_no_thresholds(run_decloak: Run, model: Path) -> None:
    result = run_decloak("classify", "--model", model, "--fpr", 0.01, "a")
    assert result.exit_code == 1
    assert "decloak calibrate" in result.stderr


def test_tables_have_names(tmp_path: Path) -> None:
    one, other = labelled(tmp_path / "a=b.csv", 5), labelled(tmp_path / "c.csv", 5)
    assert named_files([str(one), f"dev={other}"]) == {"a=b.csv": one, "dev": other}
    with pytest.raises(ValueError, match="two tables called c.csv"):
        named_files([str(other), str(other)])
