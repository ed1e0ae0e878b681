"""Data sets from a Hub on loopback; huggingface_hub reads its settings once, so that each reader is a process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from decloak.training.data.catalogue import load_entry
from decloak.training.data.preparing import prepare_dataset
from tests.training.data.dataset_hub import DatasetHubStub

ROOT = Path(__file__).parents[3]
READER = """
import json, sys
from decloak.training.data.preparing import TableColumns, prepare_dataset
answers = []
for name, options in json.loads(sys.argv[1]):
    if "table" in options:
        options["table"] = TableColumns(**options["table"])
    try:
        prepared = prepare_dataset(name, **options)
        data = {split: rows.to_list() for split, rows in prepared.dataset.items()}
        answers.append([prepared.preparation["revision"], data, prepared.notes])
    except (OSError, ValueError) as error:
        answers.append(str(error))
print(json.dumps(answers))
"""
COLD = {
    "train.csv": b"TEXT,label,topic\none,1,race\ntwo,0,race\n",
    "dev.csv": b"TEXT,label,topic\nthree,1,race\n",
    "test.csv": b"TEXT,label,topic,fine-grained-label\nfour,1,race,2\n",
}
DAVIDSON = {"train.jsonl": b'{"tweet": "wind", "class": 0}\n{"tweet": "rain", "class": 2}\n'}
POSTS = {"train.jsonl": b'{"body": "five", "bad": "yes"}\n', "test.jsonl": b'{"body": "six", "bad": null}\n'}
POST_COLUMNS = {"columns": {"text": "body", "label": "bad"}, "labels": {"yes": 1, "no": 0}}


def read(hub: DatasetHubStub, home: Path, wanted: list[tuple[str, dict[str, Any]]], **variables: str) -> list[Any]:
    environment = os.environ | hub.environment(home) | variables
    command = [sys.executable, "-c", READER, json.dumps(wanted)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def texts(answer: list[Any]) -> dict[str, list[str]]:
    return {split: [row["text"] for row in rows] for split, rows in answer[1].items()}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What came of data sets with two commits, with other columns, and with a script; then again without a network."""
    home = tmp_path_factory.mktemp("home")
    with DatasetHubStub() as hub:
        first = hub.publish("thu-coai/cold", COLD)
        latest = hub.publish("thu-coai/cold", {**COLD, "train.csv": b"TEXT,label,topic\nnew,0,race\n"})
        hub.publish("tdavidson/hate_speech_offensive", DAVIDSON)
        hub.publish("user/posts", POSTS)
        hub.publish("Paul/hatecheck", {"hatecheck.py": b"raise SystemExit('the script ran')\n"})
        pins = {"cold": {"hub_id": "thu-coai/cold", "revision": first}}
        posts = {"source": "user/posts", "table": POST_COLUMNS}
        online: dict[str, tuple[str, dict[str, Any]]] = {
            "now": ("cold", {}),
            "pinned": ("cold", {"pins": pins}),
            "given": ("cold", {"revision": latest, "pins": pins, "splits": ["train"]}),
            "unpinned": ("davidson", {}),
            "posts": ("table", posts),
            "train posts": ("table", {**posts, "splits": ["train"]}),
            "other columns": ("table", {"source": "user/posts"}),
            "script": ("hatecheck", {}),
            "gone": ("table", {"source": "user/none"}),
        }
        offline = {name: online[name] for name in ("pinned", "unpinned", "posts", "script")}
        found = dict(zip(online, read(hub, home, list(online.values())), strict=True))
        again = read(hub, home, list(offline.values()), HF_HUB_OFFLINE="1")
        offline_found = {f"{name}, offline": answer for name, answer in zip(offline, again, strict=True)}
        yield {"first": first, "latest": latest, **found, **offline_found}


def test_splits_columns_and_commits(answers: dict[str, Any]) -> None:
    now, pinned, given_ = answers["now"], answers["pinned"], answers["given"]
    assert [answer[0] for answer in (now, pinned, given_)] == [answers[name] for name in ("latest", "first", "latest")]
    assert texts(now) == {"train": ["new"], "dev": ["three"], "test": ["four"]}
    assert texts(pinned) == {"train": ["one", "two"], "dev": ["three"], "test": ["four"]}
    assert texts(given_) == {"train": ["new"]}
    assert now[1]["test"][0]["category"] == "2" and now[1]["dev"][0]["category"] is None
    assert len(answers["unpinned"][0]) == 40
    assert [row["label"] for row in answers["unpinned"][1]["all"]] == [1, 0]


def test_what_was_loaded_is_there_without_a_network(answers: dict[str, Any]) -> None:
    assert answers["pinned, offline"][:2] == answers["pinned"][:2]
    assert answers["unpinned, offline"][:2] == [None, answers["unpinned"][1]]
    assert any("at an unknown commit" in note for note in answers["unpinned, offline"][2])
    assert answers["script, offline"].startswith("Paul/hatecheck cannot be loaded from the Hub at its current commit")


def test_any_data_set_as_a_table(answers: dict[str, Any]) -> None:
    assert answers["posts"] == "table, test: no row can be used. 1 rows: the label is empty"
    assert texts(answers["train posts"]) == {"train": ["five"]}
    assert answers["train posts"][1]["train"][0]["label"] == 1
    assert "there is no column text, label; the columns are: body, bad" in answers["other columns"]


def test_scripts_never_run_and_what_is_not_there_is_told(answers: dict[str, Any]) -> None:
    assert answers["script"].startswith("Paul/hatecheck cannot be loaded from the Hub at ")
    assert answers["gone"].startswith("user/none cannot be loaded from the Hub at its current commit")


def test_what_has_no_repository_says_where_its_files_are() -> None:
    with pytest.raises(ValueError, match=f"Download it from {load_entry('toxicn').homepage}"):
        prepare_dataset("toxicn")
    with pytest.raises(ValueError, match="a whole commit id is needed"):
        prepare_dataset("cold", revision="main")
