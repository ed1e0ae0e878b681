"""A classifier whose answers are a function of the text, and labelled rows: all is known beforehand."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar
from zlib import crc32

from decloak.evaluation.classifiers.text_classifier import TextClassifier, answer, unanswered
from decloak.evaluation.label_scheme import LabelledText, LabelScheme, label_scheme, labelled_texts
from decloak.training.data.tables import TableRow

LABELS = ("fine", "hate")
WORD = "villain"
BROKEN = "unreadable"


def score_of(text: str, word: str = WORD) -> float:
    """Return 0.6 ... 0.99 for a text with the word, else 0 ... 0.39; texts differ."""
    return (0.6 if word in text else 0.0) + crc32(text.encode("utf-8", "surrogatepass")) % 4000 / 10_000


def score_words(texts: list[str]) -> list[float]:
    """Answer as a function of `callable:` does."""
    return [score_of(text) for text in texts]


def score_nothing(texts: list[str]) -> list[float]:
    """Answer texts that have a broken word with what is no number."""
    return [float("nan") if BROKEN in text else score_of(text) for text in texts]


def score_upside_down(texts: list[str]) -> list[float]:
    """Say the opposite of `score_words`."""
    return [1 - score for score in score_words(texts)]


class WordClassifier(TextClassifier):
    """Says hate where a word stands, and nothing where `unreadable` does; notes in `asked` what it was asked."""

    kind: ClassVar[str] = "callable"

    def __init__(self, word: str = WORD, name: str = "words", labels: Sequence[str] = LABELS) -> None:
        self.word = word
        self.name = name
        self.labels = list(labels)
        self.asked: list[str] = []

    def answers(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        for text in texts:
            self.asked.append(text)
            yield unanswered("it cannot be read") if BROKEN in text else self._answer(text)

    def _answer(self, text: str) -> dict[str, Any]:
        score = score_of(text, self.word)
        others = len(self.labels) - 1
        return answer([(1 - score) / others] * others + [score], self.labels)

    def fingerprint(self) -> str:
        return f"{self.word}:{self.name}"


def scheme_of(classifier: TextClassifier) -> LabelScheme:
    return label_scheme(classifier.labels, [], independent=classifier.independent)


def labelled_rows(
    texts: Sequence[str], labels: Sequence[Any], scheme: LabelScheme | None = None, **columns: Sequence[Any]
) -> list[LabelledText]:
    """Make the rows of a csv file, the first on line 2; further columns by name."""
    rows = [
        TableRow(
            number, {"text": text, "label": label, **{name: values[number - 2] for name, values in columns.items()}}
        )
        for number, (text, label) in enumerate(zip(texts, labels, strict=True), 2)
    ]
    return labelled_texts(rows, "text", "label", scheme or label_scheme(LABELS, []))


def many_texts(count: int) -> tuple[list[str], list[int]]:
    """Make texts and classes: of three texts one has the word, and every fifth class contradicts it."""
    texts = [f"sentence {number} of a {WORD if number % 3 == 0 else 'neighbour'}" for number in range(count)]
    return texts, [int(number % 3 == 0) ^ int(number % 5 == 0) for number in range(count)]
