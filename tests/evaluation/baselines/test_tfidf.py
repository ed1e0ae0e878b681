import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from decloak.evaluation.baselines.tfidf import train_tfidf
from decloak.evaluation.baselines.training_texts import TrainingTexts
from decloak.evaluation.classifiers.opening import open_classifier
from decloak.evaluation.classifiers.tfidf_classifier import TfidfClassifier
from tests.evaluation.baselines.labelled import labelled_texts


@pytest.mark.parametrize("classes", [2, 3])
def test_after_loading_its_numbers_are_those_of_scikit_learn(tmp_path: Path, classes: int) -> None:
    data = labelled_texts(150, classes)
    loaded = TfidfClassifier.load(train_tfidf(data, tmp_path / "x"))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    machine = CalibratedClassifierCV(LinearSVC(C=0.3, random_state=0), cv=folds, ensemble=False)
    features = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    reference = make_pipeline(features, machine)
    reference.fit(data.texts, data.classes)
    unseen = ["efgh 坏人 now", "ABC", "ijk ijk", "天", "\ufffd"]
    assert np.allclose(loaded.probabilities(unseen), reference.predict_proba(unseen), atol=1e-6)


def test_without_calibration_the_decision_is_the_plain_one(tmp_path: Path) -> None:
    data = labelled_texts(40)
    loaded = TfidfClassifier.load(train_tfidf(data, tmp_path / "x", (1, 2), 1.0, calibrate=False))
    features = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
    machine = LinearSVC(C=1.0, random_state=0).fit(features.fit_transform(data.texts), data.classes)
    decisions = machine.decision_function(features.transform(["abc e", "坏人"]))
    assert np.allclose(loaded.probabilities(["abc e", "坏人"])[:, 1], 1 / (1 + np.exp(-decisions)), atol=1e-6)


def test_it_learns_and_says_how_it_was_made(tmp_path: Path) -> None:
    folder = train_tfidf(labelled_texts(), tmp_path / "x")
    first, second = open_classifier(str(folder)).answers(["ijk 坏人", "abc ijk"])
    assert (first["label"], second["label"]) == ("hateful", "not_hateful")
    record = json.loads((folder / "decloak_baseline.json").read_text(encoding="utf-8"))["training"]
    assert (record["texts"], record["seed"]) == (60, 0)
    assert record["settings"]["calibrated"] is True
    assert not [file for file in folder.iterdir() if file.suffix not in (".json", ".safetensors")]


def test_the_same_texts_give_the_same_baseline(tmp_path: Path) -> None:
    data = labelled_texts()
    one, two = (open_classifier(str(train_tfidf(data, tmp_path / name))).fingerprint() for name in "ab")
    assert one == two


def test_broken_surrogates_do_not_stop_the_training(tmp_path: Path) -> None:
    data = labelled_texts(20)
    texts = [f"{text}\ud800" for text in data.texts]
    open_classifier(str(train_tfidf(TrainingTexts(texts, data.classes), tmp_path / "x")))


@pytest.mark.parametrize(
    ("ngrams", "regularisation", "message"),
    [((2, 1), 0.3, "least <= greatest"), ((0, 1), 0.3, "least"), ((1, 2), 0.0, "above 0"), ((1, 2), float("nan"), "0")],
)
def test_settings_outside_their_range(
    tmp_path: Path, ngrams: tuple[int, int], regularisation: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        train_tfidf(labelled_texts(8), tmp_path / "x", ngrams, regularisation)
    assert not (tmp_path / "x").exists()


def test_one_text_of_a_class_cannot_be_calibrated(tmp_path: Path) -> None:
    data = TrainingTexts(["good", "fine", "bad"], [0, 0, 1])
    with pytest.raises(ValueError, match="--no-calibrate"):
        train_tfidf(data, tmp_path / "x")
    train_tfidf(data, tmp_path / "x", calibrate=False)
