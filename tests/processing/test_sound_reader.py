"""From texts to the units of a sound bank: Chinese, English, mixed and hostile texts."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.sound_units import SoundReader
from decloak.training.banks.sound_tables import make_sound_tables

TABLES = {
    "readings": {
        "ni3": "你",
        "hao3": "好郝",
        "xing2": "行",
        "yin2": "银",
        "tian1": "天",
        "qi4": "气",
        "xiao4": "笑",
        "ku1": "哭",
        "ling2": "零0",
        "wu3": "五5",
        "xi1": "西",
        "an1": "安",
        "an4": "键",
        "xian4": "现",
    },
    "phrases": {"银行": "yin2 hang2"},
    "words": {"hello": "həlO", "hen": "hɛn", "crème": "no", "creme": "kɹɛm", "don't": "dOnt", "a": "A"},
    "spellings": {"b": "b", "l": "l", "o": "ɑ", "oo": "u", "tch": "ʧ", "t": "t", "x": "ks", "5": "fIv", "0": "zɪɹO"},
    "emoji_zh": {"😂": "笑哭", "5️⃣": "键5", "❤": "好", "👍": "hao", "©": "天"},
    "emoji_en": {"😂": "hello", "5️⃣": "hello 5", "❤": "hen", "👍": "a", "©": "b"},
}
READ = SoundReader(TABLES)


def units(text: str) -> list[str]:
    return [unit for _, unit in READ(text)]


def phonemes(sounds: str) -> list[str]:
    return [f"/{sound}/" for sound in sounds]


def test_chinese() -> None:
    assert READ("你 好，银行！行") == [(0, "ni3"), (2, "hao3"), (4, "yin2"), (5, "hang2"), (7, "xing2")]
    assert READ("龘你") == [(1, "ni3")]


def test_english_words_of_a_table_are_placed_along_their_letters() -> None:
    assert READ("Hello, HEN") == [
        *((0, "/h/"), (1, "/ə/"), (2, "/l/"), (3, "/O/")),
        *((7, "/h/"), (8, "/ɛ/"), (9, "/n/")),
    ]


def test_unknown_words_are_spelled_by_the_longest_groups() -> None:
    assert READ("bootch") == [(0, "/b/"), (1, "/u/"), (3, "/ʧ/")]
    assert READ("xol") == [(0, "/k/"), (0, "/s/"), (1, "/ɑ/"), (2, "/l/")]
    assert units("zzb") == phonemes("b")


def test_digits_are_read_in_the_language_of_the_text() -> None:
    assert units("你50") == ["ni3", "wu3", "ling2"]
    assert READ("b50") == [(0, "/b/"), (1, "/f/"), (1, "/I/"), (1, "/v/"), *((2, f"/{sound}/") for sound in "zɪɹO")]
    assert units("5") == phonemes("fIv")


def test_emoji_are_read_by_their_names_in_the_language_of_the_text() -> None:
    assert READ("你😂b") == [(0, "ni3"), (1, "xiao4"), (1, "ku1"), (2, "/b/")]
    assert READ("b😂") == [(0, "/b/"), *((1, unit) for unit in phonemes("həlO"))]
    assert units("你❤\ufe0f") == units("你❤") == ["ni3", "hao3"]
    assert units("你👍🏿") == ["ni3", "hao"]
    assert units("你🦄") == ["ni3"]


def test_emoji_that_hold_a_digit_are_read_once() -> None:
    assert READ("你5\ufe0f\u20e3") == [(0, "ni3"), (1, "an4"), (1, "wu3")]
    assert units("b5\ufe0f\u20e3") == phonemes("bhəlOfIv")
    assert units("5b©") == phonemes("fIvbb")


def test_joiners_do_not_hide_emoji() -> None:
    assert READ("b😂\u200d❤") == [(0, "/b/"), *((1, u) for u in phonemes("həlO")), *((3, u) for u in phonemes("hɛn"))]


def test_pinyin_is_read_in_a_chinese_text_alone() -> None:
    assert READ("你xingtian") == [(0, "ni3"), (1, "xing"), (5, "tian")]
    assert READ("nǐ你") == [(0, "ni"), (2, "ni3")]
    assert READ("你xi'an") == [(0, "ni3"), (1, "xi"), (4, "an")]
    assert READ("你xian") == [(0, "ni3"), (1, "xian")]
    assert units("hen你") == [*phonemes("hɛn"), "ni3"]
    assert units("tian") == phonemes("t")


@pytest.mark.parametrize(
    "text", ["ｈｅｌｌｏ", "𝐡𝐞𝐥𝐥𝐨", "𝒽𝑒𝓁𝓁𝑜", "ⓗⓔⓛⓛⓞ", "HÉLLÖ", "he\u0301llo", "h\u200bel\u00adlo\u2060"]
)
def test_letters_in_disguise(text: str) -> None:
    assert units(text) == phonemes("həlO")


def test_marks_and_zero_width_characters_do_not_part_words_and_offsets_are_those_of_the_text() -> None:
    assert READ("h\u200bel\u200b\u200blo") == [(0, "/h/"), (2, "/ə/"), (3, "/l/"), (6, "/O/")]
    assert READ("银\u200b行\u0301你") == [(0, "yin2"), (2, "hang2"), (4, "ni3")]
    assert units("cre\u0301me") == units("cr\u00e9me") == phonemes("kɹɛm")


def test_apostrophes() -> None:
    assert READ("don't") == READ("don\u2019t") == READ("don\uff07t")
    assert units("don't") == phonemes("dOnt")
    assert units("'hello'") == phonemes("həlO")
    assert units("b'b") == phonemes("bb")


def test_homophones_have_the_same_units() -> None:
    assert READ("你好") == READ("你郝")


def test_tables_may_be_missing_or_empty() -> None:
    for tables in ({}, {"readings": {}}, {name: {} for name in TABLES}):
        assert SoundReader(tables)("你好 hello 5 😂 nihao") == []
    assert SoundReader({"words": TABLES["words"]})("a 你 a") == [(0, "/A/"), (4, "/A/")]
    with pytest.raises(ValueError, match=r"no sound tables \['sayings'\]; they are \['readings'"):
        SoundReader({"sayings": {}})
    with pytest.raises(ValueError, match="'银行' needs one reading for each character"):
        SoundReader({"phrases": {"银行": "yin2"}})


def test_names_that_hold_emoji_come_to_an_end() -> None:
    assert SoundReader({"emoji_en": {"😂": "😂 a 😂"}, "words": {"a": "A"}})("😂") == [(0, "/A/")]


def test_spoken_text_says_emoji_by_name() -> None:
    assert READ.spoken_text("你😂好") == "你笑哭好"
    assert READ.spoken_text("b😂❤\ufe0f") == "b hello  hen "
    assert READ.spoken_text("b 5\ufe0f\u20e3 5") == "b  hello 5  5"
    assert READ.spoken_text("你🦄 b") == "你🦄 b"
    assert READ.spoken_text("") == ""


@pytest.fixture(scope="module")
def shipped() -> SoundReader:
    """With the tables that decloak ships."""
    return SoundReader(make_sound_tables())


def test_traditional_characters_sound_as_their_simplified_forms(shipped: SoundReader) -> None:
    """Polyphones excepted: the phrases are in simplified characters."""
    simple, traditional = ([unit for _, unit in shipped(text)] for text in ("我们学习汉语", "我們學習漢語"))
    assert simple == traditional == ["wo3", "men5", "xue2", "xi2", "han4", "yu3"]


def test_polyphones_of_the_shipped_tables(shipped: SoundReader) -> None:
    read = dict.fromkeys(["银行", "行走", "音乐", "快乐", "重要", "重新"])
    read = {text: [unit for _, unit in shipped(text)] for text in read}
    assert read["银行"][1] == "hang2" and read["行走"][0] == "xing2"
    assert read["音乐"][1] == "yue4" and read["快乐"][1] == "le4"
    assert read["重要"][0] == "zhong4" and read["重新"][0] == "chong2"


anything = st.text(st.characters(exclude_categories=()), max_size=40)
likely = st.text(st.sampled_from("你银行5bhelo' \u2019😂👍🏿❤\ufe0f\u20e3\u200d\u0301\u200bＡ\ud83d🇨🇳"), max_size=40)


@given(anything | likely)
def test_any_text_is_read_in_order_and_within_its_bounds(text: str) -> None:
    read: list[tuple[int, Any]] = READ(text)
    offsets = [at for at, _ in read]
    assert offsets == sorted(offsets)
    assert all(0 <= at < len(text) for at in offsets)
    assert all(unit for _, unit in read)
    assert READ.spoken_text(text).count("你") == text.count("你")


@pytest.mark.parametrize(
    "pattern",
    ["你好，行", "hello ", "你an", "b'", "你😂", "5\ufe0f\u20e3", "你\u0301\u200b", "\ud800", "🇨"],
)
def test_long_texts_are_read_fast(shipped: SoundReader, pattern: str) -> None:
    text = (pattern * 100_000)[:100_000]
    for reader in (READ, shipped):
        started = time.perf_counter()
        reader(text)
        reader.spoken_text(text)
        assert time.perf_counter() - started < 20
