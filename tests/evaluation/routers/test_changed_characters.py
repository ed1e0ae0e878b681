from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.routers.changed_characters import ChangedCharacters, compared, from_edits, touches
from decloak.processing.cloaking import load_attack


def without(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    return "".join(character for place, character in enumerate(text) if not touches(spans, place, place + 1))


def test_an_exchange_is_marked_on_both_sides() -> None:
    assert compared("我是狗", "我爱狗") == ChangedCharacters(((1, 2),), ((1, 2),))


def test_twins_of_different_lengths() -> None:
    assert compared("今天hen好", "今天很好") == ChangedCharacters(((2, 5),), ((2, 3),))


def test_what_was_put_in_stands_on_one_side_alone() -> None:
    assert compared("你*好", "你好") == ChangedCharacters(((1, 2),), ())
    assert compared("你好", "你*好") == ChangedCharacters((), ((1, 2),))


def test_equal_texts_have_no_changes() -> None:
    assert not compared("你好", "你好") and not compared("", "")


@given(st.text("ab好", max_size=12), st.text("ab好", max_size=12))
def test_what_is_not_marked_is_the_same_in_both(one: str, other: str) -> None:
    changed = compared(one, other)
    assert without(one, changed.cloaked) == without(other, changed.uncloaked)
    assert bool(changed) is (one != other)


@given(st.text("今天气很好人 ab", max_size=20), st.sampled_from(["homophone", "pinyin", "shuffle", "mask"]))
def test_an_attack_tells_what_it_changed(text: str, name: str) -> None:
    attacked = load_attack(name, strength=0.7).apply(text)
    changed = from_edits(attacked)
    assert without(attacked.text, changed.cloaked) == without(text, changed.uncloaked)
    assert all(start < end for spans in (changed.cloaked, changed.uncloaked) for start, end in spans)


def test_touching_needs_a_character_in_common() -> None:
    assert touches(((2, 4),), 3, 9) and touches(((2, 4),), 0, 3)
    assert not touches(((2, 4),), 0, 2) and not touches(((2, 4),), 4, 6) and not touches(((2, 4),), 3, 3)
