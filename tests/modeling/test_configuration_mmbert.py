"""The configuration: sub-configs, JSON, checks, and the size of the published shapes."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub.errors import StrictDataclassFieldValidationError
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig, CLIPVisionConfig, Dinov2Config, ResNetConfig, WhisperConfig

from decloak.modeling import MMBertConfig, MMBertForSequenceClassification
from decloak.modeling.configuration_mmbert import image_encoder_width
from tests.tiny import WIDTH, tiny_config


@pytest.mark.parametrize(("shared_expert", "millions"), [(True, 297.0), (False, 268.7)])
def test_parameters_of_the_paper(shared_expert: bool, millions: float) -> None:
    """bert-base-chinese, the encoder of whisper-base and the tower of CLIP ViT-B/32."""
    whisper = WhisperConfig(d_model=512, encoder_layers=6, encoder_attention_heads=8, encoder_ffn_dim=2048)
    config = MMBertConfig(audio_config=whisper, vision_config=CLIPVisionConfig(), shared_expert=shared_expert)
    with torch.device("meta"):
        model = MMBertForSequenceClassification(config)
    assert round(model.num_parameters() / 1e6, 1) == millions
    routers = sum(p.numel() for n, p in model.named_parameters() if ".router." in n)
    assert routers == 12 * 3 * 768


def test_the_default_is_bert_base_chinese_without_senses() -> None:
    config = MMBertConfig()
    assert (config.audio_config, config.vision_config) == (None, None)
    assert (config.speech_feature_size, config.vision_feature_size) == (None, None)
    assert config.get_text_config() is config
    assert config.model_type == "decloak_mmbert"


def test_json_keeps_everything(tmp_path: Path) -> None:
    fields: dict[str, Any] = {
        "fusion": "add",
        "expert_layers": [1],
        "temperature": 1.5,
        "thresholds": {"zh": {"0.01": 0.9}},
        "service_attributes": {"TOXICITY": "hate"},
        "default_modalities": ["text", "vision"],
        "training_record": {"seed": 3},
        "id2label": {0: "ok", 1: "hate", 2: "offensive"},
        "label2id": {"ok": 0, "hate": 1, "offensive": 2},
        "problem_type": "multi_label_classification",
    }
    config = tiny_config(**fields)
    config.save_pretrained(tmp_path)
    loaded = AutoConfig.from_pretrained(tmp_path)
    for name, value in fields.items():
        assert getattr(loaded, name) == value, name
    assert loaded.num_labels == 3
    assert type(loaded.audio_config) is WhisperConfig
    assert type(loaded.vision_config) is CLIPVisionConfig
    assert loaded.to_dict() | {"_name_or_path": ""} == config.to_dict()
    assert json.loads((tmp_path / "config.json").read_text())["audio_config"]["d_model"] == WIDTH


@pytest.mark.parametrize("missing", ["audio_config", "vision_config"])
def test_a_missing_encoder_stays_missing(tmp_path: Path, missing: str) -> None:
    tiny_config(**{missing: None}).save_pretrained(tmp_path)
    assert getattr(MMBertConfig.from_pretrained(tmp_path), missing) is None


def test_any_image_encoder_as_a_dict() -> None:
    config = MMBertConfig(vision_config={"model_type": "dinov2", "hidden_size": 24})
    assert type(config.vision_config) is Dinov2Config
    assert config.vision_feature_size == 24


def test_the_width_of_image_encoders() -> None:
    assert image_encoder_width(ResNetConfig(hidden_sizes=[8, 16, 32, 40])) == 40
    with pytest.raises(ValueError, match="names no hidden_size"):
        image_encoder_width(AutoConfig.for_model("whisper", d_model=8).__class__.__mro__[1]())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"glyph_bank_size": 5}, "glyph_bank_size=5 needs vision_feature_size"),
        ({"sound_bank_size": 5}, "sound_bank_size=5 needs speech_feature_size"),
        ({"sound_bank_size": -1, "speech_feature_size": 4}, "sound_bank_size=-1"),
        ({"default_modalities": ["text", "smell"]}, "smell.*text.*speech.*vision"),
        ({"temperature": 0.0}, "temperature is 0.0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"hidden_size": 10, "num_attention_heads": 4}, "hidden_size=10 is not a multiple"),
        ({"expert_layers": [0, 12]}, r"expert_layers has \[12\].*0 to 11"),
        ({"expert_layers": [-1]}, r"expert_layers has \[-1\]"),
    ],
)
def test_impossible_settings(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MMBertConfig(**fields)


@pytest.mark.parametrize("fields", [{"fusion": "sum"}, {"expert_scope": "layer"}, {"pooler": "max"}])
def test_choices(fields: dict[str, Any]) -> None:
    with pytest.raises(StrictDataclassFieldValidationError):
        MMBertConfig(**fields)


@given(st.lists(st.integers(0, 11)) | st.none())
def test_has_experts(layers: list[int] | None) -> None:
    config = MMBertConfig(expert_layers=layers)
    assert [config.has_experts(i) for i in range(12)] == [layers is None or i in layers for i in range(12)]
