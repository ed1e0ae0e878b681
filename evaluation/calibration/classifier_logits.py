"""What a calibration is fitted on: a classifier's own logits for labelled texts."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decloak.evaluation.answers import answers, labels_of
from decloak.evaluation.label_scheme import LabelledText
from decloak.modeling.calibration_mmbert import language_of
from decloak.training.data.mixture import normalised

from .applying import log_scores, uncalibrated

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline


@dataclass(frozen=True)
class ClassifierLogits:
    """A classifier's answers to labelled texts, as `calibrate` takes them.

    Attributes:
        labels: `(n,)`, 1 for a positive text, else 0.
        logits: `(n, labels of the classifier)`, but for a number that a row shares.
        languages: `(n,)`.
        groups: `(n,)`, equal for texts that are the same but for case, width and spaces.
        errors: Rows that could not be used, by reason.
    """

    labels: list[int]
    logits: NDArray[np.float64]
    languages: list[str]
    groups: list[str]
    errors: Counter[str] = field(default_factory=Counter)


def classifier_logits(
    classifier: "TextClassificationPipeline",
    rows: Sequence[LabelledText],
    batch_size: int = 32,
    modalities: Sequence[str] | None = None,
    language: str | None = None,
    watch: Callable[[Iterator[dict[str, Any]]], Iterable[dict[str, Any]]] = iter,
) -> ClassifierLogits:
    """Answer labelled texts without the calibration that the classifier may have.

    Args:
        classifier: From `load_text_classifier`.
        rows: From `labelled_texts`, with a scheme of positive labels.
        batch_size: Texts that go through the model at once.
        modalities: The senses to use; None is all that the model has.
        language: Use the texts of this language alone.
        watch: Sees the answers pass, to show progress.

    Raises:
        ValueError: No text could be answered, or the scores of a text do not add up to 1: the classifier judges its
            labels one by one, or gives no probabilities.
    """
    errors = Counter(row.error for row in rows if row.error)
    spoken = [row for row in rows if not row.error and language in (None, language_of(row.text))]
    with uncalibrated(classifier):
        got = list(watch(answers(classifier, (row.text for row in spoken), batch_size, modalities)))
    errors.update(answer.get("error", "no answer") for answer in got if answer["label"] is None)
    used = [(row, answer["scores"]) for row, answer in zip(spoken, got, strict=True) if answer["label"] is not None]
    if not used:
        wanted = "" if language is None else f" of the language {language}"
        raise ValueError(f"none of the {len(rows)} rows{wanted} could be used: {_some(errors)}")
    scores = np.array([[held[name] for name in labels_of(classifier)] for _, held in used])
    if np.abs(scores.sum(axis=1) - 1).max() > 1e-3 or scores.min() < 0:
        raise ValueError(
            "the scores of a text do not add up to 1: only a classifier that gives a text one of several labels "
            "(softmax) can be calibrated"
        )
    texts = [row.text for row, _ in used]
    return ClassifierLogits(
        [row.true for row, _ in used],
        np.stack([log_scores(row) for row in scores.tolist()]),
        [language_of(text) for text in texts],
        [normalised(text) for text in texts],
        errors,
    )


def _some(errors: Counter[str]) -> str:
    return "; ".join(f"{reason} ({count})" for reason, count in errors.most_common(3)) or "there are none"


__all__ = ["ClassifierLogits", "classifier_logits"]
