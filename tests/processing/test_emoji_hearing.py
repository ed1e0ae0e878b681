"""What an emoji in a Chinese text is heard as: a character that it may stand for, or one that sounds like it."""

import time
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.sound_units import SoundReader
from decloak.processing.transcription import MOST_READINGS, UNSAID, HeardWord, Transcriber

SOUNDS: dict[str, dict[str, str]] = {
    "readings": {"yao4": "要药", "wan2": "丸完", "bu4": "不", "bai4": "拜", "wo3": "我", "ye2": "爷", "ma3": "马"},
    "emoji_zh": {"💊": "药丸", "👋": "挥手", "👴": "老爷爷", "🐎": "马", "🎈": "气球", "❤️": "红心"},
    "emoji_characters": {"💊": "药丸", "👋": "拜不", "👴": "爷我", "❤": "我"},
}
READ = SoundReader(SOUNDS)
MODEL: dict[str, dict[str, float]] = {
    "unigrams": {"<unk>": 14.0, "我": 3.0, "要": 4.0, "不要": 4.5, "药": 8.0, "马": 7.0, "爷": 9.0, "完": 7.0},
    "backoffs": {},
    "bigrams": {"我 不要": 1.0},
}
HEAR = Transcriber(READ, MODEL)


def test_an_emoji_has_the_sounds_of_every_character_that_it_may_stand_for() -> None:
    (pill,) = READ.syllables("💊我")[:1]
    assert (pill.start, pill.end, pill.name) == (0, 1, "药丸")
    assert pill.sounds == {"yao": "药", "wan": "丸"}
    (horse,) = READ.syllables("🐎我")[:1]
    assert horse.sounds == {"ma": "马"}  # no table entry: those of its name
    (heart,) = READ.syllables("❤️我")[:1]
    assert (heart.end, heart.sounds) == (2, {"wo": "我"})  # with its variation selector


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("我👋💊", "我不要"),  # one by its meaning, one by the sound of its name
        ("👴👋💊我", "我不要我"),
        ("我👋要", "我不要"),
        ("我💊", "我要"),  # 药 is written, 要 is likelier by more than the price
        ("我🐎", "我马"),
    ],
)
def test_emoji_are_heard_in_their_context(written: str, heard: str) -> None:
    assert HEAR.transcript(written) == heard


def test_a_word_of_characters_and_emoji_is_one_word_at_its_place() -> None:
    assert HEAR("我👋要") == [HeardWord(1, 3, "不要")]


def test_an_emoji_of_which_no_sound_is_known_is_heard_as_its_name() -> None:
    assert HEAR.transcript("我🎈要") == "我气球要"


def test_words_follow_each_other_across_an_emoji_that_is_heard_as_its_name() -> None:
    model = MODEL | {"bigrams": {"我 完": 0.1}}
    assert Transcriber(READ, model).transcript("我🎈丸") == "我气球完"
    assert Transcriber(READ, MODEL, 8.0).transcript("我🎈丸") == "我气球丸"


def test_a_name_is_said_where_every_word_costs_more() -> None:
    dear = {"unigrams": {"<unk>": UNSAID + 9, "我": 1.0, "马": UNSAID + 1}, "backoffs": {}, "bigrams": {}}
    assert Transcriber(READ, dear).transcript("我👋") == "我挥手"
    cheap = dear | {"unigrams": dear["unigrams"] | {"不": UNSAID - 1}}
    assert Transcriber(READ, cheap).transcript("我👋") == "我不"


def test_a_text_that_is_not_chinese_has_no_syllables() -> None:
    assert READ.syllables("hello 💊") == []
    assert HEAR("hello 💊") == []


@given(st.text(alphabet="我要不药马💊👋👴🐎🎈❤️，. a1\u200b", max_size=30))
def test_places_are_in_order_and_apart(text: str) -> None:
    words = HEAR(text)
    edges = [edge for word in words for edge in (word.start, word.end)]
    assert edges == sorted(edges) and all(word.start < word.end for word in words)
    assert all(text[word.start : word.end] != word.text for word in words)


def test_many_emoji_take_no_more_than_a_bounded_number_of_readings() -> None:
    many = SoundReader(SOUNDS | {"emoji_characters": {"💊": "药丸不拜我爷马"}})
    spoken = many.syllables("我" + "💊" * 400)
    assert len(spoken[1].sounds) ** 5 > MOST_READINGS
    start = time.perf_counter()
    assert len(Transcriber(many, MODEL).transcript("我" + "💊" * 400)) >= 401
    assert time.perf_counter() - start < 20


def test_what_is_remembered_of_an_emoji_does_not_depend_on_the_order_of_texts() -> None:
    texts = ["我💊", "💊我", "👋💊我"]
    answers = {
        order: [Transcriber(SoundReader(SOUNDS), MODEL).transcript(text) for text in order]
        for order in permutations(texts)
    }
    for order, found in answers.items():
        assert dict(zip(order, found, strict=True)) == {text: HEAR.transcript(text) for text in texts}
