"""Bootstrap intervals: draw by draw against scikit-learn, and whether they cover."""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    matthews_corrcoef,
    roc_auc_score,
)

from decloak.evaluation.metrics import (
    MEASURES,
    bootstrap_intervals,
    calibration_metrics,
    classification_metrics,
    ranking_metrics,
)
from decloak.evaluation.metrics.hate_classification.confusion_measures import accuracy, macro_f1, mcc
from decloak.evaluation.metrics.hate_classification.resampling import cell_draws, unit_draws, units_of
from decloak.evaluation.metrics.hate_classification.weighted_scores import WeightedScores

SCORES = ("auroc", "average_precision", "ece", "brier", "recall_at_fpr_0.05")


def answers(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw labels, predictions and probabilities with many ties."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    scores = np.clip(rng.normal(0.3 + 0.4 * labels, 0.3), 0, 1).round(1)
    return labels, (scores >= 0.5).astype(int), scores


@given(st.integers(2, 30), st.integers(0, 10**6))
@settings(max_examples=20)
def test_every_draw_is_what_scikit_learn_says_of_its_rows(rows: int, seed: int) -> None:
    labels, _, scores = answers(rows, seed)
    units = units_of(None, rows)
    for draws in unit_draws(units, 5, seed):
        found = WeightedScores(labels, scores, units).measure(draws, SCORES)
        for k, weights in enumerate(draws.astype(int)):
            drawn = np.repeat(np.arange(rows), weights)
            true, chance = labels[drawn], scores[drawn]
            calibration = calibration_metrics(true, chance)
            assert found["ece"][k] == pytest.approx(calibration["ece"], abs=1e-9)
            assert found["brier"][k] == pytest.approx(brier_score_loss(true, chance))
            if len(set(true.tolist())) < 2:
                assert math.isnan(found["auroc"][k]) and math.isnan(found["average_precision"][k])
                continue
            recall = ranking_metrics(true, chance)["recall_at_fpr"]["0.05"]["recall"]
            assert found["auroc"][k] == pytest.approx(roc_auc_score(true, chance))
            assert found["average_precision"][k] == pytest.approx(average_precision_score(true, chance))
            assert found["recall_at_fpr_0.05"][k] == pytest.approx(recall)


@given(st.integers(2, 4), st.data())
def test_measures_of_many_confusions_are_those_of_scikit_learn(classes: int, data: st.DataObject) -> None:
    pairs = data.draw(st.lists(st.tuples(*[st.integers(0, classes - 1)] * 2), min_size=1, max_size=20))
    true, predicted = zip(*pairs, strict=True)
    confusion = np.zeros((1, classes, classes))
    np.add.at(confusion[0], (true, predicted), 1)
    assert macro_f1(confusion)[0] == pytest.approx(f1_score(true, predicted, average="macro"))
    assert accuracy(confusion)[0] == pytest.approx(np.mean(np.equal(true, predicted)))
    if len(set(true)) < 2:
        assert math.isnan(mcc(confusion)[0])
    else:
        assert mcc(confusion)[0] == pytest.approx(matthews_corrcoef(true, predicted), abs=1e-9)


def test_intervals_cover_what_they_promise() -> None:
    """300 data sets of known macro-F1 and AUROC; 90 % intervals hold the truth in 85 to 95 % of them."""
    rng = np.random.default_rng(1)
    sets, rows, distance, share = 300, 250, 1.5, 0.4
    missed = NormalDist().cdf(-distance / 2)  # the share of each class on the wrong side of the middle
    truth = {"auroc": NormalDist().cdf(distance / math.sqrt(2)), "macro_f1": _macro_f1(share, missed)}
    covered = dict.fromkeys(truth, 0)
    for seed in range(sets):
        labels = (rng.random(rows) < share).astype(int)
        scores = rng.normal(labels * distance, 1)
        found = bootstrap_intervals(
            labels, scores > distance / 2, scores, measures=list(truth), resamples=300, level=0.9, seed=seed
        )
        for name, value in truth.items():
            interval = found[name]
            assert interval is not None
            covered[name] += interval[0] <= value <= interval[1]
    assert all(0.85 <= count / sets <= 0.95 for count in covered.values()), covered


def _macro_f1(share: float, missed: float) -> float:
    right, wrong = 1 - missed, missed
    first = 2 * share * right / (2 * share * right + share * wrong + (1 - share) * wrong)
    second = 2 * (1 - share) * right / (2 * (1 - share) * right + share * wrong + (1 - share) * wrong)
    return (first + second) / 2


def test_point_values_lie_inside_and_draws_are_reproducible() -> None:
    labels, predictions, scores = answers(400, 0)
    found = bootstrap_intervals(labels, predictions, scores)
    assert found == bootstrap_intervals(labels, predictions, scores)
    assert found != bootstrap_intervals(labels, predictions, scores, seed=1)
    ranks = ranking_metrics(labels, scores)
    values = classification_metrics(labels, predictions, scores) | calibration_metrics(labels, scores) | ranks
    values |= {f"recall_at_fpr_{rate}": point["recall"] for rate, point in ranks["recall_at_fpr"].items()}
    assert list(found) == list(MEASURES)
    for name, interval in found.items():
        assert interval is not None
        assert interval[0] <= values[name] <= interval[1] or name == "ece"


def test_copies_of_a_row_tell_nothing_new_when_they_are_clusters() -> None:
    labels, predictions, scores = answers(200, 3)
    sources = [f"source {row}" for row in range(200)]
    once = bootstrap_intervals(labels, predictions, scores, clusters=sources)
    columns = [np.tile(column, 4) for column in (labels, predictions, scores)]
    together = bootstrap_intervals(*columns, clusters=sources * 4)
    apart = bootstrap_intervals(*columns)
    for name in MEASURES:
        assert once[name] is not None
        assert together[name] == pytest.approx(once[name], abs=0.015)
        assert _width(together[name]) > 1.3 * _width(apart[name]) or name.startswith("recall")


def _width(interval: tuple[float, float] | None) -> float:
    assert interval is not None
    return interval[1] - interval[0]


def test_clusters_of_one_row_are_rows() -> None:
    cells = np.array([0, 1, 2, 3, 3, 3])
    counts, drawn = cell_draws(cells, units_of([*"abcdef"], 6), 4000, 0)
    assert counts.tolist() == [1, 1, 1, 3]
    assert drawn.sum(axis=1).tolist() == [6] * 4000
    _, clustered = cell_draws(cells, units_of([*"abcdee"], 6), 4000, 0)
    assert set(clustered.sum(axis=1)) > {6}
    assert clustered.mean(axis=0) == pytest.approx([1, 1, 1, 3], abs=0.1)


def test_undefined_measures_have_no_interval() -> None:
    found = bootstrap_intervals([1, 1, 1], [1, 0, 1], [0.2, 0.3, 0.9])
    assert {name for name, interval in found.items() if interval} == {"macro_f1", "accuracy", "ece", "brier"}
    without = bootstrap_intervals([1, 0, 1], [1, 0, 1])
    assert {name for name, interval in without.items() if interval} == {"macro_f1", "mcc", "accuracy"}
    margins = bootstrap_intervals([1, 0] * 20, [1, 0] * 20, [3.0, -2.0] * 20)
    assert margins["ece"] is None and margins["brier"] is None and margins["auroc"] == (1, 1)


def test_several_classes() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    scores = rng.random((300, 3)) + np.eye(3)[labels] * 0.5
    found = bootstrap_intervals(labels, scores.argmax(axis=1), scores, num_labels=3)
    expected = classification_metrics(labels, scores.argmax(axis=1), scores, 3)
    for name in ("macro_f1", "mcc", "accuracy", "auroc"):
        interval = found[name]
        assert interval is not None and interval[0] < expected[name] < interval[1]
    assert found["average_precision"] is None and found["ece"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measures": ["f1", "auroc"]}, "measures hold 'f1'; known are macro_f1"),
        ({"measures": ["recall_at_fpr_2"]}, "measures hold 'recall_at_fpr_2'"),
        ({"clusters": ["a"]}, "2 labels but 1 clusters"),
        ({"clusters": ["a", None]}, "clusters are missing in 1 of 2 rows, the first at index 1"),
        ({"level": 95}, "level is 95"),
        ({"resamples": 0}, "resamples is 0"),
        ({"scores": [0.1, float("nan")]}, "1 of 2 rows have scores that are not finite, the first at index 1"),
    ],
)
def test_bad_arguments_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bootstrap_intervals([0, 1], [0, 1], **options)
    with pytest.raises(ValueError, match="0 rows"):
        bootstrap_intervals([], [])
