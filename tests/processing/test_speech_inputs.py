"""How a window is heard: units in their places, the bank, the engine, and what takes the engine's place."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import WhisperFeatureExtractor

from decloak.processing import SpeechEngine
from decloak.processing.sense_inputs import bank_speech, placed_units, speech_features, speech_places, vision_features
from decloak.processing.speech_inputs import SpeechInputs, spectrogram, spoken_spectrogram
from decloak.processing.text_windows import TextWindow, split_windows
from tests.processing.hearing import TABLES, UNITS, SingingEngine
from tests.tiny import CJK, MEL_BINS, RATE, tiny_tokenizer, tone

TOKENIZER = tiny_tokenizer()
HEARING = WhisperFeatureExtractor(feature_size=MEL_BINS, sampling_rate=RATE)


def window(text: str, pair: str | None = None) -> TextWindow:
    return split_windows(TOKENIZER, text, pair, 64, 8, False)[0]


def no_engine() -> SpeechEngine:
    raise ValueError("no engine here")


def inputs(engine: SpeechEngine | None = None, max_tokens: int = 50, bank: bool = True) -> SpeechInputs:
    parts: dict[str, Any] = {"units": UNITS, "tables": TABLES} if bank else {}
    return SpeechInputs((lambda: engine) if engine else no_engine, HEARING, max_tokens, **parts)


def test_placed_units_belong_to_the_token_in_which_they_start() -> None:
    letters = placed_units(window("你 ab", "好a"), lambda text: list(enumerate(text)))
    assert letters == (list("你 ab好a"), [1, 1, 2, 3, 5, 6])  # [CLS] 你 a ##b [SEP] 好 a [SEP]
    assert placed_units(window("你"), lambda text: []) == ([], [])


@given(st.text(st.sampled_from(CJK[:5] + "ab \ufffd😀"), min_size=1, max_size=150), st.integers(12, 64))
def test_placed_units_of_windows_are_those_of_the_text(text: str, length: int) -> None:
    """Every character of a window is placed in a token that starts at or before it, in order."""
    for part in split_windows(TOKENIZER, text, None, length, 4, False):
        units, positions = placed_units(part, lambda text: enumerate(text))
        assert "".join(units) == part.text == text[part.start : part.start + len(part.text)]
        assert positions == sorted(positions)
        words = part.word_tokens
        assert set(positions) <= set(words or [0])
        for at, place in enumerate(positions):
            after = [word for word in words if part.spans[word][1] <= part.start + at]
            assert place == (max(after) if after else words[0] if words else 0)


def test_the_bank_has_one_token_a_unit() -> None:
    table = {unit: row for row, unit in enumerate(UNITS, start=1)}
    heard = bank_speech(["ni3", "hao4", "ren2", "/h/"], [1, 1, 2, 3], table)
    assert heard == {"sound_ids": [2, 3, 0, 5], "speech_positions": [1, 1, 2, 3]}


@given(st.lists(st.integers(0, 60), unique=True, max_size=40).map(sorted), st.integers(1, 50))
def test_speech_places_are_spread_evenly(places: list[int], limit: int) -> None:
    chosen = speech_places(places, 63, limit)
    if not places:
        assert chosen == [min(place, 63) for place in range(1, limit + 1)]
        return
    assert len(chosen) == min(len(places), limit)
    assert chosen == sorted(set(chosen)) and set(chosen) <= set(places)
    assert chosen[0] == places[0]
    if len(places) <= limit:
        assert chosen == places
    steps = np.diff([places.index(place) for place in chosen])
    assert len(steps) == 0 or steps.max() - steps.min() <= 1


def test_speech_places_without_places_stay_in_the_row() -> None:
    assert speech_places([], 2, 4) == [1, 2, 2, 2]


def test_a_spoken_row_has_a_token_for_each_place() -> None:
    mel = np.zeros((MEL_BINS, 40), dtype=np.float32)
    heard = speech_features(mel, window("ab你"), 9, places=[1, 1, 3])
    assert heard["speech_positions"] == [1, 1, 3]
    assert heard["input_features"] is mel
    assert speech_features(mel[:, :3], window("ab你"), 9, places=[1, 1, 3])["speech_positions"] == [1, 1]
    assert speech_features(mel, window("ab你"), 1, places=[2, 3])["speech_positions"] == [2]


def test_units_that_the_bank_lacks_are_drawn_where_that_is_wanted() -> None:
    table = {"你": 1, "a": 2}
    arguments = (["你", "好", "Ａ"], [1, 2, 3], [], table, 9)
    assert "glyphs" not in vision_features(*arguments)
    drawn = vision_features(*arguments, draw_unknown=True)
    assert drawn == {"vision_positions": [1, 2, 3], "glyph_ids": [1, 0, 0], "glyphs": [None, "好", "Ａ"]}
    assert "glyphs" not in vision_features(["你"], [1], [], table, 9, draw_unknown=True)
    with_picture = vision_features(["好"], [1], ["photo"], table, 9, draw_unknown=True)
    assert with_picture == {
        "vision_positions": [0, 1],
        "images": ["photo"],
        "glyph_ids": [0, 0],
        "glyphs": ["好"],
    }
    assert vision_features(["好"], [1], [], None, 9, draw_unknown=True)["glyphs"] == ["好"]


def test_windows_from_the_bank() -> None:
    hear = inputs()
    assert hear.has_bank
    assert hear.from_bank(window("你好人", "ha 😀")) == {
        "sound_ids": [2, 1, 0, 5, 0, 5, 0],
        "speech_positions": [1, 2, 3, 5, 6, 7, 7],
    }
    assert hear.from_bank(window("!?")) == {}
    for parts in ({}, {"units": UNITS}, {"tables": TABLES}):
        without = SpeechInputs(no_engine, HEARING, 9, **parts)  # type: ignore[arg-type]
        assert not without.has_bank
        with pytest.raises(ValueError, match="no sound bank: build one .decloak build-banks., or use senses='exact'"):
            without.from_bank(window("你"))


def test_windows_from_the_engine() -> None:
    engine = SingingEngine()
    heard, source = inputs(engine).from_engine(window("你😀", "好"))
    assert engine.spoken == ["你你好 好"]
    assert source == "singing"
    assert heard["speech_positions"] == [1, 2, 2, 4]
    assert heard["input_features"].shape == (MEL_BINS, 40)  # 4 characters of 0.1 s, without the silence
    plain, _ = inputs(engine, bank=False).from_engine(window("你😀a"))
    assert engine.spoken[-1] == "你😀a"
    assert plain["speech_positions"] == window("你😀a").word_tokens


def test_the_engine_is_not_asked_for_what_has_no_sound() -> None:
    assert inputs().from_engine(window("!?")) == ({}, "")
    assert inputs(SingingEngine()).from_engine(window("h")) == ({}, "")  # nothing comes out
    with pytest.raises(ValueError, match="no engine here"):
        inputs().from_engine(window("你"))


def test_something_else_can_hear() -> None:
    asked: list[tuple[str, int]] = []

    def hear_text(text: str, tokens: int) -> np.ndarray | None:
        asked.append((text, tokens))
        return None if text == "h" else np.full((tokens, 4), 7, dtype=np.float16)

    hear = inputs(max_tokens=3)
    hear.hear_text = hear_text
    heard, source = hear.from_engine(window("你😀好"))
    assert (asked, source) == ([("你你好好", 3)], "cache")
    assert heard["speech_features"].shape == (3, 4)
    assert len(heard["speech_positions"]) == 3
    assert hear.from_engine(window("h")) == ({}, "cache")
    assert hear.from_engine(window("!")) == ({}, "")
    assert len(asked) == 2


def test_spectrograms_have_the_true_length() -> None:
    assert spectrogram(HEARING, tone(0.25)).shape == (MEL_BINS, 25)
    silence = np.zeros(4000, dtype=np.float32)
    spoken = np.concatenate([silence, tone(0.3, rate=8000), silence])
    heard = spoken_spectrogram(HEARING, spoken, 8000)
    assert heard.shape == (MEL_BINS, 30)
    np.testing.assert_allclose(heard, spoken_spectrogram(HEARING, tone(0.3, rate=8000), 8000), atol=1e-4)
    assert spoken_spectrogram(HEARING, spoken[:30], 8000).shape == (MEL_BINS, 10)
