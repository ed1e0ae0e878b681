import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.metrics import METRIC_NAMES, classification_metrics


def test_binary_by_hand() -> None:
    got = classification_metrics(
        [1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 1], [0.9, 0.8, 0.3, 0.1, 0.2, 0.1, 0.4, 0.7]
    )
    assert list(got) == list(METRIC_NAMES)
    assert got["confusion"] == [[4, 1], [1, 2]]
    assert got["accuracy"] == 6 / 8
    assert got["macro_f1"] == pytest.approx((2 * 2 / (2 * 2 + 1 + 1) + 2 * 4 / (2 * 4 + 1 + 1)) / 2)
    assert got["mcc"] == pytest.approx((2 * 4 - 1 * 1) / math.sqrt(3 * 3 * 5 * 5))
    # Of the 15 pairs of a positive and a negative, 0.3 loses to 0.4 and 0.7.
    assert got["auroc"] == pytest.approx(13 / 15)
    assert got["n"] == 8


def test_two_columns_and_the_lone_one_agree() -> None:
    lone = np.array([0.9, 0.2, 0.4, 0.6])
    both = np.stack([1 - lone, lone], axis=1)
    labels, predictions = [1, 0, 1, 0], [1, 0, 0, 1]
    assert classification_metrics(labels, predictions, lone) == classification_metrics(labels, predictions, both)


def test_multiclass_auroc_is_one_against_the_rest() -> None:
    scores = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1]]
    assert classification_metrics([0, 1, 2, 0], [0, 1, 2, 0], scores, 3)["auroc"] == 1
    # Class 0 wins 2 of 4 pairs and ties one (0.8 and 0.1 against 0.1 and 0.6), class 1 all 3, class 2 ties one of 3.
    got = classification_metrics([0, 1, 0, 2], [0, 1, 2, 0], scores, 3)["auroc"]
    assert got == pytest.approx((2.5 / 4 + 1 + 1 / 3) / 3)


def test_undefined_measures_are_none() -> None:
    one_class = classification_metrics([1, 1], [1, 1], [0.5, 0.6])
    assert (one_class["mcc"], one_class["auroc"], one_class["macro_f1"]) == (None, None, 1)
    empty = classification_metrics([], [], [], 3)
    assert [empty[name] for name in ("macro_f1", "mcc", "accuracy", "auroc", "n")] == [None, None, None, None, 0]
    assert empty["confusion"] == [[0, 0, 0]] * 3
    assert classification_metrics([0, 1], [0, 1])["auroc"] is None
    assert classification_metrics([0, 1], [0, 1], [[0.1, 0.2, 0.7]] * 2, 3)["auroc"] is None
    assert classification_metrics([0, 1], [1, 1])["mcc"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0]), "2 labels but 1 predictions"),
        (([0, 2], [0, 1]), r"labels hold \[2\], outside 0 ... 1"),
        (([0, 1], [0, -1]), r"predictions hold \[-1\]"),
        (([0, 1], [0, 1], [0.1, float("nan")]), "1 of 2 rows"),
        (([0, 1], [0, 1], [0.1]), "shape"),
        (([0, 1], [0, 1], [[0.1, 0.2]] * 2, 3), "shape"),
        (([0], [0], None, 1), "at least 2"),
        (([0, 0.5], [0, 1]), r"labels hold \[0.5\].*1 of 2 rows, the first at index 1"),
        (([0, None], [0, 1]), r"labels are missing \(None\): 1 of 2 rows, the first at index 1"),
        ((["hate", "ok"], [0, 1]), "numbers are needed, not names of classes"),
        (([[0, 1]], [0, 1]), r"labels have the shape \(1, 2\)"),
        (([[0], [0, 1]], [0, 1]), "labels are no one-dimensional list"),
    ],
)
def test_input_that_does_not_fit(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        classification_metrics(*arguments)


@given(st.integers(2, 4), st.data())
def test_bounds_and_plain_values(num_labels: int, data: st.DataObject) -> None:
    classes = st.integers(0, num_labels - 1)
    pairs = data.draw(st.lists(st.tuples(classes, classes), max_size=12))
    scores = [data.draw(st.lists(st.floats(0, 1), min_size=num_labels, max_size=num_labels)) for _ in pairs]
    labels, predictions = [true for true, _ in pairs], [predicted for _, predicted in pairs]
    got = json.loads(json.dumps(classification_metrics(labels, predictions, scores, num_labels), allow_nan=False))
    assert sum(map(sum, got["confusion"])) == got["n"] == len(pairs)
    for name, lowest in (("macro_f1", 0), ("accuracy", 0), ("auroc", 0), ("mcc", -1)):
        assert got[name] is None or lowest - 1e-9 <= got[name] <= 1 + 1e-9
    assert (got["mcc"] is None) == (len(set(labels)) < 2)
