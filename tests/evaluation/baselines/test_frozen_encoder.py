import json
from pathlib import Path

import numpy as np
import pytest

from decloak.evaluation.baselines.frozen_encoder import STRENGTHS, fit_head, train_frozen_encoder
from decloak.evaluation.baselines.training_texts import TrainingTexts
from decloak.evaluation.classifiers.opening import open_classifier
from tests.evaluation.baselines.labelled import labelled_texts


def test_it_learns_and_saves_encoder_and_head(tmp_path: Path, tiny_bert: Path) -> None:
    data, unseen = labelled_texts(), labelled_texts(12, seed=1)
    folder = train_frozen_encoder(str(tiny_bert), data, tmp_path / "x", prompt="a", max_length=20)
    classifier = open_classifier(str(folder))
    assert classifier.kind == "sentence-transformers"
    got = [one["label"] for one in classifier.answers(unseen.texts)]
    assert sum(label == data.labels[true] for label, true in zip(got, unseen.classes, strict=True)) >= 10
    (long,) = classifier.answers(["a" * 18])
    assert long["truncated"] is True
    record = json.loads((folder / "training_record.json").read_text(encoding="utf-8"))
    assert (record["texts"], record["settings"]["prompt"], record["settings"]["max_length"]) == (60, "a", 20)
    assert record["settings"]["C"] in STRENGTHS


def test_the_same_texts_give_the_same_head(tmp_path: Path, tiny_bert: Path) -> None:
    heads = [
        (train_frozen_encoder(str(tiny_bert), labelled_texts(20), tmp_path / name) / "classification_head.safetensors")
        for name in "ab"
    ]
    assert heads[0].read_bytes() == heads[1].read_bytes()


@pytest.mark.parametrize("classes", [2, 3])
def test_the_scaling_is_folded_into_the_head(classes: int) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(0)
    data = labelled_texts(90, classes)
    # A narrow cone, as of sentence embeddings: a large common part and small differences.
    vectors = (5 + 0.02 * random.normal(size=(90, 6)) + 0.01 * np.array(data.classes)[:, None]).astype(np.float32)
    head, strength = fit_head(vectors, data)
    reference = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))
    reference.fit(vectors.astype(np.float64), data.classes)
    expected = reference.predict_proba(vectors.astype(np.float64))
    assert np.allclose(head.probabilities(vectors), expected, atol=1e-3)  # float32 weights on the large common part


def test_features_that_never_change_do_no_harm() -> None:
    data = labelled_texts(20)
    vectors = np.hstack([np.ones((20, 2)), np.array(data.classes)[:, None]]).astype(np.float32)
    head, _ = fit_head(vectors, data)
    assert (head.probabilities(vectors).argmax(axis=1) == data.classes).all()


def test_what_cannot_be_trained(tmp_path: Path, tiny_bert: Path) -> None:
    with pytest.raises(ValueError, match="one training text only"):
        train_frozen_encoder(str(tiny_bert), TrainingTexts(["a", "b", "c"], [0, 0, 1]), tmp_path / "x")
    with pytest.raises(FileNotFoundError, match="no such model folder"):
        train_frozen_encoder(str(tmp_path / "none"), labelled_texts(8), tmp_path / "x")
    assert not (tmp_path / "x").exists()
