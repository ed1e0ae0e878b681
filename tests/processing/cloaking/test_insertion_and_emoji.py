"""What is put between letters, and emoji for words."""

import pytest

from decloak.processing.cloaking import load_attack
from decloak.processing.cloaking.emoji_words import emoji_by_sound, emoji_of
from decloak.processing.cloaking.lookups import signs
from decloak.processing.glyph_rendering import characters
from decloak.processing.tables import load_table


@pytest.mark.parametrize(
    ("text", "spaced"),
    [
        ("hate it", "h a t e i t"),
        ("好人，你们", "好 人，你 们"),
        ("我love你", "我l o v e你"),
        ("a\u200bb", "a\u200bb"),
        ("e\u0301a 👩‍👧👩 7 1.5", "e\u0301a 👩‍👧👩 7 1.5"),
    ],
)
def test_spaces(text: str, spaced: str) -> None:
    assert load_attack("spaces", 1.0)(text) == spaced


@pytest.mark.parametrize("seed", range(5))
def test_zero_width_characters_do_not_show(seed: int) -> None:
    text = "hate 好人们 👩‍👧"
    attacked = load_attack("zero_width", 1.0, seed)(text)
    assert len(attacked) == len(text) + 5
    assert [unit for _, _, unit in characters(attacked)] == [unit for _, _, unit in characters(text)]


def test_nothing_inserted_joins_emoji() -> None:
    assert not {"\u200d", "\u200c", "\ufe0f"} & set(signs("zero_width"))


def test_punctuation_is_that_of_the_language() -> None:
    for seed in range(10):
        attacked = load_attack("punctuation", 1.0, seed)("天气 fine")
        assert attacked[1] in signs("punctuation_zh")
        assert set(attacked[4:]) - set("fine") <= set(signs("punctuation_en"))


@pytest.mark.parametrize(
    ("text", "emoji"),
    [
        ("小猪", "小🐷"),
        ("老虎和猫", "🐅和🐱"),  # the longer word
        ("a dog and thumbs up", "a 🐶 and 👍"),
        ("Thumbs Up", "👍"),
        ("thumbs  up", "thumbs  ⬆️"),  # two spaces are no name
        ("doggerel", "doggerel"),
    ],
)
def test_emoji_by_meaning(text: str, emoji: str) -> None:
    results = {load_attack("emoji", 1.0, seed)(text) for seed in range(20)}
    assert emoji in results


def test_an_emoji_means_its_word() -> None:
    for language in ("zh", "en"):
        names, meanings = load_table(f"emoji_words_{language}"), load_table(f"emoji_meanings_{language}")
        for word, emoji in list(emoji_of(language).items())[::25]:
            for sign in emoji:
                named = [name.lower() for name in names.get(sign, ())]
                assert word in named or sign in meanings[word]


def test_emoji_come_with_their_selector() -> None:
    """Without it many would be shown as text."""
    assert "☀️" in emoji_of("zh")["太阳"]
    assert "☀" not in emoji_of("zh")["太阳"]


@pytest.mark.parametrize(("text", "emoji"), [("药", "💊"), ("要", "💊"), ("吗", "🐴"), ("杨", "🐑"), ("引航", "🏦")])
def test_emoji_by_sound(text: str, emoji: str) -> None:
    results = {load_attack("emoji_sound", 1.0, seed)(text) for seed in range(30)}
    assert emoji in results


def test_the_same_tone_comes_first() -> None:
    assert emoji_by_sound("ma3")[0] in emoji_of("zh")["马"]
    assert emoji_by_sound("ma1")[0] in emoji_of("zh")["马"]
    assert emoji_by_sound("shu1")[0] == "📖"
    assert emoji_by_sound("shu4")[0] == "🌳"
    assert emoji_by_sound("zhuai4") == ()


def test_two_syllables_come_before_one_and_do_not_cross_a_gap() -> None:
    joined = load_attack("emoji_sound", 1.0).apply("引航").changes
    apart = load_attack("emoji_sound", 1.0).apply("引，航").changes
    assert [change.original for change in joined] == ["引航"]
    assert "引航" not in [change.original for change in apart]
    assert all(len(change.original) == 1 for change in apart)
