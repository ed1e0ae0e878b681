import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from decloak.cli.reproduce import mmbert
from decloak.reproduction import running
from tests.reproduction.tiny_experiment import experiment_values, write_experiment, write_inputs

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def inputs(encoder_folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder, encoder_folders["bert"])
    return folder


def test_a_dry_run_shows_the_rows_and_writes_nothing(run_decloak: Run, inputs: Path, tmp_path: Path) -> None:
    options = ["--experiment", inputs / "experiment.yaml", "--data-root", inputs / "data", "--dry-run"]
    shown = run_decloak("reproduce", "mmbert", *options, "--output", tmp_path / "out")
    assert shown.exit_code == 0, shown.stderr
    assert "held out: 12 rows of base, 12 groups" in shown.stdout
    assert not (tmp_path / "out").exists()
    result = run_decloak("reproduce", "mmbert", *options, "--format", "json", "--only", "text", "--seeds", "0, 5")
    plan = json.loads(result.stdout)
    assert [run["seed"] for run in plan["runs"] if run["chosen"]] == [0, 5]
    assert plan["data"]["holdout"]["found"]["rows"] == 12


@pytest.fixture(scope="module")
def folds(inputs: Path) -> list[Any]:
    values = experiment_values() | {"holdout": {"source": "base", "folds": 2}}
    return ["--experiment", write_experiment(inputs / "folds.yaml", values), "--data-root", inputs / "data"]


def test_a_dry_run_of_all_folds_shows_each(run_decloak: Run, folds: list[Any], tmp_path: Path) -> None:
    options = [*folds, "--fold", "all", "--dry-run", "--output", tmp_path / "out"]
    shown = run_decloak("reproduce", "mmbert", *options)
    assert shown.exit_code == 0, shown.stderr
    assert "fold 0 of 2 (from 0)" in shown.stdout and "fold 1 of 2 (from 0)" in shown.stdout
    assert shown.stdout.count("held out: ") == 2
    assert not (tmp_path / "out").exists()


def test_all_folds_are_run_and_a_failure_is_exit_code_1(
    run_decloak: Run, folds: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("no disk")

    monkeypatch.setattr(running, "train_run", fail)
    result = run_decloak("reproduce", "mmbert", *folds, "--fold", "all", "--only", "text", "-o", tmp_path / "out")
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert "fold 1: run 1 of 1: text, seed 0" in said and "2 of 6 runs failed" in said
    found = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert (found["kind"], found["failed"], found["folds"]) == ("folds", 2, 2)
    assert "text has no whole fold" in result.stdout and "homophone, macro-F1 of each fold" in result.stdout
    assert (tmp_path / "out" / "fold-1" / "results.md").is_file() and (tmp_path / "out" / "results.md").is_file()


def fake_results(failed: int) -> dict[str, Any]:
    return {"kind": "results", "tests": [], "notes": ["a note"], "runs": [{}, {}], "failed": failed}


def test_options_reach_the_run(run_decloak: Run, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    def fake(request: running.Request, output: Path, say: Callable[[str], None]) -> dict[str, Any]:
        print("a line of the training log")  # noqa: T201
        say("run 1 of 2")
        calls.append((request, output))
        return fake_results(0)

    monkeypatch.setattr(running, "reproduce", fake)
    options = ["--experiment", inputs / "experiment.yaml", "--data", "base=x=1.csv", "--text-encoder", "bert"]
    options += ["--banks", "b", "--only", "all", "--only", "text", "--fold", "2", "--set", "max_steps=3"]
    result = run_decloak("reproduce", "mmbert", *options, "-o", tmp_path, "--format", "json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == fake_results(0)
    assert "run 1 of 2" in result.stderr and "a line of the training log" in result.stderr
    ((request, output),) = calls
    assert output == tmp_path and request.file == inputs / "experiment.yaml"
    assert request.places.named == {"base": Path("x=1.csv")} and request.places.root is None
    assert (request.encoders.text, request.encoders.speech, request.encoders.banks) == ("bert", None, Path("b"))
    assert (request.only, request.seeds, request.fold) == (["all", "text"], None, 2)
    assert request.overrides == {"max_steps": "3"}


def test_a_failed_run_is_exit_code_1(run_decloak: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "reproduce", lambda *_: fake_results(1))
    result = run_decloak("reproduce", "mmbert", "--experiment", "cold-small", "--output", tmp_path)
    assert result.exit_code == 1
    assert "1 of 2 runs failed" in result.stderr and "a note" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--experiment", "nothing", "--dry-run"], "no experiment nothing"),
        (["--experiment", "cold-small"], "--output is missing"),
        (["--experiment", "cold-small", "--dry-run", "--seeds", "1,x"], "--seeds is '1,x'"),
        (["--experiment", "cold-small", "--dry-run", "--fold", "-1"], "--fold is '-1'; give a whole number from 0"),
        (["--experiment", "cold-small", "--dry-run", "--fold", "all"], "--fold is all, but cold-small has no folds"),
        (["--experiment", "cold-small", "--dry-run", "--data", "cold"], "--data is 'cold'"),
        (["--experiment", "cold-small", "--dry-run", "--data-root", "."], "source cold_train is nowhere"),
        (["--experiment", "cold-small", "--dry-run", "--only", "x"], "--only is x; cold-small has text-only, all"),
    ],
)
def test_what_cannot_be_says_why(run_decloak: Run, options: list[str], message: str) -> None:
    result = run_decloak("reproduce", "mmbert", *options)
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


def test_help_names_the_shipped_experiments() -> None:
    from decloak.reproduction.experiment import experiment_names

    (option,) = inspect.signature(mmbert).parameters["experiment"].annotation.__metadata__
    assert all(name in option.help for name in experiment_names())
