"""The calibration of a checkpoint: languages, the map of scores, thresholds, and what is refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.modeling import MMBertConfig
from decloak.modeling.calibration_mmbert import ScoreCalibration, language_of

ISOTONIC = {"scores": [0.0, 0.5, 1.0], "probabilities": [0.1, 0.2, 0.9]}
THRESHOLDS = {"zh": {"0.01": 0.9, "0.05": 0.6}, "*": {"0.01": 0.8}}
BINARY = ["ok", "hate"]
shares = st.floats(0, 1)


@pytest.mark.parametrize(("text", "language"), [("ni hao", "en"), ("hi 你", "zh"), ("", "en"), ("😀ひ", "en")])
def test_a_han_character_makes_a_text_chinese(text: str, language: str) -> None:
    assert language_of(text) == language


def test_the_map_of_a_binary_classifier() -> None:
    calibration = ScoreCalibration(BINARY, isotonic=ISOTONIC)
    scores = np.array([[1.0, 0.0], [0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0.0, 1.0]])
    mapped = calibration.calibrated(scores)
    assert mapped[:, 1] == pytest.approx([0.1, 0.15, 0.2, 0.55, 0.9])
    assert mapped.sum(axis=1) == pytest.approx(1)
    assert ScoreCalibration(BINARY).calibrated(scores) is scores


def test_labels_share_in_proportion() -> None:
    calibration = ScoreCalibration(["hate", "ok", "rude", "spam"], isotonic=ISOTONIC, positive_labels=["rude", "hate"])
    assert calibration.calibrated(np.array([0.1, 0.125, 0.4, 0.375])) == pytest.approx([0.04, 0.2, 0.16, 0.6])
    # Nothing to share in proportion: evenly.
    assert calibration.calibrated(np.array([0.0, 0.25, 0.0, 0.75])) == pytest.approx([0.05, 0.225, 0.05, 0.675])
    assert calibration.calibrated(np.array([0.25, 0.0, 0.75, 0.0])) == pytest.approx([0.225, 0.05, 0.675, 0.05])


@given(st.lists(st.lists(shares, min_size=3, max_size=3).filter(lambda row: sum(row) > 0), min_size=1, max_size=5))
def test_mapped_scores_are_probabilities_and_keep_their_order(rows: list[list[float]]) -> None:
    scores = np.array(rows) / np.sum(rows, axis=1, keepdims=True)
    calibration = ScoreCalibration(["a", "b", "c"], isotonic=ISOTONIC, positive_labels=["c"])
    mapped = calibration.calibrated(scores)
    assert mapped.sum(axis=1) == pytest.approx(1)
    assert (mapped >= 0).all() and (mapped <= 1).all()
    order = np.argsort(scores[:, 2], kind="stable")
    assert (np.diff(mapped[order, 2]) >= 0).all()


def test_the_threshold_is_that_of_the_language_else_of_all() -> None:
    calibration = ScoreCalibration(BINARY, thresholds=THRESHOLDS)
    assert calibration.threshold("zh", 0.01) == 0.9
    assert calibration.threshold("en", 0.01) == calibration.threshold(None, 0.01) == 0.8
    assert calibration.threshold("zh", 0.05) == 0.6
    with pytest.raises(ValueError, match=r"'en' at false_positive_rate=0.05; this model has .*zh: \['0.01', '0.05'\]"):
        calibration.threshold("en", 0.05)
    assert calibration.thresholds_of("zh") == {0.01: 0.9, 0.05: 0.6}
    assert calibration.thresholds_of("en") == calibration.thresholds_of(None) == {0.01: 0.8}
    assert ScoreCalibration(BINARY).thresholds_of("zh") == {}
    calibration.check_rate(0.05)
    with pytest.raises(ValueError, match="no threshold at false_positive_rate=0.02"):
        calibration.check_rate(0.02)
    with pytest.raises(ValueError, match="this model has none.*decloak calibrate"):
        ScoreCalibration(BINARY).check_rate(0.01)


@pytest.mark.parametrize("rate", [0, 1, -0.1, 2, True, "0.01", float("nan"), None, []])
def test_rates_that_are_none(rate: Any) -> None:
    with pytest.raises(ValueError, match="allowed are numbers between 0 and 1"):
        ScoreCalibration(BINARY, thresholds=THRESHOLDS).check_rate(rate)


def test_the_answer_of_a_threshold() -> None:
    calibration = ScoreCalibration(["ok", "hate", "rude"])
    scores = np.array([0.5, 0.2, 0.3])
    assert calibration.ranked(scores) == [0, 2, 1]
    assert calibration.ranked(scores, 0.5) == [2, 0, 1]  # the threshold itself is enough
    assert calibration.ranked(scores, 0.51) == [0, 2, 1]
    assert calibration.ranked(np.array([0.1, 0.5, 0.4]), 0.95) == [0, 1, 2]


@given(st.lists(shares, min_size=2, max_size=5), shares)
def test_every_label_is_ranked_once_and_the_first_is_on_the_right_side(scores: list[float], threshold: float) -> None:
    calibration = ScoreCalibration([str(number) for number in range(len(scores))])
    values = np.array(scores)
    ranked = calibration.ranked(values, threshold)
    assert sorted(ranked) == list(range(len(scores)))
    assert (ranked[0] > 0) == (values[1:].sum() >= threshold)


def test_whether_there_is_a_calibration() -> None:
    assert not ScoreCalibration(BINARY).is_set
    for fields in ({"temperature": 1.1}, {"isotonic": ISOTONIC}, {"thresholds": THRESHOLDS}):
        assert ScoreCalibration(BINARY, **fields).is_set


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"thresholds": {"de": {"0.01": 0.9}}}, r"languages \['de'\]; allowed are \['zh', 'en', '\*'\]"),
        ({"thresholds": {"zh": {"0.01": 1.2}}}, "1.2 for zh.*from 0 to 1"),
        ({"thresholds": {"zh": {"0.01": float("nan")}}}, "nan for zh"),
        ({"thresholds": {"zh": {"1": 0.5}}}, "between 0 and 1"),
        ({"thresholds": {"zh": {"low": 0.5}}}, "'low'"),
        ({"thresholds": {"zh": 0.5}}, "must read language -> false-positive rate -> threshold"),
        ({"isotonic": {"scores": [0, 1]}}, r"has \['scores'\]; allowed are the keys"),
        ({"isotonic": {"scores": [0, 1], "probabilities": [0.5]}}, "of one length"),
        ({"isotonic": {"scores": [0.5], "probabilities": [0.5]}}, "2 or more"),
        ({"isotonic": {"scores": [0, 2], "probabilities": [0, 1]}}, "from 0 to 1"),
        ({"isotonic": {"scores": [0, 1], "probabilities": [0, "1"]}}, "from 0 to 1"),
        ({"isotonic": {"scores": [0, 0.5, 0.5], "probabilities": [0, 0.1, 1]}}, "not monotone"),
        ({"isotonic": {"scores": [0, 0.5, 1], "probabilities": [0, 0.7, 0.6]}}, "not monotone"),
        ({"positive_labels": ["hate"]}, r"positive_labels is \['hate'\].*LABEL_1.*calibrate again"),
        ({"positive_labels": []}, "some, not all"),
        ({"positive_labels": ["LABEL_0", "LABEL_1"]}, "some, not all"),
        ({"isotonic": ISOTONIC, "num_labels": 1}, "one of several labels"),
        ({"isotonic": ISOTONIC, "problem_type": "multi_label_classification"}, "one of several labels"),
    ],
)
def test_a_configuration_refuses_what_is_no_calibration(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MMBertConfig(**fields)


def test_a_configuration_says_what_its_calibration_is() -> None:
    names = {0: "ok", 1: "hate", 2: "rude"}
    config = MMBertConfig(id2label=names, temperature=2.0, thresholds=THRESHOLDS, positive_labels=["rude"])
    calibration = config.score_calibration
    assert (calibration.labels, calibration.temperature) == (["ok", "hate", "rude"], 2.0)
    assert calibration.positive.tolist() == [False, False, True]
    assert ScoreCalibration(["ok", "hate", "rude"]).positive.tolist() == [False, True, True]
