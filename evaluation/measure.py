"""Measure a classifier on labelled texts."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from decloak.evaluation.answers import answers
from decloak.evaluation.intervals import macro_f1_interval
from decloak.evaluation.label_scheme import LabelledText, LabelScheme
from decloak.evaluation.metrics import classification_metrics

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline


def measure(
    classifier: "TextClassificationPipeline",
    rows: Sequence[LabelledText],
    scheme: LabelScheme,
    batch_size: int = 32,
    modalities: list[str] | None = None,
    watch: Callable[[Iterator[dict[str, Any]]], Iterable[dict[str, Any]]] = iter,
) -> dict[str, Any]:
    """Classify texts and compare with their classes.

    Args:
        classifier: From `load_text_classifier`.
        rows: From `labelled_texts`.
        scheme: From `label_scheme`.
        batch_size: Texts that go through the model at once.
        modalities: The senses to use; None is all that the model has.
        watch: Sees the answers pass, to show progress.

    Returns:
        The keys of `classification_metrics`, then `macro_f1_interval` (95 %, bootstrap), `errors` (rows left out),
        `error_examples` (up to five reasons), `truncated` (texts that were cut), `labels` (names by class),
        `modalities` and `seconds`.
    """
    start = time.perf_counter()
    usable = [row for row in rows if row.error is None]
    got = list(watch(answers(classifier, (row.text for row in usable), batch_size, modalities)))
    answered = [(row.true, answer) for row, answer in zip(usable, got, strict=True) if answer["label"] is not None]
    errors = [row.error for row in rows if row.error] + [
        answer.get("error", "no answer") for answer in got if answer["label"] is None
    ]
    scores = [scheme.class_scores(answer["scores"]) for _, answer in answered]
    predicted = [
        scheme.predicted_class(answer["label"], totals) for (_, answer), totals in zip(answered, scores, strict=True)
    ]
    measures = classification_metrics([true for true, _ in answered], predicted, scores, len(scheme.names))
    return {
        **measures,
        "macro_f1_interval": macro_f1_interval(measures["confusion"]),
        "errors": len(errors),
        "error_examples": list(dict.fromkeys(errors))[:5],
        "truncated": sum(bool(answer.get("truncated")) for _, answer in answered),
        "labels": scheme.names,
        "modalities": answered[0][1]["modalities"] if answered else modalities,
        "seconds": round(time.perf_counter() - start, 3),
    }
