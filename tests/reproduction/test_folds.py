"""All folds of a tiny experiment: trained, interrupted, gone on with, joined."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pyarrow import parquet
from sklearn.metrics import f1_score

from decloak.reproduction import running
from decloak.reproduction.folds import plan_folds, reproduce_folds
from decloak.reproduction.running import Request, reproduce
from decloak.training.data.tables import table_rows
from tests.reproduction.tiny_experiment import experiment_values, request, write_experiment

FOLDS = 2


def asked(inputs: Path, file: Path, **changes: Any) -> Request:
    found = request(inputs, **changes)
    found.file = file
    return found


@pytest.fixture(scope="module")
def file(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write an experiment of two folds and two small variants."""
    folder = tmp_path_factory.mktemp("folds")
    (folder / "tiny.yaml").write_bytes((inputs / "tiny.yaml").read_bytes())
    values = experiment_values() | {"holdout": {"source": "base", "folds": FOLDS}, "seeds": [0]}
    values["paper"]["numbers"] = []
    text = values["variants"][0]
    values["variants"] = [text, {**text, "name": "more", "train": ["toxicn_train", "homophone"], "baseline": False}]
    return write_experiment(folder / "folds.yaml", values)


@pytest.fixture(scope="module")
def finished(inputs: Path, file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """All folds, stopped when the first variant of the last fold is trained, and gone on with; do not change them."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("runs") / "out"

    def stop(message: str) -> None:
        if message == "fold 1: run 2 of 2: more, seed 0":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reproduce_folds(asked(inputs, file), folder, stop)
    assert not (folder / "results.json").exists()
    said: list[str] = []
    yield {"folder": folder, "results": reproduce_folds(asked(inputs, file), folder, said.append), "said": said}
    torch.set_num_threads(threads)


def predictions(folder: Path, variant: str, test: str) -> list[dict[str, Any]]:
    """Return the answers of all folds, one after the other."""
    place = f"{variant}/seed-0/tests/{test}/predictions.parquet"
    return [row for fold in range(FOLDS) for row in parquet.read_table(folder / f"fold-{fold}" / place).to_pylist()]


def variant(results: dict[str, Any], test: str, name: str) -> dict[str, Any]:
    (table,) = (table for table in results["tests"] if table["name"] == test)
    return table["variants"][name]


def test_what_was_done_before_the_stop_is_not_trained_again(finished: dict[str, Any]) -> None:
    states = {(run["fold"], run["variant"]): run["status"] for run in finished["results"]["runs"]}
    assert states == {(0, "text"): "skipped", (0, "more"): "skipped", (1, "text"): "skipped", (1, "more"): "trained"}
    assert "fold 1 (2 of 2 folds)" in finished["said"] and "fold 1: run 1 of 2: text, seed 0" in finished["said"]
    assert finished["results"]["failed"] == 0 and finished["results"]["notes"] == []


def test_joined_numbers_are_those_of_the_concatenated_predictions(finished: dict[str, Any]) -> None:
    for name in ("text", "more"):
        for test in ("homophone", "homophone-uncloaked"):
            rows = predictions(finished["folder"], name, test)
            expected = f1_score([row["true"] for row in rows], [row["predicted"] for row in rows], average="macro")
            found = variant(finished["results"], test, name)
            assert found["measures"]["macro_f1"]["mean"] == pytest.approx(expected)
            assert found["n"] == len(rows) and found["folds"] == [0, 1] and found["missing"] == []
    scores = [
        variant(finished["results"], "homophone", name)["measures"]["macro_f1"]["mean"] for name in ("more", "text")
    ]
    difference = variant(finished["results"], "homophone", "more")["difference"]
    assert difference["difference"] == pytest.approx(scores[0] - scores[1])


def test_every_source_row_is_held_out_and_joined_once(finished: dict[str, Any], inputs: Path) -> None:
    cloak = inputs / "data" / "toxicloakcn"
    texts = [{row.values["id"]: row.values["text"] for row in table_rows(cloak / f"{name}.csv.gz", ["id", "text"])}
             for name in ("base", "homophone")]  # fmt: skip
    changed = Counter(name for name, text in texts[0].items() if texts[1][name] != text)
    assert Counter(row["id"] for row in predictions(finished["folder"], "text", "homophone")) == changed
    assert finished["results"]["held_out"]["rows"] == len(texts[0])
    assert variant(finished["results"], "homophone", "text")["n"] == len(changed)


def test_other_tests_are_averaged(finished: dict[str, Any]) -> None:
    rows = predictions(finished["folder"], "more", "toxicn")
    found = variant(finished["results"], "toxicn", "more")
    half = len(rows) // 2
    assert found["n"] == half and [row["id"] for row in rows[:half]] == [row["id"] for row in rows[half:]]
    expected = [f1_score(*([row[key] for row in part] for key in ("true", "predicted")), average="macro")
                for part in (rows[:half], rows[half:])]  # fmt: skip
    assert found["measures"]["macro_f1"]["by_fold"] == pytest.approx(expected)
    assert found["measures"]["macro_f1"]["mean"] == pytest.approx(sum(expected) / 2)
    assert found["interval"] is None and found["difference"]["folds"] == [0, 1]


def test_the_folder_of_a_fold_is_that_of_the_fold_alone(
    finished: dict[str, Any], inputs: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "train_run", lambda *_: pytest.fail("it trains again"))
    output = Path(shutil.copytree(finished["folder"] / "fold-1", tmp_path / "alone"))
    before = json.loads((output / "results.json").read_text(encoding="utf-8"))
    assert before["kind"] == "results" and before["experiment"]["holdout"]["fold"] == 1
    assert reproduce(asked(inputs, file, fold=1), output, str)["tests"] == before["tests"]


def test_a_fold_that_fails_is_missing_and_the_others_are_not_lost(
    finished: dict[str, Any], inputs: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("no disk")

    monkeypatch.setattr(running, "train_run", fail)
    output = Path(shutil.copytree(finished["folder"], tmp_path / "out"))
    shutil.rmtree(output / "fold-0" / "more")
    results = reproduce_folds(asked(inputs, file), output, str)
    assert results["failed"] == 1
    more, text = (variant(results, "homophone", name) for name in ("more", "text"))
    assert (more["folds"], more["missing"], more["difference"]["folds"]) == ([1], [0], [1])
    assert text == variant(finished["results"], "homophone", "text")
    assert results["notes"][0].startswith("more is without fold 0: ")
    page = (output / "results.md").read_text(encoding="utf-8")
    assert "| more | 1 (missing: 0) | 1 |" in page and "Failed: fold 0, more, seed 0: RuntimeError: no disk" in page
    assert json.loads((output / "results.json").read_text(encoding="utf-8")) == results


def test_a_plan_is_of_each_fold_and_writes_nothing(
    finished: dict[str, Any], inputs: Path, file: Path, tmp_path: Path
) -> None:
    found = plan_folds(asked(inputs, file), tmp_path / "out")
    assert [one["data"]["holdout"]["fold"] for one in found["folds"]] == [0, 1]
    assert not (tmp_path / "out").exists()
    done = plan_folds(asked(inputs, file), finished["folder"])
    assert {run["state"] for one in done["folds"] for run in one["runs"]} == {"trained"}
    with pytest.raises(ValueError, match="--fold is all, but tiny has no folds"):
        plan_folds(request(inputs))
