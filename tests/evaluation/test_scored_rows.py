import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.label_scheme import label_scheme
from decloak.evaluation.scored_rows import score_rows
from tests.evaluation.scripted import BROKEN, WORD, WordClassifier, labelled_rows, score_of

TEXTS = ["a", f"b {WORD}", f"c {BROKEN}", "d"]


def test_rows_keep_their_order_and_failures_their_numbers() -> None:
    classifier = WordClassifier()
    rows = labelled_rows([*TEXTS, "no label"], [0, "hate", 1, 1, None])
    scored = score_rows(classifier.answers, rows, label_scheme(classifier.labels, []))
    assert [row.number for row in scored.rows] == [2, 3, 5]
    assert scored.errors == [(4, "it cannot be read"), (6, "the label is missing")]
    assert (scored.true.tolist(), scored.predicted.tolist()) == ([0, 1, 1], [0, 1, 0])
    assert scored.scores[:, 1].tolist() == scored.positive.tolist() == [score_of(row.text) for row in scored.rows]
    assert "no label" not in classifier.asked
    assert (scored.truncated, scored.modalities) == (0, ["text"])
    assert scored.seconds > 0


def test_nothing_answered_is_empty_arrays() -> None:
    scored = score_rows(WordClassifier().answers, labelled_rows([BROKEN], [0]), label_scheme(["fine", "hate"], []))
    assert (scored.true.shape, scored.predicted.shape, scored.scores.shape) == ((0,), (0,), (0, 2))
    assert scored.positive.shape == (0,)
    assert scored.modalities is None
    assert scored.errors == [(2, "it cannot be read")]
    assert score_rows(WordClassifier().answers, [], label_scheme(["fine", "hate"], [])).rows == []


def test_progress_sees_each_answer() -> None:
    seen = []

    def watch(answers):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        for answer in answers:
            seen.append(answer["label"])
            yield answer

    score_rows(WordClassifier().answers, labelled_rows(TEXTS, [0] * 4), label_scheme(["fine", "hate"], []), watch)
    assert seen == ["fine", "hate", None, "fine"]


def test_positive_labels_are_added_up() -> None:
    classifier = WordClassifier(labels=["calm", "rude", "hate"])
    scheme = label_scheme(classifier.labels, ["rude", "hate"])
    scored = score_rows(classifier.answers, labelled_rows(["a"], ["rude"], scheme), scheme)
    score = score_of("a")
    assert scored.scores[0].tolist() == pytest.approx([(1 - score) / 2, (1 + score) / 2])
    assert (scored.true[0], scored.predicted[0]) == (1, 1)


def test_independent_labels_make_two_classes_by_the_highest() -> None:
    scheme = label_scheme(["mild", "strong", "spam"], ["mild", "strong"], independent=True)
    given_scores = {"mild": 0.4, "strong": 0.3, "spam": 0.9}
    answer = {"label": "spam", "score": 0.9, "scores": given_scores, "truncated": True, "modalities": None}
    scored = score_rows(lambda texts: (answer for _ in texts), labelled_rows(["a"], [0], scheme), scheme)
    assert scored.scores.tolist() == [[pytest.approx(0.6), 0.4]]
    assert (scored.predicted.tolist(), scored.truncated) == ([0], 1)


def test_a_classifier_that_gives_too_few_answers_is_noticed() -> None:
    rows = labelled_rows(["a", "b"], [0, 1])
    with pytest.raises(ValueError, match="shorter"):
        score_rows(lambda texts: iter([]), rows, label_scheme(["fine", "hate"], []))


@given(st.lists(st.integers(0, 3), max_size=6))
def test_a_part_is_those_rows(places: list[int]) -> None:
    rows = labelled_rows(["a", f"b {WORD}", "c", "d"], [0, 1, 1, 0])
    scored = score_rows(WordClassifier().answers, rows, label_scheme(["fine", "hate"], []))
    part = scored.part(places)
    assert part.rows == [scored.rows[place] for place in places]
    assert np.array_equal(part.scores, scored.scores[places])
    assert np.array_equal(part.true, scored.true[places]) and np.array_equal(part.predicted, scored.predicted[places])
    assert part.scores.shape == (len(places), 2)
