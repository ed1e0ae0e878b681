"""The sense features of one window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.sense_inputs import glyph_units, speech_features, vision_features
from decloak.processing.text_windows import TextWindow, split_windows
from tests.tiny import tiny_tokenizer

TOKENIZER = tiny_tokenizer()


def window(text: str, pair: str | None = None) -> TextWindow:
    return split_windows(TOKENIZER, text, pair, 64, 8, False)[0]


def test_units_of_a_pair_point_into_their_own_text() -> None:
    units, positions = glyph_units(window("你 好", "好a"), None)
    assert units == ["你", "好", "好", "a"]
    assert positions == [1, 2, 4, 5]  # [CLS] 你 好 [SEP] 好 a [SEP]


def test_units_that_the_tokenizer_drops_belong_to_the_token_before() -> None:
    units, positions = glyph_units(window("你\ufffd\ufffd好"), None)
    assert units == ["你", "\ufffd", "\ufffd", "好"]
    assert positions == [1, 1, 1, 2]


def test_units_before_all_tokens_and_without_tokens() -> None:
    assert glyph_units(window("\ufffd你"), None) == (["\ufffd", "你"], [1, 1])
    assert glyph_units(window("\ufffd"), None) == (["\ufffd"], [0])


def test_sequences_that_the_bank_lacks_are_split() -> None:
    text = "你👨\u200d👩"
    assert glyph_units(window(text), None)[0] == ["你", "👨\u200d👩"]
    assert glyph_units(window(text), {"👨": 1, "👩": 2})[0] == ["你", "👨", "👩"]


def test_vision_features_of_a_bank_and_a_picture() -> None:
    picture = object()
    features = vision_features(["你", "❤\ufe0f", "?"], [1, 2, 3], [picture], {"你": 1, "❤": 2}, 10)
    assert features == {"vision_positions": [0, 1, 2, 3], "images": [picture], "glyph_ids": [0, 1, 2, 0]}
    assert vision_features(["你"], [1], [], None, 10) == {"vision_positions": [1], "glyphs": ["你"]}


def test_too_many_glyphs() -> None:
    with pytest.raises(ValueError, match="11 characters to look at; at most 10"):
        vision_features(["你"] * 11, [1] * 11, [], None, 10)


@given(st.integers(1, 400), st.integers(0, 60), st.integers(1, 100))
def test_speech_tokens_follow_the_words(frames: int, words: int, limit: int) -> None:
    heard = window("你好" * (words // 2) + "你" * (words % 2)) if words else None
    features = speech_features(np.zeros((8, frames), dtype=np.float32), heard, limit)
    positions = features["speech_positions"]
    assert features["input_features"].shape == (8, frames)
    assert 1 <= len(positions) <= min(limit, (frames + 1) // 2)
    assert positions == sorted(set(positions))
    assert positions[0] == 1
    if heard is not None:
        assert set(positions) <= set(heard.word_tokens)
        if len(heard.word_tokens) <= min(limit, (frames + 1) // 2):
            assert positions == heard.word_tokens


def test_audio_alone_has_five_tokens_a_second() -> None:
    assert speech_features(np.zeros((8, 300)), None, 100)["speech_positions"] == list(range(1, 16))


def test_audio_of_a_text_without_words_stays_inside_the_row() -> None:
    """Positions beyond the row would be those of padding in a batch: other answers than alone."""
    wordless = window("\ufffd")
    assert len(wordless.input_ids) == 2
    assert set(speech_features(np.zeros((8, 300)), wordless, 100)["speech_positions"]) == {1}
