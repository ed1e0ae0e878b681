import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from decloak.evaluation.classifiers.tfidf_classifier import LinearModel, TfidfClassifier, tfidf_features

TEXTS = ["今天天气很好", "good day", "bad people", "坏人坏人", "Bad bad day", "a b c"]


def tiny_model(rows: int = 1, seed: int = 0) -> LinearModel:
    features = tfidf_features((1, 2)).fit(TEXTS)
    vocabulary = features.get_feature_names_out().tolist()
    random = np.random.default_rng(seed)
    parts = (random.normal(size=(rows, len(vocabulary))), random.normal(size=rows), -np.ones(rows), np.zeros(rows))
    return LinearModel((1, 2), vocabulary, features.idf_, *parts)


def test_probabilities_are_those_of_the_formula() -> None:
    model = replace(tiny_model(), slope=np.array([-2.0]), offset=np.array([0.5]))
    rows = tfidf_features((1, 2)).fit(TEXTS).transform(["bad day"]).toarray()
    decision = float(rows[0] @ model.weight[0] + model.bias[0])
    expected = 1 / (1 + np.exp(-2 * decision + 0.5))
    got = TfidfClassifier(model, ["no", "yes"], "t").probabilities(["bad day"])
    assert np.allclose(got, [[1 - expected, expected]], atol=1e-12)


def test_loading_gives_the_same_numbers(tmp_path: Path) -> None:
    classifier = TfidfClassifier(tiny_model(3), ["a", "b", "c"], "t")
    loaded = TfidfClassifier.load(classifier.save(tmp_path / "x", {"seed": 1}))
    assert np.array_equal(classifier.probabilities(TEXTS), loaded.probabilities(TEXTS))
    assert loaded.fingerprint() == classifier.fingerprint()
    assert loaded.describe()["kind"] == "tfidf"
    assert {file.name for file in (tmp_path / "x").iterdir()} == {
        "decloak_baseline.json",
        "model.safetensors",
        "vocabulary.json",
    }


@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_text_has_probabilities(texts: list[str]) -> None:
    for rows in (1, 3):
        labels = ["a", "b", "c"][: max(rows, 2)]
        for one in TfidfClassifier(tiny_model(rows), labels, "t").answers(texts):
            assert one["label"] is None or sum(one["scores"].values()) == pytest.approx(1)


def test_decisions_far_off_do_not_overflow() -> None:
    model = replace(tiny_model(3), bias=np.full(3, -1e6), slope=np.full(3, -1.0))
    assert np.allclose(TfidfClassifier(model, ["a", "b", "c"], "t").probabilities(["x"]), 1 / 3)


def test_other_weights_have_another_fingerprint() -> None:
    one, other = (TfidfClassifier(tiny_model(seed=seed), ["a", "b"], "t").fingerprint() for seed in (0, 1))
    assert one != other


def test_parts_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="3 classes need"):
        TfidfClassifier(tiny_model(), ["a", "b", "c"], "t")
    with pytest.raises(ValueError, match="not finite"):
        TfidfClassifier(replace(tiny_model(), bias=np.array([np.nan])), ["a", "b"], "t")


def test_damaged_folders_are_clear_errors(tmp_path: Path) -> None:
    TfidfClassifier(tiny_model(), ["a", "b"], "t").save(tmp_path, {})
    vocabulary = tmp_path / "vocabulary.json"
    whole = vocabulary.read_text(encoding="utf-8")
    for damaged in (json.dumps(json.loads(whole)[1:]), "[1, 2]", "{", '"a"'):
        vocabulary.write_text(damaged, encoding="utf-8")
        with pytest.raises(ValueError, match="no whole TF-IDF baseline"):
            TfidfClassifier.load(tmp_path)
    vocabulary.write_text(whole, encoding="utf-8")
    arrays = load_file(tmp_path / "model.safetensors")
    save_file({"idf": arrays["idf"]}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="no 'weight'"):
        TfidfClassifier.load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\x80\x04pickle")
    with pytest.raises(ValueError, match="damaged or no safetensors"):
        TfidfClassifier.load(tmp_path)
