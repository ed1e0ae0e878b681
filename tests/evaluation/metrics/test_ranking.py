"""Ranking against scikit-learn, hand values and a search over every threshold."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from decloak.evaluation.metrics import ranking_metrics, roc_curve_points

# Few distinct scores, so that ties across the classes are the rule.
ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3).map(lambda k: k / 4)), min_size=1, max_size=40)
RATES = (0.0, 0.01, 0.05, 0.29, 0.5, 1.0)


def best_threshold(labels: np.ndarray, scores: np.ndarray, rate: float) -> tuple[float, float]:
    """Search all thresholds for the lowest that keeps to the rate; return recall and false positive rate."""
    for threshold in np.unique(scores):
        taken = scores >= threshold
        if taken[labels == 0].mean() <= rate:
            return float(taken[labels == 1].mean()), float(taken[labels == 0].mean())
    return 0.0, 0.0


@given(ROWS)
def test_equals_scikit_learn_and_a_search(rows: list[tuple[int, float]]) -> None:
    labels, scores = (np.array(column) for column in zip(*rows, strict=True))
    got = json.loads(json.dumps(ranking_metrics(labels, scores, RATES), allow_nan=False))
    if len(set(labels.tolist())) < 2:
        assert got["auroc"] is None and got["average_precision"] is None
        assert {point["recall"] for point in got["recall_at_fpr"].values()} == {None}
        return
    assert got["auroc"] == pytest.approx(roc_auc_score(labels, scores))
    assert got["average_precision"] == pytest.approx(average_precision_score(labels, scores))
    for rate in RATES:
        point = got["recall_at_fpr"][f"{rate:g}"]
        assert (point["recall"], point["fpr"]) == pytest.approx(best_threshold(labels, scores, rate))
        taken = scores >= point["threshold"]
        assert taken[labels == 1].mean() == pytest.approx(point["recall"])
        assert taken[labels == 0].mean() == pytest.approx(point["fpr"])


def test_operating_point_by_hand() -> None:
    # Of 4 negatives one may pass at 25 %: the two that tie at 0.6 may not.
    labels, scores = [1, 1, 0, 0, 1, 0, 0], [0.9, 0.8, 0.7, 0.6, 0.6, 0.6, 0.1]
    point = ranking_metrics(labels, scores, [0.25])["recall_at_fpr"]["0.25"]
    assert point == {"recall": 2 / 3, "threshold": 0.7, "fpr": 0.25, "negatives": 4, "enough_negatives": True}


def test_too_few_negatives_are_said_and_the_threshold_lies_above_them() -> None:
    point = ranking_metrics([1, 0, 1], [0.9, 0.8, 0.1])["recall_at_fpr"]["0.01"]
    assert point == {"recall": 0.5, "threshold": 0.9, "fpr": 0.0, "negatives": 1, "enough_negatives": False}


def test_a_negative_on_top_leaves_nothing_to_recall() -> None:
    point = ranking_metrics([0, 1], [0.9, 0.9])["recall_at_fpr"]["0.05"]
    assert (point["recall"], point["fpr"]) == (0, 0)
    assert point["threshold"] > 0.9


def test_rates_are_compared_as_decimals() -> None:
    # 0.29 * 100 is below 29 in floating point.
    labels = [0] * 100 + [1]
    scores = [*np.linspace(0, 1, 100), 0.5]
    assert ranking_metrics(labels, scores, [0.29])["recall_at_fpr"]["0.29"]["fpr"] == 0.29


def test_one_class_has_a_rate_but_no_recall() -> None:
    assert ranking_metrics([0, 0], [0.1, 0.2], [0.5])["recall_at_fpr"]["0.5"]["threshold"] == 0.2
    assert ranking_metrics([1, 1], [0.1, 0.2], [0.5])["recall_at_fpr"]["0.5"]["threshold"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "0 rows"),
        (([0, 1], [0.1]), "2 labels but 1 scores"),
        (([0, 1, 1], [0.1, float("nan"), float("inf")]), "2 of 3 rows, the first at index 1, 2"),
        (([0, 1], [0.1, None]), r"missing \(None\)"),
        (([0, 2], [0.1, 0.2]), r"labels hold \[2\]"),
        (([0, 1], [0.1, 0.2], [1.5]), "rate is 1.5"),
        (([0, 1], ["a", "b"]), "numbers are needed"),
    ],
)
def test_input_that_does_not_fit(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ranking_metrics(*arguments)


@given(ROWS)
def test_a_short_curve_is_that_of_scikit_learn(rows: list[tuple[int, float]]) -> None:
    labels, scores = zip(*rows, strict=True)
    curve = roc_curve_points(labels, scores)
    if len(set(labels)) < 2:
        assert curve == {"fpr": [], "tpr": [], "threshold": []}
        return
    fpr, tpr, threshold = roc_curve(labels, scores, drop_intermediate=False)
    found = set(zip(curve["fpr"][1:], curve["tpr"][1:], curve["threshold"][1:], strict=True))
    assert found <= set(zip(fpr, tpr, threshold, strict=True))
    assert np.trapezoid(curve["tpr"], curve["fpr"]) == pytest.approx(roc_auc_score(labels, scores))


@pytest.mark.parametrize("points", [20, 50, 200])
def test_a_thinned_curve_keeps_its_ends_and_the_step_at_one_percent(points: int) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 30_000)
    scores = rng.normal(labels, 1)
    curve = roc_curve_points(labels, scores, points)
    assert len(curve["fpr"]) <= points
    assert (curve["fpr"][0], curve["tpr"][0], curve["fpr"][-1], curve["tpr"][-1]) == (0, 0, 1, 1)
    assert curve["fpr"] == sorted(curve["fpr"]) and curve["tpr"] == sorted(curve["tpr"])
    exact = ranking_metrics(labels, scores, [0.01])["recall_at_fpr"]["0.01"]
    index = np.searchsorted(curve["fpr"], 0.01, side="right") - 1
    assert curve["tpr"][index] == pytest.approx(exact["recall"])
    assert np.trapezoid(curve["tpr"], curve["fpr"]) == pytest.approx(roc_auc_score(labels, scores), abs=0.03)


def test_a_curve_needs_points() -> None:
    with pytest.raises(ValueError, match="points is 3"):
        roc_curve_points([0, 1], [0, 1], 3)
