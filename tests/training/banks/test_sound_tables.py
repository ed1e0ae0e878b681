"""The tables of a processor that hears: made of the shipped ones, and of a phonemizer."""

import json

import pypinyin
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.sound_units import TABLES, SoundReader
from decloak.training.banks.sound_tables import (
    SoundTables,
    emoji_characters,
    make_sound_tables,
    sounds_of,
    word_phonemes,
)

SENTENCES = (
    "我们今天去银行办事，行长很忙。",
    "这个城市的音乐会让人快乐。",
    "他长大以后想当一名医生。",
    "重要的事情要重新说一遍。",
    "天气预报说明天会下大雨。",
    "图书馆里的书还没有还。",
    "请把这本书放在桌子上。",
    "他觉得睡觉是最好的休息。",
    "爷爷种了一颗种子。",
)


@pytest.fixture(scope="module")
def tables() -> SoundTables:
    return make_sound_tables()


def test_the_tables_are_those_of_a_reader(tables: SoundTables) -> None:
    assert set(tables) == set(TABLES)
    assert json.loads(json.dumps(tables)) == tables
    assert all(isinstance(value, str) and value for table in tables.values() for value in table.values())
    assert tables["words"] == {}
    assert len(tables["readings"]) > 1000
    read_so = [character for characters in tables["readings"].values() for character in characters]
    assert len(read_so) == len(set(read_so)) > 6000
    assert "好" in tables["readings"]["hao3"] and "0" in tables["readings"]["ling2"]
    SoundReader(tables)


def test_restricted_to_characters() -> None:
    tables = make_sound_tables(characters="银行好a😀好", emoji=False)
    assert "emoji_zh" not in tables and "emoji_en" not in tables
    read_so = "".join(tables["readings"].values())
    assert sorted(read_so) == sorted("银行好0123456789")
    assert all(set(phrase) <= set("银行好") for phrase in tables["phrases"])
    assert tables["phrases"]["银行"] == "yin2 hang2"
    assert [unit for _, unit in SoundReader(tables)("银行很好")] == ["yin2", "hang2", "hao3"]


@pytest.mark.parametrize(
    ("phonemes", "sounds"),
    [
        ("həlˈO.", "həlO"),
        ("ˌʌndəɹstˈænd", "ʌndəɹstænd"),
        ("bˈiː", "bi"),
        ("fˈIv, ↓‿sˈɪks!", "fIvsɪks"),
        ("ɑ\u0303n\u0329", "ɑn"),
        ("ʧˈɪps — ɡˈO", "ʧɪpsɡO"),
        (" .ˈ", ""),
    ],
)
def test_phonemes_have_no_stress_length_or_pauses(phonemes: str, sounds: str) -> None:
    assert sounds_of(phonemes) == sounds


def test_plain_english_words_get_phonemes() -> None:
    asked: list[str] = []

    def phonemize(word: str) -> str:
        asked.append(word)
        return "" if word == "mute" else f"ˈ{word[0]}x."

    words = ["\u2581Hello", "hello", "don't", "##ing", "a1", "你好", "", "mute", "\u2581", "é", "'s", "x-y"]
    assert word_phonemes(words, phonemize) == {"don't": "dx", "hello": "hx"}
    assert asked == ["don't", "hello", "mute"]
    assert make_sound_tables(words, phonemize)["words"] == {"don't": "dx", "hello": "hx"}
    with pytest.raises(ValueError, match="3 words are to be read: give phonemize"):
        make_sound_tables(words)
    assert word_phonemes(["你"], None) == {}


@given(st.text(st.sampled_from("甲乙好行银a0"), max_size=12))
def test_every_character_that_is_kept_is_read(characters: str) -> None:
    tables = make_sound_tables(characters=characters, emoji=False)
    units = SoundReader(tables)("".join(c for c in characters if c not in "a") + "好")
    han = [c for c in characters if c not in "a"]
    assert len(units) == len(han) + ("好" in han)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences_are_read_as_by_pypinyin(tables: SoundTables, sentence: str) -> None:
    options = {"style": pypinyin.Style.TONE3, "neutral_tone_with_five": True, "v_to_u": False, "errors": "ignore"}
    expected = [syllable for (syllable,) in pypinyin.pinyin(sentence, **options)]
    got = [unit for _, unit in SoundReader(tables)(sentence)]
    assert len(got) == len(expected)
    wrong = [(one, other) for one, other in zip(got, expected, strict=True) if one != other]
    assert len(wrong) <= len(expected) // 10, wrong


def test_an_emoji_may_stand_for_its_name_its_use_and_its_slang(tables: SoundTables) -> None:
    found = emoji_characters()
    assert tables["emoji_characters"] == found
    assert found["\U0001f48a"].startswith("药丸")
    assert {"我", "爷"} <= set(found["\U0001f474"])  # slang
    assert "三" in found["3\ufe0f\u20e3"]
    for characters in found.values():
        assert characters and len(set(characters)) == len(characters)
        assert all("\u4e00" <= character <= "\u9fff" for character in characters)


def test_tables_without_emoji_have_no_characters_of_them() -> None:
    assert "emoji_characters" not in make_sound_tables(emoji=False)
