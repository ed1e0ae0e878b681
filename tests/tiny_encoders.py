"""Saves tiny pretrained encoders of random weights, whole models and encoders alone."""

from pathlib import Path

import torch
from transformers import (
    BertModel,
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPVisionModel,
    Dinov2Config,
    Dinov2Model,
    PreTrainedModel,
    RobertaModel,
    WhisperModel,
)

from tests.tiny import (
    PICTURE,
    WIDTH,
    tiny_bert_config,
    tiny_clip_vision_config,
    tiny_roberta_config,
    tiny_whisper_config,
)


def make_encoders() -> dict[str, PreTrainedModel]:
    """One of each kind, in evaluation mode."""
    torch.manual_seed(0)
    whisper = WhisperModel(tiny_whisper_config())
    text = CLIPTextConfig(
        vocab_size=10, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, eos_token_id=2
    )
    clip = CLIPConfig(text_config=text, vision_config=tiny_clip_vision_config(), projection_dim=8)
    dino = Dinov2Config(
        hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2, mlp_ratio=1, image_size=PICTURE, patch_size=8
    )
    models = {
        "bert": BertModel(tiny_bert_config()),
        "roberta": RobertaModel(tiny_roberta_config()),
        "whisper": whisper,
        "whisper_encoder": whisper.get_encoder(),
        "clip": CLIPModel(clip),
        "clip_vision": CLIPVisionModel(tiny_clip_vision_config()),
        "dinov2": Dinov2Model(dino),
    }
    return {name: model.eval() for name, model in models.items()}


def save_encoders(folder: Path) -> dict[str, Path]:
    """Save one of each kind; return their folders by name."""
    for name, model in make_encoders().items():
        model.save_pretrained(folder / name)
    return {path.name: path for path in folder.iterdir()}
