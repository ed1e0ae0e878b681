"""`decloak data`: the catalogue, preparing and pinning."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from decloak.training.data import hub_pins
from decloak.training.data.catalogue import entry_names
from decloak.training.data.tables import read_table
from tests.training.data.dataset_hub import DatasetHubStub
from tests.training.data.upstream_samples import SAMPLES, write_table

ROOT = Path(__file__).parents[2]
Run = Callable[..., Result]


def said(result: Result) -> str:
    assert "Traceback" not in result.stderr
    return " ".join(result.stderr.split())


@pytest.mark.parametrize("verb", ["ls", "info", "prepare", "pin"])
def test_every_verb_teaches_by_example(run_decloak: Run, verb: str) -> None:
    result = run_decloak("data", verb, "--help")
    assert result.exit_code == 0 and f"decloak data {verb}" in result.stdout.split("Examples")[1]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from decloak.cli.main import app\n"
        "try: app(['data', 'prepare', '--help'])\n"
        "finally: assert not {'datasets', 'pyarrow', 'torch', 'numpy'} & sys.modules.keys(), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_list_names_every_data_set(run_decloak: Run) -> None:
    shown = run_decloak("data", "ls")
    assert shown.exit_code == 0 and all(name in shown.stdout for name in entry_names())
    assert "37,480" in shown.stdout and "…" not in shown.stdout
    listed = json.loads(run_decloak("data", "ls", "--format", "json").stdout)
    assert [entry["name"] for entry in listed] == entry_names()
    assert listed[entry_names().index("cold")]["rows"] == 37_480


def test_a_data_set_is_described_with_its_files(run_decloak: Run, tmp_path: Path) -> None:
    SAMPLES["toxicloakcn"](tmp_path)
    result = run_decloak("data", "info", "toxicloakcn", "--source", tmp_path)
    assert result.exit_code == 0, result.output
    assert "redistribution: no" in result.stdout and "upstream (not run on the real data)" in result.stdout
    base = tmp_path / "Datasets" / "base_data.tsv"
    assert f"{hashlib.sha256(base.read_bytes()).hexdigest()}  Datasets/base_data.tsv\n" in result.stdout
    facts = json.loads(run_decloak("data", "info", "toxicloakcn", "--format", "json").stdout)
    assert facts["group_by"]["part"] == "base" and facts["files"] is None
    assert "is unknown; known are" in said(run_decloak("data", "info", "none"))


def test_a_data_set_is_prepared_and_changed_files_are_told(run_decloak: Run, tmp_path: Path) -> None:
    SAMPLES["toxicn"](tmp_path / "in")
    command = ["data", "prepare", "toxicn", "--source", tmp_path / "in", "--output", tmp_path / "out"]
    result = run_decloak(*command, "--format", "jsonl")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [str(tmp_path / "out")]
    assert "CC-BY-NC-ND-4.0 (no redistribution, no commercial use)" in said(result)
    assert "train: 2 rows, 1 of label 1, 2 groups" in said(result)
    assert read_table(tmp_path / "out" / "train.jsonl", ["text", "label"]).to_list()[0] == {"text": "晴天", "label": 1}
    file = tmp_path / "in/ToxiCN_ex/ToxiCN/data/train.json"
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert "train.json is another file than in the earlier preparation" in said(run_decloak(*command))


def test_a_split_of_groups(run_decloak: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "all.csv", [{"text": f"day {n // 2}", "label": n % 2} for n in range(40)])
    command = ["data", "prepare", "swsr", "--source", tmp_path, "--format", "csv", "--output"]
    assert run_decloak(*command, tmp_path / "out", "--split", "0.8/0.1/0.1", "--seed", 3).exit_code == 0
    groups = [
        {row["group"] for row in read_table(tmp_path / "out" / f"{split}.csv", ["group"])}
        for split in ("train", "validation", "test")
    ]
    assert [len(side) for side in groups] == [16, 2, 2] and len(set().union(*groups)) == 20
    assert json.loads((tmp_path / "out" / "preparation.json").read_text(encoding="utf-8"))["seed"] == 3
    bad = run_decloak(*command, tmp_path / "bad", "--split", "0.8/0.3")
    assert bad.exit_code == 1 and "must be numbers above 0 that sum to 1" in said(bad)


def test_a_table_with_columns_and_labels_of_its_own(run_decloak: Run, tmp_path: Path) -> None:
    rows = [
        {"comment": "a", "hate": "yes", "nr": 7},
        {"comment": "b", "hate": "no", "nr": 7},
        {"comment": "c", "hate": "?", "nr": 8},
    ]
    write_table(tmp_path / "posts.csv", rows)
    command = ["data", "prepare", "table", "--source", tmp_path / "posts.csv", "--output", tmp_path / "out"]
    options = ["--text-column", "comment", "--label-column", "hate", "--column", "id=nr", "--no-group"]
    result = run_decloak(*command, *options, "--map-label", "yes=1", "--map-label", "no=0")
    assert result.exit_code == 0, result.output
    assert "posts: 1 of 3 rows left out: the label is '?'; known are yes, no (rows 4)" in said(result)
    assert "posts: 1 ids were there before" in said(result)
    prepared = read_table(tmp_path / "out" / "posts.parquet", ["text", "label", "id"]).to_list()
    assert prepared == [{"text": "a", "label": 1, "id": "7"}, {"text": "b", "label": 0, "id": "7-2"}]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["table"], "a table needs --source"),
        (["table", "--source", "{}/none.csv"], "no such file or folder"),
        (["table", "--source", "{}/a.csv"], "has no column text; its columns are: sentence"),
        (["table", "--source", "{}/a.csv", "--map-label", "yes=2"], "--map-label leads to 2; a label is 0 or 1"),
        (["table", "--source", "{}/a.csv", "--map-label", "yes"], "it must read NAME=VALUE"),
        (["table", "--source", "{}/a.csv", "--text-column", "x", "--column", "text=y"], "names text twice"),
        (["table", "--source", "{}/a.csv", "--column", "mood=x"], "no column mood in a prepared data set"),
        (["cold", "--source", "{}", "--text-column", "x"], "cold knows its own"),
        (["cold", "--source", "{}"], "does not hold cold: as normalised, none of its files is there"),
        (["cold", "--pins", "{}/a.csv"], "is no file of pins"),
        (["toxicn"], "Download it from https://github.com/DUT-lujunyu/ToxiCN and pass the folder with --source"),
    ],
)
def test_errors_are_one_line_and_say_how_to_mend_it(
    run_decloak: Run, tmp_path: Path, options: list[str], message: str
) -> None:
    (tmp_path / "a.csv").write_text("sentence\nrain\n", encoding="utf-8")
    result = run_decloak("data", "prepare", *(one.format(tmp_path) for one in options), "--output", tmp_path / "out")
    assert result.exit_code == 1 and message in said(result)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_refused_before_the_work(run_decloak: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    result = run_decloak("data", "prepare", "cold", "--source", tmp_path / "none", "--output", tmp_path)
    assert result.exit_code == 1 and "holds other files" in said(result)


def test_pins_of_several_survive_the_failure_of_one(
    run_decloak: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "0" * 39 + "1"

    def answer(hub_id: str) -> str:
        if hub_id == "thu-coai/cold":
            raise ValueError("no network")
        return commit

    monkeypatch.setattr(hub_pins, "current_commit", answer)
    result = run_decloak("data", "pin", "--all", "--pins", tmp_path / "pins.yaml")
    assert result.exit_code == 1 and "Error: no network" in said(result)
    pins = hub_pins.load_pins(tmp_path / "pins.yaml")
    assert "cold" not in pins and pins["hatecheck"] == {"hub_id": "Paul/hatecheck", "revision": commit}
    assert f"hatecheck\tPaul/hatecheck\t{commit}" in result.stdout.splitlines()
    for wrong in ([], ["cold", "--all"]):
        assert "name one data set, or pass --all" in said(run_decloak("data", "pin", *wrong))


def test_pin_and_prepare_from_a_hub(tmp_path: Path) -> None:
    """In processes of their own, for huggingface_hub reads its settings once."""

    def decloak(*arguments: Any, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "decloak", "data", *map(str, arguments)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)} | hub.environment(tmp_path / "home") | variables
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    with DatasetHubStub() as hub:
        first = hub.publish("Paul/hatecheck", {"test.csv": b"test_case,label_gold\none,hateful\n"})
        assert decloak("pin", "hatecheck").stdout == f"hatecheck\tPaul/hatecheck\t{first}\n"
        hub.publish("Paul/hatecheck", {"test.csv": b"test_case,label_gold\ntwo,hateful\n"})
        done = decloak("prepare", "hatecheck", "--output", "out", "--format", "csv")
        assert done.returncode == 0, done.stderr
        assert read_table(tmp_path / "out" / "test.csv")["text"][:] == ["one"]
        assert "test suite: measure with it, never train on it" in done.stderr
        assert json.loads((tmp_path / "out/preparation.json").read_text(encoding="utf-8"))["revision"] == first
        offline = decloak("pin", "hatecheck", HF_HUB_OFFLINE="1")
    assert offline.returncode == 1 and "Pinning needs a network, and HF_HUB_OFFLINE must not be 1" in offline.stderr
    assert "Traceback" not in offline.stderr
