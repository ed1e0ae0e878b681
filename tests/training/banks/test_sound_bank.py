"""Sound banks: what is spoken, which units there are and in which order, and what is missing."""

import logging
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.sound_units import SoundReader
from decloak.training.banks.feature_bank import FeatureBank, make_bank
from decloak.training.banks.sound_bank import (
    CARRIER,
    CARRIER_TOKENS,
    align_running_speech,
    build_sound_bank,
    hear_phonemes,
    hear_syllables,
    sentences,
    syllable_texts,
    texts_to_hear,
    toneless,
    words_to_hear,
)
from tests.training.banks.fake_hearing import WIDTH, FakeHearing, token

TABLES = {
    "readings": {"a1": "阿", "hao3": "郝好0", "hao4": "号", "ma5": "吗", "nü3": "", "ni3": "妳你"},
    "words": {"cat": "kæt", "act": "ækt", "at": "æt", "tattoo": "tætu"},
}
SYLLABLES = ["a1", "hao3", "hao4", "ma5", "ni3"]
TONELESS = ["a", "hao", "ma", "ni"]
PAIRS = ("hao3 ni3", "ma5 hao4", "a1 hao3")
PHONEMES = ["/k/", "/t/", "/u/", "/æ/"]


def heard_of(character: str) -> np.ndarray:
    tokens = [token(CARRIER.format(character), CARRIER_TOKENS, place) for place in range(CARRIER_TOKENS)]
    return np.mean(tokens, axis=0, dtype=np.float32)


def test_a_row_for_each_syllable_with_and_without_tone_and_each_phoneme() -> None:
    bank = build_sound_bank(TABLES, FakeHearing(), dimension=4, whiten=False, source="engine, encoder")
    assert list(bank.units) == SYLLABLES + TONELESS + PHONEMES
    assert bank.missing == ()
    assert bank.source == "engine, encoder"
    assert bank.features.shape == (1 + len(bank.units), 4)
    assert not bank.features[0].any()


def test_the_rows_are_what_was_heard() -> None:
    bank = build_sound_bank(TABLES, FakeHearing(), dimension=None, whiten=False)
    rows = {unit: bank.raw_features[row] + bank.mean for unit, row in bank.table.items()}
    one, other = heard_of("好").astype(float), heard_of("号").astype(float)
    expected = {"a1": heard_of("阿"), "hao3": one, "hao4": other, "hao": (one + other) / 2, "a": heard_of("阿")}
    expected["/u/"] = token("tattoo", 4, 3)
    ts = [token("act", 3, 2), token("cat", 3, 2), token("at", 2, 1), token("tattoo", 4, 0), token("tattoo", 4, 2)]
    expected["/t/"] = np.mean([each.astype(float) for each in ts], axis=0)
    for unit, features in expected.items():
        np.testing.assert_allclose(rows[unit], features, atol=5e-3, err_msg=unit)


def test_a_common_character_is_spoken_for_each_syllable() -> None:
    texts = syllable_texts(TABLES)
    assert texts == {"a1": "阿", "hao3": "好", "hao4": "号", "ma5": "吗", "ni3": "你"}  # 郝 and 妳 are rarer
    assert syllable_texts({}) == {}


def test_every_text_that_a_build_speaks_is_known_before() -> None:
    hear = FakeHearing()
    build_sound_bank(TABLES, hear, dimension=2)
    assert hear.asked == texts_to_hear(TABLES)
    assert hear.asked[0] == ("阿，阿，阿。", 3)
    said = [(text, tokens) for text, tokens in hear.asked if text in sentences(TABLES)]
    assert len(said) == len(sentences(TABLES))
    assert len(hear.asked) - len(said) == len(SYLLABLES) + len(TABLES["words"])


def test_running_speech_is_brought_to_the_bank() -> None:
    """Heard in sentences, every unit is shifted and twice as loud: the projection takes both back."""
    shift = np.linspace(-3, 3, WIDTH)
    bank = make_bank(SYLLABLES, np.stack([token(unit, 1, 0) for unit in SYLLABLES]).astype(float), dimension=3)
    tables = {"readings": TABLES["readings"], "phrases": dict(zip(("好你", "吗号", "阿好"), PAIRS, strict=True))}

    def hear(text: str, tokens: int) -> np.ndarray:
        units = [unit for _, unit in SoundReader(tables)(text)]
        assert len(units) == tokens
        return np.stack([2 * token(unit, 1, 0).astype(float) + shift for unit in units])

    aligned = align_running_speech(bank, tables, hear)
    weight, bias = aligned.projection
    heard = np.stack([2 * token(unit, 1, 0).astype(float) + shift for unit in SYLLABLES])
    before = np.abs(heard @ bank.projection[0].T + bank.projection[1] - bank.features[1:]).mean()
    after = np.abs(heard @ weight.T + bias - bank.features[1:]).mean()
    assert after < before / 4
    np.testing.assert_array_equal(aligned.features, bank.features)
    silent = align_running_speech(bank, tables, lambda text, tokens: None)
    assert silent.exact_weight is None
    np.testing.assert_allclose(silent.projection[0], bank.components)


def test_an_aligned_bank_is_saved_whole(tmp_path: Path) -> None:
    bank = build_sound_bank(TABLES, FakeHearing(), dimension=2)
    assert bank.exact_weight is not None and bank.exact_weight.shape == (2, WIDTH)
    bank.save(tmp_path)
    loaded = FeatureBank.load(tmp_path)
    np.testing.assert_array_equal(loaded.projection[0], bank.projection[0])
    np.testing.assert_array_equal(loaded.projection[1], bank.projection[1])


def test_what_cannot_be_spoken_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        bank = build_sound_bank(TABLES, FakeHearing(silent="号k阿u" + "o"), dimension=2)
    assert bank.missing == ("a1", "hao4", "/u/")
    assert list(bank.units) == ["hao3", "ma5", "ni3", "hao", "ma", "ni", "/k/", "/t/", "/æ/"]
    assert "2 syllables and 1 phonemes could not be spoken" in caplog.text
    np.testing.assert_allclose(bank.raw_features[bank.table["hao"]], bank.raw_features[bank.table["hao3"]], atol=1e-6)
    with pytest.raises(ValueError, match="None of 9 units could be spoken. Fix: check engine and voice"):
        build_sound_bank(TABLES, FakeHearing(silent="".join(map(chr, range(97, 123))) + "，"), dimension=2)


def test_one_half_of_the_tables_is_enough() -> None:
    assert build_sound_bank({"words": TABLES["words"]}, FakeHearing(), 2).units == tuple(PHONEMES)
    assert build_sound_bank({"readings": TABLES["readings"]}, FakeHearing(), 2).units == tuple(SYLLABLES + TONELESS)
    assert hear_syllables({}, FakeHearing()) == ({}, [])
    assert hear_phonemes({}, FakeHearing()) == ({}, [])


@pytest.mark.parametrize("dimension", [0, 14, WIDTH])
def test_impossible_dimension(dimension: int) -> None:
    with pytest.raises(ValueError, match=f"dimension={dimension} for 13 units"):
        build_sound_bank(TABLES, FakeHearing(), dimension)


def test_toneless_units_are_means_and_replace_none() -> None:
    one, two, bare = np.ones(2), 3 * np.ones(2), 9 * np.ones(2)
    means = toneless({"ma1": one, "ma2": two, "le5": bare, "er": bare})
    assert {unit: features.tolist() for unit, features in means.items()} == {"ma": [2, 2], "le": [9, 9]}


phonemes = st.text(st.sampled_from("abcdefg"), min_size=1, max_size=6)


@given(
    st.dictionaries(st.text(st.sampled_from("xyz"), min_size=1, max_size=5), phonemes, max_size=60), st.integers(1, 5)
)
def test_each_phoneme_is_in_as_many_words_as_promised(words: dict[str, str], samples: int) -> None:
    chosen = words_to_hear(words, samples)
    assert len(set(chosen)) == len(chosen) and set(chosen) <= set(words)
    there = Counter(phoneme for sounds in words.values() for phoneme in set(sounds))
    counts = Counter(phoneme for word in chosen for phoneme in set(words[word]))
    for phoneme, count in there.items():
        assert counts[phoneme] >= min(count, samples)
    assert len(chosen) <= samples * len(there)
    assert words_to_hear(dict(reversed(words.items())), samples) == chosen


def test_words_of_usual_length_come_first() -> None:
    words = {"a": "x", "long": "xxxxxxxxxx", "middle": "xyxyx"}
    assert words_to_hear(words, 1) == ["middle"]
    assert words_to_hear(words, 9) == ["middle", "a", "long"]
