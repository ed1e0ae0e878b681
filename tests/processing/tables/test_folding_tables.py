"""The tables that normalisation folds by: what they promise, and that their builders make what is shipped."""

import unicodedata
from pathlib import Path
from string import ascii_letters, ascii_lowercase, digits

import pytest

from decloak.processing.tables import load_table
from decloak.processing.tables.builders import emoji_words, english_words, homoglyphs, joins, traditional
from decloak.processing.tables.table_files import FOLDER


def shipped(path: Path) -> bytes:
    return (FOLDER / path.name).read_bytes()


def test_traditional_is_what_opencc_makes_of_each_character() -> None:
    import opencc

    convert = opencc.OpenCC("t2s").convert
    assert {key: (convert(key),) for key in load_table("traditional")} == dict(load_table("traditional"))


def test_traditional_is_built_again_the_same(tmp_path: Path) -> None:
    path = traditional.build(tmp_path)
    assert path.read_bytes() == shipped(path)


def test_traditional_leaves_what_simplified_text_uses() -> None:
    table = load_table("traditional")
    assert not set("乾著瞭藉夥覆徵么后里干发国") & set(table)
    assert [table[key] for key in "後來發國麼"] == [("后",), ("来",), ("发",), ("国",), ("么",)]
    assert all(len(key) == len(value) == 1 for key, (value,) in table.items())
    assert not {value for (value,) in table.values()} & set(table)


def test_homoglyphs_are_one_letter_for_one() -> None:
    for key, values in load_table("homoglyphs").items():
        assert len(key) == 1 and not key.isascii()
        assert len(values) == 1 and values[0] in ascii_letters + digits
        assert not unicodedata.name(key, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))


def test_homoglyphs_keep_case_and_begin_with_the_nearest() -> None:
    table = load_table("homoglyphs")
    assert [table[key][0] for key in "\u0430\u0410\u0456\u0406\u04cf\u03bf\u039f\u1d1b𝐀🅰🇦"] == [*"aAiIloOtAAA"]
    assert next(key for key, (value,) in table.items() if value == "a") == "\u0430"
    assert not set("0123456789\u0663\u0967") & set(table)


def test_homoglyphs_are_confusables_or_say_so_by_their_name() -> None:
    from confusable_homoglyphs.confusables import confusables_data

    plain = {"I": "lI1", "l": "lI1", "1": "lI1", "O": "oO0", "o": "oO0", "0": "oO0"}
    for key, (value,) in load_table("homoglyphs").items():
        listed = {other["c"] for other in confusables_data.get(key, ())}
        compatible = unicodedata.normalize("NFKC", key) == value
        # An older Python knows no name of a newer letter.
        named = unicodedata.name(key, value.upper()).split()[-1] == value.upper() or key == "\u04cf"
        assert listed & set(plain.get(value, value)) or compatible or named, key


def test_leet_stands_for_letters() -> None:
    table = load_table("leet")
    assert [table[sign][0] for sign in "43015$7@"] == [*"aeoissta"]
    assert table["1"] == ("i", "l")
    assert all(len(key) == 1 and not key.isalpha() for key in table)
    assert {letter for letters in table.values() for letter in letters} <= set(ascii_lowercase)


@pytest.mark.parametrize("name", ["emoji_words_zh", "emoji_words_en"])
def test_emoji_have_names_with_and_without_a_selector(name: str) -> None:
    table = load_table(name)
    assert all("\ufe0f" not in key or key.replace("\ufe0f", "") in table for key in table)
    assert not any("\U0001f3fb" <= point <= "\U0001f3ff" for key in table for point in key)
    names = [word for words in table.values() for word in words]
    assert all(word == word.strip() and not set(word) & set(":_()") for word in names)


def test_emoji_names_begin_with_the_best() -> None:
    english, chinese = load_table("emoji_words_en"), load_table("emoji_words_zh")
    assert english["🐶"] == ("dog", "dog face") and chinese["🐶"] == ("狗", "狗脸")
    assert english["❤"] == english["❤️"] == ("heart", "red heart")
    assert english["2️⃣"][0] == chinese["2️⃣"][0] == "2"
    assert (english["🇨🇳"], chinese["🇨🇳"]) == (("China",), ("中国",))
    assert english["🔥"] == ("fire",) and chinese["🔥"] == ("火焰",)


def test_joins_are_splits_turned_around() -> None:
    splits, table = load_table("splits"), load_table("joins")
    assert all(parts in splits[character] for parts, (character,) in table.items())
    assert table["亻尔"] == ("你",) and table["禾口"] == ("和",)
    assert not {"女子", "中心", "人也", "口音", "木头"} & set(table)
    assert [len(parts) for parts in table] == sorted((len(parts) for parts in table), reverse=True)


def test_english_words_go_from_the_usual_to_the_rare() -> None:
    table = load_table("english_words")
    counts = [float(values[0]) for values in table.values()]
    assert next(iter(table)) == "the" and counts == sorted(counts, reverse=True)
    assert {"hate", "love", "people", "in"} <= set(table)


@pytest.mark.parametrize(
    "builder",
    [joins, english_words, homoglyphs, emoji_words],
)
def test_tables_are_built_again_the_same(builder: object, tmp_path: Path) -> None:
    built = builder.build(tmp_path)  # type: ignore[attr-defined]
    for path in built if isinstance(built, list) else [built]:
        # Compatibility decompositions come from the Unicode version of this Python.
        if builder is not homoglyphs or f"Unicode {unicodedata.unidata_version}".encode() in shipped(path):
            assert path.read_bytes() == shipped(path)
