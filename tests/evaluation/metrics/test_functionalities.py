"""Accuracy per functionality: hand values and properties; the interval of a share."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats import proportion

from decloak.evaluation.metrics import functionality_metrics
from decloak.evaluation.metrics.proportions import share, wilson_interval


def test_by_hand() -> None:
    got = functionality_metrics(
        [1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 1, 0], ["direct", "direct", "implied", "negated", "negated", "negated"]
    )
    assert got["functionalities"]["negated"] == {
        "label": 0,
        "n": 3,
        "correct": 1,
        "accuracy": pytest.approx(1 / 3),
        "interval": pytest.approx((0.0615, 0.7923), abs=1e-3),
    }
    assert list(got["functionalities"]) == ["direct", "implied", "negated"]
    assert got["hateful_accuracy"] == pytest.approx(2 / 3)
    assert got["non_hateful_accuracy"] == pytest.approx(1 / 3)
    assert got["accuracy"] == 0.5
    assert got["macro_accuracy"] == pytest.approx((1 + 0 + 1 / 3) / 3)
    assert got["below_half"] == ["implied", "negated"]


def test_one_label_only_and_mixed_labels() -> None:
    got = functionality_metrics([1, 1, 0, 1, 1, 0], [1, 1, 0, 1, 1, 0], [*"aabbcc"])
    assert [group["label"] for group in got["functionalities"].values()] == [1, None, None]
    assert functionality_metrics([1], [1], ["a"])["non_hateful_accuracy"] is None


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.sampled_from("abcd")), min_size=1, max_size=40))
def test_equals_counting_row_by_row(rows: list[tuple[int, int, str]]) -> None:
    labels, predictions, names = (list(column) for column in zip(*rows, strict=True))
    got = json.loads(json.dumps(functionality_metrics(labels, predictions, names), allow_nan=False))
    for name, group in got["functionalities"].items():
        mine = [(true, predicted) for true, predicted, other in rows if other == name]
        assert (group["n"], group["correct"]) == (len(mine), sum(true == predicted for true, predicted in mine))
        assert group["interval"][0] <= group["accuracy"] <= group["interval"][1]
        assert (name in got["below_half"]) == (group["accuracy"] < 0.5)
    assert sum(group["n"] for group in got["functionalities"].values()) == len(rows)
    assert got["accuracy"] == pytest.approx(np.mean(np.equal(labels, predictions)))


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0.5, 0.99))
def test_the_interval_of_a_share_is_that_of_statsmodels(hits: int, others: int, level: float) -> None:
    n = hits + others
    found = wilson_interval(hits, n, level)
    if n == 0:
        assert found is None and share(hits, n) is None
    else:
        assert found == pytest.approx(proportion.proportion_confint(hits, n, 1 - level, "wilson"), abs=1e-9)


@pytest.mark.parametrize("arguments", [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 95)])
def test_shares_that_are_none(arguments: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError, match="is no share|level is 95"):
        wilson_interval(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], []), "0 rows"),
        (([0, 1], [0, 1], ["a"]), "2 labels but 1 functionalities"),
        (([0, 1], [0, 1], ["a", None]), r"missing or no strings in 1 of 2 rows, the first at index 1 \(None\)"),
        (([0, 1], [0, 1], ["", "a"]), "the first at index 0"),
        (([0, 3], [0, 1], ["a", "a"]), r"labels hold \[3\]"),
        (([0, 1], [0], ["a", "a"]), "2 labels but 1 predictions"),
    ],
)
def test_input_that_does_not_fit(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        functionality_metrics(*arguments)
