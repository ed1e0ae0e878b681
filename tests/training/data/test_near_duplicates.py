"""Equal, similar and cloaked texts: all of them, and no others."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.training.data import jaccard_join
from decloak.training.data.character_grams import GramVocabulary
from decloak.training.data.jaccard_join import JaccardJoin
from decloak.training.data.near_duplicates import (
    DuplicatePair,
    NearDuplicateIndex,
    duplicate_components,
    near_duplicates,
    uncloaked,
)
from decloak.training.data.text_identity import normalised

words = st.text(st.sampled_from("abcdé好天气 "), max_size=14)
any_text = st.text(st.characters(exclude_categories=()), max_size=12)
collections = st.lists(words | any_text, max_size=9)
thresholds = st.sampled_from([0.2, 0.5, 0.7, 0.8, 1.0])


def grams(text: str, size: int) -> set[str]:
    filled = text.ljust(size, "\0")
    return {filled[start : start + size] for start in range(len(filled) - size + 1)}


def jaccard(one: str, other: str, size: int) -> float:
    first, second = grams(one, size), grams(other, size)
    return len(first & second) / len(first | second)


def simple_pairs(ones: Sequence[str], others: Sequence[str], threshold: float, size: int) -> list[DuplicatePair]:
    found = []
    for a, one in enumerate(map(normalised, ones)):
        for b, other in enumerate(map(normalised, others)):
            if one and other and (similarity := jaccard(one, other, size)) >= threshold - 1e-9:
                found.append(DuplicatePair(a, b, similarity, "exact" if one == other else "near"))
    return found


@given(collections, collections, thresholds, st.integers(1, 3))
def test_pairs_are_those_of_comparing_each_with_each(
    ones: list[str], others: list[str], threshold: float, size: int
) -> None:
    assert near_duplicates(ones, others, threshold, size) == simple_pairs(ones, others, threshold, size)


@given(collections, thresholds)
def test_pairs_within_texts_come_once(texts: list[str], threshold: float) -> None:
    expected = [pair for pair in simple_pairs(texts, texts, threshold, 3) if pair.index_a < pair.index_b]
    assert near_duplicates(texts, threshold=threshold) == expected


@given(collections, collections, thresholds)
def test_the_closest_is_the_best_of_the_pairs(indexed: list[str], texts: list[str], threshold: float) -> None:
    pairs = simple_pairs(indexed, texts, threshold, 3)
    for place, found in enumerate(NearDuplicateIndex(indexed, threshold).closest(texts)):
        own = [pair for pair in pairs if pair.index_b == place]
        assert (found is None) == (not own)
        if found:
            assert found.count == len(own)
            assert found.similarity == max(pair.similarity for pair in own)
            assert (found.kind == "exact") == any(pair.kind == "exact" for pair in own)
            assert (found.index, found.kind) in {(pair.index_a, pair.kind) for pair in own}


def long_texts() -> list[str]:
    chooser = random.Random(0)
    bases = ["".join(chooser.choices("abcdefgh今天气好 ", k=chooser.randint(5, 60))) for _ in range(40)]
    changed = [base[:at] + "z" + base[at + 1 :] for base in bases for at in (len(base) // 2,)]
    return bases + changed + bases[:10]


@pytest.mark.parametrize("rare", [1, 3, 6, 50])
def test_neither_blocks_nor_the_shortcut_change_what_is_found(monkeypatch: pytest.MonkeyPatch, rare: int) -> None:
    texts = long_texts()
    expected = [pair for pair in simple_pairs(texts, texts, 0.7, 3) if pair.index_a < pair.index_b]
    assert any(pair.kind == "near" for pair in expected)
    for name, value in (
        ("_BLOCK_CHARACTERS", 100),
        ("_BLOCK_PRODUCTS", 7),
        ("_BLOCK_PAIRS", 3),
        ("_RARE_SHARED", rare),
    ):
        monkeypatch.setattr(jaccard_join, name, value)
    assert near_duplicates(texts, threshold=0.7) == expected


@given(st.lists(any_text, max_size=6), st.lists(any_text, max_size=6), st.integers(1, 3))
def test_gram_sets_are_sets_of_ngrams(known: list[str], texts: list[str], size: int) -> None:
    vocabulary = GramVocabulary(known, size)
    sets = vocabulary.sets(texts)
    assert sets.sizes.tolist() == [len(grams(text, size)) for text in texts]
    known_grams = set().union(*(grams(text, size) for text in known)) if known else set()
    for row, text in enumerate(texts):
        own = sets.grams[sets.rows == row]
        assert (own >= 0).sum() == len(grams(text, size) & known_grams)
        assert (np.diff(own) > 0).all()


def test_rare_ngrams_have_small_numbers() -> None:
    sets = GramVocabulary(["aab", "aac", "aad"], 2).sets(["aab", "xa"])
    assert sets.grams[sets.rows == 0].tolist()[-1] == 3
    assert (sets.grams[sets.rows == 1] < 0).all()


def test_case_width_and_blanks_make_no_difference_and_blank_texts_have_no_duplicates() -> None:
    pairs = near_duplicates(["A good Day", "  ", ""], ["ａ GOOD\u3000day", "\n", "another one"])
    assert pairs == [DuplicatePair(0, 0, 1.0, "exact")]


def test_one_character_of_twenty_makes_a_near_duplicate() -> None:
    text = "今天早上我们一起去公园散步看花吃早饭喝茶"
    assert len(text) == 20
    (pair,) = near_duplicates([text], [text[:9] + "湖" + text[10:]])
    assert (pair.kind, round(pair.similarity, 3)) == ("near", 0.714)


def test_cloaked_copies_are_found_on_request() -> None:
    plain, hidden = "the weather is lovely today", "th\u0435 w\u200beather is l0vely tod\u0430y"
    assert near_duplicates([plain], [hidden]) == []
    (pair,) = near_duplicates([plain], [hidden], cloaked=True)
    assert (pair.kind, pair.similarity) == ("cloaked", 1.0)
    (closest,) = NearDuplicateIndex(["something else", plain, plain], cloaked=True).closest([hidden])
    assert closest is not None and (closest.index, closest.kind, closest.count) == (1, "cloaked", 2)
    assert uncloaked(hidden) == normalised(plain)


def test_a_pair_is_named_once_though_it_is_found_in_both_ways() -> None:
    texts = [
        "a plain sentence here",
        "A plain sentence here",
        "a plain sentence hers",
        "\u0430 pl\u0430in sentence here",
    ]
    kinds = {(pair.index_a, pair.index_b): pair.kind for pair in near_duplicates(texts, cloaked=True)}
    assert len(near_duplicates(texts, cloaked=True)) == len(kinds)
    assert kinds == {
        (0, 1): "exact",
        (0, 2): "near",
        (1, 2): "near",
        (0, 3): "cloaked",
        (1, 3): "cloaked",
        (2, 3): "cloaked",
    }


@given(collections, thresholds, st.lists(st.integers(-1, 3), min_size=9, max_size=9))
@settings(max_examples=60)
def test_components_are_those_of_joining_pair_by_pair(texts: list[str], threshold: float, links: list[int]) -> None:
    link = np.array(links[: len(texts)], dtype=np.int64)
    found = duplicate_components(texts, threshold, links=[link]).tolist()
    expected = list(range(len(texts)))
    joins = [(pair.index_a, pair.index_b) for pair in simple_pairs(texts, texts, threshold, 3)]
    joins += [(a, b) for a in range(len(texts)) for b in range(len(texts)) if link[a] == link[b] >= 0]
    for one, other in joins * len(texts):
        expected[one] = expected[other] = min(expected[one], expected[other])
    for a in range(len(texts)):
        for b in range(len(texts)):
            assert (found[a] == found[b]) == (expected[a] == expected[b])


def test_components_without_a_threshold_join_equal_texts_only() -> None:
    found = duplicate_components(["a sentence of words", "A sentence of words", "a sentence of word"], None)
    assert found[0] == found[1] != found[2]
    assert len(duplicate_components([])) == 0


def test_nothing_is_found_in_nothing() -> None:
    assert near_duplicates([], ["a"]) == near_duplicates(["a"], []) == near_duplicates([]) == []
    assert NearDuplicateIndex([""]).closest(["", "a"]) == [None, None]
    assert list(JaccardJoin([], 0.5, 3).matches(["a"])) == []


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01, float("nan")])
def test_thresholds_out_of_range_are_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        near_duplicates(["a"], threshold=threshold)


@pytest.mark.parametrize("size", [0, 4])
def test_lengths_of_ngrams_out_of_range_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="1 to 3 characters"):
        near_duplicates(["a"], characters=size)
