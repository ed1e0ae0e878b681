"""Paired comparisons against drawing rows, hand values and statsmodels."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score
from statsmodels.stats import contingency_tables as tables

from decloak.evaluation.metrics import bootstrap_intervals, mcnemar, paired_bootstrap


def two_classifiers(rows: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw labels and the scores of a better and a worse classifier that err together."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    shared = rng.normal(labels * 1.2, 1)
    return labels, shared + rng.normal(labels * 0.8, 0.5), shared + rng.normal(0, 0.5, rows)


def test_the_difference_is_that_of_the_measures_and_its_interval_that_of_drawing_rows() -> None:
    labels, good, poor = two_classifiers()
    first, second = (good > 0.8).astype(int), (poor > 0.8).astype(int)
    rng = np.random.default_rng(5)
    drawn: dict[str, list[float]] = {"macro_f1": [], "auroc": []}
    for _ in range(300):
        rows = rng.integers(0, 400, 400)
        true = labels[rows]
        values = [f1_score(true, answers[rows], average="macro") for answers in (first, second)]
        drawn["macro_f1"].append(values[0] - values[1])
        drawn["auroc"].append(roc_auc_score(true, good[rows]) - roc_auc_score(true, poor[rows]))
    for measure, differences in drawn.items():
        found = paired_bootstrap(labels, first, second, good, poor, measure)
        assert found["interval"] == pytest.approx(np.quantile(differences, [0.025, 0.975]), abs=0.018)
        assert found["p_value"] < 0.01
    area = roc_auc_score(labels, good) - roc_auc_score(labels, poor)
    assert paired_bootstrap(labels, first, second, good, poor, "auroc")["difference"] == pytest.approx(area)


def test_pairing_is_surer_than_two_intervals() -> None:
    labels, good, poor = two_classifiers()
    answers = [(scores > 0.8).astype(int) for scores in (good, poor)]
    paired = paired_bootstrap(labels, *answers)["interval"]
    widths = []
    for predictions in answers:
        interval = bootstrap_intervals(labels, predictions, measures=["macro_f1"])["macro_f1"]
        assert interval is not None
        widths.append(interval[1] - interval[0])
    assert paired[1] - paired[0] < np.hypot(*widths)


def test_a_classifier_does_not_differ_from_itself() -> None:
    labels, good, _ = two_classifiers()
    answers = (good > 0.8).astype(int)
    for measure in ("macro_f1", "auroc", "recall_at_fpr_0.05"):
        found = paired_bootstrap(labels, answers, answers, good, good, measure, resamples=100)
        assert found == {"difference": 0.0, "interval": (0.0, 0.0), "p_value": 1.0}


def test_swapping_turns_the_sign() -> None:
    labels, good, poor = two_classifiers(100, 2)
    for measure in ("mcc", "auroc"):
        one = paired_bootstrap(labels, good > 0.8, poor > 0.8, good, poor, measure, resamples=200)
        other = paired_bootstrap(labels, poor > 0.8, good > 0.8, poor, good, measure, resamples=200)
        assert one["difference"] == pytest.approx(-other["difference"])
        if measure == "auroc":
            assert one["interval"] == pytest.approx([-other["interval"][1], -other["interval"][0]])
            assert one["p_value"] == other["p_value"]


def test_clusters_make_copies_worth_nothing() -> None:
    labels, good, poor = two_classifiers(60, 4)
    first, second = (good > 0.8).astype(int), (poor > 0.8).astype(int)
    copies = [np.tile(column, 5) for column in (labels, first, second)]
    once = paired_bootstrap(labels, first, second, clusters=range(60))
    together = paired_bootstrap(*copies, clusters=[*range(60)] * 5)
    assert together["difference"] == pytest.approx(once["difference"])
    assert together["interval"] == pytest.approx(once["interval"], abs=0.02)
    assert paired_bootstrap(*copies)["p_value"] < once["p_value"]


def test_undefined_measures_are_none() -> None:
    nothing = {"difference": None, "interval": None, "p_value": None}
    assert paired_bootstrap([1, 1], [1, 0], [0, 1], measure="mcc") == nothing
    assert paired_bootstrap([1, 1], [1, 0], [0, 1], [0.1, 0.2], [0.3, 0.4], "auroc") == nothing


def test_several_classes_are_compared_by_their_numbers() -> None:
    got = paired_bootstrap([0, 5, 900], [0, 5, 900], [5, 0, 900])
    assert got["difference"] == pytest.approx(1 - 1 / 3)


def test_mcnemar_by_hand() -> None:
    labels = [1] * 10
    got = mcnemar(labels, [1] * 8 + [0, 0], [0] * 6 + [1, 1, 0, 1])
    # 6 rows against 1: twice the chance of at most 1 of 7, (1 + 7) / 2 ** 7.
    assert got == {"only_a_right": 6, "only_b_right": 1, "statistic": 1.0, "p_value": pytest.approx(16 / 128)}
    assert mcnemar([0, 1], [0, 1], [0, 1])["p_value"] == 1


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_that_of_statsmodels(a: int, b: int) -> None:
    labels = [1] * (a + b + 1)
    got = mcnemar(labels, [1] * a + [0] * b + [1], [0] * a + [1] * b + [1])
    assert (got["only_a_right"], got["only_b_right"]) == (a, b)
    if a != b:  # statsmodels corrects a difference of 0 beyond 0
        expected = tables.mcnemar([[1, a], [b, 0]], exact=a + b < 25)
        assert (got["statistic"], got["p_value"]) == pytest.approx((expected.statistic, expected.pvalue))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], []), "0 rows"),
        (([0, 1], [0, 1], [0]), "2 labels but 1 predictions_b"),
        (([0, 1], [0, 0.5], [0, 1]), r"predictions_a hold \[0.5\]"),
        (([0, 1], [0, 1], [0, 1], None, None, "auroc"), "auroc is a measure of scores, and scores_a is not given"),
        (([0, 1], [0, 1], [0, 1], [0, 1], [0, 2], "ece"), "scores_b lie outside 0 ... 1"),
        (([0, 2], [0, 1], [0, 1], [0, 1], [0, 1], "auroc"), r"labels hold \[2\]"),
        (([0, 1], [0, 1], [0, 1], None, None, "f1"), "measures hold 'f1'"),
    ],
)
def test_input_that_does_not_fit(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        paired_bootstrap(*arguments)
