import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.hub_cards.publishing import MAX_BYTES, publish
from decloak.hub_cards.repository_checks import MACHINE_PATH, check_repository, remote_code_files

Edit = Callable[..., None]


def refused(folder: Path, match: str, max_bytes: int = MAX_BYTES) -> None:
    with pytest.raises(ValueError, match=match):
        check_repository(folder, max_bytes)


def test_a_finished_repository_passes(repository: Path) -> None:
    files = check_repository(repository, MAX_BYTES)
    assert {file.name for file in files} == {file.name for file in repository.iterdir()}


def test_remote_code_is_followed_to_its_last_import(repository: Path) -> None:
    found = remote_code_files(repository)
    assert found == {file.name for file in repository.glob("*.py")}
    assert {"pipeline_mmbert.py", "processing_multimodal_hate.py", "experts_mmbert.py"} <= found


@pytest.mark.parametrize("name", ["pytorch_model.bin", "optimizer.PT", "training_args.bin", "x/y.pkl", "a.joblib"])
def test_pickles_are_refused(repository: Path, name: str) -> None:
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_bytes(pickle.dumps({"a": 1}))
    refused(repository, rf"{re.escape(name)} may hold a pickle")


@pytest.mark.parametrize("name", ["notes.txt", "stray.py", ".env", "sub/config.json", ".cache/x", "data.csv"])
def test_unknown_files_are_refused(repository: Path, name: str) -> None:
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_text("{}", encoding="utf-8")
    refused(repository, rf"{re.escape(name)} is no file of a model repository")


def test_links_are_refused(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (repository / "LICENSE").symlink_to(tmp_path / "secret")
    refused(repository, "LICENSE is a link")


@pytest.mark.parametrize("name", ["README.md", "config.json", "model.safetensors"])
def test_what_a_repository_needs_is_missed(repository: Path, name: str) -> None:
    (repository / name).unlink()
    refused(repository, "it has no .*" + re.escape(Path(name).suffix))


def test_a_pickle_that_calls_itself_safetensors_is_refused(repository: Path) -> None:
    (repository / "model.safetensors").write_bytes(pickle.dumps({"a": 1}))
    refused(repository, "model.safetensors is damaged or no safetensors")


def test_size_is_limited(repository: Path) -> None:
    total = sum(file.stat().st_size for file in repository.iterdir())
    check_repository(repository, total)
    refused(repository, f"have {total} bytes, more than the {total - 1}", total - 1)


@pytest.mark.parametrize(
    "path", ["/home/me/model", "/scratch/run/model", "C:\\Users\\me\\model", "D:/models/x", "file:///srv/x", "/a/b"]
)
def test_paths_of_a_machine_are_refused(repository: Path, edit_json: Edit, path: str) -> None:
    edit_json(repository / "config.json", training_record={"data": [{"from": path}]})
    refused(repository, r"config\.json names a path of a machine at training_record\.data\[0\]\.from: ")
    edit_json(repository / "config.json", training_record=None)
    readme = repository / "README.md"
    readme.write_text(f"{readme.read_text(encoding='utf-8')}\nTrained in `{path}`.\n", encoding="utf-8")
    refused(repository, r"README\.md names a path of a machine at line 7: ")


@pytest.mark.parametrize(
    "text",
    [
        "https://huggingface.co/datasets/a/b",
        "see [it](https://x.org/a/b)",
        "user/name",
        "and/or/not",
        "runs/a/model.json",
        "./model/x",
        "1/2/3",
        "<b>x</b>",
        "和/或/不",
        "a / b / c",
        "/",
        "12:30/45",
    ],
)
def test_other_slashes_pass(text: str) -> None:
    assert MACHINE_PATH.search(text) is None


@given(
    st.lists(st.from_regex(r"[\w.-]+", fullmatch=True), min_size=2, max_size=5), st.sampled_from(['"', " ", "=", "("])
)
def test_every_absolute_path_is_found(parts: list[str], before: str) -> None:
    assert MACHINE_PATH.search(f"{before}/{'/'.join(parts)}")


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    found = MACHINE_PATH.search(text)
    assert found is None or found.group() in text


def test_a_vocabulary_may_hold_what_looks_like_paths(repository: Path) -> None:
    file = repository / "tokenizer.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    values["model"]["vocab"]["/usr/bin"] = 999
    values["normalizer"] = {"type": "Precompiled", "precompiled_charsmap": "tAIAAA+/QEAv50B/ALBBA=="}
    file.write_text(json.dumps(values), encoding="utf-8")
    assert check_repository(repository, MAX_BYTES)


def test_broken_configurations_are_refused(repository: Path, edit_json: Edit) -> None:
    edit_json(repository / "config.json", num_attention_heads=7)
    refused(repository, r"config\.json does not load: .*num_attention_heads=7")
    edit_json(repository / "config.json", auto_map={"AutoConfig": "absent_module.Config"})
    refused(repository, r"names absent_module\.py, which is not there")
    (repository / "config.json").write_text("[1", encoding="utf-8")
    refused(repository, r"config\.json is no JSON")


def test_missing_imports_are_named(repository: Path) -> None:
    (repository / "experts_mmbert.py").unlink()
    refused(repository, r"imports a file that is not there: experts_mmbert\.py")


def test_all_problems_are_listed_at_once(repository: Path) -> None:
    (repository / "a.pkl").touch()
    (repository / "b.csv").touch()
    refused(repository, r"a\.pkl may hold a pickle.*b\.csv is no file")


@pytest.mark.parametrize("name", ["decloak-small", "a/b/c", "", "me/a b", "../x", "me/..", "me/"])
def test_names_that_are_none_are_refused_before_anything_is_sent(repository: Path, name: str) -> None:
    with pytest.raises(ValueError, match="it must read user/name"):
        publish(repository, name)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder .*absent"):
        publish(tmp_path / "absent", "me/model")
