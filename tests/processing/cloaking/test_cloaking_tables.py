"""The tables of the attacks: where they come from, and that their rows can be used as they stand."""

import re

import pytest

from decloak.processing.cloaking.lookups import inverted, letters_alike, signs
from decloak.processing.cloaking.text_units import is_han
from decloak.processing.tables import load_table, table_header

OWN = (
    "character_frequencies", "cloaking_signs", "emoji_meanings_en", "emoji_meanings_zh", "homoglyph_scripts",
    "keyboard_neighbours", "lookalikes", "phonetic_spellings_en", "side_forms", "sign_sounds", "sound_confusions",
    "splits", "traditional_forms",
)  # fmt: skip
LICENCES = ("Apache-2.0", "BSD", "CC BY 3.0", "MIT", "OFL", "Unicode")
HAN_KEYS = ("character_frequencies", "lookalikes", "side_forms", "splits")
every_table = pytest.mark.parametrize("name", OWN)


@every_table
def test_a_table_states_source_and_licence(name: str) -> None:
    header = table_header(name)
    assert header["source"]
    assert all(part.startswith(LICENCES) for part in re.split(r"\), |, (?=MIT)", header["licence"]))
    assert header["note"]


@every_table
def test_values_are_told_apart(name: str) -> None:
    for key, values in load_table(name).items():
        assert len(set(values)) == len(values)
        assert key == key.strip()
        assert all(value.strip() for value in values)


@every_table
def test_nothing_stands_for_itself(name: str) -> None:
    if name == "traditional_forms":
        return  # a phrase may stay what it is, see below
    assert not [key for key, values in load_table(name).items() if key in values]


@pytest.mark.parametrize("name", HAN_KEYS)
def test_keys_are_single_characters(name: str) -> None:
    keys = [key for key in load_table(name) if not is_han(key)]
    assert keys == [] or name == "side_forms"
    assert all(len(key) == 1 for key in load_table(name))


def test_the_tables_are_of_the_expected_size() -> None:
    sizes = {name: len(load_table(name)) for name in OWN}
    assert sizes["lookalikes"] > 4500
    assert sizes["splits"] > 4500
    assert sizes["traditional_forms"] > 3000
    assert sizes["character_frequencies"] > 6500


def test_frequencies_fall() -> None:
    counts = [float(values[0]) for values in load_table("character_frequencies").values()]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == pytest.approx(1e6, abs=10)


def test_lookalikes_are_characters_in_use() -> None:
    frequencies = load_table("character_frequencies")
    for values in load_table("lookalikes").values():
        assert len(values) <= 6
        assert all(float(frequencies[value][0]) >= 1 for value in values)


def test_most_lookalikes_look_alike_both_ways() -> None:
    table = load_table("lookalikes")
    first = [(key, values[0]) for key, values in table.items()]
    mutual = sum(key in table.get(value, ()) for key, value in first)
    assert mutual > 0.6 * len(first)


def test_splits_are_two_or_three_characters_that_can_be_typed() -> None:
    side_forms = load_table("side_forms")
    for key, values in load_table("splits").items():
        for value in values:
            assert 2 <= len(value) <= 3
            assert key not in value
            for part in value:
                part.encode("gb2312" if part not in side_forms else "gbk")


def test_splits_with_the_form_of_the_character_itself_come_first() -> None:
    side_forms = set(load_table("side_forms"))
    for values in load_table("splits").values():
        used = [bool(set(value) & side_forms) for value in values if len(value) == len(values[0])]
        assert used == sorted(used, reverse=True)


def test_traditional_forms_lead_back_character_by_character() -> None:
    back = load_table("traditional")
    for simplified, (traditional,) in load_table("traditional_forms").items():
        for old, new in zip(simplified, traditional, strict=True):
            assert new == old or back[new] == (old,)
        assert len(simplified) > 1 or simplified != traditional


def test_phrases_say_what_their_characters_do_not() -> None:
    table = load_table("traditional_forms")
    for phrase, (form,) in table.items():
        if len(phrase) > 1:
            assert form != "".join(table.get(character, (character,))[0] for character in phrase)


def test_keyboard_neighbours_are_neighbours_both_ways() -> None:
    table = load_table("keyboard_neighbours")
    assert sorted(table) == list("abcdefghijklmnopqrstuvwxyz")
    assert all(key in table[other] for key, values in table.items() for other in values)


def test_confusions_go_both_ways() -> None:
    table = load_table("sound_confusions")
    assert all(key in table[other] for key, values in table.items() for other in values)
    assert {"n-", "zh-", "ch-", "sh-", "-an", "-en", "-in"} <= set(table)


def test_respellings_are_patterns_of_letters() -> None:
    for pattern, options in load_table("phonetic_spellings_en").items():
        assert re.fullmatch(r"\^?[a-z]+\$?", pattern)
        assert pattern.strip("^$") not in options


def test_emoji_meanings_are_emoji() -> None:
    for name in ("emoji_meanings_zh", "emoji_meanings_en"):
        for word, emoji in load_table(name).items():
            assert word == word.lower()
            assert all(not re.search(r"\w", sign) and len(sign) <= 7 for sign in emoji)


def test_signs_are_of_one_code_point() -> None:
    for name in load_table("cloaking_signs"):
        assert all(len(sign) == 1 for sign in signs(name))


def test_letters_have_signs_and_look_alikes_that_lead_back() -> None:
    assert {"a", "e", "i", "o", "s", "t"} <= set(inverted("leet"))
    for letter, others in letters_alike().items():
        assert all(load_table("homoglyphs")[other][0] == letter for other in others)
    assert set("abcdefghijklmnopqrstuvwxyz") <= set(letters_alike())
