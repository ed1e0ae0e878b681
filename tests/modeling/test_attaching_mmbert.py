"""Models whose banks were made with encoders that are wider, and these encoders attached again."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CLIPModel, WhisperModel

from decloak.modeling import MMBertConfig, MMBertForSequenceClassification, MMBertModel
from tests.modeling.batches import mel
from tests.tiny import PICTURE, WIDTH, tiny_bert_config, tiny_clip_vision_config, tiny_config, tiny_whisper_config

NARROW = {"speech_feature_size": 4, "vision_feature_size": 4}
MADE_WITH = {"speech_encoder_size": WIDTH, "vision_encoder_size": WIDTH}
Folders = dict[str, Path]


def bank_model(seed: int = 0, **fields: Any) -> MMBertForSequenceClassification:
    """A classifier with banks of 4 numbers a unit, and the projections to them."""
    torch.manual_seed(seed)
    config = tiny_config(encoders=False, **(NARROW | MADE_WITH | fields))
    return MMBertForSequenceClassification(config).eval()


def test_the_projection_of_an_absent_encoder_is_part_of_the_model() -> None:
    model = bank_model()
    for sense in (model.mmbert.speech, model.mmbert.vision):
        assert sense.encoder is None
        assert (sense.projection.in_features, sense.projection.out_features) == (WIDTH, 4)
        assert not any(parameter.requires_grad for parameter in sense.projection.parameters())
    without = bank_model(speech_encoder_size=None, vision_encoder_size=4)
    assert without.mmbert.speech.projection is None
    assert without.mmbert.vision.projection is None


def test_an_encoder_of_another_width_than_the_bank_was_made_with() -> None:
    for field, encoder in (("audio_config", tiny_whisper_config()), ("vision_config", tiny_clip_vision_config())):
        sense = "speech" if field == "audio_config" else "vision"
        fields: dict[str, Any] = {field: encoder, f"{sense}_encoder_size": 20}
        with pytest.raises(ValueError, match=f"{sense} encoder is 16 wide, but {sense}_encoder_size=20: give the enco"):
            MMBertConfig(**fields)
        config = MMBertConfig(**(fields | {f"{sense}_encoder_size": 16}))
        assert getattr(config, f"{sense}_feature_size") == 16
        assert getattr(MMBertConfig(**{field: encoder}), f"{sense}_encoder_size") is None


def test_configurations_keep_the_sizes(tmp_path: Path) -> None:
    tiny_config(encoders=False, **(NARROW | MADE_WITH)).save_pretrained(tmp_path)
    loaded = MMBertConfig.from_pretrained(tmp_path)
    assert (loaded.speech_encoder_size, loaded.vision_encoder_size) == (WIDTH, WIDTH)
    assert (loaded.speech_feature_size, loaded.vision_feature_size) == (4, 4)


@torch.no_grad()
def test_features_as_wide_as_the_encoder_gives_them_are_narrowed() -> None:
    for sense in (bank_model().mmbert.speech, bank_model().mmbert.vision):
        wide = torch.randn(2, 3, WIDTH)
        features, mask = sense(None, None, None, wide, None)
        torch.testing.assert_close(features, sense.projection(wide))
        assert features.shape == (2, 3, 4) and mask.all()
        narrow = torch.randn(2, 3, 4)
        assert torch.equal(sense(None, None, None, narrow, None)[0], narrow)
        torch.testing.assert_close(sense.narrow(wide.half()), sense.projection(wide), atol=1e-2, rtol=1e-2)
        with pytest.raises(ValueError, match=r"shape \(2, 3, 5\).*\(batch, tokens, 4\)"):
            sense(None, None, None, torch.randn(2, 3, 5), None)


@torch.no_grad()
def test_wide_features_beside_audio_that_is_heard(encoder_folders: Folders) -> None:
    """A row of cached features and a row with audio in one batch, as in training."""
    model = bank_model().attach_encoders(speech=encoder_folders["whisper"])
    speech = model.mmbert.speech
    features = torch.randn(2, 3, WIDTH)
    audio = torch.cat([mel(20), mel(20)])
    frames = torch.tensor([[1] * 20, [0] * 20])
    both, _ = speech(audio, frames, None, features, torch.ones(2, 3))
    torch.testing.assert_close(both[1], speech.projection(features[1]))
    torch.testing.assert_close(both[0], speech(mel(20), None, None, None, torch.ones(1, 3))[0][0], atol=1e-5, rtol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("loaded", [False, True])
def test_attached_encoders_hear_see_and_are_saved(encoder_folders: Folders, tmp_path: Path, loaded: bool) -> None:
    model = bank_model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    speech: Any = encoder_folders["whisper"]
    vision: Any = encoder_folders["clip"]
    if loaded:
        speech, vision = WhisperModel.from_pretrained(speech), CLIPModel.from_pretrained(vision)
    assert model.attach_encoders(speech=speech, vision=vision) is model
    assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in before.items())
    for sense in (model.mmbert.speech, model.mmbert.vision):
        trained = {name.split(".")[0] for name, parameter in sense.named_parameters() if parameter.requires_grad}
        assert trained == {"aligner"}
        assert not sense.train().encoder.training
        sense.eval()
    pictures, sound = torch.rand(2, 3, PICTURE, PICTURE), mel(30)
    tower = CLIPModel.from_pretrained(encoder_folders["clip"]).eval().vision_model
    expected = model.mmbert.vision.projection(tower(pixel_values=pictures).pooler_output)
    seen = model.mmbert.vision.encode(pictures)
    torch.testing.assert_close(seen, expected, atol=1e-5, rtol=1e-5)
    heard = model.mmbert.speech(sound, None, None, None, torch.ones(1, 2))[0]
    assert heard.shape == (1, 2, 4)
    model.save_pretrained(tmp_path)
    again, info = MMBertForSequenceClassification.from_pretrained(tmp_path, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    again.eval()
    assert again.config.audio_config.d_model == WIDTH and again.config.speech_encoder_size == WIDTH
    torch.testing.assert_close(again.mmbert.vision.encode(pictures), seen, atol=1e-6, rtol=1e-6)
    heard_again = again.mmbert.speech(sound, None, None, None, torch.ones(1, 2))[0]
    torch.testing.assert_close(heard_again, heard, atol=1e-6, rtol=1e-6)


def test_an_encoder_takes_the_dtype_of_its_model(encoder_folders: Folders) -> None:
    model = bank_model().half().attach_encoders(vision=encoder_folders["clip_vision"])
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float16}


@pytest.mark.parametrize(
    ("fields", "given", "message"),
    [
        ({"speech_encoder_size": 20}, {"speech": "whisper"}, "speech encoder is 16 wide, but the bank .* one of 20"),
        ({"vision_encoder_size": 20}, {"vision": "clip"}, "vision encoder is 16 wide, but the bank .* one of 20"),
        ({"vision_encoder_size": None}, {"vision": "clip"}, "one of 4"),
        ({"speech_encoder_size": None}, {"speech": "whisper"}, "one of 4"),
        ({"audio_config": tiny_whisper_config()}, {"speech": "whisper"}, "speech .* has an encoder for it already"),
        ({"vision_config": tiny_clip_vision_config()}, {"vision": "clip"}, "vision .* has an encoder for it already"),
        ({}, {"vision": "bert"}, "vision encoder is a bert"),
        ({}, {"speech": "clip"}, "speech encoder is a clip"),
    ],
)
def test_encoders_that_cannot_be_attached(
    encoder_folders: Folders, fields: dict[str, Any], given: dict[str, str], message: str
) -> None:
    model = bank_model(**fields)
    before = model.config.to_dict()
    with pytest.raises(ValueError, match=message):
        model.attach_encoders(**{sense: encoder_folders[name] for sense, name in given.items()})
    assert model.config.to_dict() == before


def test_a_model_without_the_sense(encoder_folders: Folders) -> None:
    from transformers import BertModel

    model = MMBertModel.from_encoders_pretrained(BertModel(tiny_bert_config()))
    for sense, name in (("speech", "whisper"), ("vision", "clip")):
        with pytest.raises(ValueError, match=f"A {sense} encoder was given, but this model has no such sense"):
            model.attach_encoders(**{sense: encoder_folders[name]})
    assert model.attach_encoders() is model
