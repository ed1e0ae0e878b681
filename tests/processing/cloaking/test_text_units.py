"""Which characters an attack may touch, and in which runs they stand."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.cloaking.text_units import (
    WordFinder,
    han_runs,
    is_han,
    is_latin,
    latin_words,
    merged_spans,
    runs,
    spelled,
)
from decloak.processing.glyph_rendering import characters
from tests.processing.cloaking.attack_texts import texts


def spellings(text: str, spans: list[tuple[int, int]] | None = None) -> list[str]:
    return [spelled(run) for run in runs(text, spans)]


@given(texts)
def test_runs_hold_the_characters_in_order(text: str) -> None:
    units = [unit for run in runs(text) for unit in run]
    assert all(text[unit.start : unit.end] == unit.text for unit in units)
    allowed = [(start, start + length, unit) for start, length, unit in characters(text)]
    places = [allowed.index(tuple(unit)) for unit in units]
    assert places == sorted(set(places))
    for run in runs(text):
        assert all(one.end == other.start for one, other in zip(run, run[1:], strict=False))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab 好人\tc", ["ab", "好人", "c"]),
        ("a\u200bb", ["a", "b"]),
        ("e\u0301a👩‍👧b", ["e\u0301a👩‍👧b"]),
        ("see https://a.b/c?d here", ["see", "here"]),
        ("看https://a.b/c这里", ["看", "这里"]),
        ("WWW.a.b", ["WWW.a.b"]),
        ("say www.a.b,c", ["say"]),
        ("mail me@a.org now", ["mail", "now"]),
        ("写信me@a.org吧", ["写信", "吧"]),
        ("hi @some_one!", ["hi", "!"]),
        ("转发 @小明和小红：好", ["转发", "：好"]),
        ("c@t", ["c@t"]),
        ("@ home", ["@", "home"]),
    ],
)
def test_what_ends_a_run(text: str, expected: list[str]) -> None:
    assert spellings(text) == expected


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("abcdef", [(1, 3), (3, 5)], ["bc", "de"]),  # side by side, yet two
        ("abcdef", [], []),
        ("ae\u0301b", [(0, 2)], ["a"]),  # it would tear the second letter
        ("ae\u0301b", [(2, 4)], ["b"]),
        ("see @you here", [(0, 13)], ["see", "here"]),
    ],
)
def test_runs_stay_inside_of_spans(text: str, spans: list[tuple[int, int]], expected: list[str]) -> None:
    assert spellings(text, spans) == expected


@pytest.mark.parametrize("text", ["a" * 100_000, "a.b-" * 25_000, "好" * 100_000, "@" * 100_000, "www." * 25_000])
def test_long_texts_take_linear_time(text: str) -> None:
    begin = time.process_time()
    runs(text)
    assert time.process_time() - begin < 5


def test_chinese_runs_and_english_words() -> None:
    found = runs("我love你们,e\u0301a 7b〇")
    assert [spelled(run) for run in han_runs(found)] == ["我", "你们", "〇"]
    assert [spelled(run) for run in latin_words(found)] == ["love", "a", "b"]


@pytest.mark.parametrize("unit", ["好", "〇", "㐀", "𠀀", "\uf900"])
def test_chinese_characters(unit: str) -> None:
    assert is_han(unit)
    assert not is_latin(unit)


@pytest.mark.parametrize("unit", ["", "ab", "好人", "é", "а", "7", "。", "👩", "ａ"])
def test_neither_chinese_nor_english(unit: str) -> None:
    assert not is_han(unit)
    assert not is_latin(unit)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).map(sorted).map(tuple), max_size=6))
def test_merged_spans_cover_the_same(spans: list[tuple[int, int]]) -> None:
    merged = merged_spans(spans, 9)
    covered = {place for start, end in spans for place in range(start, end)}
    assert {place for start, end in merged for place in range(start, end)} == covered
    assert all(one[1] <= other[0] for one, other in zip(merged, merged[1:], strict=False))


@pytest.mark.parametrize("span", [(-1, 2), (2, 1), (0, 11)])
def test_spans_outside_of_the_text_are_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"0 <= start <= end <= 10"):
        merged_spans([span], 10)


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        (["cat"], "Cat, cats, CAT scat", ["Cat", "CAT"]),
        (["猫"], "小猫们", ["猫"]),
        (["猫", "小猫"], "小猫和猫", ["小猫", "猫"]),
        (["cat"], "我cat们", ["cat"]),
        (["a.b"], "axb a.b", ["a.b"]),
        (["c++"], "c++ c++x", ["c++", "c++"]),
        (["black cat"], "a black cat", ["black cat"]),
        (["好人", "好人好事"], "好人", ["好人"]),
    ],
)
def test_target_words(words: list[str], text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in WordFinder(words).spans(text)] == found


@given(st.lists(st.text("aAbİ好 ", min_size=1).filter(str.strip), min_size=1, max_size=5), st.text("aAbİ好 "))
def test_target_words_are_found_as_a_search_finds_them(words: list[str], text: str) -> None:
    """İ has two small letters, which would move all places behind it."""
    spans = WordFinder(words).spans(text)
    assert all(text[start:end].lower() in [word.lower() for word in words] for start, end in spans)
    edges = [edge for span in spans for edge in span]
    assert [*edges, len(text)] == sorted([*edges, len(text)])
    chinese = [word for word in words if "a" not in word.lower() and "b" not in word]
    assert spans or not any(word in text for word in chinese)


def test_thousands_of_target_words_take_no_time() -> None:
    words = [f"word{number}" for number in range(20000)]
    finder = WordFinder(words)
    begin = time.process_time()
    assert len(finder.spans("a word777 and w " * 300)) == 300
    assert time.process_time() - begin < 2


@pytest.mark.parametrize("words", [[], [""], ["a", " "]])
def test_empty_target_words_are_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match="target_words must be a list of words"):
        WordFinder(words)
