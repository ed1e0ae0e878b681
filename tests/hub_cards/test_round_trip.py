"""A repository is published, and loads where there is no decloak: each part in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from decloak.hub_cards import default_model_path
from decloak.modeling import MMBertForSequenceClassification
from decloak.processing import MultimodalHateProcessor
from tests.hub_cards.tiny_repository import expected_answers
from tests.hub_stub import HubStub

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
NAME = "user/decloak-tiny"


@dataclass
class Published:
    """What was published.

    Attributes:
        hub: where.
        folder: from where.
        commits: the commits of the publisher.
        expected: file of the answers that the model must give.
        work: a folder outside the checkout.
    """

    hub: HubStub
    folder: Path
    commits: dict[str, Any]
    expected: Path
    work: Path


@pytest.fixture(scope="module")
def published(
    tiny_repository: tuple[Path, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Published]:
    folder, answers = tiny_repository
    work = tmp_path_factory.mktemp("elsewhere")
    expected = work / "expected.json"
    expected.write_text(json.dumps(answers), encoding="utf-8")
    with HubStub() as hub:
        settings = hub.environment(work / "publisher_home") | {"PYTHONPATH": str(CHECKOUT)}
        printed = run("publisher.py", [str(folder), NAME], settings, work)
        yield Published(hub, folder, json.loads(printed.splitlines()[-1]), expected, work)


def run(program: str, arguments: list[str], settings: dict[str, str], work: Path) -> str:
    """Run a program of this folder, or a line of Python, elsewhere; `settings` are environment variables."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | settings
    command = [sys.executable, *([str(HERE / program)] if program.endswith(".py") else ["-c", program]), *arguments]
    done = subprocess.run(command, env=environment, cwd=work, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_published_files_are_those_of_the_folder(published: Published) -> None:
    files = published.hub.files(NAME, published.commits["commit"])
    folder = {file.name: file.read_bytes() for file in published.folder.iterdir()}
    assert {name: content for name, content in files.items() if name != ".gitattributes"} == folder
    assert published.commits["snapshot"] == sorted(files)


def test_publishing_again_changes_nothing(published: Published) -> None:
    assert published.commits["again"] == published.commits["commit"]


def test_branches_and_privacy(published: Published) -> None:
    repositories = published.hub.repositories
    assert repositories[NAME].branches["trial"] == published.commits["branch"]
    assert not repositories[NAME].private
    assert repositories[f"{NAME}-private"].private


def test_push_to_hub_brings_weights_code_and_processor(published: Published) -> None:
    code = {file.name for file in published.folder.glob("*.py")}
    files = set(published.hub.files(f"{NAME}-pushed"))
    assert {"model.safetensors", "config.json", "processor_config.json", "tokenizer.json"} <= files
    assert code <= files


def test_saving_with_push_to_hub_brings_the_pipeline(published: Published) -> None:
    files = set(published.hub.files(f"{NAME}-saved"))
    assert {"model.safetensors", "modeling_mmbert.py", "pipeline_mmbert.py"} <= files


def test_loads_from_the_hub_without_decloak(published: Published) -> None:
    published.hub.calls.clear()
    home = published.work / "reader_home"
    arguments = [NAME, published.commits["commit"], str(published.expected), str(CHECKOUT)]
    assert run("clean_reader.py", arguments, published.hub.environment(home), published.work).strip() == "ok"
    assert "GET resolve" in published.hub.calls  # from the Hub, not from a cache


def test_loads_from_a_folder_without_decloak_or_network(published: Published) -> None:
    settings = {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(published.work / "offline_home"),
        "HF_ENDPOINT": "http://127.0.0.1:9",
    }
    arguments = [str(published.folder), "", str(published.expected), str(CHECKOUT)]
    assert run("clean_reader.py", arguments, settings, published.work).strip() == "ok"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The shipped model, its expected answers, and a folder to work in."""
    folder, work = default_model_path(), tmp_path_factory.mktemp("shipped")
    model = MMBertForSequenceClassification.from_pretrained(folder)
    answers = expected_answers(model, MultimodalHateProcessor.from_pretrained(folder))
    expected = work / "expected.json"
    expected.write_text(json.dumps(answers), encoding="utf-8")
    return folder, expected, work


def test_the_shipped_model_loads_from_its_folder_without_decloak(shipped: tuple[Path, Path, Path]) -> None:
    folder, expected, work = shipped
    settings = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(work / "home"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    assert run("clean_reader.py", [str(folder), "", str(expected), str(CHECKOUT)], settings, work).strip() == "ok"


def test_the_shipped_model_goes_to_the_hub_and_back(shipped: tuple[Path, Path, Path]) -> None:
    folder, expected, work = shipped
    publish = "import sys; from decloak.hub_cards.publishing import publish; print(publish(*sys.argv[1:]))"
    name = "user/decloak-small"
    with HubStub() as hub:
        settings = hub.environment(work / "publisher") | {"PYTHONPATH": str(CHECKOUT)}
        commit = run(publish, [str(folder), name], settings, work).split()[-1]
        arguments = [name, commit, str(expected), str(CHECKOUT)]
        assert run("clean_reader.py", arguments, hub.environment(work / "reader"), work).strip() == "ok"
