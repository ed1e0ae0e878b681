import json
import shutil
from pathlib import Path

import pytest
import torch

from decloak.evaluation.classifiers.sentence_encoder import check_modules, encoder_folder, load_sentence_encoder


@pytest.fixture
def copy(sentence_encoder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sentence_encoder, tmp_path / "copy"))


def test_folders_are_taken_as_they_are(tmp_path: Path) -> None:
    assert encoder_folder(str(tmp_path)) == tmp_path
    with pytest.raises(ValueError, match="only a Hub model has revisions"):
        encoder_folder(str(tmp_path), "main")
    with pytest.raises(FileNotFoundError, match="no such model folder"):
        encoder_folder(str(tmp_path / "none"))


def test_a_hub_model_that_cannot_be_fetched() -> None:
    with pytest.raises(ValueError, match="cannot fetch the model nobody/nothing"):
        encoder_folder("nobody/nothing")


def test_half_precision_weights_run_in_float32_on_a_cpu(copy: Path) -> None:
    load_sentence_encoder(copy).half().save_pretrained(str(copy), create_model_card=False)
    assert next(load_sentence_encoder(copy, device="cpu").parameters()).dtype == torch.float32
    assert next(load_sentence_encoder(copy, device="cpu", dtype="float16").parameters()).dtype == torch.float16


def test_code_of_the_model_is_not_run_unasked(copy: Path) -> None:
    modules = json.loads((copy / "modules.json").read_text(encoding="utf-8"))
    modules[0]["type"] = "its_own.Module"
    (copy / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    with pytest.raises(ValueError, match=r"names its_own\.Module"):
        load_sentence_encoder(copy)
    check_modules(copy, trust_remote_code=True)


@pytest.mark.parametrize("content", ["", "{", "{}x", "[1]", '[{"name": "0"}]'])
def test_damaged_modules(copy: Path, content: str) -> None:
    (copy / "modules.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="is damaged"):
        check_modules(copy, trust_remote_code=False)


@pytest.mark.parametrize("place", ["", "2_Dense"])
def test_pickles_alone_are_refused(copy: Path, place: str) -> None:
    folder = copy / place
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").unlink(missing_ok=True)
    (folder / "pytorch_model.bin").write_bytes(b"would run code")
    with pytest.raises(ValueError, match=r"as pickles only \(pytorch_model\.bin\)"):
        load_sentence_encoder(copy)


def test_a_damaged_config(copy: Path) -> None:
    (copy / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="cannot load the sentence encoder"):
        load_sentence_encoder(copy)
