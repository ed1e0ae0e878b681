"""No group is on two sides, and the shares are met."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.training.data.group_splits import group_folds, split_groups, text_groups

rows = st.lists(st.tuples(st.sampled_from("abcdefghijkl"), st.integers(0, 2)), min_size=1, max_size=40)
share_sets = st.sampled_from(
    [
        {"all": 1.0},
        {"train": 0.8, "test": 0.2},
        {"train": 0.7, "dev": 0.1, "test": 0.2},
        {"x": 1 / 3, "y": 1 / 3, "z": 1 / 3},
    ]
)


@given(rows, share_sets, st.integers(0, 5), st.booleans())
def test_groups_stay_whole_and_shares_are_missed_by_less_than_the_largest_group_each(
    rows: list[tuple[str, int]], shares: dict[str, float], seed: int, labelled: bool
) -> None:
    groups = [group for group, _ in rows]
    sides = split_groups(groups, shares, seed, [label for _, label in rows] if labelled else None)
    assert len(sides) == len(rows)
    assert len(set(zip(groups, sides, strict=True))) == len(set(groups))
    counts, largest = Counter(sides), max(Counter(groups).values())
    assert set(counts) <= set(shares)
    for name, share in shares.items():
        assert counts[name] - share * len(rows) < largest + 1e-6
        assert share * len(rows) - counts[name] < largest * len(shares)


@given(rows, share_sets, st.integers(0, 5), st.randoms())
def test_the_order_of_rows_makes_no_difference(
    rows: list[tuple[str, int]], shares: dict[str, float], seed: int, chooser: random.Random
) -> None:
    def sides(given: list[tuple[str, int]]) -> dict[str, str]:
        groups = [group for group, _ in given]
        return dict(zip(groups, split_groups(groups, shares, seed, [label for _, label in given]), strict=True))

    assert sides(rows) == sides(chooser.sample(rows, len(rows)))


def test_shares_and_labels_of_many_small_groups_are_met_to_the_row() -> None:
    chooser = random.Random(0)
    groups = [f"group {chooser.randrange(700)}" for _ in range(2000)]
    labels = [int(chooser.random() < 0.2) for _ in groups]
    shares = {"train": 0.8, "dev": 0.1, "test": 0.1}
    sides = split_groups(groups, shares, 0, labels)
    positives = sum(labels)
    for name, share in shares.items():
        assert abs(sides.count(name) - share * 2000) <= 1
        assert (
            abs(sum(label for label, side in zip(labels, sides, strict=True) if side == name) - share * positives) <= 8
        )


def test_large_groups_are_shared_out_too() -> None:
    groups = [f"large {number // 20}" for number in range(400)] + [f"small {number}" for number in range(600)]
    sides = split_groups(groups, {"train": 0.5, "test": 0.5}, 0)
    assert Counter(sides) == {"train": 500, "test": 500}
    assert 150 <= Counter(sides[:400])["train"] <= 250


def test_a_seed_makes_a_split_and_another_seed_another() -> None:
    groups = [str(number) for number in range(50)]
    shares = {"train": 0.5, "test": 0.5}
    assert split_groups(groups, shares, 0) == split_groups(groups, shares, 0) != split_groups(groups, shares, 1)


@pytest.mark.parametrize("shares", [{}, {"a": 0.5}, {"a": 0.5, "b": 0.6}, {"a": 1.5, "b": -0.5}, {"a": float("nan")}])
def test_shares_that_are_none_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="each is above 0 and together they are 1"):
        split_groups(["x", "y"], shares, 0)


def test_labels_must_be_as_many_as_rows() -> None:
    for split in (lambda: split_groups(["x"], {"a": 1.0}, 0, [1, 0]), lambda: group_folds(["x", "y"], 2, 0, [1])):
        with pytest.raises(ValueError, match="each row needs one"):
            split()


@given(rows, st.integers(2, 4), st.integers(0, 3), st.booleans(), st.randoms())
@settings(max_examples=40)
def test_folds_keep_groups_whole_in_any_order(
    rows: list[tuple[str, int]], folds: int, seed: int, labelled: bool, chooser: random.Random
) -> None:
    def numbers(given: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
        groups = [group for group, _ in given]
        found = group_folds(groups, folds, seed, [label for _, label in given] if labelled else None)
        assert len(found) == len(given) and set(found) <= set(range(folds))
        assert len(set(zip(groups, found, strict=True))) == len(set(groups))
        return dict(zip(given, found, strict=True))

    if len({group for group, _ in rows}) < folds:
        with pytest.raises(ValueError, match="a group for each"):
            numbers(rows)
    else:
        assert numbers(rows) == numbers(chooser.sample(rows, len(rows)))


def test_folds_have_as_many_rows_and_labels() -> None:
    groups = [str(number // 2) for number in range(200)]
    labels = [int(number % 10 < 2) for number in range(200)]
    found = group_folds(groups, 5, 0, labels)
    assert Counter(found) == dict.fromkeys(range(5), 40)
    assert Counter(fold for fold, label in zip(found, labels, strict=True) if label) == dict.fromkeys(range(5), 8)


@pytest.mark.parametrize("folds", [0, 1])
def test_one_fold_is_no_fold(folds: int) -> None:
    with pytest.raises(ValueError, match="2 or more"):
        group_folds(["x", "y"], folds, 0)


TEXTS = [
    "We met in the old park on Sunday",
    "we met in the old park on sunday!",
    "Lunch is at noon",
    "LUNCH is at noon",
]


def test_texts_that_say_the_same_are_a_group() -> None:
    groups = text_groups(TEXTS)
    assert groups[0] == groups[1] != groups[2] == groups[3]
    exact = text_groups(TEXTS, threshold=None)
    assert exact[0] != exact[1] and exact[2] == exact[3]


def test_ids_join_too_and_by_way_of_others() -> None:
    groups = text_groups(TEXTS, ids=["a", "b", None, "a"])
    assert len(set(groups)) == 1
    assert len(set(text_groups(["one", "two", "three"], ids=[None, None, ""]))) == 3


def test_blank_texts_are_groups_of_their_own() -> None:
    assert len(set(text_groups(["", " ", "a"]))) == 3
    assert len(set(text_groups(["", " "], ids=["x", "x"]))) == 1


@given(st.lists(st.sampled_from([*TEXTS, "other words", "yet more words"]), max_size=8), st.randoms())
@settings(max_examples=40)
def test_groups_do_not_hang_on_the_order(texts: list[str], chooser: random.Random) -> None:
    shuffled = chooser.sample(texts, len(texts))
    assert dict(zip(texts, text_groups(texts), strict=True)) == dict(zip(shuffled, text_groups(shuffled), strict=True))


def test_ids_must_be_as_many_as_texts() -> None:
    with pytest.raises(ValueError, match="each text needs one"):
        text_groups(["a"], ids=[])
