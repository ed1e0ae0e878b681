"""Texts that are spoken and heard, once each."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from decloak.modeling.senses_mmbert import MMBertSpeech
from decloak.processing.speech_inputs import spoken_spectrogram
from decloak.training.exact_speech import ExactSpeech
from decloak.training.feature_cache import FeatureCache
from tests.processing.hearing import SingingEngine, hearing_processor
from tests.tiny import MEL_BINS, RATE, WIDTH, tiny_config, tiny_whisper_config

HEARING = WhisperFeatureExtractor(feature_size=MEL_BINS, sampling_rate=RATE)


@pytest.fixture(scope="module")
def sense() -> MMBertSpeech:
    """The model's own hearing, whose encoder is heard with here; do not change it."""
    torch.manual_seed(0)
    return MMBertSpeech(tiny_config(banks=False)).eval()


def make(sense: MMBertSpeech, folder: Path | None = None, engine: SingingEngine | None = None) -> ExactSpeech:
    engine = engine or SingingEngine()
    namespace = ExactSpeech.fingerprint(engine, sense.encoder)
    cache = None if folder is None else FeatureCache(folder / "heard.sqlite", namespace)
    return ExactSpeech(engine, HEARING, sense.encoder, cache)


@torch.no_grad()
@pytest.mark.parametrize(("text", "tokens"), [("你好坏", 3), ("你", 1), ("你好", 7), ("你好坏人今天气很" * 3, 11)])
def test_features_are_those_that_the_model_makes_of_the_audio(sense: MMBertSpeech, text: str, tokens: int) -> None:
    features = make(sense)(text, tokens)
    assert features is not None and features.dtype == np.float16
    assert features.shape == (tokens, WIDTH)
    engine = SingingEngine()
    mel = torch.from_numpy(spoken_spectrogram(HEARING, engine.speak(text), engine.sampling_rate)).unsqueeze(0)
    expected = sense.encode(mel, torch.ones(1, mel.shape[-1]), torch.ones(1, tokens))[0]
    np.testing.assert_allclose(features, expected.numpy(), atol=4e-3, rtol=4e-3)
    assert expected.std() > 0.1


def test_a_text_is_spoken_once(sense: MMBertSpeech, tmp_path: Path) -> None:
    hear = make(sense, tmp_path)
    engine: SingingEngine = hear.engine  # type: ignore[assignment]
    first = hear("你好", 2)
    np.testing.assert_array_equal(hear("你好", 2), first)
    assert engine.spoken == ["你好"]
    other = make(sense, tmp_path)
    np.testing.assert_array_equal(other("你好", 2), first)
    assert other.engine.spoken == []  # type: ignore[attr-defined]
    hear("你好", 3)
    hear("你坏", 2)
    assert engine.spoken == ["你好", "你好", "你坏"]


def test_silence_is_kept_too(sense: MMBertSpeech, tmp_path: Path) -> None:
    first, second = SingingEngine(), SingingEngine()
    for engine in (first, second):
        assert make(sense, tmp_path, engine)("...", 4) is None
    assert (first.spoken, second.spoken) == (["..."], [])
    cache = make(sense, tmp_path).cache
    silent = cache.get("4\0...") if cache is not None else None
    assert silent is not None and silent.shape == (0, WIDTH)


def test_without_a_cache_a_text_is_spoken_each_time(sense: MMBertSpeech) -> None:
    hear = make(sense)
    np.testing.assert_array_equal(hear("你好", 2), hear("你好", 2))
    assert hear.engine.spoken == ["你好"] * 2  # type: ignore[attr-defined]


def test_no_tokens(sense: MMBertSpeech) -> None:
    for tokens in (0, -1):
        with pytest.raises(ValueError, match=f"at least 1 token; {tokens} were asked for"):
            make(sense)("你", tokens)


def test_the_fingerprint_says_what_the_features_depend_on(sense: MMBertSpeech) -> None:
    torch.manual_seed(1)
    other = WhisperEncoder(tiny_whisper_config())
    engine = SingingEngine()
    seen = {
        ExactSpeech.fingerprint(engine, sense.encoder),
        ExactSpeech.fingerprint(SingingEngine(voice="other"), sense.encoder),
        ExactSpeech.fingerprint(engine, other),
        ExactSpeech.fingerprint(engine, sense.encoder, torch.bfloat16),
    }
    assert len(seen) == 4
    assert ExactSpeech.fingerprint(SingingEngine(), sense.encoder) in seen


def test_the_encoder_is_heard_without_dropout() -> None:
    torch.manual_seed(0)
    encoder = WhisperEncoder(tiny_whisper_config(dropout=0.5)).train()
    hear = ExactSpeech(SingingEngine(), HEARING, encoder)
    np.testing.assert_array_equal(hear("你好", 2), hear("你好", 2))


@torch.no_grad()
def test_the_processor_hears_with_it_as_with_its_engine(sense: MMBertSpeech) -> None:
    """Training reads cached features, use hears spectrograms: the model gets the same."""
    processor = hearing_processor()
    spoken = processor(text="你好人", senses="exact")
    processor.hear_with(make(sense))
    cached = processor(text="你好人", senses="exact")
    assert torch.equal(spoken["speech_positions"], cached["speech_positions"])
    mask = spoken["speech_attention_mask"]
    heard, _ = sense(spoken["input_features"], spoken["feature_attention_mask"], None, None, mask)
    torch.testing.assert_close(cached["speech_features"], heard, atol=4e-3, rtol=4e-3)
