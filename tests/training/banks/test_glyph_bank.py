"""Glyph banks: what goes in, how it is projected, what they refuse."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL.Image import Image
from transformers import (
    AutoModel,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    PPOCRV6SmallRecConfig,
    PPOCRV6SmallRecForTextRecognition,
    ViTConfig,
    ViTModel,
)

from decloak.processing.glyph_rendering import GlyphRenderer, characters, glyph_id
from decloak.training.banks.feature_bank import FeatureBank, principal_components
from decloak.training.banks.glyph_bank import build_glyph_bank, vision_feature_extractor
from decloak.training.banks.glyph_units import bank_characters, codec_characters, count_units
from tests.tiny_font import write_font

ALPHABET = "abcdefgh中国垃圾😀👍"


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> GlyphRenderer:
    return GlyphRenderer(write_font(tmp_path_factory.mktemp("font") / "tiny.ttf", ALPHABET), size=24)


def pixels(images: Sequence[Image]) -> np.ndarray:
    return np.stack([np.asarray(image.convert("L").resize((6, 6)), dtype=np.float32).ravel() for image in images])


def test_bank_has_a_row_for_each_unit(renderer: GlyphRenderer) -> None:
    bank = build_glyph_bank([*ALPHABET, "a", "z", "🤡"], renderer, pixels, dimension=5, whiten=False, batch_size=4)
    assert bank.units == tuple(ALPHABET)
    assert bank.missing == ("z", "🤡")
    assert bank.features.shape == (len(ALPHABET) + 1, 5) and bank.features.dtype == np.float32
    assert not bank.features[0].any() and not bank.raw_features[0].any()
    assert len(np.unique(bank.features, axis=0)) == len(ALPHABET) + 1
    row = bank.table["中"]
    expected = (pixels([renderer.render("中")])[0] - bank.mean) @ bank.components.T
    np.testing.assert_allclose(bank.features[row], expected, rtol=1e-3, atol=1e-2)
    assert glyph_id("z", bank.table) == 0


def test_full_rank_keeps_distances(renderer: GlyphRenderer) -> None:
    bank = build_glyph_bank(ALPHABET, renderer, pixels, dimension=None, whiten=False)
    assert bank.explained_variance == pytest.approx(1)
    raw, projected = (np.linalg.norm(x[1:, None] - x[None, 1:], axis=-1) for x in (bank.raw_features, bank.features))
    np.testing.assert_allclose(projected, raw, rtol=1e-3, atol=1e-2)


def test_whitened_columns_have_variance_one(renderer: GlyphRenderer) -> None:
    bank = build_glyph_bank(ALPHABET, renderer, pixels, dimension=3, whiten=True)
    np.testing.assert_allclose(bank.features[1:].std(axis=0), 1, rtol=1e-3)


def test_order_of_units_does_not_change_a_glyph(renderer: GlyphRenderer) -> None:
    first = build_glyph_bank(ALPHABET, renderer, pixels, dimension=3, whiten=False)
    second = build_glyph_bank(ALPHABET[::-1], renderer, pixels, dimension=3, whiten=False)
    for unit in ALPHABET:
        a, b = first.features[first.table[unit]], second.features[second.table[unit]]
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-2)


def test_save_and_load(renderer: GlyphRenderer, tmp_path: Path) -> None:
    bank = build_glyph_bank([*ALPHABET, "z"], renderer, pixels, dimension=4)
    bank.save(tmp_path / "new" / "folder")
    loaded = FeatureBank.load(tmp_path / "new" / "folder")
    assert (loaded.units, loaded.missing) == (bank.units, bank.missing)
    assert loaded.explained_variance == bank.explained_variance
    for name in ("features", "raw_features", "mean", "components"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(bank, name))
    build_glyph_bank("ab", renderer, pixels, dimension=1).save(tmp_path / "other")
    (tmp_path / "other" / "bank.safetensors").replace(tmp_path / "new" / "folder" / "bank.safetensors")
    with pytest.raises(ValueError, match="3 rows and units.json 14 units"):
        FeatureBank.load(tmp_path / "new" / "folder")


@pytest.mark.parametrize("dimension", [0, -1, 37, 1000])
def test_impossible_dimension(renderer: GlyphRenderer, dimension: int) -> None:
    with pytest.raises(ValueError, match=rf"dimension={dimension} .*allowed: 1 \.\.\. 14"):
        build_glyph_bank(ALPHABET, renderer, pixels, dimension=dimension)


def test_bad_encoders_and_units(renderer: GlyphRenderer) -> None:
    with pytest.raises(ValueError, match="None of the 2 units can be drawn"):
        build_glyph_bank("zy", renderer, pixels)
    with pytest.raises(ValueError, match=r"shape \(3,\) for 3 images"):
        build_glyph_bank("abc", renderer, lambda images: np.zeros(len(images), np.float32))

    def broken(images: Sequence[Image]) -> np.ndarray:
        features = pixels(images)
        features[1] = np.nan
        return features

    with pytest.raises(ValueError, match=r"NaN or infinite features for \['b'\]"):
        build_glyph_bank("abc", renderer, broken)


@given(arrays(np.float64, (9, 4), elements=st.floats(-100, 100)), st.integers(1, 4), st.booleans())
def test_components_are_finite_orthogonal_and_signed(rows: np.ndarray, dimension: int, whiten: bool) -> None:
    centred = rows - rows.mean(axis=0)
    components, explained = principal_components(centred, dimension, whiten)
    assert components.shape == (dimension, 4) and np.isfinite(components).all()
    assert -1e-9 <= explained <= 1 + 1e-9
    peaks = components[np.arange(dimension), np.abs(components).argmax(axis=1)]
    assert (peaks >= 0).all()
    if not whiten:
        np.testing.assert_allclose(components @ components.T, np.eye(dimension), atol=1e-6)


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny random models of each supported sort, saved as folders."""
    torch.manual_seed(0)
    tiny = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = tiny | {"image_size": 16, "patch_size": 8}
    clip = CLIPConfig(text_config=tiny | {"vocab_size": 20}, vision_config=vision, projection_dim=8)
    vit = ViTConfig(**vision)
    models = {
        "clip": CLIPModel(clip),
        "vit": ViTModel(vit),
        "vit_without_pooler": ViTModel(vit, add_pooling_layer=False),
        "recogniser": PPOCRV6SmallRecForTextRecognition(PPOCRV6SmallRecConfig(head_out_channels=11)),
    }
    for parameter in models["recogniser"].parameters():
        if parameter.ndim == 4:  # its default initialisation shrinks the signal to denormal numbers
            torch.nn.init.kaiming_normal_(parameter)
    folder = tmp_path_factory.mktemp("models")
    for name, model in models.items():
        model.save_pretrained(folder / name)
        CLIPImageProcessorPil(size={"shortest_edge": 16}, crop_size=16).save_pretrained(folder / name)
    return {name: folder / name for name in models}


@pytest.mark.parametrize("name", ["clip", "vit", "vit_without_pooler", "recogniser"])
def test_extractors(encoders: dict[str, Path], renderer: GlyphRenderer, name: str) -> None:
    encode = vision_feature_extractor(encoders[name])
    images = [renderer.render(unit) for unit in "abc"]
    features = encode(images)
    assert features.shape[0] == 3 and features.ndim == 2 and features.dtype == np.float32
    assert np.isfinite(features).all()
    scale = np.abs(features).max()
    assert len(np.unique((features / scale).round(4), axis=0)) == 3
    singles = np.concatenate([encode([image]) for image in images])
    np.testing.assert_allclose(singles / scale, features / scale, atol=1e-3)


def test_random_pooler_is_not_used(encoders: dict[str, Path], renderer: GlyphRenderer) -> None:
    encode = vision_feature_extractor(encoders["vit_without_pooler"])
    model = AutoModel.from_pretrained(encoders["vit_without_pooler"], add_pooling_layer=False)
    processor = CLIPImageProcessorPil.from_pretrained(encoders["vit_without_pooler"])
    image = renderer.render("中")
    with torch.inference_mode():
        states = model(**processor(images=[image], return_tensors="pt")).last_hidden_state
    np.testing.assert_allclose(encode([image]), states.mean(dim=1).numpy(), atol=1e-5)


def test_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises((OSError, ValueError)):
        vision_feature_extractor(tmp_path)


def test_counting_ignores_invisible_differences() -> None:
    counts = count_units(["字\ufe00字 a\u0301á", "❤\ufe0f❤", "f\u200bf"])
    assert counts == {"字": 2, "á": 2, "❤\ufe0f": 1, "❤": 1, "f": 2}


def test_codec_characters() -> None:
    han = [c for c in codec_characters("gb2312") if "\u4e00" <= c <= "\u9fff"]
    assert len(han) == 6763
    assert codec_characters("ascii") == [chr(point) for point in range(0x21, 0x7F)]
    with pytest.raises(LookupError):
        codec_characters("no such codec")


def test_chosen_characters(caplog: pytest.LogCaptureFixture) -> None:
    texts = ["㗎㗎㗎龘龘龘龘", "罕", "👨\u200d👩"]
    options = {"codecs": (), "names": (), "emoji": False, "minimum_count": 2}
    chosen = bank_characters(texts, vocabulary=["▁ok", "##ң"], **options)
    assert chosen[:94] == [chr(point) for point in range(0x21, 0x7F)]
    assert chosen[94:] == ["龘", "㗎", "▁", "ң"]
    with caplog.at_level(logging.WARNING):
        assert bank_characters(texts, limit=95, **options)[94:] == ["龘"]
    assert "drops 1 of 96" in caplog.text
    everything = bank_characters(texts)
    assert len(everything) == len(set(everything))
    assert {"а", "ο", "Ａ", "𝐀", "😀", "❤", "国", "罕", "👨\u200d👩"} <= set(everything)
    assert all(characters(unit) == [(0, len(unit), unit)] for unit in everything)
