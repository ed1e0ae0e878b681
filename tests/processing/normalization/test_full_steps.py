"""The steps of the view for matching, one by one, with what they must leave alone."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.normalization import Normalizer, normalize
from decloak.processing.normalization.compatibility_step import CompatibilityStep
from decloak.processing.normalization.edits import apply_edits

any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)


def full(text: str) -> str:
    return normalize(text, "full")


def kinds(text: str) -> set[str]:
    return {change.kind for change in Normalizer("full")(text).changes}


@given(any_text)
def test_the_compatibility_step_is_nfkc(text: str) -> None:
    edits = CompatibilityStep().edits(text)
    assert apply_edits(text, edits) == unicodedata.normalize("NFKC", text)
    assert all(edit.start < edit.end for edit in edits)


def test_compatibility_changes_no_more_than_it_must() -> None:
    assert CompatibilityStep().edits("ab ﬁ cd e\u0301 \u1100\u1161") == [
        (3, 4, "fi", "compatibility"),
        (8, 10, "\xe9", "compatibility"),
        (11, 13, "가", "compatibility"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＨＥＬＬＯ！　Ｗｏｒｌｄ", "hello! world"),
        ("𝓗𝓮𝓵𝓵𝓸 ⓦⓞⓡⓛⓓ", "hello world"),
        ("ʜᴇʟʟᴏ 🅷🅴🅻🅻🅾", "hello hello"),
        ("STRASSE Straße İ", "strasse strasse i\u0307"),
        ("後來發現這個問題", "后来发现这个问题"),
        ("乾隆年间的著作", "乾隆年间的著作"),
        ("Z\u0337\u0322\u0321\u031b\u0317alg\u0336o", "zalgo"),
        ("Tiếng Việt café naïve", "tiếng việt café naïve"),
    ],
)
def test_characters_are_folded(text: str, expected: str) -> None:
    assert full(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h4te", "hate"),
        ("w3 l0v3 tr33s", "we love trees"),
        ("7he 8ook 0f s€cre+5", "the book of secrets"),
        ("don'7 5top", "don't stop"),
        ("fl4rgle", "flargle"),
        ("b@n4n4 $alad!", "banana salad!"),
    ],
)
def test_leet_is_read_inside_words(text: str, expected: str) -> None:
    assert full(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("covid19", "2024", "3d", "b2b", "$5", "1st 2nd 3rd 4th", "5pm", "the 90s", "100k", "mp3 mp4", "h2o co2"),
        *("i5 a4 c130", "f(x) = 2", "this+that", "stand4life", "win10", "me@example.org", "https://example.org/h4te"),
        *("@h4te_name", "hello! great!", "(at) <br>", "a+b", "utf8 sha256 x86", "i18n k8s"),
    ],
)
def test_numbers_codes_and_addresses_stay(text: str) -> None:
    assert full(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h a t e you", "hate you"),
        ("h.a.t.e, h-a-t-e and h*a*t*e", "hate, hate and hate"),
        ("h . a . t . e", "hate"),
        ("h.a-t_e it", "hate it"),
        ("h 4 t e", "hate"),
        ("你.好.吗", "你好吗"),
        ("你 好 吗 今天", "你好吗 今天"),
        ("你*好*吗", "你好吗"),
    ],
)
def test_gaps_inside_words_are_closed(text: str, expected: str) -> None:
    assert full(text) == expected
    assert "gap" in kinds(text)


@pytest.mark.parametrize(
    "text",
    ["a b c d", "i am a fan", "so, it is. a b", "今天 天气 好", "一、二、三", "你好。吗", "是,好,行", "x y", "1 2 3 4"],
)
def test_ordinary_spaces_and_lists_stay(text: str) -> None:
    assert full(text) == text


def test_split_characters_are_joined_where_they_mean_nothing_else() -> None:
    assert full("禾口你一样") == "和你一样"
    assert full("亻尔好") == "你好"
    assert full("女子和女生，中心，人也") == "女子和女生,中心,人也"
    assert "split" in kinds("亻尔好")


def test_emoji_become_words_of_the_language_of_the_text() -> None:
    assert full("我有一只🐶") == "我有一只狗"
    assert full("my🐶runs") == "my dog runs"
    assert full("👍🏽 👨\u200d👩\u200d👧 🇨🇳 2\ufe0f\u20e3") == "thumbs up family man woman girl china 2"
    assert full("❤️") == full("❤") == "heart"
    assert Normalizer("full", emoji_language="en")("一只🐶").text == "一只 dog"
    assert Normalizer("full", emoji_language="zh")("a 🐶").text == "a 狗"


def test_a_joined_emoji_without_a_name_has_that_of_its_first_part() -> None:
    assert full("🐶\u200d🔥") == "dog"


def test_struck_out_letters_become_the_wildcard() -> None:
    assert full("sh#te d@#n w*rd") == "sh*te d**n w*rd"
    assert full("坏○蛋 坏□蛋") == "坏*蛋 坏*蛋"
    assert full("二○二四年") == "二○二四年"


def test_drawn_out_letters_are_shortened() -> None:
    assert full("soooo goood hmmmm") == "soo good hmm"
    assert full("哈哈哈哈") == "哈哈"
    assert full("10000 !!!! kkk www") == "10000 !!!! kkk www"
    assert full("kkkkkk") == "kkk"
    assert Normalizer("full", most_repeats=1)("soooo good").text == "so god"


def test_cloaks_on_top_of_each_other_come_off() -> None:
    result = Normalizer("full")("ｈ\u200b.４.\u1d1b\u200b.Ｅ it")
    assert result.text == "hate it"
    assert result.to_original(0, 4) == (0, 9)
    assert {"invisible", "gap", "leet", "homoglyph", "full_width", "case"} <= {change.kind for change in result.changes}


def test_look_alikes_are_undone_before_case_is_folded() -> None:
    assert full("\u042c\u0456\u0433\u1d1b\u04bb\u0501\u0430\u0443") == "birthday"
