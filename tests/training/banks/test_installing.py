"""Banks in models and processors: raw and projected, everything else kept, and repositories that load anywhere."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoProcessor,
    BertModel,
    CLIPImageProcessorPil,
    WhisperFeatureExtractor,
)

from decloak.modeling import MMBertForSequenceClassification
from decloak.modeling.initialization_mmbert import load_speech_encoder
from decloak.processing import MultimodalHateProcessor
from decloak.processing.glyph_rendering import default_renderer
from decloak.training.banks.feature_bank import FeatureBank
from decloak.training.banks.glyph_bank import build_glyph_bank, vision_feature_extractor
from decloak.training.banks.installing import Banks, bank_settings, give_banks, install_banks, with_banks
from decloak.training.banks.sound_bank import build_sound_bank
from decloak.training.exact_speech import ExactSpeech
from decloak.training.export import save_repository
from tests.processing.hearing import TABLES, SingingEngine
from tests.tiny import (
    CJK,
    LATIN,
    MEL_BINS,
    PICTURE,
    RATE,
    WIDTH,
    tiny_bert_config,
    tiny_clip_vision_config,
    tiny_model,
    tiny_processor,
    tiny_whisper_config,
)
from tests.tiny_font import write_font

NARROW = 3
GLYPHS = "你好坏人今天a"
ALL = ["text", "speech", "vision"]
Folders = dict[str, Path]


@pytest.fixture(scope="module")
def font(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_font(tmp_path_factory.mktemp("font") / "tiny.ttf", CJK + LATIN))


@pytest.fixture(scope="module")
def clip(encoder_folders: Folders, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vision tower with its image processor."""
    from transformers import CLIPModel

    folder = tmp_path_factory.mktemp("clip")
    CLIPModel.from_pretrained(encoder_folders["clip"]).save_pretrained(folder)
    side = {"height": PICTURE, "width": PICTURE}
    CLIPImageProcessorPil(size={"shortest_edge": PICTURE}, crop_size=side).save_pretrained(folder)
    return folder


def glyph_bank(clip: Path, font: str, dimension: int | None = NARROW) -> FeatureBank:
    return build_glyph_bank(GLYPHS, default_renderer(font, font), vision_feature_extractor(clip), dimension)


def sound_bank(whisper: Path, dimension: int | None = NARROW) -> FeatureBank:
    hearing = WhisperFeatureExtractor(feature_size=MEL_BINS, sampling_rate=RATE)
    hear = ExactSpeech(SingingEngine(), hearing, load_speech_encoder(whisper))
    return build_sound_bank({"readings": TABLES["readings"]}, hear, dimension)


@pytest.fixture(scope="module")
def banks(clip: Path, font: str, encoder_folders: Folders) -> Banks:
    return Banks(glyph_bank(clip, font), sound_bank(encoder_folders["whisper"]), TABLES)


def text_model(**fields: Any) -> MMBertForSequenceClassification:
    """A classifier of text alone."""
    torch.manual_seed(0)
    bert = BertModel(tiny_bert_config())
    return MMBertForSequenceClassification.from_encoders_pretrained(bert, aligner_hidden_size=8, **fields)


def assert_kept(
    model: MMBertForSequenceClassification, other: MMBertForSequenceClassification, but: tuple[str, ...]
) -> None:
    """All weights of `model` are in `other`, but those whose name has one of `but`."""
    there = other.state_dict()
    for name, tensor in model.state_dict().items():
        if not any(part in name for part in but):
            assert torch.equal(tensor, there[name]), name


def ready_processor(banks: Banks, font: str, **settings: Any) -> MultimodalHateProcessor:
    plain = tiny_processor(
        bank=False, glyph_font=font, glyph_emoji_font=font, speech_engine="singing", default_modalities=ALL, **settings
    )
    return give_banks(plain, banks)


@torch.no_grad()
def test_a_text_model_gets_banks_of_fewer_dimensions_and_answers(banks: Banks, font: str) -> None:
    model = text_model(num_labels=3)
    made = with_banks(model, banks)
    config = made.config
    assert (config.glyph_bank_size, config.vision_feature_size, config.vision_encoder_size) == (8, NARROW, WIDTH)
    assert (config.sound_bank_size, config.speech_feature_size, config.speech_encoder_size) == (7, NARROW, WIDTH)
    assert banks.glyphs is not None and banks.sounds is not None
    np.testing.assert_array_equal(made.mmbert.vision.bank.weight, banks.glyphs.features)
    np.testing.assert_array_equal(made.mmbert.speech.bank.weight, banks.sounds.features)
    assert_kept(model, made, ())
    assert model.mmbert.vision is None and not made.training
    processor = ready_processor(banks, font)
    batch = processor(text=["你郝a", "人!"])
    assert {"sound_ids", "glyph_ids"} <= set(batch)
    whole = made(**batch).logits
    assert whole.shape == (2, 3)
    alone = made(**{name: value for name, value in batch.items() if not name.startswith(("sound", "speech"))}).logits
    assert torch.isfinite(whole).all() and not torch.allclose(whole, alone)
    homophones = [made(**processor(text=text, modalities=["speech"])).logits for text in ("你郝", "你好")]
    torch.testing.assert_close(*homophones)


@torch.no_grad()
def test_the_projection_makes_the_bank_of_what_the_encoder_gives(banks: Banks) -> None:
    made = with_banks(text_model(), banks)
    for sense, bank in ((made.mmbert.speech, banks.sounds), (made.mmbert.vision, banks.glyphs)):
        output = torch.from_numpy(bank.raw_features[1:] + bank.mean)  # type: ignore[union-attr]
        torch.testing.assert_close(sense.projection(output), sense.bank.weight[1:], atol=1e-4, rtol=1e-4)


def test_an_aligner_that_reads_whole_features_gets_them(banks: Banks) -> None:
    model = tiny_model(banks=False)
    made = with_banks(model, banks)
    for sense, bank in ((made.mmbert.speech, banks.sounds), (made.mmbert.vision, banks.glyphs)):
        assert bank is not None and sense.projection is None
        np.testing.assert_allclose(sense.bank.weight.detach(), bank.raw_features + bank.mean, atol=1e-6)
        np.testing.assert_allclose(sense.bank.weight[0].detach(), bank.mean, atol=1e-6)
    assert_kept(model, made, ())
    assert set(made.state_dict()) - set(model.state_dict()) == {
        "mmbert.speech.bank.weight",
        "mmbert.vision.bank.weight",
    }


def test_a_bank_of_all_dimensions_needs_no_projection(clip: Path, font: str, encoder_folders: Folders) -> None:
    """As many units as features, and dimension=None: the bank is as wide as the encoder."""
    bank = build_glyph_bank(CJK[:20], default_renderer(font, font), vision_feature_extractor(clip), None)
    assert bank.features.shape[1] == len(bank.mean) == WIDTH
    made = with_banks(text_model(), Banks(bank))
    assert made.mmbert.vision.projection is None
    np.testing.assert_allclose(made.mmbert.vision.bank.weight, bank.raw_features + bank.mean, atol=1e-6)
    made.attach_encoders(vision=encoder_folders["clip"])


def test_only_what_the_bank_changes_is_new(banks: Banks) -> None:
    """Another bank of the same width keeps the aligner; one of another width takes a new one."""
    narrow = {"speech_feature_size": NARROW, "speech_encoder_size": WIDTH, "vision_feature_size": 5}
    model = tiny_model(encoders=False, vision_encoder_size=WIDTH, **narrow)
    made = with_banks(model, banks)
    assert_kept(model, made, (".bank.", ".projection.", "mmbert.vision.aligner.input.weight"))
    before, after = model.mmbert, made.mmbert
    assert torch.equal(before.speech.aligner.input.weight, after.speech.aligner.input.weight)
    assert after.vision.aligner.input.weight.shape == (8, NARROW)
    assert not torch.equal(before.speech.projection.weight, after.speech.projection.weight)
    only_glyphs = with_banks(model, Banks(banks.glyphs)).mmbert
    assert torch.equal(only_glyphs.speech.bank.weight, before.speech.bank.weight)


def test_dtype_and_labels_stay(banks: Banks) -> None:
    model = text_model(id2label={0: "fine", 1: "bad"}, label2id={"fine": 0, "bad": 1}, temperature=1.5)
    made = with_banks(model.half(), banks)
    assert {parameter.dtype for parameter in made.parameters()} == {torch.float16}
    assert made.config.id2label == {0: "fine", 1: "bad"} and made.config.temperature == 1.5


def test_a_bank_of_another_encoder_than_the_model_has(banks: Banks) -> None:
    model = tiny_model(banks=False, vision_config=tiny_clip_vision_config(hidden_size=8), vision_feature_size=8)
    with pytest.raises(ValueError, match="vision encoder is 8 wide, but vision_encoder_size=16"):
        with_banks(model, banks)
    louder = tiny_model(banks=False, audio_config=tiny_whisper_config(d_model=8), speech_feature_size=8)
    with pytest.raises(ValueError, match="speech encoder is 8 wide, but speech_encoder_size=16"):
        with_banks(louder, banks)


@torch.no_grad()
@pytest.mark.parametrize("text", ["你好a", "坏坏人", "今天 你"])
def test_exact_sight_is_that_of_the_bank(banks: Banks, font: str, clip: Path, tmp_path: Path, text: str) -> None:
    """A projected bank, and the encoder that made it attached afterwards and saved."""
    model = with_banks(text_model(), banks).attach_encoders(vision=clip)
    torch.nn.init.normal_(model.mmbert.embeddings.modality_embeddings.weight)
    processor = ready_processor(banks, font)
    bank = processor(text=text, modalities=["text", "vision"], senses="bank")
    exact = processor(text=text, modalities=["text", "vision"], senses="exact")
    assert "glyph_ids" in bank and "pixel_values" in exact and "glyph_ids" not in exact
    seen = model.mmbert.vision(None, None, bank["glyph_ids"], None, None)[0]
    drawn = model.mmbert.vision(exact["pixel_values"], exact["pixel_ids"], None, None, None)[0]
    assert seen.std() > 0.1
    torch.testing.assert_close(seen, drawn, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(model(**bank).logits, model(**exact).logits, atol=1e-5, rtol=1e-5)
    save_repository(model, processor, tmp_path / "model", torch.float32)
    loaded = MMBertForSequenceClassification.from_pretrained(tmp_path / "model").eval()
    torch.testing.assert_close(loaded(**exact).logits, model(**bank).logits, atol=1e-5, rtol=1e-5)


def test_banks_are_saved_and_loaded(banks: Banks, tmp_path: Path) -> None:
    speaker = {"speech_engine": "singing"}
    replace(banks, speaker=speaker).save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"glyphs", "sounds"}
    loaded = Banks.load(tmp_path)
    assert loaded.sound_tables == TABLES and loaded.speaker == speaker
    for one, other in ((loaded.glyphs, banks.glyphs), (loaded.sounds, banks.sounds)):
        assert one is not None and other is not None and one.units == other.units
        np.testing.assert_array_equal(one.features, other.features)
    for half, name in ((Banks(banks.glyphs), "glyphs"), (Banks(None, banks.sounds, TABLES), "sounds")):
        half.save(tmp_path / name)
        again = Banks.load(tmp_path / name)
        assert (again.glyphs is None, again.sounds is None) == (half.glyphs is None, half.sounds is None)
    for missing in (tmp_path / "none", tmp_path / "glyphs" / "glyphs"):
        with pytest.raises(FileNotFoundError, match="has no banks .*: make them, decloak build-banks"):
            Banks.load(missing)
    (tmp_path / "sounds" / "sound_tables.json").unlink()
    with pytest.raises(FileNotFoundError):
        Banks.load(tmp_path)


def test_processors_keep_their_other_settings(banks: Banks) -> None:
    processor = tiny_processor(window_overlap=7, speech_voice="v", default_modalities=["text", "vision"])
    given = give_banks(processor, banks)
    assert given.glyph_characters == list(GLYPHS)
    assert given.sound_units == list(banks.sounds.units) and given.sound_tables == TABLES  # type: ignore[union-attr]
    assert (given.window_overlap, given.speech_voice) == (7, "v")
    assert given.default_modalities == ["text", "vision"]
    assert processor.sound_units is None and processor.glyph_characters == list(CJK)
    assert give_banks(processor, Banks(None, banks.sounds, TABLES)).glyph_characters == list(CJK)
    assert bank_settings(Banks()) == {}
    speaker = {"speech_engine": "singing", "speech_voice": "sine", "speech_version": "singing-1"}
    spoken = give_banks(processor, Banks(None, banks.sounds, TABLES, speaker))
    assert {name: getattr(spoken, name) for name in speaker} == speaker


@torch.no_grad()
def test_a_repository_with_banks_loads_by_the_auto_classes(banks: Banks, font: str, tmp_path: Path) -> None:
    source = save_repository(text_model(), tiny_processor(bank=False, default_modalities=ALL), tmp_path / "plain")
    folder = install_banks(banks, source, tmp_path / "with banks")
    processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
    model = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True).eval()
    batch = processor(text=["你郝", "a😀"])
    assert {"sound_ids", "glyph_ids"} <= set(batch)
    expected = with_banks(MMBertForSequenceClassification.from_pretrained(source), banks)
    assert model(**batch).logits.shape == (2, 2)
    torch.testing.assert_close(
        model.mmbert.speech.bank.weight, expected.mmbert.speech.bank.weight, atol=2e-3, rtol=2e-3
    )
    assert_kept(MMBertForSequenceClassification.from_pretrained(source), model, ())
    with pytest.raises((OSError, ValueError)):
        install_banks(banks, tmp_path / "nowhere", tmp_path / "out")
