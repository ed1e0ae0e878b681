"""Calibration of models that are not decloak's: applied to answers, from what their configuration keeps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig, BertConfig

from decloak.evaluation.answers import answers
from decloak.evaluation.calibration import Calibration
from decloak.evaluation.calibration.applying import (
    STORED_AS,
    apply_calibration,
    check_rate,
    stored_calibration,
    uncalibrated,
    with_temperature,
)
from decloak.evaluation.calibration.classifier_logits import classifier_logits
from decloak.evaluation.classifier_loading import load_text_classifier
from decloak.evaluation.label_scheme import LabelledText
from decloak.modeling import MMBertConfig
from decloak.modeling.calibration_mmbert import ScoreCalibration

ISOTONIC = {"scores": [0.0, 0.5, 1.0], "probabilities": [0.05, 0.2, 0.9]}
THRESHOLDS = {"zh": {"0.01": 0.4}, "*": {"0.01": 0.7}}
TEXTS = ["ab", "今天", "x y z", "", "q" * 90]
finite = st.floats(-30, 30)


def stored(**fields: Any) -> dict[str, Any]:
    return Calibration(2.0, ISOTONIC, THRESHOLDS, ["hate"], {"seed": 0}).settings() | fields


def answer(hate: float) -> dict[str, Any]:
    return {"label": "ok", "score": 1 - hate, "scores": {"ok": 1 - hate, "hate": hate}, "modalities": ["text"]}


def set_calibration(classifier: Any, **fields: Any) -> None:
    setattr(classifier.model.config, STORED_AS, stored(**fields))


@given(st.lists(finite, min_size=2, max_size=5), st.floats(0.05, 20))
def test_the_temperature_is_that_of_the_logits(logits: list[float], temperature: float) -> None:
    scores = torch.tensor(logits, dtype=torch.float64).softmax(-1).tolist()
    expected = (torch.tensor(logits, dtype=torch.float64) / temperature).softmax(-1).tolist()
    assert with_temperature(scores, temperature).tolist() == pytest.approx(expected, abs=1e-9)


def test_scores_that_are_exactly_0_stay_numbers() -> None:
    assert with_temperature([1.0, 0.0], 0.05).tolist() == pytest.approx([1, 0])
    assert with_temperature([1.0, 0.0], 20.0).sum() == pytest.approx(1)


def test_an_answer_is_calibrated() -> None:
    calibration = ScoreCalibration(["ok", "hate"], 1.0, ISOTONIC, THRESHOLDS)
    got = apply_calibration(answer(0.75), "你", calibration)
    assert got["scores"] == pytest.approx({"ok": 0.45, "hate": 0.55})
    assert (got["label"], got["score"], got["modalities"]) == ("hate", got["scores"]["hate"], ["text"])
    assert (got["calibrated"], got["language"], got["threshold"]) == (True, "zh", None)
    assert apply_calibration(answer(0.75), "a", calibration, 0.01)["label"] == "ok"
    chinese = apply_calibration(answer(0.75), "你", calibration, 0.01)
    assert (chinese["label"], chinese["threshold"]) == ("hate", 0.4)
    assert apply_calibration(answer(0.6), "你", calibration, 0.01)["label"] == "ok"


def test_what_is_left_as_it_is() -> None:
    calibration = ScoreCalibration(["ok", "hate"], 2.0)
    for one in (answer(0.3) | {"label": None}, answer(float("nan"))):
        assert apply_calibration(one, "a", calibration) is one
    assert apply_calibration(one, "a", None) is one


def test_a_language_without_a_threshold_is_an_error_of_its_text() -> None:
    calibration = ScoreCalibration(["ok", "hate"], thresholds={"zh": {"0.01": 0.4}})
    got = apply_calibration(answer(0.6), "a", calibration, 0.01)
    assert got["label"] is None and "'en'" in got["error"]


def test_transformers_keeps_what_it_does_not_know(tmp_path: Path) -> None:
    config = BertConfig(id2label={0: "ok", 1: "hate"}, **{STORED_AS: stored()})
    config.save_pretrained(tmp_path)
    AutoConfig.from_pretrained(tmp_path).save_pretrained(tmp_path / "again")
    loaded = AutoConfig.from_pretrained(tmp_path / "again")
    assert getattr(loaded, STORED_AS) == stored()
    calibration = stored_calibration(loaded)
    assert calibration == ScoreCalibration(["ok", "hate"], 2.0, ISOTONIC, THRESHOLDS, ["hate"])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1], "holds list"),
        ({"warmth": 2}, r"holds \['warmth'\]; allowed are the keys temperature"),
        (stored(positive_labels=["rude"]), "no calibration of this model.*rude"),
        (stored(temperature=0), "temperature is 0"),
        (stored(temperature=None), "temperature is None"),
        (stored(thresholds={"fr": {}}), "fr"),
    ],
)
def test_damaged_calibrations_are_refused(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stored_calibration(BertConfig(id2label={0: "ok", 1: "hate"}, **{STORED_AS: value}))


def test_rates_are_checked_by_the_model() -> None:
    with pytest.raises(ValueError, match="this model has none"):
        check_rate(BertConfig(), 0.01)
    config = BertConfig(id2label={0: "ok", 1: "hate"}, **{STORED_AS: stored()})
    assert check_rate(config, 0.01) == check_rate(config, None) == stored_calibration(config)
    assert check_rate(MMBertConfig(), 0.3) is None  # its pipeline knows


def test_a_classifier_answers_with_its_calibration(tiny_bert: Path) -> None:
    classifier = load_text_classifier(str(tiny_bert))
    own = list(answers(classifier, TEXTS))
    set_calibration(classifier)
    calibration = stored_calibration(classifier.model.config)
    expected = [apply_calibration(one, text, calibration) for one, text in zip(own, TEXTS, strict=True)]
    got = list(answers(classifier, TEXTS))
    assert got == expected and got != own
    assert [one["label"] is None for one in got] == [False, False, False, True, False]
    assert [one.get("truncated") for one in got] == [False, False, False, None, True]
    labelled = list(answers(classifier, TEXTS, false_positive_rate=0.01))
    assert [one.get("threshold") for one in labelled] == [0.7, 0.4, 0.7, None, 0.7]
    with pytest.raises(ValueError, match="no threshold at false_positive_rate=0.02"):
        list(answers(classifier, TEXTS, false_positive_rate=0.02))


def test_calibrating_again_starts_from_the_classifier_itself(tiny_bert: Path) -> None:
    classifier = load_text_classifier(str(tiny_bert))
    rows = [LabelledText(text, number % 2) for number, text in enumerate(TEXTS)] + [LabelledText(error="torn")]
    first = classifier_logits(classifier, rows)
    set_calibration(classifier)
    second = classifier_logits(classifier, rows)
    assert second.logits.tolist() == first.logits.tolist()
    assert getattr(classifier.model.config, STORED_AS) == stored()
    own = [one for one in answers(load_text_classifier(str(tiny_bert)), TEXTS) if one["label"]]
    assert np.exp(first.logits).tolist() == [pytest.approx(list(one["scores"].values())) for one in own]
    assert (first.labels, first.languages) == ([0, 1, 0, 0], ["en", "zh", "en", "en"])
    assert dict(first.errors) == {"torn": 1, "the text is empty": 1}
    assert first.groups[2] == "xyz"


def test_one_language_alone_and_none_at_all(tiny_bert: Path) -> None:
    classifier = load_text_classifier(str(tiny_bert))
    rows = [LabelledText("今天", 1), LabelledText("ab", 0)]
    assert classifier_logits(classifier, rows, language="zh").labels == [1]
    with pytest.raises(ValueError, match="none of the 1 rows of the language zh could be used"):
        classifier_logits(classifier, rows[1:], language="zh")


def test_scores_of_labels_judged_one_by_one_are_refused(tiny_bert: Path) -> None:
    classifier = load_text_classifier(str(tiny_bert))
    classifier.model.config.problem_type = "multi_label_classification"
    with pytest.raises(ValueError, match="do not add up to 1"):
        classifier_logits(classifier, [LabelledText("ab", 0), LabelledText("b", 1)])


def test_a_calibration_is_set_aside_and_comes_back() -> None:
    class Classifier:
        class model:
            config: Any = MMBertConfig(temperature=2.0, thresholds=THRESHOLDS)

    with pytest.raises(RuntimeError), uncalibrated(Classifier()):  # type: ignore[arg-type]
        assert not Classifier.model.config.score_calibration.is_set
        raise RuntimeError
    assert (Classifier.model.config.temperature, Classifier.model.config.thresholds) == (2.0, THRESHOLDS)
