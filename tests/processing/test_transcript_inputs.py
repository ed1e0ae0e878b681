"""The transcript of windows: which tokens a heard word becomes, and the tokens that it belongs to."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.text_windows import TextWindow, split_windows
from decloak.processing.transcript_inputs import _tokens_of, heard_text, transcript_features
from decloak.processing.transcription import HeardWord
from tests.tiny import tiny_tokenizer

TOKENIZER = tiny_tokenizer()


class Hears:
    """Hears given spellings as given words, wherever they stand."""

    def __init__(self, words: dict[str, str]) -> None:
        self.words = words

    def __call__(self, text: str) -> list[HeardWord]:
        found = [
            HeardWord(at, at + len(written), heard)
            for written, heard in self.words.items()
            for at in range(len(text))
            if text.startswith(written, at)
        ]
        return sorted(found)


def windows(text: str, pair: str | None = None, length: int = 64, limit: int | None = None) -> list[TextWindow]:
    return split_windows(TOKENIZER, text, pair, length, 2, False, limit)


def heard(window: TextWindow, words: dict[str, str]) -> list[tuple[str, str]]:
    """Pairs of a heard token and the token of the window that it belongs to."""
    made = transcript_features(window, Hears(words), TOKENIZER)  # type: ignore[arg-type]
    assert set(made) == {"transcript_ids", "transcript_positions", "heard"}
    assert all(words[word["written"]] == word["heard"] for word in made["heard"])
    assert bool(made["heard"]) == bool(made["transcript_ids"])
    read = [window.input_ids[place] for place in made["transcript_positions"]]
    tokens = map(TOKENIZER.convert_ids_to_tokens, (made["transcript_ids"], read))
    return list(zip(*tokens, strict=True))


def test_a_word_of_as_many_characters_is_heard_one_for_one() -> None:
    (window,) = windows("你很天!")
    assert heard(window, {"很天": "坏人"}) == [("坏", "很"), ("人", "天")]


def test_a_word_of_another_length_is_heard_from_all_its_tokens() -> None:
    (window,) = windows("你ab!")
    assert heard(window, {"ab": "人"}) == [("人", "a"), ("人", "##b")]
    (window,) = windows("你 很!")
    assert heard(window, {"你 很": "坏人"}) == [("坏", "你"), ("坏", "很"), ("人", "你"), ("人", "很")]


def test_a_text_that_is_heard_as_it_is_written_has_no_transcript() -> None:
    (window,) = windows("你好")
    assert transcript_features(window, Hears({}), TOKENIZER) == {  # type: ignore[arg-type]
        "transcript_ids": [],
        "transcript_positions": [],
        "heard": [],
    }


def test_a_word_is_divided_as_it_would_be_in_the_whole_text() -> None:
    """`b` is heard inside a word: it goes on as one."""
    (window,) = windows("a天c")
    assert heard(window, {"天": "b"}) == [("##b", "天")]


def test_both_texts_of_a_pair_are_heard() -> None:
    (window,) = windows("天你", "好天")
    assert heard(window, {"天": "人"}) == [("人", "天")] * 2
    made = transcript_features(window, Hears({"天": "人"}), TOKENIZER)  # type: ignore[arg-type]
    assert made["transcript_positions"] == [1, 5]
    assert [window.token_type_ids[place] for place in made["transcript_positions"]] == [0, 1]


def test_what_the_tokenizer_drops_belongs_to_the_token_before_it() -> None:
    (window,) = windows("你\u200b好")
    assert heard(window, {"\u200b": "人"}) == [("人", "你")]
    (window,) = windows("\u200b你好")
    assert heard(window, {"\u200b": "人"}) == [("人", "你")]


@pytest.mark.parametrize("pair", [None, "好"])
def test_every_window_hears_its_own_part(pair: str | None) -> None:
    parts = windows("你天好" * 12, pair, length=12)
    assert len(parts) > 3
    for window in parts:
        text = [token for token in TOKENIZER.convert_ids_to_tokens(window.input_ids) if token == "天"]
        assert heard(window, {"天": "人"}) == [("人", "天")] * len(text)
    repeated = windows("天" + "é" * 90, limit=40)
    assert [heard(window, {"天": "人"}) for window in repeated] == [[("人", "天")], [], []]


def test_one_token() -> None:
    (window,) = windows("天")
    assert heard(window, {"天": "坏人"}) == [("坏", "天"), ("人", "天")]


@st.composite
def texts_and_words(draw: st.DrawFn) -> tuple[str, list[HeardWord]]:
    text = draw(st.text(st.characters(exclude_categories=()), max_size=20))
    edges = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return text, [HeardWord(start, end, draw(st.text(min_size=1, max_size=4))) for start, end in pairs]


@given(texts_and_words())
def test_places_give_the_text_back(case: tuple[str, list[HeardWord]]) -> None:
    text, words = case
    heard_as, places = heard_text(text, words)
    assert len(heard_as) == len(places)
    covered = {at for word in words for at in range(word.start, word.end)}
    assert {at for place in places if place for at in range(*place)} == covered
    read = iter(character for character, place in zip(heard_as, places, strict=True) if place is None)
    assert "".join(character if at in covered else next(read) for at, character in enumerate(text)) == text
    assert next(read, None) is None
    spoken = "".join(character for character, place in zip(heard_as, places, strict=True) if place is not None)
    assert spoken == "".join(word.text for word in words)
    begins = [place[0] for place in places if place is not None]
    assert begins == sorted(begins)


def slow_tokens_of(spans: Sequence[tuple[int, int, int]], places: Sequence[tuple[int, int]]) -> list[int]:
    if not places or not spans:
        return []
    first, last = min(start for start, _ in places), max(end for _, end in places)
    found = [index for index, start, end in spans if start < last and first < end and start < end]
    return found or [max((index for index, _, end in spans if end <= first), default=spans[0][0])]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=8),
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 3)), max_size=3),
)
def test_tokens_are_found_as_by_looking_at_all(gaps: list[tuple[int, int]], lengths: list[tuple[int, int]]) -> None:
    spans, at = [], 0
    for index, (gap, length) in enumerate(gaps, start=1):
        spans.append((index, at + gap, at + gap + length))
        at += gap + length
    places = [(start, start + length) for start, length in lengths]
    assert _tokens_of(spans, places) == slow_tokens_of(spans, places)


def test_a_long_window_takes_little_time() -> None:
    """Every character is heard otherwise: looking through all tokens for each would take minutes."""
    tokenizer: Any = tiny_tokenizer(positions=100_000)
    (window,) = split_windows(tokenizer, "天" * 20_000, None, 30_000, 2, False)
    made = transcript_features(window, Hears({"天": "人"}), tokenizer)  # type: ignore[arg-type]
    assert made["transcript_positions"] == list(range(1, 20_001))
