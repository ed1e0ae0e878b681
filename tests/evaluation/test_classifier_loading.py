import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from decloak.evaluation.classifier_loading import load_text_classifier


@pytest.fixture
def copy(tiny_bert: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may spoil."""
    return Path(shutil.copytree(tiny_bert, tmp_path / "copy"))


def test_loads_weights_and_tokenizer(tiny_bert: Path) -> None:
    classifier = load_text_classifier(str(tiny_bert), dtype="bfloat16")
    assert classifier.model.dtype == torch.bfloat16
    assert classifier.tokenizer("a")["input_ids"]
    assert not classifier.model.training


def test_pickles_are_refused(copy: Path) -> None:
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"pickles only \(pytorch_model.bin\)"):
        load_text_classifier(str(copy))


@pytest.mark.parametrize("garbage", [b"", b"garbage", bytes(range(256)) * 8, b"\x08\0\0\0\0\0\0\0{}      "])
def test_garbage_weights(copy: Path, garbage: bytes) -> None:
    (copy / "model.safetensors").write_bytes(garbage)
    with pytest.raises(ValueError, match=str(copy)):
        load_text_classifier(str(copy))


def test_weights_without_a_trained_head(copy: Path) -> None:
    weights = load_file(copy / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"lack 1 tensors, such as classifier.weight"):
        load_text_classifier(str(copy))


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"model_type": "no-such-type"}', "\x00"])
def test_garbage_beside_the_weights(copy: Path, file: str, content: str) -> None:
    (copy / "tokenizer_config.json").unlink()
    (copy / file).write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=f"cannot load the model {copy}"):
        load_text_classifier(str(copy))


def test_wrong_shapes(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text(encoding="utf-8"))
    config["hidden_size"] = 32
    (copy / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ValueError, match=f"cannot load the model {copy}"):
        load_text_classifier(str(copy))


def test_folders_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such model folder"):
        load_text_classifier(str(tmp_path / "none"))
    with pytest.raises(ValueError, match="no weights"):
        load_text_classifier(str(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="is a file"):
        load_text_classifier(str(tmp_path / "file"))


def test_a_folder_has_no_revisions(tiny_bert: Path) -> None:
    with pytest.raises(ValueError, match="revision v1 was given for .* only a Hub model"):
        load_text_classifier(str(tiny_bert), revision="v1")


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there(tiny_bert: Path, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ValueError, match=f"device is {device}.*use auto, cpu$"):
        load_text_classifier(str(tiny_bert), device=device)


def test_unknown_hub_id_offline() -> None:
    with pytest.raises(ValueError, match="cannot load the model nobody/nothing"):
        load_text_classifier("nobody/nothing")
