"""What everything here asks of a classifier."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar


class TextClassifier(ABC):
    """Answers texts with a label and a score for each label.

    Attributes:
        kind: What it is: `decloak`, `transformers`, `sentence-transformers`, `callable`, `tfidf` or `lexicon`.
        name: What reports call it.
        labels: Names of its labels, in the order of their ids.
        independent: It scores each label on its own, so that scores need not add up to 1.
    """

    kind: ClassVar[str]
    name: str
    labels: list[str]
    independent: bool = False

    @abstractmethod
    def answers(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Answer texts in order, lazily, whatever is wrong with single ones.

        Yields:
            For each text `label`, `score`, `scores` (label -> probability or score in 0 ... 1), `modalities`,
            `truncated`, `windows` and `joined`; or for a text that cannot be answered `label` None, `score` None and
            `error`.
        """

    @abstractmethod
    def fingerprint(self) -> str:
        """Return a short hash of all that its answers depend on: weights, settings, code version."""

    def describe(self) -> dict[str, Any]:
        """Return what a report says of it."""
        return {"kind": self.kind, "name": self.name, "labels": self.labels, "fingerprint": self.fingerprint()}


def unanswered(error: str) -> dict[str, Any]:
    """Make the answer of a text that has none."""
    return {"label": None, "score": None, "error": error}


def answer(scores: Sequence[float], labels: Sequence[str], truncated: bool = False) -> dict[str, Any]:
    """Make an answer from one score a label; the label with the highest one is chosen, the first of equals."""
    best = max(range(len(labels)), key=scores.__getitem__)
    return {
        "label": labels[best],
        "score": float(scores[best]),
        "scores": {label: float(score) for label, score in zip(labels, scores, strict=True)},
        "modalities": ["text"],
        "truncated": truncated,
        "windows": 1,
        "joined": None,
    }


__all__ = ["TextClassifier", "answer", "unanswered"]
