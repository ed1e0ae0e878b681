"""Changes say where they are on both sides, and can be carried out again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.cloaking import Change, CloakedText, replay
from decloak.processing.cloaking.cloaked_text import cloaked


@st.composite
def texts_and_pieces(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, str]]]:
    text = draw(st.text("abc", max_size=20))
    edges = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    news = st.text("xyza", max_size=3)
    return text, [(start, end, draw(news)) for start, end in zip(edges[::2], edges[1::2], strict=False)]


@given(texts_and_pieces())
def test_pieces_are_put_in(made: tuple[str, list[tuple[int, int, str]]]) -> None:
    text, pieces = made
    expected = text
    for start, end, new in reversed(pieces):
        expected = expected[:start] + new + expected[end:]
    result = cloaked(text, pieces)
    assert result.text == expected
    assert replay(text, result.changes) == expected
    assert all(result.text[change.new_start : change.new_end] == change.new for change in result.changes)


def test_a_replacement_an_insertion_and_a_deletion() -> None:
    result = cloaked("ab cd", [(0, 1, "xy"), (2, 2, "-"), (4, 5, "")])
    assert result.text == "xyb- c"
    assert result.changes == (
        Change(0, 1, 0, 2, "a", "xy"), Change(2, 2, 3, 4, "", "-"), Change(4, 5, 6, 6, "d", "")
    )  # fmt: skip
    assert str(result) == "xyb- c"


def test_what_stays_the_same_is_no_change() -> None:
    assert cloaked("ab", [(0, 1, "a"), (2, 2, "")]).changes == ()


def test_changes_are_json() -> None:
    change = cloaked("好", [(0, 1, "女子")]).changes[0]
    assert json.loads(json.dumps(change.as_dict())) == {
        "start": 0, "end": 1, "new_start": 0, "new_end": 2, "original": "好", "new": "女子"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pieces", "share"),
    [
        ([], 0.0),
        ([(0, 2, "x")], 0.5),
        ([(1, 1, " ")], 0.25),
        ([(0, 1, "x"), (1, 1, " ")], 0.25),  # both touch the first one
        ([(0, 0, " ")], 0.25),
        ([(0, 4, "")], 1.0),
    ],
)
def test_the_changed_share_counts_touched_characters(pieces: list[tuple[int, int, str]], share: float) -> None:
    assert cloaked("abcd", pieces).changed_share == share


def test_an_empty_text_has_no_changed_share() -> None:
    assert CloakedText("", "").changed_share == 0.0


@pytest.mark.parametrize(
    "changes",
    [
        (Change(0, 1, 0, 1, "x", "y"),),  # of another text
        (Change(0, 9, 0, 1, "abcd", "y"),),
        (Change(1, 2, 1, 2, "b", "y"), Change(0, 1, 0, 1, "a", "z")),
        (Change(0, 2, 0, 1, "ab", "y"), Change(1, 2, 1, 2, "b", "z")),
    ],
)
def test_changes_that_do_not_fit_are_refused(changes: tuple[Change, ...]) -> None:
    with pytest.raises(ValueError, match="does not fit the text"):
        replay("abcd", changes)
