"""What classifiers that answer a list of texts at once share: batches, texts that cannot be read, failures."""

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import isfinite
from typing import Any

from decloak.evaluation.answers import well_formed
from decloak.processing.glyph_rendering import characters

from .text_classifier import TextClassifier, unanswered

# Nearly every text shows with its first letter that it is not empty; only the others are looked at in full.
_VISIBLE = re.compile("[0-9A-Za-z\u4e00-\u9fff]")


class BatchClassifier(TextClassifier):
    """A classifier of which only the answers to a list of readable texts are left to say.

    Attributes:
        batch_size: Texts that are asked at once.
    """

    batch_size: int = 32

    def answers(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Answer texts in order; a batch that fails is asked again text by text, so that one loses no other."""
        iterator = iter(texts)
        while chunk := list(islice(iterator, self.batch_size)):
            checked = [checked_text(text) for text in chunk]
            answered = iter(self._answers_or_errors([text for text, error in checked if error is None]))
            for _, error in checked:
                yield next(answered) if error is None else unanswered(error)

    @abstractmethod
    def answer_batch(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Answer some texts, none of them empty, all of them valid Unicode; it may fail with any exception."""

    def _answers_or_errors(self, texts: list[str]) -> list[dict[str, Any]]:
        if not texts:
            return []
        try:
            return [_finite(answer) for answer in self.answer_batch(texts)]
        except Exception as error:  # any classifier may fail in any way on a text
            if len(texts) == 1:
                return [unanswered(f"{type(error).__name__}: {error}")]
            return [self._answers_or_errors([text])[0] for text in texts]


def checked_text(text: object) -> tuple[str, str | None]:
    """Return a text as every reader takes it, and what is wrong with it or None.

    Surrogate pairs are joined and lone surrogates replaced, as everywhere in decloak.
    """
    if not isinstance(text, str):
        return "", f"the text is {type(text).__name__}, a string is needed"
    readable = well_formed(text)
    if _VISIBLE.search(readable) is None and not characters(readable):
        return "", "the text is empty"
    return readable, None


def check_batch_size(batch_size: int) -> int:
    """Return a batch size that is one.

    Raises:
        ValueError: It is not 1 or more.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; 1 or more is needed")
    return batch_size


def _finite(answer: dict[str, Any]) -> dict[str, Any]:
    if answer["label"] is None or all(isfinite(score) for score in answer["scores"].values()):
        return answer
    return unanswered("its scores are not finite numbers")


__all__ = ["BatchClassifier", "check_batch_size", "checked_text"]
