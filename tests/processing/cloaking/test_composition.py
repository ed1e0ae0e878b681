"""Several attacks in a row: changes lead back to the first text, and what does not compose is refused."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.processing.cloaking import (
    CloakedText,
    Composition,
    attack_class,
    available_attacks,
    compose,
    composes_with,
    load_attack,
    replay,
)
from decloak.processing.cloaking.cloaked_text import cloaked
from decloak.processing.cloaking.composition import joined, moved_span
from tests.processing.cloaking.attack_texts import CHINESE, ENGLISH, texts

NAMES = available_attacks()


@st.composite
def edited(draw: st.DrawFn, text: str) -> CloakedText:
    edges = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    news = st.text("xyz", max_size=3)
    return cloaked(text, [(start, end, draw(news)) for start, end in zip(edges[::2], edges[1::2], strict=False)])


@settings(max_examples=300)
@given(st.data())
def test_two_edits_are_joined(data: st.DataObject) -> None:
    first = data.draw(edited(data.draw(st.text("abc", max_size=12))))
    second = data.draw(edited(first.text))
    both = joined(first, second)
    assert both.original == first.original
    assert both.text == second.text
    assert replay(first.original, both.changes) == second.text
    for change in both.changes:
        assert both.text[change.new_start : change.new_end] == change.new


def test_edits_that_do_not_overlap_stay_apart() -> None:
    first = cloaked("abc", [(0, 1, "xx"), (2, 2, "-")])
    both = joined(first, cloaked(first.text, [(2, 3, "y"), (5, 5, "!")]))
    assert [(change.original, change.new) for change in both.changes] == [("a", "xx"), ("b", "y"), ("", "-"), ("", "!")]
    assert both.text == "xxy-c!"


def test_edits_that_overlap_become_one() -> None:
    first = cloaked("好人", [(0, 1, "女子")])
    both = joined(first, cloaked("女子人", [(1, 1, " "), (1, 2, "仔")]))
    assert [(change.original, change.new) for change in both.changes] == [("好", "女 仔")]


def test_what_is_undone_is_no_change() -> None:
    first = cloaked("ab", [(0, 1, "x")])
    assert joined(first, cloaked("xb", [(0, 1, "a")])).changes == ()


@settings(max_examples=150)
@given(st.data())
def test_a_moved_span_holds_what_became_of_it(data: st.DataObject) -> None:
    text = data.draw(st.text("abc", max_size=12))
    start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    result = data.draw(edited(text))
    new_start, new_end = moved_span(result.changes, start, end)
    assert 0 <= new_start <= new_end <= len(result.text) or start == end
    for change in result.changes:
        if start <= change.start and change.end <= end and change.original:
            assert new_start <= change.new_start
            assert change.new_end <= new_end
        elif change.end <= start and change.original:
            assert change.new_end <= new_start
        elif change.start >= end and start < end:
            assert change.new_start >= new_end


@pytest.mark.parametrize("first", NAMES)
def test_every_pair_that_composes(first: str) -> None:
    for later, text in product(composes_with(first), (CHINESE + ENGLISH, "\ud83d 好e\u0301 a👩‍👧b")):
        both = compose([load_attack(first, 0.6, 1), load_attack(later, 0.6, 1)])
        result = both.apply(text)
        assert result.original == text
        assert result.text == load_attack(later, 0.6, 1)(load_attack(first, 0.6, 1)(text)) == both(text)
        assert replay(text, result.changes) == result.text


@settings(max_examples=40)
@given(text=texts, strength=st.floats(0, 1))
def test_a_long_composition(text: str, strength: float) -> None:
    names = [
        "emoji",
        "misspelling",
        "homophone",
        "split",
        "leet",
        "random_case",
        "mask",
        "shuffle",
        "zero_width",
        "spaces",
    ]
    result = compose([load_attack(name, strength) for name in names]).apply(text)
    assert replay(text, result.changes) == result.text


def test_a_homophone_is_told_apart_from_the_space_beside_it() -> None:
    result = compose([load_attack("homophone", 1.0), load_attack("spaces", 1.0)]).apply("天气")
    assert [(change.start, change.end) for change in result.changes] == [(0, 1), (1, 1), (1, 2)]


def test_targets_are_those_of_the_first_text() -> None:
    """The second attack finds the word that the first one has changed, and no other."""
    both = compose(
        [
            load_attack("full_width", 1.0, target_words=["cat"]),
            load_attack("spaces", 1.0, target_words=["dog"]),
        ]
    )
    assert both("cat dog cats") == "ｃａｔ d o g cats"
    one = compose([load_attack(name, 1.0, target_words=["老虎"]) for name in ("homophone", "spaces")])
    changed = one("看老虎吧")
    assert changed[0] == "看"
    assert changed[-1] == "吧"
    assert changed[2] == " "
    assert len(changed) == 5
    assert changed[1:4] != "老 虎"


def test_spans_are_those_of_the_first_text() -> None:
    both = compose([load_attack("split", 1.0), load_attack("spaces", 1.0)])
    assert both.apply("明明明", spans=[(1, 2)]).text == "明日 月明"


def test_an_untargeted_attack_may_follow_a_targeted_one() -> None:
    both = compose([load_attack("random_case", 1.0, target_words=["cat"]), load_attack("spaces", 1.0)])
    assert both("a cat") == "a C A T"


@pytest.mark.parametrize("first", NAMES)
def test_what_does_not_compose_is_refused(first: str) -> None:
    for later in NAMES:
        attacks = [load_attack(first), load_attack(later)]
        if later in composes_with(first):
            assert attack_class(first).composes_with(attack_class(later))
            assert compose(attacks).name == f"{first}+{later}"
            continue
        if first == later:
            message = f"{first} stands twice"
        else:
            message = f"{later} cannot follow {first}.* in this order: {later}, {first}"
        with pytest.raises(ValueError, match=message):
            compose(attacks)


def test_order_is_checked_between_all() -> None:
    names = ["homophone", "spaces", "leet"]
    with pytest.raises(ValueError, match="leet cannot follow spaces.*order: homophone, leet, spaces"):
        compose([load_attack(name) for name in names])


def test_an_empty_composition_is_refused() -> None:
    with pytest.raises(ValueError, match="needs one attack or more"):
        compose([])


def test_a_composition_of_one_is_that_attack() -> None:
    alone = load_attack("leet", 0.5)
    assert compose([alone]).apply(ENGLISH) == alone.apply(ENGLISH)


def test_it_shows_how_it_was_made() -> None:
    both = compose([load_attack("leet"), load_attack("spaces")])
    assert isinstance(both, Composition)
    assert repr(both) == "compose([Leet(strength=0.3, seed=0), Spaces(strength=0.3, seed=0)])"
    assert both.attack_many(["a cat", ""]) == [both("a cat"), ""]
