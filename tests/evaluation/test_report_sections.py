"""The parts of a report against direct calls of the measures and against scikit-learn."""

import json
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.evaluation import metrics
from decloak.evaluation.label_scheme import label_scheme
from decloak.evaluation.report_sections import (
    MeasureSettings,
    clusters_of,
    functionality_section,
    group_section,
    language_section,
    languages_of,
    measures,
    named_groups,
    row_name,
    text_hash,
    worst_errors,
)
from decloak.evaluation.scored_rows import ScoredRows, score_rows
from tests.evaluation.scripted import WordClassifier, labelled_rows, many_texts

QUICK = MeasureSettings(resamples=50)
NAMES = ["fine", "hate"]


def scored_rows(texts: list[str], labels: list[Any], names: list[str] = NAMES, **columns: Any) -> ScoredRows:
    classifier = WordClassifier(labels=names)
    scheme = label_scheme(names, [])
    return score_rows(classifier.answers, labelled_rows(texts, labels, scheme, **columns), scheme)


def test_measures_are_those_of_scikit_learn() -> None:
    scored = scored_rows(*many_texts(120))
    got = measures(scored, NAMES, QUICK)
    true, predicted, score = scored.true, scored.predicted, scored.positive
    assert got["macro_f1"] == pytest.approx(sklearn.metrics.f1_score(true, predicted, average="macro"))
    assert got["mcc"] == pytest.approx(sklearn.metrics.matthews_corrcoef(true, predicted))
    assert got["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(true, predicted))
    assert got["auroc"] == pytest.approx(sklearn.metrics.roc_auc_score(true, score))
    assert got["average_precision"] == pytest.approx(sklearn.metrics.average_precision_score(true, score))
    assert got["brier"] == pytest.approx(sklearn.metrics.brier_score_loss(true, score))
    assert got["confusion"] == sklearn.metrics.confusion_matrix(true, predicted).tolist()
    assert got["n"] == 120


def test_measures_are_those_of_the_metric_functions() -> None:
    scored = scored_rows(*many_texts(60))
    chosen = MeasureSettings(false_positive_rates=(0.1, 0.25), resamples=80, level=0.9, seed=5)
    got = measures(scored, NAMES, chosen)
    ranking = metrics.ranking_metrics(scored.true, scored.positive, (0.1, 0.25))
    expected = metrics.classification_metrics(scored.true, scored.predicted, scored.positive) | ranking
    expected |= metrics.calibration_metrics(scored.true, scored.positive)
    assert {name: got[name] for name in expected} == expected
    assert got["roc"] == metrics.roc_curve_points(scored.true, scored.positive)
    wanted = [*metrics.MEASURES[:7], "recall_at_fpr_0.1", "recall_at_fpr_0.25"]
    intervals = metrics.bootstrap_intervals(
        scored.true, scored.predicted, scored.positive, None, wanted, 80, level=0.9, seed=5
    )
    assert got["intervals"] == {name: list(ends) for name, ends in intervals.items() if ends}
    assert got["macro_f1_interval"] == got["intervals"]["macro_f1"]


@pytest.mark.parametrize("labels", [[0] * 6, [1] * 6])
def test_one_class_leaves_what_is_undefined_none(labels: list[int]) -> None:
    got = measures(scored_rows(many_texts(6)[0], labels), NAMES, QUICK)
    assert (got["mcc"], got["auroc"], got["average_precision"], got["roc"]) == (None,) * 4
    assert got["intervals"]["auroc"] is None
    assert got["ece"] is not None
    json.dumps(got, allow_nan=False)


def test_no_rows_leave_everything_none() -> None:
    got = measures(scored_rows([], []), NAMES, QUICK)
    assert (got["n"], got["confusion"], got["intervals"], got["recall_at_fpr"]) == (0, [[0, 0], [0, 0]], {}, {})
    assert {got[name] for name in ("macro_f1", "accuracy", "auroc", "ece", "brier", "roc")} == {None}


def test_three_classes_have_no_probabilities_of_one() -> None:
    names = ["calm", "rude", "hate"]
    scored = scored_rows(many_texts(30)[0], [number % 3 for number in range(30)], names)
    got = measures(scored, names, QUICK)
    assert got["auroc"] == pytest.approx(
        sklearn.metrics.roc_auc_score(scored.true, scored.scores, multi_class="ovr", average="macro")
    )
    assert (got["ece"], got["brier"], got["recall_at_fpr"], got["intervals"]["ece"]) == (None, None, {}, None)
    assert len(got["intervals"]["macro_f1"]) == 2


@settings(max_examples=30)
@given(st.lists(st.tuples(st.text(max_size=6), st.integers(0, 1)), max_size=12))
def test_any_rows_give_measures_that_json_can_hold(rows: list[tuple[str, int]]) -> None:
    scored = scored_rows([text for text, _ in rows], [label for _, label in rows])
    got = measures(scored, NAMES, MeasureSettings(resamples=5))
    json.dumps([got, worst_errors(scored, NAMES, True), language_section(scored, NAMES, QUICK)], allow_nan=False)


def test_rows_of_one_source_are_drawn_together() -> None:
    texts, labels = many_texts(40)
    groups = [None if number == 0 else f"g{number // 8}" for number in range(40)]
    scored = scored_rows(texts, labels, group=groups)
    assert clusters_of(scored) == ["row 2", *groups[1:]]
    assert clusters_of(scored_rows(texts, labels, group=[None, ""] * 20)) is None
    assert clusters_of(scored_rows(texts, labels)) is None
    alone, together = (measures(one, NAMES, QUICK)["intervals"] for one in (scored_rows(texts, labels), scored))
    assert alone != together
    expected = metrics.bootstrap_intervals(
        scored.true, scored.predicted, scored.positive, clusters_of(scored), ["macro_f1"], 50
    )
    assert together["macro_f1"] == list(expected["macro_f1"] or ())


def test_languages_are_told_by_the_column_and_else_by_the_script() -> None:
    scored = scored_rows(["人", "a", "b", "c"], [0, 1, 0, 1], language=[None, "fr", "", "fr"])
    assert languages_of(scored) == {"fr": 2, "zh": 1, "en": 1}
    got = language_section(scored, NAMES, QUICK)
    assert list(got) == ["en", "fr", "zh"]
    assert got["fr"]["n"] == 2
    assert got["fr"]["macro_f1"] == measures(scored.part([1, 3]), NAMES, QUICK)["macro_f1"]
    assert language_section(scored.part([1, 3]), NAMES, QUICK) == {}


def test_functionalities_are_measured_where_they_are_named() -> None:
    texts, labels = many_texts(9)
    names = ["f1", "f2", None] * 3
    scored = scored_rows(texts, labels, functionality=names)
    named = [place for place in range(9) if names[place]]
    expected = metrics.functionality_metrics(
        scored.true[named], scored.predicted[named], [str(names[place]) for place in named]
    )
    assert functionality_section(scored) == expected
    assert functionality_section(scored_rows(texts, labels, functionality=[None, ""] * 4 + [None])) is None


def test_groups_are_measured_if_any_row_names_one() -> None:
    texts, labels = many_texts(30)
    scored = scored_rows(texts, labels)
    groups = [["a"] if number % 2 else [] for number in range(30)]
    assert group_section(scored, groups) == metrics.group_metrics(
        scored.true, scored.predicted, scored.positive, groups
    )
    assert group_section(scored, [[]] * 30) is None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Race", ["race"]),
        ("race|gender", ["race", "gender"]),
        ("['race', 'gender']", ["race", "gender"]),
        ('["race","Race "]', ["race"]),
        (["race", "gender"], ["race", "gender"]),
        ("black people, women; men", ["black people", "women", "men"]),
        ("None", []),
        ("none|Other", []),
        (float("nan"), []),
        ("no target", []),
        ("[]", []),
        ("", []),
        (None, []),
        (3, ["3"]),
        ("亚裔|女性", ["亚裔", "女性"]),
    ],
)
def test_groups_of_a_cell(cell: object, expected: list[str]) -> None:
    assert named_groups(cell) == expected


@given(st.one_of(st.text(), st.none(), st.floats(), st.lists(st.text(max_size=4), max_size=4)))
def test_any_cell_has_groups_that_can_be_measured(cell: object) -> None:
    found = named_groups(cell)
    assert all(name and name == name.strip() for name in found)
    assert len(found) == len(set(found))
    assert named_groups("|".join(found)) == found


def test_worst_errors_are_the_surest_first_and_fifty_at_most() -> None:
    texts, labels = many_texts(400)
    scored = scored_rows(texts, labels, id=[f"i{number}" for number in range(400)])
    wrong = scored.predicted != scored.true
    assert wrong.sum() > 50
    got = worst_errors(scored, NAMES, texts=False)
    assert [one["score"] for one in got] == sorted(scored.scores.max(axis=1)[wrong].tolist(), reverse=True)[:50]
    for one in got:
        place = one["row"] - 2
        assert one["sha256"] == text_hash(texts[place])
        assert (one["id"], one["text"]) == (f"i{place}", None)
        assert one["true"] == NAMES[labels[place]] != one["predicted"]
    assert [one["text"] for one in worst_errors(scored, NAMES, True)] == [texts[one["row"] - 2] for one in got]
    assert worst_errors(scored.part(np.flatnonzero(~wrong)), NAMES, True) == []


def test_a_row_is_named_without_its_text() -> None:
    scored = scored_rows(["a \ud800", "b"], [0, 1], id=[7, None])
    assert row_name(scored, 0, False) == {"row": 2, "id": "7", "sha256": text_hash("a \ud800"), "text": None}
    assert row_name(scored, 1, True) == {"row": 3, "id": None, "sha256": text_hash("b"), "text": "b"}


@given(st.text(st.characters()), st.text(st.characters()))
def test_hashes_tell_texts_apart(one: str, other: str) -> None:
    assert (text_hash(one) == text_hash(other)) == (one == other)
    assert len(text_hash(one)) == 16
