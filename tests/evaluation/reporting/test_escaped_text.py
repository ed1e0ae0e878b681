from unicodedata import combining

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.reporting.escaped_text import MOST_MARKS, shortened, visible

ANY_TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from("\u202e\u200b\ud800\x00\n\u0301"))


@pytest.mark.parametrize("text", ["plain", "天气很好", "naïve", "أهلا", "🙂", "a  b", "", "<script>"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\ud83d", "⟨U+D83D⟩"),
        ("a\nb\tc", "a⟨U+000A⟩b⟨U+0009⟩c"),
        ("\x00\x1b", "⟨U+0000⟩⟨U+001B⟩"),
        ("z\u200bw", "z⟨U+200B⟩w"),
        ("\ufeff\ue000\U0010ffff", "⟨U+FEFF⟩⟨U+E000⟩⟨U+10FFFF⟩"),
    ],
)
def test_what_hides_is_named(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_stacked_marks_do_not_cover_the_lines_around() -> None:
    shown = visible("a" + "\u0301" * 50)
    assert sum(map(bool, map(combining, shown))) == MOST_MARKS
    assert shown.count("⟨U+0301⟩") == 50 - MOST_MARKS


@given(ANY_TEXT)
def test_all_that_is_shown_is_printable_and_can_be_written(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert visible(shown) == shown


def test_a_long_text_says_what_is_missing() -> None:
    assert shortened("a" * 12, 10) == "a" * 10 + " … (2 more characters)"
    assert shortened("a" * 10, 10) == "a" * 10
