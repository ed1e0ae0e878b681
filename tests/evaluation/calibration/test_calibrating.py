"""The whole fit: choice of the method, honest measures, and input that does not fit."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from decloak.evaluation.calibration import METHODS, calibrate
from decloak.evaluation.calibration.fitting import FOLDS, choose_folds
from decloak.evaluation.calibration.measuring import log_losses, simplest_of_the_best
from decloak.evaluation.metrics import calibration_metrics


def drawn(n: int = 2000, seed: int = 0, sureness: float = 3.0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Labels, log odds that are too sure, and languages."""
    rng = np.random.default_rng(seed)
    true_odds = rng.normal(scale=1.5, size=n)
    labels = (rng.random(n) < 1 / (1 + np.exp(-true_odds))).astype(int)
    return labels, true_odds * sureness, np.where(np.arange(n) % 2, "zh", "en").tolist()


def test_a_model_that_is_too_sure() -> None:
    labels, log_odds, languages = drawn()
    found = calibrate(labels, log_odds, languages)
    assert found.record["method"] == "temperature"
    assert found.temperature == pytest.approx(3, rel=0.15)
    assert list(found.record["negative_log_likelihood"]) == ["none", "temperature", "isotonic", "both"]
    for measures in found.record["languages"].values():
        assert measures["ece"]["after"] < measures["ece"]["before"] / 2
        assert measures["brier"]["after"] < measures["brier"]["before"]
    everything = found.record["languages"]["*"]
    before = calibration_metrics(labels, 1 / (1 + np.exp(-log_odds)))
    for name in ("ece", "brier"):
        assert everything[name]["before"] == pytest.approx(before[name])
    assert everything["n"] == everything["positives"] + everything["negatives"] == len(labels)


def test_a_boundary_that_is_off_takes_a_map() -> None:
    labels, log_odds, languages = drawn(4000)
    found = calibrate(labels, log_odds / 3 - 3, languages)
    assert found.record["method"] in ("isotonic", "both")
    assert found.isotonic is not None and len(found.isotonic["scores"]) <= 200
    assert found.record["languages"]["*"]["ece"]["after"] < 0.05 < found.record["languages"]["*"]["ece"]["before"]


@pytest.mark.parametrize("method", METHODS)
def test_thresholds_are_of_the_scores_that_the_checkpoint_will_give(method: str) -> None:
    labels, log_odds, languages = drawn()
    found = calibrate(labels, log_odds, languages, method=method)
    applied = found.of_scores(["negative", "positive"])
    applied.check()
    raw = 1 / (1 + np.exp(-log_odds / found.temperature))
    scores = applied.calibrated(np.stack([1 - raw, raw], axis=1))[:, 1]
    assert found.thresholds is not None and set(found.thresholds) == {"zh", "en", "*"}
    for language, table in found.thresholds.items():
        rows = (labels == 0) & ((np.array(languages) == language) | (language == "*"))
        for rate, threshold in table.items():
            fpr = (scores[rows] >= threshold).mean()
            assert float(rate) - 1 / rows.sum() <= fpr <= float(rate)
    assert (found.temperature == 1) is (found.record["method"] == "isotonic")
    assert (found.isotonic is None) is (found.record["method"] == "temperature")


def test_measured_rates_are_those_of_rows_that_were_held_out() -> None:
    """In 20 draws the 95 % interval of the false-positive rate holds the stated rate nearly always."""
    inside = []
    for seed in range(20):
        labels, log_odds, languages = drawn(800, seed)
        measures = calibrate(labels, log_odds, languages, method="temperature", seed=seed).record["languages"]["*"]
        low, high = measures["thresholds"]["0.05"]["fpr_interval"]
        inside.append(low <= 0.05 <= high)
        assert low <= measures["thresholds"]["0.05"]["fpr"] <= high
    assert np.mean(inside) >= 0.9


def test_the_simplest_of_equals_is_chosen() -> None:
    rng = np.random.default_rng(0)
    simple, better = rng.normal(1, 0.3, 1000), rng.normal(0.8, 0.3, 1000)
    assert simplest_of_the_best({"simple": simple, "best": simple - 1e-4 * rng.normal(1, 50, 1000)}) == "simple"
    assert simplest_of_the_best({"simple": simple, "other": better, "best": better}) == "other"
    assert simplest_of_the_best({"only": simple}) == "only"


def test_losses_are_those_of_scikit_learn_and_finite() -> None:
    labels, scores = np.array([0, 1, 1]), np.array([0.2, 0.4, 0.9])
    assert log_losses(labels, scores).mean() == pytest.approx(log_loss(labels, scores))
    assert np.isfinite(log_losses(labels, np.array([1.0, 0.0, 1.0]))).all()


def test_three_labels() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2, size=(1000, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (rng.random(1000) < shares[:, [0, 2]].sum(axis=1)).astype(int)
    names = ["hate", "normal", "rude"]
    found = calibrate(labels, logits * 4, ["en"] * 1000, names, ["rude", "hate"])
    assert found.temperature == pytest.approx(4, rel=0.25)
    assert found.positive_labels == ["rude", "hate"]
    found.of_scores(names).check()


def test_the_same_arguments_give_the_same_json() -> None:
    labels, log_odds, languages = drawn(400)
    one, other = (json.dumps(calibrate(labels, log_odds, languages).settings(), allow_nan=False) for _ in range(2))
    assert one == other
    assert one != json.dumps(calibrate(labels, log_odds, languages, seed=1).settings())


def test_copies_of_a_text_stay_in_one_fold() -> None:
    labels = np.array([0, 1] * 60)
    groups = [str(number // 4) for number in range(120)]
    folds = choose_folds(labels, groups, 0)
    assert set(folds) == set(range(FOLDS))
    assert all(len(set(folds[np.array(groups) == name])) == 1 for name in set(groups))
    with pytest.raises(ValueError, match="3 texts and copies"):
        choose_folds(labels, [str(number % 3) for number in range(120)], 0)


def test_classes_that_scores_separate() -> None:
    labels = np.array([0, 1] * 200)
    found = calibrate(labels, np.where(labels, 2.0, -2.0) + np.linspace(0, 0.1, 400), ["zh", "en"] * 200, method="both")
    assert found.temperature == pytest.approx(0.05, rel=0.01)
    assert any("at its bound" in line and "separate" in line for line in found.record["notes"])
    json.dumps(found.settings(), allow_nan=False)


GOOD: dict[str, Any] = {"labels": [0, 1] * 10, "logits": list(range(20)), "languages": ["zh", "en"] * 10}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"logits": [float("nan"), *range(19)]}, "1 of 20 rows have logits that are not finite, first row 0"),
        ({"logits": [1.5] * 20}, "all 20 rows have the same score"),
        ({"labels": [1] * 20}, "20 positive and 0 other rows; at least 5"),
        ({"labels": [0, 2] * 10}, "labels hold 2; allowed are 1"),
        ({"labels": [0, 1] * 9}, "shape"),
        ({"logits": [[0, 1, 2]] * 20}, "shape"),
        ({"languages": ["zh"]}, "1 languages"),
        ({"languages": ["de"] * 20}, "languages hold de; allowed are zh, en"),
        ({"method": "platt"}, "'platt'; allowed are auto, temperature, isotonic, both"),
        ({"false_positive_rates": [0.01, 1.5]}, r"\['0.01', '1.5'\]"),
        ({"false_positive_rates": []}, "at least one"),
        ({"groups": ["a"]}, "1 groups"),
        ({"positive_labels": ["hate"]}, "positive_labels is"),
        ({"label_names": ["one"]}, "positive_labels is"),
    ],
)
def test_input_that_does_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calibrate(**(GOOD | changes))


@given(st.data())
@settings(max_examples=12)
def test_whatever_is_calibrated_can_be_stored(data: st.DataObject) -> None:
    n = data.draw(st.integers(10, 60))
    labels = [0, 1] * 5 + data.draw(st.lists(st.integers(0, 1), min_size=n - 10, max_size=n - 10))
    logits = data.draw(st.lists(st.floats(-1e3, 1e3), min_size=n, max_size=n).filter(lambda held: len(set(held)) > 1))
    languages = data.draw(st.lists(st.sampled_from(["zh", "en"]), min_size=n, max_size=n))
    found = calibrate(labels, logits, languages, false_positive_rates=(0.1, 0.3))
    json.dumps(found.settings(), allow_nan=False)
    found.of_scores(["negative", "positive"]).check()
