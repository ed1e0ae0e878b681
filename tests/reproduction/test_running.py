"""A whole tiny experiment: trained, measured, killed, gone on with, skipped."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from decloak.reproduction import running
from decloak.reproduction.random_encoder import random_encoder
from decloak.reproduction.run_state import load_state
from decloak.reproduction.running import Request, plan, prepare, reproduce
from decloak.training.data.near_duplicates import near_duplicates
from decloak.training.data.tables import table_rows
from tests.reproduction import tiny_experiment
from tests.reproduction.tiny_experiment import experiment_values, request, write_experiment
from tests.training.test_mmbert_trainer import ROOT, environment


def texts_of(file: Path) -> list[str]:
    return [row.values["text"] for row in table_rows(file, ["text", "label"])]


def copy_of(finished: dict[str, Any], folder: Path) -> Path:
    """Return a copy of the runs that may be changed."""
    return Path(shutil.copytree(finished["folder"], folder / "out"))


def variant(results: dict[str, Any], test: str, name: str) -> dict[str, Any]:
    (table,) = (table for table in results["tests"] if table["name"] == test)
    return table["variants"][name]


def test_one_failing_variant_does_not_lose_the_others(finished: dict[str, Any]) -> None:
    results = finished["results"]
    states = {run["variant"]: run["status"] for run in results["runs"]}
    assert states == {"text": "trained", "broken": "failed", "all": "trained"}
    assert results["failed"] == 1
    (broken,) = (run for run in results["runs"] if run["variant"] == "broken")
    assert broken["error"].startswith("ValueError: The sound bank has 4 numbers a unit, the recipe wants 3")
    assert "run 3 of 3: all, seed 0" in finished["said"]


def test_results_are_those_of_the_reports(finished: dict[str, Any]) -> None:
    folder = finished["folder"]
    assert json.loads((folder / "results.json").read_text(encoding="utf-8")) == finished["results"]
    for name in ("text", "all"):
        for test in ("toxicn", "homophone", "homophone-uncloaked"):
            report = json.loads((folder / name / "seed-0" / "tests" / test / "report.json").read_text(encoding="utf-8"))
            found = variant(finished["results"], test, name)
            assert found["measures"]["macro_f1"]["by_seed"] == [report["macro_f1"]]
            assert found["n"] == report["n"] > 0 and report["errors"] == 0
            assert report["model"] == f"{name}/seed-0"
            assert report["dataset"]["file"] == f"{test}.csv"
    attacks = variant(finished["results"], "toxicn", "all")["attacks"]
    assert [one["attack"] for one in attacks] == ["zero_width"]


def test_the_model_was_trained_on_nothing_that_is_tested(finished: dict[str, Any]) -> None:
    data = finished["folder"] / "data"
    tested = [text for file in sorted((data / "tests").glob("*.csv")) for text in texts_of(file)]
    trained = [text for file in sorted((data / "none").glob("train-*.csv")) for text in texts_of(file)]
    assert tested and trained and not near_duplicates(tested, trained, 0.7, cloaked=True)
    for run in finished["results"]["runs"]:
        for counts in (run["data"] or {}).values():
            assert counts["excluded"] == counts["near_duplicate"] == 0
            assert counts["kept"] > 0


def test_variants_differ_as_they_should(finished: dict[str, Any]) -> None:
    runs = {run["variant"]: run for run in finished["results"]["runs"]}
    assert set(runs["text"]["data"]) == {"toxicn_train"}
    assert set(runs["all"]["data"]) == {"toxicn_train", "homophone"}
    assert runs["text"]["parameters"]["banks"] == 0 < runs["all"]["parameters"]["banks"]
    weights = load_file(finished["folder"] / "all" / "seed-0" / "model" / "model.safetensors")
    assert runs["all"]["parameters"]["total"] == sum(value.numel() for value in weights.values())
    files = {file.name for file in (finished["folder"] / "all" / "seed-0").iterdir()}
    assert files == {"log.jsonl", "model", "recipe.yaml", "run.json", "tests"}


def test_what_is_done_is_skipped(
    finished: dict[str, Any], inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "train_run", lambda *_: pytest.fail("it trains again"))
    said: list[str] = []
    results = reproduce(request(inputs, only=["text"]), copy_of(finished, tmp_path), said.append)
    assert said == ["run 1 of 1: text, seed 0", "trained before with the same recipe, data and encoders: skipped"]
    states = {run["variant"]: run["status"] for run in results["runs"]}
    assert states == {"text": "skipped", "broken": "not run", "all": "skipped"}
    assert results["tests"] == finished["results"]["tests"]
    assert results["failed"] == 0


def test_other_settings_are_another_run(finished: dict[str, Any], inputs: Path, tmp_path: Path) -> None:
    asked = request(inputs, only=["all"], overrides={"max_steps": "9"})
    results = reproduce(asked, copy_of(finished, tmp_path), str)
    (run,) = (run for run in results["runs"] if run["variant"] == "all")
    assert run["status"] == "failed" and "was trained with another recipe: delete it" in run["error"]
    assert [run["status"] for run in results["runs"] if run["variant"] == "text"] == ["not run"]
    assert not any(table["variants"] for table in results["tests"])


def test_a_new_test_is_measured_without_training(finished: dict[str, Any], inputs: Path, tmp_path: Path) -> None:
    values = experiment_values()
    values["tests"].append({"name": "again", "source": "toxicn_test"})
    more = request(inputs, only=["text"])
    (tmp_path / "tiny.yaml").write_bytes((inputs / "tiny.yaml").read_bytes())
    more.file = write_experiment(tmp_path / "more.yaml", values)
    said: list[str] = []
    results = reproduce(more, copy_of(finished, tmp_path), said.append)
    assert said[-1] == "measuring again (4 of 4)"
    scores = [variant(results, test, "text")["measures"]["macro_f1"] for test in ("again", "toxicn")]
    assert scores[0] == scores[1]


def test_a_killed_run_goes_on_to_the_same_model(finished: dict[str, Any], inputs: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(Path(tiny_experiment.__file__)), str(inputs), str(tmp_path / "out"), "6"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    folder = tmp_path / "out" / "text" / "seed-0"
    state = load_state(folder)
    assert state is not None and not state.trained and (folder / "checkpoints" / "checkpoint-6").is_dir()
    assert plan(prepare(request(inputs)), tmp_path / "out")["runs"][0]["state"] == "half done"
    said: list[str] = []
    results = reproduce(request(inputs, only=["text"]), tmp_path / "out", said.append)
    assert f"training goes on in {folder}" in said
    assert [run["status"] for run in results["runs"]] == ["resumed", "not run", "not run"]
    model = "text/seed-0/model/model.safetensors"
    assert (tmp_path / "out" / model).read_bytes() == (finished["folder"] / model).read_bytes()


def test_a_plan_trains_and_writes_nothing(inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "train_run", lambda *_: pytest.fail("it trains"))
    found = plan(prepare(request(inputs, only=["text"], seeds=[3, 4])), tmp_path / "out")
    assert [(run["variant"], run["seed"], run["chosen"]) for run in found["runs"]][:4] == [
        ("text", 3, True), ("broken", 3, False), ("all", 3, False), ("text", 4, True),
    ]  # fmt: skip
    assert found["runs"][2]["texts"] > found["runs"][0]["texts"] > 0
    assert not (tmp_path / "out").exists()
    json.dumps(found)


def test_folds_are_chosen_by_the_request(inputs: Path, tmp_path: Path) -> None:
    values = experiment_values() | {"holdout": {"source": "base", "folds": 4}}
    (tmp_path / "tiny.yaml").write_bytes((inputs / "tiny.yaml").read_bytes())
    file = write_experiment(tmp_path / "folds.yaml", values)
    held = []
    for fold in (0, 3):
        asked = request(inputs, fold=fold)
        asked.file = file
        held.append({one.row.id for one in prepare(asked).tables.tests["homophone"]})
    assert held[0] and held[1] and not held[0] & held[1]
    with pytest.raises(ValueError, match="--fold is 1, but tiny has no folds"):
        prepare(request(inputs, fold=1))


def test_encoders_of_the_experiment_are_the_default(inputs: Path, tmp_path: Path) -> None:
    values = experiment_values() | {"encoders": {"text": "a/b", "vision": "c/d"}}
    (tmp_path / "tiny.yaml").write_bytes((inputs / "tiny.yaml").read_bytes())
    asked = Request(write_experiment(tmp_path / "e.yaml", values), request(inputs).places)
    asked.encoders.vision = "mine"
    prepare(asked)
    assert (asked.encoders.text, asked.encoders.speech, asked.encoders.vision) == ("a/b", None, "mine")


def test_a_random_encoder_has_the_shape_and_the_seed(inputs: Path, tmp_path: Path) -> None:
    bert = str(inputs / "bert")
    folders = [random_encoder(bert, seed, tmp_path / name) for name, seed in (("a", 0), ("b", 0), ("c", 1))]
    first, same, other = (load_file(folder / "model.safetensors") for folder in folders)
    given = load_file(inputs / "bert" / "model.safetensors")
    name = next(name for name in first if name.endswith("word_embeddings.weight"))
    assert torch.equal(first[name], same[name]) and not torch.equal(first[name], other[name])
    assert {key: value.shape for key, value in first.items()} == {key: value.shape for key, value in given.items()}
    before = (folders[0] / "model.safetensors").stat().st_mtime_ns
    assert random_encoder(bert, 5, folders[0]) == folders[0]
    assert (folders[0] / "model.safetensors").stat().st_mtime_ns == before
