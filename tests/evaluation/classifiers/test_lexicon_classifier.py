import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.classifiers.lexicon_classifier import LexiconClassifier
from decloak.evaluation.classifiers.word_list import WordListEntry, folded, unique_entries

WORDS = {"rot": 1.0, "rotten egg": 1.0, "坏人": 1.0, "坏人精": 2.0, "faint": 0.5, "sh!": 1.0, "13点": 1.0, "🦨": 1.0}


def lexicon(words: dict[str, float] | None = None) -> LexiconClassifier:
    entries = [WordListEntry(word, severity, "test") for word, severity in (words or WORDS).items()]
    return LexiconClassifier(unique_entries(entries), ["not_hateful", "hateful"], "words")


def one(text: str) -> dict[str, Any]:
    (answer,) = lexicon().answers([text])
    return answer


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("what rot", ["rot"]),
        ("ＲＯＴ!", ["rot"]),
        ("carrot rots rotor rot1", []),
        ("rot_a _rot", []),
        ("rot\u0301", []),
        ("你rot吧", ["rot"]),
        ("rotten eggs rot", ["rot"]),
        ("rotten egg", ["rotten egg"]),
        ("好坏人们", ["坏人"]),
        ("坏人精", ["坏人精"]),
        ("sh!t", ["sh!"]),
        ("push!", []),
        ("第113点", []),
        ("13点钟", ["13点"]),
        ("a🦨b", ["🦨"]),
        ("rot rot 坏人", ["rot", "坏人"]),
    ],
)
def test_edges_of_words(text: str, reasons: list[str]) -> None:
    assert one(text)["reasons"] == reasons


@pytest.mark.parametrize(
    ("text", "score", "label"),
    [
        ("nice", 0, "not_hateful"),
        ("rot", 0.5, "hateful"),
        ("rot rot", 0.75, "hateful"),
        ("坏人精", 0.75, "hateful"),
        ("faint", 1 - 0.5**0.5, "not_hateful"),
        ("faint faint", 0.5, "hateful"),
    ],
)
def test_scores_by_severity(text: str, score: float, label: str) -> None:
    answer = one(text)
    assert answer["scores"]["hateful"] == pytest.approx(score, abs=1e-5)
    assert answer["label"] == label


def test_one_hit_is_no_tie_for_any_reader_of_scores() -> None:
    import numpy as np

    scores = np.float32(list(one("rot")["scores"].values()))
    assert scores[1] > scores[0]


def simple_hits(text: str, words: list[str]) -> list[str]:
    """Find the longest word at each place in turn, word edges told by a regular expression."""
    found, place = [], 0
    letter = re.compile(r"[a-z0-9]")
    while place < len(text):
        for word in sorted(words, key=len, reverse=True):
            end = place + len(word)
            left = letter.match(word[0]) and place and letter.match(text[place - 1])
            right = letter.match(word[-1]) and end < len(text) and letter.match(text[end])
            if text.startswith(word, place) and not left and not right:
                found.append(word)
                place = end - 1
                break
        place += 1
    return found


@given(st.text("ab好坏 ", max_size=25), st.sets(st.text("ab好坏", min_size=1, max_size=4), min_size=1, max_size=6))
def test_hits_are_those_of_a_simple_search(text: str, words: set[str]) -> None:
    got = [hit.entry for hit in lexicon(dict.fromkeys(words, 1.0)).hits(text)]
    assert got == simple_hits(folded(text), list(words))


@given(st.lists(st.text(max_size=10), max_size=5))
def test_any_text_is_answered(texts: list[str]) -> None:
    assert len(list(lexicon().answers(texts))) == len(texts)


def test_loading_gives_the_same_answers(tmp_path: Path) -> None:
    made = lexicon()
    loaded = LexiconClassifier.load(made.save(tmp_path / "x", ["source: me", ""], {"seconds": 0}))
    texts = ["rotten egg 坏人精", "faint", "sh!", "nice"]
    assert list(loaded.answers(texts)) == list(made.answers(texts))
    assert loaded.fingerprint() == made.fingerprint()
    assert (tmp_path / "x" / "words.tsv").read_text(encoding="utf-8").startswith("# source: me\n#\nentry\tseverity\n")


def test_another_severity_is_another_classifier() -> None:
    assert lexicon({"rot": 1}).fingerprint() != lexicon({"rot": 2}).fingerprint()


def test_damaged_folders_are_clear_errors(tmp_path: Path) -> None:
    lexicon().save(tmp_path, [], {})
    (tmp_path / "words.tsv").write_text("bad\tvery\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"no whole lexicon baseline.*the severity is 'very'"):
        LexiconClassifier.load(tmp_path)
    (tmp_path / "words.tsv").unlink()
    with pytest.raises(ValueError, match="no such word list"):
        LexiconClassifier.load(tmp_path)


def test_no_words() -> None:
    with pytest.raises(ValueError, match="some words and two labels"):
        LexiconClassifier({}, ["a", "b"], "x")
