"""What a text is heard as: against an exhaustive search, at every price, and on hostile texts."""

import itertools
import json
import random
import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.processing import transcription
from decloak.processing.sound_units import SoundReader
from decloak.processing.transcription import HeardWord, Transcriber

SOUNDS: dict[str, dict[str, str]] = {
    "readings": {
        "huai4": "坏怀",
        "ren2": "人仁",
        "nv3": "女",
        "hao3": "好郝",
        "tian1": "天添",
        "hou4": "后",
        "zou3": "走",
        "gou3": "狗",
    },
    "simplified": {"壞": "坏", "後": "后"},
    "words": {"you": "ju"},
    "emoji_zh": {"🐶": "狗", "🌤": "好天"},
}
READ = SoundReader(SOUNDS)
TABLES: dict[str, dict[str, float]] = {
    "unigrams": {"<unk>": 12, "坏人": 5, "女人": 5, "好": 4, "人": 5, "坏": 6, "天": 5, "好天": 6, "狗": 6, "后天": 6},
    "backoffs": {"<s>": 0.5, "好": 0.2},
    "bigrams": {"<s> 坏人": 3.0, "好 人": 1.0},
}
HEAR = Transcriber(READ, TABLES, 1.0)


def tables(**changes: Any) -> dict[str, dict[str, float]]:
    return TABLES | changes


def test_a_homophone_is_heard_as_the_word_that_it_hides() -> None:
    assert HEAR("怀仁走") == [HeardWord(0, 2, "坏人")]
    assert HEAR.transcript("郝，怀人走") == "好，坏人走"


def test_an_ordinary_text_is_heard_as_it_is_written() -> None:
    for text in ("坏人走", "好天", "好人", "", "?!", "you", "走走走"):
        assert HEAR(text) == []
        assert HEAR.transcript(text) == text


def test_the_word_before_decides() -> None:
    """`好 人` is usual, so that 仁 is heard as 人 after 好 even where that costs more than alone."""
    costly = Transcriber(READ, tables(unigrams=TABLES["unigrams"] | {"仁": 5.0}), 3.0)
    assert costly.transcript("仁") == "仁"
    assert costly.transcript("好仁") == "好人"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("壞人", "坏人"),
        ("後天", "后天"),
        ("怀\u200b仁", "坏人"),
        ("怀\u200b\u200c\u200d\u2060仁", "坏人"),
        ("怀\u0301\u0302\u0303仁", "坏人"),
        ("怀 仁", "坏人"),
        ("怀.仁", "坏人"),
        ("怀a仁", "怀a人"),
        ("怀...仁", "怀...人"),
        ("走huairen", "走坏人"),
        ("走HUAIren", "走坏人"),
        ("走ｈｕａｉ仁", "走坏人"),
        ("走nvren", "走女人"),
        ("走nv仁you", "走女人you"),
        ("走🐶", "走狗"),
        ("走🌤", "走好"),
        ("走\ud83d怀仁", "走\ud83d坏人"),
        ("走\U00020000怀仁", "走\U00020000坏人"),
        ("🐶🐶", "🐶🐶"),
        ("huairen", "huairen"),
    ],
)
def test_disguises(text: str, heard: str) -> None:
    """A text without a Han character is not read as Chinese; signs part words only where there are many."""
    found = Transcriber(READ, tables(unigrams=TABLES["unigrams"] | {"怀": 6.1, "走": 6.0}), 0.5)
    assert found.transcript(text) == heard


def test_what_is_no_character_is_heard_at_any_price() -> None:
    """Traditional characters, pinyin and emoji: the words of the model cannot be written with them."""
    costly = Transcriber(READ, TABLES, 1e6)
    assert costly.transcript("壞人走huairen走🐶") == "坏人走坏人走狗"
    assert costly.transcript("怀仁坏\u200b人怀 仁") == "怀仁坏\u200b人怀 仁"


@given(st.text(st.sampled_from("坏怀人仁好郝天走龘，。 ab1\u200b\u0301\ud800\U00020000"), max_size=12))
def test_a_high_price_leaves_every_simplified_text_as_it_is(text: str) -> None:
    assert Transcriber(READ, TABLES, 1e6).transcript(text) == text


@pytest.mark.parametrize("pinyin", ["ZOU", "zo\u030cu", "zou", "ｚｏｕ"])
def test_pinyin_of_which_no_character_is_known_stays_as_it_is(pinyin: str) -> None:
    assert HEAR.transcript(f"怀仁{pinyin}怀仁") == f"坏人{pinyin}坏人"


def test_pinyin_that_is_no_character_alone_may_still_begin_a_word() -> None:
    found = Transcriber(READ, tables(unigrams={"<unk>": 9.0, "走人": 3.0, "人": 2.0}, bigrams={}))
    assert found.transcript("人zouren") == found.transcript("人zou人") == "人走人"
    assert found.transcript("人zou") == "人zou"


def test_an_emoji_that_two_words_could_be_heard_from_is_heard_once() -> None:
    unigrams = {"<unk>": 9.0, "走好": 1.0, "天后": 1.0}
    assert Transcriber(READ, tables(unigrams=unigrams))("走🌤后") == [HeardWord(1, 3, "天后")]


def exhaustive(text: str, model: dict[str, dict[str, float]], price: float) -> dict[str, float]:
    """The least cost of every way to hear a text of characters and commas: no beam, no index."""
    sound = {character: key for key, alike in SOUNDS["readings"].items() for character in alike}
    places = [at for at, character in enumerate(text) if character in sound]
    found: dict[str, float] = {}

    def follow(at: int, last: str, cost: float, heard: str) -> None:
        if at == len(places):
            found[heard] = min(cost, found.get(heard, float("inf")))
            return
        for end in range(at + 1, min(at + 5, len(places)) + 1):
            span = text[places[at] : places[end - 1] + 1]
            plain = [text[place] for place in places[at:end]]
            alike = {word for word in model["unigrams"] if [*map(sound.get, word)] == [*map(sound.get, plain)]}
            for word in alike | ({"".join(plain)} if end == at + 1 else set()):
                changed = sum(map(str.__ne__, word, plain))
                gaps = sum(places[i + 1] - places[i] > 1 for i in range(at, end - 1))
                alone = model["unigrams"].get(word, model["unigrams"]["<unk>"])
                step = model["bigrams"].get(f"{last} {word}", alone + model["backoffs"].get(last, 0.0))
                between = text[places[end - 1] + 1 : places[end] if end < len(places) else len(text)]
                follow(
                    end,
                    word,
                    cost + step + price * (changed + gaps),
                    heard + (word if word != span else span) + between,
                )

    follow(0, "<s>", 0.0, text[: places[0]] if places else text)
    return found


WORDS = ["".join(word) for size in (1, 2, 3) for word in itertools.product("坏怀人", repeat=size)]
costs = st.sampled_from([0.0, 0.5, 1.0, 2.25, 4.0, 7.5])


@st.composite
def models(draw: st.DrawFn) -> dict[str, dict[str, float]]:
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7, unique=True))
    pairs = st.tuples(st.sampled_from(["<s>", *words]), st.sampled_from(words)).map(" ".join)
    return {
        "unigrams": {"<unk>": draw(costs)} | {word: draw(costs) for word in words},
        "backoffs": draw(st.dictionaries(st.sampled_from(["<s>", *words]), costs)),
        "bigrams": draw(st.dictionaries(pairs, costs, max_size=8)),
    }


@settings(deadline=None)
@given(models(), st.text(st.sampled_from("坏怀人仁，"), min_size=1, max_size=5), st.sampled_from([0.0, 0.75, 2.0]))
def test_a_wide_beam_finds_what_an_exhaustive_search_finds(
    model: dict[str, dict[str, float]], text: str, price: float
) -> None:
    if "，，，" in text:
        return  # parts runs: the words behind it follow a beginning
    with patch.object(transcription, "BEAM", 10**6), patch.object(transcription, "CANDIDATES", 10**6):
        heard = Transcriber(READ, model, price).transcript(text)
    found = exhaustive(text, model, price)
    assert found[heard] == pytest.approx(min(found.values()))


def test_equally_likely_words_do_not_depend_on_the_order_of_the_tables() -> None:
    """A processor is saved with its keys sorted."""
    alike = ["坏人", "怀人", "坏仁", "怀仁"]
    orders = ({"<unk>": 9.0} | dict.fromkeys(order, 2.0) for order in itertools.permutations(alike))
    texts = ("走huairen", "壞huai人")
    assert len({tuple(map(Transcriber(READ, tables(unigrams=order), 0.0).transcript, texts)) for order in orders}) == 1


def test_only_the_likeliest_words_of_a_sound_are_tried() -> None:
    rare = {"坏": 9.0, "怀": 1.0}
    with patch.object(transcription, "CANDIDATES", 1):
        found = Transcriber(READ, tables(unigrams={"<unk>": 9.0} | rare, bigrams={"<s> 坏": 0.0, "<s> 怀": 5.0}), 0.0)
    assert found.transcript("走huai") == "走怀" and found.transcript("坏") == "坏"


@pytest.mark.parametrize(
    ("changes", "price", "message"),
    [
        ({"trigrams": {}}, 1.0, r"\['backoffs', 'bigrams', 'trigrams', 'unigrams'\]; .* are needed"),
        ({"unigrams": {"人": 1.0}}, 1.0, "no <unk>"),
        ({"bigrams": {"人": 1.0}}, 1.0, "'人' needs two words"),
        ({"bigrams": {"人 ": 1.0}}, 1.0, "'人 ' needs two words"),
        ({"bigrams": {"人 人 人": 1.0}}, 1.0, "needs two words"),
        ({}, -0.5, "price=-0.5"),
        ({}, float("nan"), "price=nan"),
        ({}, float("inf"), "price=inf"),
    ],
)
def test_tables_and_prices_that_cannot_be(changes: dict[str, Any], price: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Transcriber(READ, tables(**changes), price)
    with pytest.raises(ValueError, match="are needed"):
        Transcriber(READ, {}, 1.0)


def test_tables_survive_json() -> None:
    again = Transcriber(READ, json.loads(json.dumps(TABLES, sort_keys=True)))
    assert again.transcript("怀仁走🐶") == HEAR.transcript("怀仁走🐶") == "坏人走狗"


anything = st.text(st.characters(exclude_categories=()), max_size=30)
likely = st.text(
    st.sampled_from("坏怀仁壞後走🐶🌤\ufe0f\u200d\u200b\u0301hua iren'you5，\ud83dＡ龘\U00020000"), max_size=30
)


@given(anything | likely)
def test_heard_words_are_in_order_apart_and_within_any_text(text: str) -> None:
    words = HEAR(text)
    edges = [0, *(edge for word in words for edge in (word.start, word.end)), len(text)]
    assert edges == sorted(edges)
    assert all(word.start < word.end and word.text and word.text != text[word.start : word.end] for word in words)


def shuffled(seed: int, length: int) -> Iterator[str]:
    yield from random.Random(seed).choices("坏怀人仁好郝天添走，🐶", k=length)


@pytest.mark.parametrize("pattern", ["怀仁", "壞", "走huairen", "走🌤", "怀\u200b", "怀 ", "走\u0301", "走\ud800", ""])
def test_the_time_is_proportional_to_the_length_of_a_text(pattern: str) -> None:
    def seconds(length: int) -> float:
        text = (pattern * length)[:length] or "".join(shuffled(0, length))
        started = time.process_time()
        HEAR.transcript(text)
        return time.process_time() - started

    short, long = min(seconds(500) for _ in range(3)), min(seconds(10_000) for _ in range(2))
    assert long < 100 * short + 0.5  # 20, and 400 if it grew with the square; the rest is for a busy machine


def test_a_text_of_which_much_is_heard_otherwise_is_heard_again_at_the_lower_price() -> None:
    """怀仁 (to 坏人) pays at both prices, 添 (to 天) at the lower one alone."""
    model = tables(unigrams={"<unk>": 9.0, "坏人": 2.0, "走": 2.0, "天": 5.0, "添": 7.5}, bigrams={})
    costs = {price: Transcriber(READ, model, price, price) for price in (4.0, 1.0)}
    assert costs[4.0].transcript("怀仁添") == "坏人添"
    assert costs[1.0].transcript("怀仁添") == "坏人天"
    both = Transcriber(READ, model, 4.0, 1.0)
    assert both.transcript("怀仁添") == "坏人天"  # two of three characters
    assert both.transcript("走" * 19 + "添") == "走" * 19 + "添"  # nothing at the higher price: not heard again
    at_most = round(2 / transcription.CLOAKED)
    assert both.transcript("怀仁添" + "走" * (at_most - 3)).startswith("坏人天")
    assert both.transcript("怀仁添" + "走" * (at_most - 2)).startswith("坏人添")


def test_emoji_and_pinyin_do_not_make_a_text_a_cloaked_one() -> None:
    model = tables(unigrams={"<unk>": 9.0, "坏人": 2.0, "走": 2.0, "天": 5.0, "添": 7.5, "狗": 2.0}, bigrams={})
    hear = Transcriber(READ, model, 4.0, 1.0)
    assert hear.transcript("huairen添") == "坏人添"
    assert hear.transcript("🐶添") == "狗添"


@pytest.mark.parametrize("price", [-0.1, float("nan"), float("inf")])
def test_a_lower_price_that_cannot_be(price: float) -> None:
    with pytest.raises(ValueError, match="cloaked_price=.*costs a finite number, 0 or more"):
        Transcriber(READ, TABLES, 4.0, price)
