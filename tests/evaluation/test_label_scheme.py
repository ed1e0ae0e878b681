import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.label_scheme import LabelledText, label_scheme, labelled_texts
from decloak.training.data.tables import TableRow


@pytest.mark.parametrize(
    ("names", "positive", "message"),
    [
        (["a", "b"], ["c"], "positive labels are c, but the model's labels are a, b"),
        (["a", "b"], ["a", "b"], "leave one out"),
        (["a"], [], "one label"),
    ],
)
def test_schemes_that_make_no_sense(names: list[str], positive: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        label_scheme(names, positive)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("hate", 0),
        ("normal", 1),
        (1, 1),
        ("1", 1),
        (1.0, 1),
        ("1.0", 1),
        (3, None),
        (-1, None),
        ("x", None),
        (0.5, None),
    ],
)
def test_labels_are_names_or_ids(label: object, expected: int | None) -> None:
    assert label_scheme(["hate", "normal", "offensive"], []).true_class(label) == expected


def test_positive_labels_are_class_one() -> None:
    scheme = label_scheme(["hate", "normal", "offensive"], ["offensive", "hate"])
    assert [scheme.true_class(label) for label in ("hate", "normal", "offensive", 0, 1, 2)] == [1, 0, 1, 0, 1, None]
    assert scheme.class_scores({"hate": 0.3, "normal": 0.4, "offensive": 0.3}) == pytest.approx([0.4, 0.6])
    assert scheme.predicted_class("normal", [0.4, 0.6]) == 1  # no single positive label wins, together they do


def test_names_that_are_numbers_win_over_ids() -> None:
    assert label_scheme(["1", "0"], []).true_class("1") == 0


def test_rows_without_text_or_label_are_kept_as_errors() -> None:
    rows = [
        TableRow(1, {"text": "a", "label": "1"}),
        TableRow(2, {"text": None, "label": 0}),
        TableRow(3, {"text": "b", "label": float("nan")}),
        TableRow(4, error="torn"),
    ]
    first, *others = labelled_texts(rows, "text", "label", label_scheme(["a", "b"], []))
    assert first == LabelledText("a", 1)
    assert [row.error for row in others] == ["text is NoneType, a string is needed", "the label is missing", "torn"]


def test_a_few_unknown_labels_are_errors_and_many_a_wrong_column() -> None:
    rows = [TableRow(number, {"text": "x", "label": str(number % 2)}) for number in range(1, 40)]
    spoilt = [*rows, TableRow(40, {"text": "x", "label": "n/a"})]
    *good, bad = labelled_texts(spoilt, "text", "label", label_scheme(["a", "b"], []))
    assert all(row.error is None for row in good)
    assert bad.error == "the label 'n/a' is no class"
    with pytest.raises(ValueError, match="do not meet"):
        labelled_texts([*rows[:10], *spoilt[-1:]], "text", "label", label_scheme(["a", "b"], []))


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.integers())))
def test_any_label_has_a_class_or_none(label: object) -> None:
    assert label_scheme(["a", "b", "c"], []).true_class(label) in (0, 1, 2, None)
