"""Encoders, banks and averages of the senses, against references written as loops."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import Dinov2Config, ResNetConfig

from decloak.modeling.senses_mmbert import (
    MMBertSpeech,
    MMBertVision,
    SenseTokens,
    spread_positions,
)
from tests.modeling.batches import mel, pad_mels
from tests.tiny import CJK, MEL_BINS, PICTURE, WIDTH, tiny_clip_vision_config, tiny_config


@given(st.integers(0, 1000), st.integers(1, 4), st.integers(1, 6), st.integers(1, 5))
def test_averaged_is_a_loop(seed: int, batch: int, tokens: int, length: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(batch, tokens, 3, generator=generator)
    mask = torch.rand(batch, tokens, generator=generator) > 0.3
    positions = torch.randint(0, length, (batch, tokens), generator=generator)
    sense = SenseTokens(states, mask, positions)
    averages, covered = sense.averaged(length)
    for row in range(batch):
        for place in range(length):
            mine = [states[row, t] for t in range(tokens) if mask[row, t] and positions[row, t] == place]
            expected = torch.stack(mine).mean(dim=0) if mine else torch.zeros(3)
            torch.testing.assert_close(averages[row, place], expected, atol=1e-6, rtol=1e-5)
            assert bool(covered[row, place]) is bool(mine)
    assert torch.equal(covered, sense.covered(length))


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 3), st.integers(0, 3))
def test_spread_positions_are_inside_the_text_and_in_order(
    tokens: int, words: int, more_tokens: int, more_words: int
) -> None:
    mask = torch.tensor([[True] * tokens + [False] * more_tokens])
    text = torch.tensor([[True] * words + [False] * more_words])
    sense = SenseTokens(torch.zeros(1, tokens + more_tokens, 2), mask, None)
    sense.place(text)
    placed = sense.positions[0, :tokens].tolist()
    assert placed == sorted(placed)
    assert all(min(1, words - 1) <= place < words for place in placed)
    alone = spread_positions(mask[:, :tokens], text[:, :words])[0].tolist()
    assert placed == [min(place, words - 1) for place in alone]


def test_given_positions_are_kept_inside_each_row() -> None:
    sense = SenseTokens(torch.zeros(2, 3, 2), torch.ones(2, 3, dtype=torch.bool), torch.tensor([[0, 2, 9], [-1, 1, 3]]))
    sense.place(torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]).bool())
    assert sense.positions.tolist() == [[0, 2, 3], [0, 1, 1]]


def make_speech(**fields: object) -> MMBertSpeech:
    torch.manual_seed(0)
    return MMBertSpeech(tiny_config(**fields)).eval()


def make_vision(**fields: object) -> MMBertVision:
    torch.manual_seed(0)
    return MMBertVision(tiny_config(**fields)).eval()


@torch.no_grad()
def test_audio_without_a_mask_gives_at_most_a_hundred_tokens() -> None:
    speech = make_speech()
    for frames, tokens in ((10, 5), (250, 100)):
        features, mask = speech(mel(frames), None, None, None, None)
        assert features.shape == (1, tokens, WIDTH)
        assert mask.all()


@torch.no_grad()
def test_rows_with_audio_are_heard_and_the_others_come_from_the_bank() -> None:
    speech = make_speech()
    stacked, frames = pad_mels([mel(20, 1), mel(20, 2)])
    frames[1] = False
    ids = torch.tensor([[0, 0, 0], [2, 3, 0]])
    mask = torch.tensor([[1, 1, 1], [1, 1, 0]])
    features, _ = speech(stacked, frames, ids, None, mask)
    torch.testing.assert_close(features[0], speech(stacked[:1], None, None, None, mask[:1])[0][0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(features[1, :2], speech.bank(ids[1, :2]))


@torch.no_grad()
def test_pictures_come_before_glyphs_and_each_is_encoded_once() -> None:
    vision = make_vision()
    pixels = torch.rand(2, 3, PICTURE, PICTURE)
    pixel_ids = torch.tensor([[1, -1, 0], [0, 0, -1]])
    glyph_ids = torch.tensor([[0, 5, 0], [0, 0, 6]])
    features, mask = vision(pixels, pixel_ids, glyph_ids, None, None)
    first, second = vision.encode(pixels)
    expected = torch.stack(
        [torch.stack([second, vision.bank.weight[5], first]), torch.stack([first, first, vision.bank.weight[6]])]
    )
    torch.testing.assert_close(features, expected)
    assert mask.all()


@torch.no_grad()
def test_tokens_without_a_picture_do_not_exist() -> None:
    vision = make_vision(banks=False)
    _, mask = vision(torch.rand(1, 3, PICTURE, PICTURE), torch.tensor([[0, -1], [-1, -1]]), None, None, None)
    assert mask.tolist() == [[True, False], [False, False]]


def test_a_narrow_bank_beside_a_wide_encoder() -> None:
    vision = make_vision(vision_feature_size=4)
    assert vision.bank.weight.shape == (len(CJK) + 1, 4)
    assert vision.encode(torch.rand(3, 3, PICTURE, PICTURE)).shape == (3, 4)
    speech = make_speech(speech_feature_size=4)
    assert speech(mel(12), None, None, None, torch.ones(1, 2))[0].shape == (1, 2, 4)


@torch.no_grad()
@pytest.mark.parametrize(
    "vision_config",
    [
        Dinov2Config(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, image_size=PICTURE, patch_size=8),
        ResNetConfig(embedding_size=4, hidden_sizes=[4, 12], depths=[1, 1]),
        tiny_clip_vision_config(hidden_size=8),
    ],
    ids=["dinov2", "resnet", "clip"],
)
def test_any_image_encoder(vision_config: object) -> None:
    vision = MMBertVision(tiny_config(vision_config=vision_config, vision_feature_size=None)).eval()
    width = vision.feature_size
    assert vision.encode(torch.rand(2, 3, PICTURE, PICTURE)).shape == (2, width)
    assert width in (8, 12)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"sound_ids": torch.tensor([[1, 6]])}, "sound_ids has 6, but the bank has 6 rows"),
        ({"sound_ids": torch.tensor([[1, -2]])}, "sound_ids has -2"),
        ({"speech_features": torch.zeros(1, 2, 5)}, r"shape \(1, 2, 5\).*\(batch, tokens, 16\)"),
        ({"speech_features": torch.zeros(1, 16)}, r"shape \(1, 16\)"),
        ({"speech_features": torch.zeros(1, 2, 16), "mask": torch.ones(1, 3)}, r"its mask \(1, 3\)"),
        ({"mask": torch.ones(1, 3)}, "without input_features, sound_ids or speech_features"),
        ({"input_features": torch.zeros(1, 5, 10)}, r"\(1, 5, 10\), not \(batch, 8, frames\)"),
        ({"input_features": torch.zeros(2, MEL_BINS, 10), "mask": torch.ones(1, 3)}, "its mask"),
    ],
)
def test_speech_that_does_not_fit(inputs: dict[str, torch.Tensor], message: str) -> None:
    names = ("input_features", "feature_mask", "sound_ids", "speech_features", "mask")
    with pytest.raises(ValueError, match=message):
        make_speech()(*(inputs.get(name) for name in names))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"glyph_ids": torch.tensor([[999]])}, "glyph_ids has 999, but the bank"),
        ({"pixel_ids": torch.tensor([[0]])}, "without pixel_values"),
        (
            {"pixel_values": torch.zeros(1, 3, PICTURE, PICTURE), "pixel_ids": torch.tensor([[1]])},
            "pixel_ids has 1, but there are 1 pictures",
        ),
        (
            {"pixel_values": torch.zeros(1, 3, PICTURE, PICTURE), "glyph_ids": torch.tensor([[1, 2]])},
            r"\(1, 1, 16\).*\(1, 2, 16\): give pixel_ids",
        ),
    ],
)
def test_vision_that_does_not_fit(inputs: dict[str, torch.Tensor], message: str) -> None:
    names = ("pixel_values", "pixel_ids", "glyph_ids", "vision_features", "mask")
    with pytest.raises(ValueError, match=message):
        make_vision()(*(inputs.get(name) for name in names))


def test_senses_without_an_encoder_or_bank_say_so() -> None:
    speech, vision = make_speech(encoders=False, banks=False), make_vision(encoders=False, banks=False)
    with pytest.raises(ValueError, match="no speech encoder"):
        speech(mel(10), None, None, None, None)
    with pytest.raises(ValueError, match="no bank"):
        speech(None, None, torch.tensor([[1]]), None, None)
    with pytest.raises(ValueError, match="no image encoder"):
        vision(torch.zeros(1, 3, PICTURE, PICTURE), None, None, None, None)
    with pytest.raises(ValueError, match="no bank"):
        vision(None, None, torch.tensor([[1]]), None, None)


@pytest.mark.parametrize("make", [make_speech, make_vision])
def test_only_the_aligner_is_trained(make: type) -> None:
    sense = make(speech_feature_size=4, vision_feature_size=4).train()
    trained = {name.split(".")[0] for name, parameter in sense.named_parameters() if parameter.requires_grad}
    frozen = {name.split(".")[0] for name, parameter in sense.named_parameters() if not parameter.requires_grad}
    assert trained == {"aligner"}
    assert frozen == {"encoder", "bank", "projection"}
    assert not any(part.training for part in sense.encoder.modules())
    assert sense.aligner.training
