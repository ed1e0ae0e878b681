"""`decloak evaluate` with reports, attacks, suites and several data sets, and killed in the middle."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.cli.evaluation_runs import WORDS, Run, report_of, sixty_rows, write_table
from tests.evaluation.scripted import WORD, many_texts

OF_THE_RUN = ("created", "seconds", "texts_per_second", "notes", "predictions", "command")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A table of 60 rows."""
    return sixty_rows(tmp_path)


@pytest.fixture
def evaluate(run_decloak: Run) -> Run:
    """Evaluate a scripted function with few resamples."""

    def run(*arguments: object, model: str = WORDS) -> Result:
        return run_decloak("evaluate", "--model", model, "--resamples", "10", *arguments)

    return run


def measured(report: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in report.items() if key not in OF_THE_RUN}


def test_the_help_names_every_option(run_decloak: Run) -> None:
    from typer.main import get_command

    from decloak.cli.main import app

    shown = run_decloak("evaluate", "--help").stdout
    command: Any = get_command(app).commands["evaluate"]  # type: ignore[attr-defined]
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    assert len(options) > 25
    # A narrow terminal cuts long names.
    assert [option for option in options if option[:14] not in shown] == []
    assert "Examples" in shown


def test_a_report_is_written_and_is_what_is_printed(evaluate: Run, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "mine"
    printed = report_of(evaluate("--data", data, "--report", folder, "--attacks", "leet", "--format", "json"))
    assert sorted(file.name for file in folder.iterdir()) == ["predictions.parquet", "report.html", "report.json"]
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == printed
    assert [one["strength"] for one in printed["robustness"]["attacks"]] == [0.1, 0.3, 0.6, 1.0]
    assert printed["command"].split()[0] == "decloak"
    assert printed["model"] == WORDS


@pytest.mark.parametrize("texts", [(), ("--texts",)])
def test_texts_are_in_the_files_only_if_asked_for(
    evaluate: Run, texts: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["decloak", "evaluate"])
    rows = [(f"peculiar{number} {WORD}", number % 2) for number in range(20)]
    data = write_table(tmp_path / "data.csv", rows)
    folder = tmp_path / "report"
    result = evaluate("--data", data, "--report", folder, "--attacks", "leet", *texts)
    assert result.exit_code == 0, result.stderr
    for file in folder.iterdir():
        assert (b"peculiar" in file.read_bytes()) is bool(texts), file.name
    assert "peculiar" not in result.stdout


def test_what_is_printed_for_people(evaluate: Run, tmp_path: Path) -> None:
    texts, labels = many_texts(40)
    rows = [(*row, "g|h", "[f](x)") for row in zip(texts, labels, strict=True)]
    data = write_table(tmp_path / "data.csv", rows, ("text", "label", "target", "functionality"))
    result = evaluate("--data", data, "--attacks", "leet", "--strengths", "1")
    assert result.exit_code == 0, result.stderr
    for words in ("macro_f1", "recall at FPR 0.01", "confusion", "functionalities", "[f](x)", "groups", "leet", " to "):
        assert words in result.stdout, words


def test_several_data_sets_stand_side_by_side(evaluate: Run, data: Path, tmp_path: Path) -> None:
    other = write_table(tmp_path / "other.csv", [(f"a {WORD}", 1), ("b", 0), (f"c {WORD}", 0)])
    named = ["--data", f"first set={data}", "--data", f"other={other}", "--report", tmp_path / "report"]
    joined = report_of(evaluate("--suite", "cross-dataset", *named, "--format", "json"))
    assert (joined["kind"], joined["data"]) == ("cross-dataset", ["first set", "other"])
    for name, one in zip(("first_set", "other"), joined["reports"], strict=True):
        folder = tmp_path / "report" / name
        assert sorted(file.name for file in folder.iterdir()) == ["predictions.parquet", "report.html", "report.json"]
        assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == one
    assert measured(report_of(evaluate("--data", f"other={other}", "--format", "json"))) | {
        "dataset": None
    } == measured(joined["reports"][1]) | {"dataset": None}
    shown = evaluate(*named).stdout
    assert "on 2 data sets" in shown and "first set" in shown
    alone = evaluate("--suite", "cross-dataset", "--data", other)
    assert alone.exit_code == 1 and "give two or more" in alone.stderr


def test_attacks_on_one_language_leave_the_other_data_measured(evaluate: Run, data: Path, tmp_path: Path) -> None:
    chinese = write_table(tmp_path / "zh.csv", [("今天很好", 0), ("坏人", 1)])
    result = evaluate("--data", data, "--data", chinese, "--attacks", "homophone", "--format", "json")
    english, other = report_of(result)["reports"]
    assert english["robustness"] is None and other["robustness"]["rows"] == 2
    assert "data.csv: Nothing was attacked: no row is in the language of homophone" in result.stderr


@pytest.mark.parametrize(("suite", "column"), [("hatecheck", "functionality"), ("mhc", "functionality")])
def test_suites_need_their_columns(evaluate: Run, data: Path, suite: str, column: str) -> None:
    result = evaluate("--suite", suite, "--data", data)
    assert result.exit_code == 1
    assert f"--suite {suite} needs a column {column}, which data.csv lacks" in result.stderr


def test_the_suites_of_bias_and_robustness(evaluate: Run, tmp_path: Path) -> None:
    texts, labels = many_texts(40)
    data = write_table(tmp_path / "d.csv", [(f"{t} of women", n) for t, n in zip(texts, labels, strict=True)])
    bias = report_of(evaluate("--suite", "bias", "--data", data, "--format", "json"))
    assert bias["groups"]["groups"]["women"]["n"] == 40
    robust = report_of(evaluate("--suite", "robustness", "--data", data, "--strengths", "1", "--format", "json"))
    assert {one["languages"][-1] for one in robust["robustness"]["attacks"]} == {"en"}


SLOW = '''"""Answers slowly, and writes down each text that it is asked."""
import time, zlib

def score(texts):
    time.sleep(0.02)
    with open("asked.txt", "a", encoding="utf-8") as file:
        file.writelines(text + "\\n" for text in texts)
    return [zlib.crc32(text.encode()) % 1000 / 1000 for text in texts]
'''


def lines_of(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def kill_when_asked(command: list[str], folder: Path, wanted: int) -> None:
    """Start a process, and kill it when it has asked for so many answers."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=folder, env=os.environ | {"OMP_NUM_THREADS": "1"}, **quiet)  # type: ignore[call-overload]
    while process.poll() is None and len(lines_of(folder / "asked.txt")) < wanted:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize(("sets", "killed_at"), [(1, 800), (2, 1300)])  # in an attack; at the rows of the second set
def test_a_killed_run_goes_on_and_reports_the_same(
    run_decloak: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sets: int, killed_at: int
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slow_function.py").write_text(SLOW, encoding="utf-8")
    options = ["evaluate", "--model", "callable:slow_function:score", "--resamples", "5", "--attacks", "leet"]
    for number in range(sets):
        texts, labels = many_texts(600)
        rows = [(f"{number} {text}", label) for text, label in zip(texts, labels, strict=True)]
        options += ["--data", str(write_table(tmp_path / f"data{number}.csv", rows))]
    options += ["--strengths", "1", "--attack-rows", "500", "--format", "json", "--report"]
    kill_when_asked([sys.executable, "-m", "decloak", *options, "killed"], tmp_path, killed_at)
    before = lines_of(tmp_path / "asked.txt")
    assert not list((tmp_path / "killed").rglob("report.json"))
    resumed = report_of(run_decloak(*options, "killed"))
    after = lines_of(tmp_path / "asked.txt")[len(before) :]
    (tmp_path / "asked.txt").unlink()
    whole = report_of(run_decloak(*options, "fresh"))
    everything = lines_of(tmp_path / "asked.txt")
    for one, other in zip(resumed.get("reports", [resumed]), whole.get("reports", [whole]), strict=True):
        assert measured(one) == measured(other)
    assert set(everything) == set(before) | set(after)
    # A kill costs less than what lies between two commits and one batch.
    assert len(before) + len(after) - len(everything) < 256 + 32
    assert not list((tmp_path / "killed").rglob(".answers*"))
