"""Pipelines as classifiers, against `transformers.pipeline` at its defaults."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from transformers import pipeline

from decloak.evaluation.classifier_loading import load_text_classifier
from decloak.evaluation.classifiers.opening import open_classifier
from decloak.evaluation.classifiers.pipeline_classifier import PipelineClassifier
from decloak.evaluation.evaluating import EvaluationSettings, LabelledTable, evaluate_table
from decloak.evaluation.label_scheme import label_scheme, labelled_texts
from decloak.evaluation.report_sections import MeasureSettings
from decloak.training.data.tables import TableRow
from tests.tiny_text_classifiers import save_tiny_bert

QUICK = EvaluationSettings(MeasureSettings(resamples=0))


def random_texts(count: int, seed: int = 0) -> list[str]:
    chooser = random.Random(seed)
    letters = "abcdefghij XYZ 123 今天气很好坏人,.!?"
    return ["x" + "".join(chooser.choices(letters, k=chooser.randint(0, 24))) for _ in range(count)]


def opened(folder: Path, batch_size: int = 32) -> PipelineClassifier:
    return PipelineClassifier(load_text_classifier(str(folder), device="cpu"), "tiny", batch_size)


def scores_of(classifier: PipelineClassifier, texts: list[str]) -> list[dict[str, float]]:
    return [answer["scores"] for answer in classifier.answers(texts)]


@pytest.fixture(scope="module")
def multi_label(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "multi"
    return save_tiny_bert(folder, ("insult", "threat", "praise"), problem_type="multi_label_classification")


@pytest.fixture(scope="module")
def one_label(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_bert(tmp_path_factory.mktemp("models") / "one", ("toxic",))


@pytest.mark.parametrize("name", ["tiny_bert", "tiny_three_classes", "multi_label", "one_label"])
def test_answers_are_those_of_transformers_at_its_defaults(name: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(name)
    texts = random_texts(70)
    expected: Any = pipeline("text-classification", model=str(folder), device="cpu")(texts, top_k=None)
    got = list(opened(folder).answers(texts))
    for answer, ranked in zip(got, expected, strict=True):
        assert answer["label"] == ranked[0]["label"]
        assert answer["score"] == pytest.approx(ranked[0]["score"], abs=1e-5)
        assert answer["scores"] == pytest.approx({one["label"]: one["score"] for one in ranked}, abs=1e-5)


@pytest.mark.parametrize("batch_size", [3, 64])
def test_a_batch_answers_as_each_text_alone(batch_size: int, tiny_bert: Path) -> None:
    texts = [*random_texts(60, 1), "", "a" * 90, "\ud800"]
    alone = list(opened(tiny_bert, 1).answers(texts))
    together = list(opened(tiny_bert, batch_size).answers(texts))
    for one, other in zip(alone, together, strict=True):
        assert {**one, "score": 0, "scores": 0} == {**other, "score": 0, "scores": 0}
        assert one.get("scores", {}) == pytest.approx(other.get("scores", {}), abs=1e-5)
    assert [answer.get("truncated") for answer in together[-3:]] == [None, True, False]


@pytest.mark.parametrize(("name", "independent"), [("tiny_bert", False), ("multi_label", True), ("one_label", True)])
def test_labels_that_are_scored_each_on_its_own(name: str, independent: bool, request: pytest.FixtureRequest) -> None:
    classifier = opened(request.getfixturevalue(name))
    assert classifier.independent is independent
    sums = [sum(scores.values()) for scores in scores_of(classifier, random_texts(20))]
    assert all(total == pytest.approx(1) for total in sums) is not independent


@pytest.mark.parametrize(
    ("name", "positive"), [("multi_label", ["insult", "threat"]), ("one_label", ["toxic"]), ("multi_label", ["praise"])]
)
def test_independent_labels_are_measured_by_the_highest_positive_one(
    name: str, positive: list[str], request: pytest.FixtureRequest
) -> None:
    classifier = opened(request.getfixturevalue(name))
    texts = random_texts(30)
    highest = [max(scores[label] for label in positive) for scores in scores_of(classifier, texts)]
    scheme = label_scheme(classifier.labels, positive, independent=True)
    rows = [TableRow(2 + i, {"text": text, "label": int(highest[i] > 0.5)}) for i, text in enumerate(texts)]
    report = evaluate_table(
        classifier, LabelledTable("d", labelled_texts(rows, "text", "label", scheme)), scheme, QUICK
    )
    assert report["labels"] == ["other", "+".join(positive)]
    assert (report["accuracy"], report["n"]) == (1.0, 30)
    assert report["brier"] == pytest.approx(sum(min(one, 1 - one) ** 2 for one in highest) / 30, abs=1e-5)


def test_independent_labels_need_to_be_told_which_are_positive(multi_label: Path) -> None:
    with pytest.raises(ValueError, match="insult, threat, praise each on its own.*--positive-label or a labels map"):
        label_scheme(opened(multi_label).labels, [], independent=True)


def test_a_map_that_contradicts_positive_labels_is_refused() -> None:
    for mapped in ({"insult": 0}, {"praise": 1}):
        with pytest.raises(ValueError, match="has two classes"):
            label_scheme(["insult", "threat", "praise"], ["insult"], mapped, independent=True)
    scheme = label_scheme(["insult", "threat", "praise"], ["insult"], {"yes": 1, "no": 0}, independent=True)
    assert scheme.class_scores({"insult": 0.25, "threat": 0.9, "praise": 0.9}) == [0.75, 0.25]
    assert [scheme.true_class(label) for label in ("YES", "no", "insult", "praise", 1)] == [1, 0, 1, 0, 1]


def test_fingerprints_tell_what_answers_depend_on(tiny_bert: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny_bert, tmp_path / tiny_bert.name))
    first = opened(tiny_bert).fingerprint()
    assert first == opened(copy, batch_size=7).fingerprint()
    for name in ("README.md", "training_record.json"):
        (copy / name).write_text("{}", encoding="utf-8")
    assert first == opened(copy).fingerprint()
    half = open_classifier(str(copy), device="cpu", dtype="bfloat16")
    assert half.fingerprint() != first
    config = json.loads((copy / "config.json").read_text(encoding="utf-8"))
    (copy / "config.json").write_text(json.dumps(config | {"hidden_act": "relu"}), encoding="utf-8")
    assert opened(copy).fingerprint() != first


def test_other_weights_have_another_fingerprint(tmp_path: Path) -> None:
    one = save_tiny_bert(tmp_path / "one" / "m")
    other = save_tiny_bert(tmp_path / "other" / "m", ("ok", "bad"))
    assert opened(one).fingerprint() != opened(other).fingerprint()


def test_a_decloak_model_answers_with_its_senses(tmp_path: Path) -> None:
    from tests.tiny import tiny_model, tiny_processor

    tiny_model().save_pretrained(tmp_path)
    tiny_processor().save_pretrained(tmp_path)
    whole = open_classifier(str(tmp_path), device="cpu", modalities=["text", "vision"])
    text_alone = open_classifier(str(tmp_path), device="cpu", modalities=["text"])
    assert whole.describe()["kind"] == "decloak"
    assert whole.fingerprint() != text_alone.fingerprint()
    texts = ["今天气很好", "bad 人", ""]
    got = list(whole.answers(texts))
    assert got[0]["modalities"] == ["text", "vision"]
    assert got[0]["scores"] != next(text_alone.answers(texts))["scores"]
    assert got[2]["label"] is None
    json.dumps([got, whole.describe()], allow_nan=False)
    single = [next(whole.answers([text])) for text in texts[:2]]
    for one, other in zip(single, got, strict=False):
        assert one["scores"] == pytest.approx(other["scores"], abs=1e-5)


def test_a_report_says_what_the_classifier_is(tiny_bert: Path) -> None:
    described = opened(tiny_bert).describe()
    assert described["kind"] == "transformers"
    assert (described["labels"], described["dtype"], described["device"]) == (["ok", "hate"], "float32", "cpu")
    json.dumps(described)
