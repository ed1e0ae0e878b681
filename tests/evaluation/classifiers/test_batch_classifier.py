from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.classifiers.batch_classifier import BatchClassifier, check_batch_size, checked_text
from decloak.evaluation.classifiers.text_classifier import answer


class Lengths(BatchClassifier):
    """Answers with the length of the text, fails on x, and notes what it was asked."""

    kind: ClassVar[str] = "callable"
    name = "lengths"

    def __init__(self, batch_size: int = 3) -> None:
        self.batch_size = batch_size
        self.labels = ["short", "long"]
        self.asked: list[list[str]] = []

    def answer_batch(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        self.asked.append(list(texts))
        if "x" in texts:
            raise RuntimeError("no x")
        return [self.one(text) for text in texts]

    def one(self, text: str) -> dict[str, Any]:
        score = float("nan") if text == "nan" else min(len(text), 10) / 10
        return answer([1 - score, score], self.labels) | {"text": text}

    def fingerprint(self) -> str:
        return "0"


@given(st.lists(st.text(max_size=5), max_size=20), st.integers(1, 7))
def test_each_text_gets_one_answer_in_order(texts: list[str], batch_size: int) -> None:
    got = list(Lengths(batch_size).answers(texts))
    assert len(got) == len(texts)
    for text, one in zip(texts, got, strict=True):
        readable, error = checked_text(text)
        if error is not None or text == "x":
            assert one["label"] is None and one["error"]
        else:
            assert one["text"] == readable


def test_a_text_that_fails_loses_no_other() -> None:
    got = list(Lengths().answers(["a", "x", "bb", "c"]))
    assert [one["label"] for one in got] == ["short", None, "short", "short"]
    assert got[1]["error"] == "RuntimeError: no x"


@pytest.mark.parametrize("bad", [None, 5, b"a", float("nan"), ["a"]])
def test_what_is_no_text_is_an_error(bad: Any) -> None:
    first, second = Lengths().answers([bad, "a"])
    assert "a string is needed" in first["error"]
    assert second["label"] == "short"


@pytest.mark.parametrize("empty", ["", " \n\t", "\u200b\u200d", "\x00", "\ufeff"])
def test_texts_that_show_nothing_are_empty(empty: str) -> None:
    (one,) = Lengths().answers([empty])
    assert one["error"] == "the text is empty"


def test_lone_surrogates_never_arrive() -> None:
    classifier = Lengths()
    list(classifier.answers(["\ud800a", "\ud83d\ude00"]))
    assert classifier.asked == [["\ufffda", "😀"]]


def test_scores_that_are_no_numbers_are_errors() -> None:
    first, second = Lengths().answers(["nan", "a"])
    assert (first["label"], second["label"]) == (None, "short")


def test_texts_are_read_as_answers_are_taken() -> None:
    read: list[int] = []

    def texts() -> Iterator[str]:
        for number in range(100):
            read.append(number)
            yield "a"

    answers = Lengths(4).answers(texts())
    next(answers)
    assert len(read) == 4


def test_batch_sizes_below_one() -> None:
    assert check_batch_size(1) == 1
    with pytest.raises(ValueError, match="batch_size is 0"):
        check_batch_size(0)
