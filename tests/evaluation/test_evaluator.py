"""The evaluator on tiny classifiers, against their own answers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import evaluate
import pytest
from datasets import Dataset

from decloak.evaluation import metrics
from decloak.evaluation.answers import answers
from decloak.evaluation.classifier_loading import load_text_classifier
from decloak.evaluation.evaluator import PipelineEvaluator
from decloak.evaluation.metrics.hate_classification.hate_classification import HateClassification

TEXTS = ["a b", "c d e", "今天", "f", "g h", "x y z", "bad", "good"]
LABELS = [0, 1, 1, 0, 1, 0, 1, 0]


@pytest.fixture
def metric(tmp_path: Path) -> Callable[..., Any]:
    """Make the metric without the copying of `evaluate.load`, which its own tests cover."""
    return lambda configuration="scores": HateClassification(configuration, cache_dir=str(tmp_path))


def data(texts: list[str] = TEXTS, labels: list[int] = LABELS) -> Dataset:
    return Dataset.from_dict({"text": texts, "label": labels})


def test_a_folder_is_measured_as_its_pipeline_answers(tiny_bert: Path, metric: Callable[..., Any]) -> None:
    got = PipelineEvaluator().compute(str(tiny_bert), data(), metric=metric(), device=-1)
    found = list(answers(load_text_classifier(str(tiny_bert), device="cpu"), TEXTS))
    predictions = [int(answer["label"] == "hate") for answer in found]
    scores = [answer["scores"]["hate"] for answer in found]
    expected = metrics.classification_metrics(LABELS, predictions, scores) | metrics.ranking_metrics(LABELS, scores)
    assert {name: got[name] for name in expected} == expected
    assert (got["errors"], got["truncated"], got["error_examples"]) == (0, 0, [])
    assert got["samples_per_second"] > 0


def test_texts_without_an_answer_are_counted_and_cost_no_other(tiny_bert: Path, metric: Callable[..., Any]) -> None:
    classifier = load_text_classifier(str(tiny_bert))
    got = PipelineEvaluator(batch_size=2).compute(
        classifier, data(["", *TEXTS, "a " * 99], [1, *LABELS, 1]), metric=metric()
    )
    assert (got["n"], got["errors"], got["truncated"]) == (9, 1, 1)
    assert got["error_examples"] == ["the text is empty"]
    with pytest.raises(ValueError, match="none of 2 texts was answered"):
        PipelineEvaluator().compute(classifier, data(["", " "], [0, 1]), metric=metric())


def test_bootstrap_gives_intervals(tiny_bert: Path, metric: Callable[..., Any]) -> None:
    got = PipelineEvaluator().compute(
        str(tiny_bert),
        data(TEXTS * 5, LABELS * 5),
        metric=metric(),
        strategy="bootstrap",
        n_resamples=100,
        random_state=3,
    )
    low, high = got["auroc"]["confidence_interval"]
    assert low <= got["auroc"]["score"] <= high
    assert got["confusion"]["confidence_interval"] is None


def test_several_labels_may_be_one_class(tiny_three_classes: Path, metric: Callable[..., Any]) -> None:
    mapping = {"hate": 1, "normal": 0, "offensive": 1}
    got = PipelineEvaluator().compute(str(tiny_three_classes), data(), metric=metric(), label_mapping=mapping)
    found = list(answers(load_text_classifier(str(tiny_three_classes)), TEXTS))
    scores = [answer["scores"]["hate"] + answer["scores"]["offensive"] for answer in found]
    assert got["auroc"] == metrics.classification_metrics(LABELS, [0] * 8, scores)["auroc"]
    with pytest.raises(ValueError, match="lacks|not the label 'offensive'; the model's labels are hate, normal"):
        PipelineEvaluator().compute(
            str(tiny_three_classes), data(), metric=metric(), label_mapping={"hate": 1, "normal": 0}
        )


def test_three_classes_and_a_combination(tiny_three_classes: Path, metric: Callable[..., Any]) -> None:
    evaluator = PipelineEvaluator(metric_options={"num_labels": 3})
    got = evaluator.compute(
        str(tiny_three_classes), data(), metric=metric("default"), strategy="bootstrap", n_resamples=20
    )
    assert len(got["confusion"]["score"]) == 3
    both = evaluate.combine({"one": metric("default"), "two": metric("default")})
    assert evaluator.compute(str(tiny_three_classes), data(), metric=both)["one_n"] == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"second_input_column": "label"}, "a text is classified alone"),
        ({"input_column": "words"}, "Invalid `input_column` words"),
        ({"tokenizer": object()}, "brings its own tokenizer"),
        ({"model_or_pipeline": len}, "model_or_pipeline is a builtin_function_or_method"),
    ],
)
def test_what_it_does_not_take(
    options: dict[str, Any], message: str, tiny_bert: Path, metric: Callable[..., Any]
) -> None:
    with pytest.raises(ValueError, match=message):
        PipelineEvaluator().compute(
            **{"model_or_pipeline": str(tiny_bert), "data": data(), "metric": metric(), **options}
        )
