import json
from pathlib import Path

import pytest
import yaml

from decloak.hub_cards.cards import write_card
from decloak.hub_cards.eval_results import copy_eval_results, eval_result_problems
from decloak.hub_cards.publishing import MAX_BYTES
from decloak.hub_cards.repository_checks import check_repository
from tests.hub_cards.tiny_repository import MODEL

ENTRY = {"dataset": {"id": "someone/benchmark", "task_id": "default"}, "value": 0.79, "notes": "macro-F1; 5,000 texts"}


def store(folder: Path, *entries: object, name: str = "test.yaml") -> Path:
    (folder / ".eval_results").mkdir(exist_ok=True)
    file = folder / ".eval_results" / name
    file.write_text(yaml.safe_dump(list(entries)), encoding="utf-8")
    return file


def test_results_go_from_a_report_into_a_repository_that_may_be_published(repository: Path, tmp_path: Path) -> None:
    store(tmp_path, ENTRY)
    (copy,) = copy_eval_results(tmp_path, repository)
    assert copy.read_bytes() == (tmp_path / ".eval_results" / "test.yaml").read_bytes()
    assert copy in check_repository(repository, MAX_BYTES)


def test_a_card_brings_the_results_beside_its_evaluation(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "evaluation"
    folder.mkdir()
    store(folder, ENTRY)
    (folder / "report.json").write_text(json.dumps(MODEL), encoding="utf-8")
    write_card(repository, {"my test": folder / "report.json"})
    assert (repository / ".eval_results" / "test.yaml").is_file()
    check_repository(repository, MAX_BYTES)


def test_a_report_without_results_changes_nothing(repository: Path, tmp_path: Path) -> None:
    assert copy_eval_results(tmp_path, repository) == []
    assert not (repository / ".eval_results").exists()
    store(repository, ENTRY)
    assert copy_eval_results(repository, repository) == []


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"value": 1}, "cannot be read"),
        ("text", "cannot be read"),
        ({"dataset": {"id": "a/b"}, "value": 1}, "task_id"),
        ({"dataset": {"id": "alone", "task_id": "x"}, "value": 1}, "no data set on the Hub"),
        ({"dataset": {"id": "a/b", "task_id": "x"}, "value": "high"}, "no number"),
        ({"dataset": {"id": "a/b", "task_id": "x"}, "value": True}, "no number"),
        ({"dataset": {"id": "a/b", "task_id": "x"}, "value": 1, "source": {"name": "x"}}, "source_url"),
        ({"error": "refused"}, "cannot be read"),
    ],
)
def test_broken_results_are_neither_copied_nor_published(
    repository: Path, tmp_path: Path, entry: object, problem: str
) -> None:
    store(tmp_path, ENTRY, entry)
    with pytest.raises(ValueError, match=rf"test\.yaml, result 2: .*{problem}"):
        copy_eval_results(tmp_path, repository)
    assert not (repository / ".eval_results").exists()
    store(repository, ENTRY, entry)
    with pytest.raises(ValueError, match=rf"cannot be published: \.eval_results/test\.yaml, result 2: .*{problem}"):
        check_repository(repository, MAX_BYTES)


@pytest.mark.parametrize("text", ["", "a: 1", "[]", "- [", "- 'x"])
def test_what_is_no_list_of_results_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    (problem,) = eval_result_problems(file)
    assert problem.startswith("x.yaml")


@pytest.mark.parametrize("name", ["notes.txt", "deep/test.yaml"])
def test_the_folder_holds_nothing_else(repository: Path, name: str) -> None:
    file = repository / ".eval_results" / name
    file.parent.mkdir(parents=True)
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match=r"\.eval_results/.* is no file of a model repository"):
        check_repository(repository, MAX_BYTES)


def test_a_path_of_a_machine_in_a_note_is_found(repository: Path) -> None:
    store(repository, ENTRY | {"notes": "measured in /home/me/run"})
    with pytest.raises(ValueError, match="names a path of a machine"):
        check_repository(repository, MAX_BYTES)
