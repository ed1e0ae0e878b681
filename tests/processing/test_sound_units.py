"""Reading Chinese, splitting pinyin, and rows of sounds."""

import time
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.sound_units import PhraseReader, SoundUnit, sound_id, split_pinyin

FIRST = {"银": "yin2", "行": "xing2", "长": "chang2", "走": "zou3", "大": "da4"}
PHRASES = {
    "银行": ["yin2", "hang2"],
    "行长": ["hang2", "zhang3"],
    "银行长": ["yin2", "hang2", "zhang3"],
    "大行": ["da4", "heng2"],
}
SYLLABLES = {"xi", "an", "xian", "fang", "fan", "gan", "ni", "hao", "nin", "zhuang"}


def test_the_longest_phrase_wins() -> None:
    read = PhraseReader(FIRST, PHRASES)
    assert read("银行长走") == ["yin2", "hang2", "zhang3", "zou3"]
    assert read("银行行长") == ["yin2", "hang2", "hang2", "zhang3"]


def test_characters_are_read_by_their_context() -> None:
    read = PhraseReader(FIRST, PHRASES)
    assert read("行走") == ["xing2", "zou3"]
    assert read("大行走") == ["da4", "heng2", "zou3"]
    assert read("行大") == ["xing2", "da4"]
    assert read("走a银") == ["zou3", None, "yin2"]
    assert read("") == []


def test_a_phrase_without_a_reading_for_each_character_is_refused() -> None:
    for phrases in ({"银行": ["yin2"]}, {"银": ["yin2", "hang2"]}, {"": []}):
        with pytest.raises(ValueError, match="one reading for each character"):
            PhraseReader(FIRST, phrases)


def naive(text: str, first: Mapping[str, str], phrases: Mapping[str, Sequence[str]]) -> list[str | None]:
    found: list[str | None] = []
    while len(found) < len(text):
        rest = text[len(found) :]
        fitting = [phrase for phrase in phrases if rest.startswith(phrase)]
        found += phrases[max(fitting, key=len)] if fitting else [first.get(rest[0])]
    return found


letters = st.sampled_from("甲乙丙")


@given(
    st.text(letters, max_size=30),
    st.dictionaries(letters, st.sampled_from(["a1", "b2"])),
    st.sets(st.text(letters, min_size=1, max_size=4), max_size=8),
)
def test_it_is_the_naive_reading(text: str, first: dict[str, str], phrases: set[str]) -> None:
    read_as = {phrase: [f"{phrase}{place}" for place in range(len(phrase))] for phrase in phrases}
    assert PhraseReader(first, read_as)(text) == naive(text, first, read_as)


@pytest.mark.parametrize(
    ("word", "units"),
    [
        ("xian", [(0, "xian")]),
        ("nihao", [(0, "ni"), (2, "hao")]),
        ("fangan", [(0, "fang"), (4, "an")]),
        ("xi'an", [(0, "xi"), (3, "an")]),
        ("nianhao", [(0, "ni"), (2, "an"), (4, "hao")]),
        ("nianihao", None),
        ("ninihao", [(0, "ni"), (2, "ni"), (4, "hao")]),
        ("ninan", [(0, "nin"), (3, "an")]),
        ("zhuang", [(0, "zhuang")]),
        ("hello", None),
        ("n", None),
        ("haon", None),
        ("'", []),
        ("", []),
    ],
)
def test_pinyin(word: str, units: list[SoundUnit] | None) -> None:
    assert split_pinyin(word, SYLLABLES) == units


def backtracked(word: str, syllables: set[str]) -> list[str] | None:
    if not word:
        return []
    for length in range(min(6, len(word)), 1, -1):
        rest = backtracked(word[length:], syllables) if word[:length] in syllables else None
        if rest is not None:
            return [word[:length], *rest]
    return None


@given(st.text(st.sampled_from("anig"), max_size=14), st.sets(st.text(st.sampled_from("anig"), min_size=1, max_size=4)))
def test_pinyin_is_split_as_by_trying_the_longest_first(word: str, syllables: set[str]) -> None:
    units = split_pinyin(word, syllables)
    expected = backtracked(word, syllables)
    assert (None if units is None else [unit for _, unit in units]) == expected
    for at, unit in units or []:
        assert word[at : at + len(unit)] == unit


@pytest.mark.parametrize("ending", ["", "q"])
@pytest.mark.parametrize("syllable", ["an", "xian"])
def test_long_words_of_many_splits_take_no_time(syllable: str, ending: str) -> None:
    """Trying every split would take 2 to the power of 5,000 steps, or 5,000 calls inside each other."""
    started = time.perf_counter()
    units = split_pinyin(syllable * 5000 + ending, SYLLABLES)
    assert time.perf_counter() - started < 2
    assert (units is None) == bool(ending)
    if units is not None:
        assert len(units) == 5000


def test_a_unit_without_a_row_takes_that_of_its_toneless_syllable() -> None:
    table = {"hao3": 1, "hao": 2, "/h/": 3}
    assert [sound_id(unit, table) for unit in ("hao3", "hao4", "hao", "/h/")] == [1, 2, 2, 3]
    assert sound_id("ma1", table) == sound_id("/x/", table) == 0
    assert sound_id("ma1", table, unknown=7) == 7
