"""A finished model as a repository."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, AutoProcessor, AutoTokenizer

from decloak.modeling import MMBertForSequenceClassification
from decloak.processing import MultimodalHateProcessor
from decloak.training.export import refresh_code, save_repository
from tests.tiny import tiny_model, tiny_processor

DATA = {"config.json", "model.safetensors", "processor_config.json", "tokenizer.json", "tokenizer_config.json"}
TEXTS = ["你好", "坏人今天"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MMBertForSequenceClassification]:
    model = tiny_model(encoders=False)
    folder = tmp_path_factory.mktemp("repository") / "new" / "model"
    processor = tiny_processor(default_modalities=("text", "vision"))
    assert save_repository(model, processor, folder, record={"steps": 3, "data": {"x": {"kept": 1}}}) == folder
    return folder, model


def test_weights_are_half_precision_and_load_as_single(saved: tuple[Path, MMBertForSequenceClassification]) -> None:
    folder, model = saved
    stored = load_file(folder / "model.safetensors")
    assert {value.dtype for value in stored.values()} == {torch.float16}
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["dtype"] == "float32"
    loaded = MMBertForSequenceClassification.from_pretrained(folder)
    assert {value.dtype for value in loaded.state_dict().values()} == {torch.float32}
    assert set(stored) == set(model.state_dict())


def test_the_model_in_memory_is_the_saved_one(saved: tuple[Path, MMBertForSequenceClassification]) -> None:
    folder, model = saved
    processor = MultimodalHateProcessor.from_pretrained(folder)
    batch = processor(text=TEXTS)
    loaded = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True).eval()
    with torch.no_grad():
        assert torch.equal(model(**batch).logits, loaded(**batch).logits)
    assert all(torch.equal(value, loaded.state_dict()[name]) for name, value in model.state_dict().items())
    assert {value.dtype for value in model.state_dict().values()} == {torch.float32}


def test_auto_classes(saved: tuple[Path, MMBertForSequenceClassification]) -> None:
    folder, model = saved
    config = AutoConfig.from_pretrained(folder, trust_remote_code=True)
    assert config.training_record == {"steps": 3, "data": {"x": {"kept": 1}}}
    encoder, info = AutoModel.from_pretrained(folder, trust_remote_code=True, output_loading_info=True)
    assert not info["missing_keys"]
    batch = AutoProcessor.from_pretrained(folder, trust_remote_code=True)(text=TEXTS)
    with torch.no_grad():
        torch.testing.assert_close(
            encoder.eval()(**batch).pooler_output, model.mmbert(**batch).pooler_output, rtol=0, atol=0
        )
    assert AutoTokenizer.from_pretrained(folder)(TEXTS)["input_ids"] == tiny_processor().tokenizer(TEXTS)["input_ids"]


def test_entries_of_the_config(saved: tuple[Path, MMBertForSequenceClassification]) -> None:
    folder, _ = saved
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["auto_map"] == {
        "AutoConfig": "configuration_mmbert.MMBertConfig",
        "AutoModel": "modeling_mmbert.MMBertModel",
        "AutoModelForSequenceClassification": "modeling_mmbert.MMBertForSequenceClassification",
    }
    entry = {
        "impl": "pipeline_mmbert.MMBertTextClassificationPipeline",
        "pt": ["AutoModelForSequenceClassification"],
    }
    assert config["custom_pipelines"] == {"text-classification": entry, "sentiment-analysis": entry}
    processor = json.loads((folder / "processor_config.json").read_text(encoding="utf-8"))
    assert processor["auto_map"]["AutoProcessor"] == "processing_multimodal_hate.MultimodalHateProcessor"


def test_nothing_that_the_auto_classes_do_not_fetch(saved: tuple[Path, MMBertForSequenceClassification]) -> None:
    folder, _ = saved
    names = {path.name for path in folder.iterdir()}
    code = {name for name in names if name.endswith(".py")}
    assert names - code == DATA
    needed = {"configuration_mmbert.py", "modeling_mmbert.py", "pipeline_mmbert.py", "processing_multimodal_hate.py"}
    assert needed <= code
    imported = {
        f"{line.split()[1].lstrip('.')}.py"
        for name in code
        for line in (folder / name).read_text(encoding="utf-8").splitlines()
        if line.startswith("from .")
    }
    assert imported <= code <= imported | needed


def test_sizes(saved: tuple[Path, MMBertForSequenceClassification]) -> None:
    folder, model = saved
    count = sum(value.numel() for value in model.state_dict().values())
    assert abs((folder / "model.safetensors").stat().st_size - 2 * count) < 16_384
    assert sum(path.stat().st_size for path in folder.glob("*.py")) < 350_000


def test_saving_twice_and_in_single_precision(tmp_path: Path) -> None:
    model = tiny_model(encoders=True)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for _ in range(2):
        save_repository(model, tiny_processor(), tmp_path, torch.float32)
    loaded = MMBertForSequenceClassification.from_pretrained(tmp_path).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in before.items())
    assert json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))["training_record"] is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e6])
def test_weights_that_cannot_be_stored(tmp_path: Path, value: float) -> None:
    model = tiny_model(encoders=False)
    with torch.no_grad():
        model.classifier.weight[0, 0] = value
    with pytest.raises(ValueError, match="1 weights are not finite in torch.float16, first classifier.weight"):
        save_repository(model, tiny_processor(), tmp_path)
    assert not any(tmp_path.iterdir())


def test_refreshing_the_code_leaves_everything_else(saved: tuple[Path, MMBertForSequenceClassification]) -> None:
    folder, _ = saved
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    (folder / "modeling_mmbert.py").write_text("outdated = True\n")
    (folder / "gone.py").write_text("")
    names = refresh_code(folder)
    assert names == sorted(name for name in before if name.endswith(".py"))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_refreshing_needs_a_saved_model(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no config.json"):
        refresh_code(tmp_path)


def test_weights_can_be_read_by_others(saved: tuple[Path, MMBertForSequenceClassification]) -> None:
    assert (saved[0] / "model.safetensors").stat().st_mode & 0o444 == 0o444
