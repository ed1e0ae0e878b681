"""Where a calibration is written, and where never."""

import json
from pathlib import Path
from typing import Any

import pytest

from decloak.evaluation.calibration import Calibration
from decloak.evaluation.calibration.storing import copy_model, place_to_write, store_calibration
from decloak.modeling import MMBertConfig

FOUND = Calibration(1.5, None, {"zh": {"0.01": 0.9}}, ["hate"], {"seed": 3})


def model_folder(folder: Path, **fields: Any) -> Path:
    folder.mkdir(parents=True)
    config = {"model_type": "bert", "id2label": {"0": "ok", "1": "hate"}, "note": "é"} | fields
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_any_model_keeps_it_under_a_key_of_its_own(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    before = json.loads((folder / "config.json").read_text())
    file = store_calibration(folder, FOUND)
    assert json.loads(file.read_text()) == before | {"decloak_calibration": FOUND.settings()}
    store_calibration(folder, Calibration(2.0, None, None, ["hate"]))
    assert json.loads(file.read_text())["decloak_calibration"]["temperature"] == 2.0
    assert [each.name for each in sorted(folder.iterdir())] == ["config.json", "model.safetensors"]


def test_a_decloak_model_has_fields_for_it(tmp_path: Path) -> None:
    MMBertConfig(id2label={0: "ok", 1: "hate"}, training_record={"steps": 1}).save_pretrained(tmp_path)
    store_calibration(tmp_path, FOUND)
    loaded = MMBertConfig.from_pretrained(tmp_path)
    assert {name: getattr(loaded, name) for name in FOUND.settings()} == FOUND.settings()
    assert loaded.training_record == {"steps": 1}


def test_a_calibration_of_other_labels_changes_nothing(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model", id2label={"0": "fine", "1": "rude"})
    before = (folder / "config.json").read_bytes()
    with pytest.raises(ValueError, match="positive_labels"):
        store_calibration(folder, FOUND)
    assert (folder / "config.json").read_bytes() == before


@pytest.mark.parametrize(("content", "message"), [("{", "no JSON"), ("[]", "holds list")])
def test_damaged_configurations(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=message):
        store_calibration(tmp_path, FOUND)
    with pytest.raises(FileNotFoundError, match="no config.json"):
        store_calibration(tmp_path / "none", FOUND)


def test_a_folder_of_the_persons_own_is_written_in_place(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    assert place_to_write(str(folder), None) == folder
    assert place_to_write(str(folder), tmp_path / "new") == tmp_path / "new"
    (tmp_path / "empty").mkdir()
    assert place_to_write("someone/model", tmp_path / "empty") == tmp_path / "empty"


def test_what_is_not_the_persons_own_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = model_folder(tmp_path / "model")
    with pytest.raises(ValueError, match="exists already"):
        place_to_write("someone/model", folder)
    with pytest.raises(ValueError, match=r"model of the Hub.*--output"):
        place_to_write("someone/model", None)
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(ValueError, match=r"installed or cached.*--output"):
        place_to_write(str(link), None, [folder])
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="installed or cached"):
        place_to_write(str(folder), None)


def test_a_copy_of_a_folder_is_whole(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    (folder / "__pycache__").mkdir()
    copy_model(str(folder), None, tmp_path / "copy")
    names = ["config.json", "model.safetensors"]
    assert sorted(file.name for file in (tmp_path / "copy").iterdir()) == names
    assert all((tmp_path / "copy" / name).read_bytes() == (folder / name).read_bytes() for name in names)


def test_a_copy_of_a_hub_model_has_files_and_no_pickles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache of the Hub is links to blobs."""
    blobs, snapshot = model_folder(tmp_path / "blobs"), tmp_path / "snapshot"
    snapshot.mkdir()
    for file in blobs.iterdir():
        (snapshot / file.name).symlink_to(file)
    asked: dict[str, Any] = {}

    def download(name: str, **options: Any) -> str:
        asked.update(options, name=name)
        return str(snapshot)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    copy_model("someone/model", "abc", tmp_path / "copy")
    assert (asked["name"], asked["revision"]) == ("someone/model", "abc")
    assert {"*.bin", "*.pt", "*.pkl"} <= set(asked["ignore_patterns"])
    store_calibration(tmp_path / "copy", FOUND)
    assert not (tmp_path / "copy" / "config.json").is_symlink()
    assert "decloak_calibration" not in (blobs / "config.json").read_text()
