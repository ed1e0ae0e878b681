"""Labelled texts with a classifier's answers, as arrays that measures can take."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decloak.evaluation.label_scheme import LabelledText, LabelScheme

Answers = Callable[[Iterable[str]], Iterator[dict[str, Any]]]
Watch = Callable[[Iterator[dict[str, Any]]], Iterable[dict[str, Any]]]


@dataclass
class ScoredRows:
    """The rows that were answered, and an account of the others.

    Attributes:
        rows: answered rows, in the data's order.
        true: (n,) their classes.
        predicted: (n,) classes that the classifier chose.
        scores: (n, classes) a score a class, float64.
        truncated: how many texts were cut.
        modalities: senses that were used; None if nothing was answered.
        errors: (row number, reason) of each row without an answer.
        seconds: of answering.
    """

    rows: list[LabelledText]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]
    scores: NDArray[np.float64]
    truncated: int = 0
    modalities: list[str] | None = None
    errors: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def positive(self) -> NDArray[np.float64]:
        """Scores of class 1, (n,), in 0 ... 1 up to rounding."""
        return np.clip(self.scores[:, 1], 0.0, 1.0)

    def part(self, chosen: Sequence[int] | NDArray[np.int64]) -> "ScoredRows":
        """Return some of the answered rows, by their places."""
        index = np.asarray(chosen, dtype=np.int64)
        rows = [self.rows[place] for place in index]
        return ScoredRows(rows, self.true[index], self.predicted[index], self.scores[index])


def score_rows(answers: Answers, rows: Sequence[LabelledText], scheme: LabelScheme, watch: Watch = iter) -> ScoredRows:
    """Ask for the answers to rows, and bring them into the classes of a scheme.

    Args:
        answers: of a `TextClassifier` or an `AnswerStore`.
        rows: from `labelled_texts`.
        scheme: from `label_scheme`.
        watch: sees the answers pass, to show progress.
    """
    start = time.perf_counter()
    usable = [row for row in rows if row.error is None]
    errors = [(row.number, row.error) for row in rows if row.error is not None]
    kept: list[LabelledText] = []
    predicted, scores = [], []
    truncated, modalities = 0, None
    for row, answer in zip(usable, watch(answers(row.text for row in usable)), strict=True):
        if answer["label"] is None:
            # What a classifier raises may quote the text, which a report holds only if it is asked to.
            reason = str(answer.get("error") or "no answer")
            errors.append((row.number, reason.replace(row.text, "...") if len(row.text) > 3 else reason))
            continue
        totals = scheme.class_scores(answer["scores"])
        kept.append(row)
        scores.append(totals)
        predicted.append(scheme.predicted_class(answer["label"], totals))
        truncated += bool(answer.get("truncated"))
        modalities = modalities or answer.get("modalities")
    return ScoredRows(
        rows=kept,
        true=np.array([row.true for row in kept], dtype=np.int64),
        predicted=np.array(predicted, dtype=np.int64),
        scores=np.array(scores, dtype=np.float64).reshape(len(kept), len(scheme.names)),
        truncated=truncated,
        modalities=modalities,
        errors=sorted(errors),
        seconds=time.perf_counter() - start,
    )


__all__ = ["Answers", "ScoredRows", "Watch", "score_rows"]
