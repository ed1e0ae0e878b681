"""The language model of a transcript: against its formula, and as a distribution."""

import json
import math
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.processing.sound_units import SoundReader
from decloak.processing.transcription import Transcriber
from decloak.training.banks import transcript_tables
from decloak.training.banks.transcript_tables import make_transcript_tables

DICTIONARY = {"天气": 300, "很好": 120, "今天": 500, "坏人": 40, "好": 900}
TEXTS = ["今天天气很好，今天坏人", "天气好", "hello 今天", "no Chinese", "今天天气"]


class Blanks:
    """Divides a text after every second character."""

    def cut(self, text: str) -> list[str]:
        return [text[at : at + 2] for at in range(0, len(text), 2)]


@pytest.fixture
def real() -> None:
    """Wanted by tests of jieba itself."""


@pytest.fixture(autouse=True)
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dictionary of five words, and no jieba: what it finds is its own matter."""
    if "real" not in request.fixturenames:
        monkeypatch.setattr(transcript_tables, "_jieba", Blanks)
        monkeypatch.setattr(transcript_tables, "_dictionary", lambda _: dict(DICTIONARY))


def test_costs_are_those_of_the_formula() -> None:
    tables = make_transcript_tables(TEXTS)
    sentences = [["今天", "天气", "很好"], ["今天", "坏人"], ["天气", "好"], ["今天"], ["今天", "天气"]]
    single = Counter(word for sentence in sentences for word in sentence)
    pairs = Counter(pair for sentence in sentences for pair in pairwise(["<s>", *sentence]))
    before = single | Counter({"<s>": len(sentences)})
    kinds = len(DICTIONARY) + 1  # the unknown word is one

    def alone(word: str) -> float:
        listed = (DICTIONARY.get(word, 0) + 0.5) / (sum(DICTIONARY.values()) + 0.5 * kinds)
        return 0.5 * listed + 0.5 * (single[word] + 0.05) / (single.total() + 0.05 * kinds)

    assert set(tables["unigrams"]) == {"<unk>", *DICTIONARY}
    for word, cost in tables["unigrams"].items():
        assert cost == pytest.approx(-math.log(alone(word)), abs=0.0051)
    assert set(tables["backoffs"]) == set(before)
    for word, cost in tables["backoffs"].items():
        assert cost == pytest.approx(-math.log(1 - 0.9 * before[word] / (before[word] + 5)), abs=0.0051)
    assert set(tables["bigrams"]) == set(map(" ".join, pairs))
    for (first, second), count in pairs.items():
        mixing = 0.9 * before[first] / (before[first] + 5)
        expected = mixing * count / before[first] + (1 - mixing) * alone(second)
        assert tables["bigrams"][f"{first} {second}"] == pytest.approx(-math.log(expected), abs=0.0051)


def masses(tables: dict[str, dict[str, float]]) -> dict[str, float]:
    """The sum of the probabilities of all words after each word."""
    unigrams = {word: math.exp(-cost) for word, cost in tables["unigrams"].items()}
    following: dict[str, dict[str, float]] = {}
    for pair, cost in tables["bigrams"].items():
        first, second = pair.split(" ")
        following.setdefault(first, {})[second] = math.exp(-cost)
    return {
        word: sum(
            following.get(word, {}).get(other, math.exp(-tables["backoffs"].get(word, 0.0)) * probability)
            for other, probability in unigrams.items()
        )
        for word in [*unigrams, "<s>"]
    }


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("今天气很好坏人，a "), max_size=14), min_size=1, max_size=6), st.integers(1, 3))
def test_probabilities_after_each_word_sum_to_one_or_less(texts: list[str], least: int) -> None:
    tables = make_transcript_tables([*texts, "好"], least)
    assert all(mass <= 1.01 for mass in masses(tables).values())
    assert sum(math.exp(-cost) for cost in tables["unigrams"].values()) == pytest.approx(1, abs=0.01)
    assert all(cost >= 0 for table in tables.values() for cost in table.values())
    Transcriber(SoundReader({}), tables)


def test_words_that_are_never_heard_have_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Blanks, "cut", lambda _, text: text.split("气"))
    tables = make_transcript_tables(["好气今天今天今天气好"])
    assert not [key for table in tables.values() for key in table if "今天今天今天" in key]
    assert list(tables["bigrams"]) == ["<s> 好"] and set(tables["backoffs"]) == {"<s>", "好"}


def test_rare_pairs_are_left_out_and_back_off() -> None:
    every, some = make_transcript_tables(TEXTS), make_transcript_tables(TEXTS, 2)
    assert every["unigrams"] == some["unigrams"] and every["backoffs"] == some["backoffs"]
    assert set(some["bigrams"]) == {"<s> 今天", "今天 天气"} < set(every["bigrams"])
    with pytest.raises(ValueError, match="no Chinese words"):
        make_transcript_tables(["hello", "123", ""])


def test_the_order_of_the_tables_is_theirs_alone() -> None:
    """Texts in another order, and another seed of Python's hashes, give the same file."""
    one, other = (json.dumps(make_transcript_tables(texts)) for texts in (TEXTS, TEXTS[::-1]))
    assert one == other
    program = (
        "import json\nfrom decloak.training.banks import transcript_tables as t\n"
        f"t._jieba, t._dictionary = (lambda: J), (lambda _: {DICTIONARY!r})\n"
        "class J:\n cut = staticmethod(lambda text: [text[at : at + 2] for at in range(0, len(text), 2)])\n"
        f"print(json.dumps(t.make_transcript_tables({TEXTS!r})))"
    )
    command = [sys.executable, "-c", program]
    answer = subprocess.run(command, env={"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == one


@pytest.mark.usefixtures("real")
def test_with_jieba_a_homophone_of_its_dictionary_is_heard() -> None:
    tables = make_transcript_tables(["今天天气很好"])
    assert len(tables["unigrams"]) > 50_000 and "天气" in tables["unigrams"]
    assert all(len(word) <= 5 for word in tables["unigrams"])
    reader = SoundReader({"readings": {"tian1": "天添", "qi4": "气汽弃", "jin1": "今金"}})
    words = {
        word: cost for word, cost in tables["unigrams"].items() if set(word) <= set("天添气汽弃今金") or word == "<unk>"
    }
    assert Transcriber(reader, tables | {"unigrams": words}).transcript("今添汽") == "今天气"


@pytest.mark.usefixtures("real")
def test_without_jieba_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(transcript_tables.importlib, "import_module", missing)
    with pytest.raises(ModuleNotFoundError, match="Transcripts need jieba"):
        make_transcript_tables(TEXTS)
