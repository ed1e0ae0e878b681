"""Arguments of attacks, and how one becomes part of the registry."""

from collections.abc import Iterator
from random import Random

import pytest

from decloak.processing.cloaking import (
    Attack,
    Site,
    Stage,
    attack_class,
    available_attacks,
    composes_with,
    load_attack,
    register,
)
from decloak.processing.cloaking.text_units import Run


class Numbers(Attack):
    """Replaces each letter by one of several options."""

    name = "numbers"
    description = "for tests"
    languages = ("en",)
    stage = Stage.letter

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        for run in all_runs:
            for start, end, _ in run:
                yield Site(start, end, "0123456789")


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan"), 30])
def test_a_strength_is_a_share(strength: float) -> None:
    with pytest.raises(ValueError, match=r"must be a number from 0 .* to 1"):
        load_attack("leet", strength=strength)


def test_target_words_are_a_list() -> None:
    with pytest.raises(TypeError, match=r"must be a list of words, such as \['cat'\]"):
        load_attack("leet", target_words="cat")
    with pytest.raises(ValueError, match="not empty"):
        load_attack("leet", target_words=[])


@pytest.mark.parametrize("text", [None, 3, b"bytes", ["a"]])
def test_a_text_is_a_string(text: object) -> None:
    with pytest.raises(TypeError, match="A text is a str"):
        load_attack("leet")(text)  # type: ignore[arg-type]


def test_spans_lie_in_the_text() -> None:
    with pytest.raises(ValueError, match="the text's length"):
        load_attack("leet").apply("abc", spans=[(0, 4)])


def test_spans_take_the_place_of_target_words() -> None:
    attack = load_attack("full_width", 1.0, target_words=["one"])
    assert attack("one two") == "ｏｎｅ two"
    assert attack.apply("one two", spans=[(4, 7)]).text == "one ｔｗｏ"
    assert attack.apply("one two", spans=[]).text == "one two"


def test_target_words_in_any_case() -> None:
    assert load_attack("full_width", 1.0, target_words=["ONE"])("one bone One") == "ｏｎｅ bone Ｏｎｅ"


def test_the_best_options_are_the_most_frequent() -> None:
    counts = [Numbers(1.0, seed)("x" * 400) for seed in range(5)]
    digits = "".join(counts)
    assert digits.count("0") > digits.count("3") > digits.count("9") > 0


def test_a_replacement_does_not_depend_on_the_strength() -> None:
    strong, weak = Numbers(1.0)("abcdefgh" * 9), Numbers(0.2)("abcdefgh" * 9)
    assert weak != strong
    assert all(one == other or one.isalpha() for one, other in zip(weak, strong, strict=True))


def test_the_rounding_is_fair() -> None:
    """One place at strength 0.25 changes in a quarter of the texts."""
    changed = sum(load_attack("full_width", 0.25)(f"{number}.a"[-1:] + "." * number) != "a" + "." * number
                  for number in range(400))  # fmt: skip
    assert 70 <= changed <= 130


def test_it_shows_how_it_was_made() -> None:
    attack = load_attack("leet", 0.5, 3, target_words=["cat"])
    assert repr(attack) == "Leet(strength=0.5, seed=3, target_words=('cat',))"
    assert repr(load_attack("leet")) == "Leet(strength=0.3, seed=0)"


def test_an_unknown_attack_is_told_which_there_are() -> None:
    for ask in (load_attack, attack_class, composes_with):
        with pytest.raises(ValueError, match=r"no attack 'homofone'; choose from .*homophone"):
            ask("homofone")


def test_attacks_by_language() -> None:
    chinese, english = available_attacks("zh"), available_attacks("en")
    assert set(chinese) | set(english) == set(available_attacks())
    assert {"zero_width", "spaces", "punctuation", "emoji"} <= set(chinese) & set(english)
    assert "leet" not in chinese
    assert "homophone" not in english
    assert available_attacks("fr") == []


def test_a_name_is_taken_once() -> None:
    class Other(Numbers):
        """Another attack of a name that is taken."""

        name = "leet"

    with pytest.raises(ValueError, match="leet is registered already, as Leet"):
        register(Other)
    assert register(attack_class("leet")) is attack_class("leet")
