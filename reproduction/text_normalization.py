"""Normalisation of an experiment's texts: the same for what is trained on and for what is measured."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, ClassVar

from decloak.evaluation.classifiers import TextClassifier
from decloak.processing.normalization import Normalizer, Profile
from decloak.processing.normalization.emoji_step import EmojiStep
from decloak.processing.tables import load_table

from .experiment_parts import Normalization


@cache
def text_normalizer(kind: Normalization) -> Callable[[str], str]:
    """Return the function that normalises a text.

    Args:
        kind: `none`; a profile of `decloak.processing.normalization`; or `emoji_names`, which writes emoji as words
            of the text's language and changes nothing else.
    """
    if kind == "none":
        return str
    normalizer = Normalizer(_emoji_profile() if kind == "emoji_names" else kind)
    return lambda text: normalizer(text).text


def _emoji_profile() -> Profile:
    names = {"zh": load_table("emoji_words_zh"), "en": load_table("emoji_words_en")}
    return Profile("emoji_names", ((EmojiStep(names),),))


class NormalizedClassifier(TextClassifier):
    """A classifier that is asked normalised texts.

    The texts of a test stay as they are, so that all variants are measured on the same rows whatever their
    normalisation, and attacks change what a person wrote, not its normalised form.
    """

    kind: ClassVar[str] = "normalized"

    def __init__(self, classifier: TextClassifier, normalization: Normalization, name: str) -> None:
        """Wrap a classifier.

        Args:
            classifier: any.
            normalization: of the texts that it is asked.
            name: what reports call it.
        """
        self.classifier = classifier
        self.normalization = normalization
        self.name = name
        self.labels = classifier.labels
        self.independent = classifier.independent

    def answers(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Normalise and answer texts in order; see `TextClassifier.answers`. What is no string stays."""
        normalizer = text_normalizer(self.normalization)
        return self.classifier.answers(normalizer(text) if isinstance(text, str) else text for text in texts)

    def fingerprint(self) -> str:
        """Return the classifier's own, with the normalisation."""
        return f"{self.classifier.fingerprint()}-{self.normalization}"

    def describe(self) -> dict[str, Any]:
        """Return what a report says of it."""
        return {
            **self.classifier.describe(),
            "name": self.name,
            "fingerprint": self.fingerprint(),
            "normalization": self.normalization,
        }


__all__ = ["NormalizedClassifier", "text_normalizer"]
