from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.label_scheme import LabelledText, duplicate_ids, label_keys, label_scheme, labelled_texts
from decloak.training.data.tables import TableRow

# Three labels in the data, two in the model.
MAP = {"hate": 1, "offensive": 1, "normal": 0, "LABEL_1": 1, "LABEL_0": 0}


def rows_of(labels: list[Any]) -> list[TableRow]:
    return [TableRow(number, {"text": "x", "label": label}) for number, label in enumerate(labels, 2)]


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


def test_rows_keep_their_numbers_and_other_columns() -> None:
    rows = [
        TableRow(2, {"text": "a", "label": 1, "id": "7", "group": None}),
        TableRow(3, {"text": "b", "label": None, "id": "8", "group": "g"}),
        TableRow(5, error="torn"),
        TableRow(2, {"text": "c", "label": 0, "id": "9", "group": "h"}),  # of a second table
    ]
    texts = labelled_texts(rows, "text", "label", label_scheme(["a", "b"], []))
    assert [row.number for row in texts] == [2, 3, 5, 2]
    assert [row.true for row in texts] == [1, -1, -1, 0]
    assert [row.values for row in texts] == [
        {"id": "7", "group": None},
        {"id": "8", "group": "g"},
        {},
        {"id": "9", "group": "h"},
    ]
    assert len(set(texts)) == 4


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["hate", "offensive", "normal"], [1, 1, 0]),
        ([" Hate", "OFFENSIVE\t", "Normal"], [1, 1, 0]),
        (["LABEL_1", "label_0"], [1, 0]),
        ([0, "1", 1.0, True, "0.0"], [0, 1, 1, 1, 0]),  # the map names no numbers, so they are class ids
    ],
)
def test_a_map_gives_classes_to_the_labels_of_both_sides(labels: list[Any], expected: list[int]) -> None:
    scheme = label_scheme(["LABEL_0", "LABEL_1"], [], MAP)
    assert [row.true for row in labelled_texts(rows_of(labels), "text", "label", scheme)] == expected
    assert scheme.names == ["LABEL_0", "LABEL_1"]
    assert scheme.predicted_class("LABEL_1", [0.5, 0.5]) == 1


def test_numbers_that_the_map_names_are_labels_not_class_ids() -> None:
    scheme = label_scheme(["no", "yes"], [], {"no": 0, "yes": 1, "0": 1, "1.0": 1, "2": 0})
    assert [scheme.true_class(label) for label in (0, "0", 1, "1.0", 2.0, " 2 ", 3)] == [1, 1, 1, 1, 0, 0, None]
    truths = label_scheme(["no", "yes"], [], {"no": 0, "yes": 1, "true": 1, "false": 0})
    assert [truths.true_class(label) for label in (True, "True", "FALSE", False)] == [1, 1, 0, 0]


def test_labels_of_the_model_that_share_a_class_are_added_up() -> None:
    scheme = label_scheme(["hate", "normal", "rude"], [], {"hate": 1, "rude": 1, "normal": 0})
    assert scheme.names == ["negative", "positive"]
    assert scheme.class_scores({"hate": 0.3, "normal": 0.4, "rude": 0.3}) == pytest.approx([0.4, 0.6])
    assert scheme.predicted_class("normal", [0.4, 0.6]) == 1


@pytest.mark.parametrize(
    ("labels_map", "names"),
    [
        ({"a": 1, "b": 0, "c": 2, "d": 2}, ["b", "a", "c+d"]),
        ({"a": 3, "b": 2, "c": 1, "d": 0}, ["d", "c", "b", "a"]),
        ({"a": 1, "b": 0, "c": 0, "d": 1}, ["negative", "positive"]),
    ],
)
def test_classes_are_named_by_the_labels_of_the_model(labels_map: dict[str, int], names: list[str]) -> None:
    assert label_scheme(["a", "b", "c", "d"], [], labels_map).names == names


def test_positive_labels_spare_the_map_those_of_the_model() -> None:
    scheme = label_scheme(["hate", "normal", "rude"], ["hate", "rude"], {"yes": 1, "no": 0})
    assert [scheme.true_class(label) for label in ("YES", "no", "rude", 1)] == [1, 0, 1, 1]
    assert scheme.class_scores({"hate": 0.25, "normal": 0.5, "rude": 0.25}) == [0.5, 0.5]
    assert scheme.predicted_class("normal", [0.4, 0.6]) == 1


@pytest.mark.parametrize(
    ("labels_map", "positive", "message"),
    [
        ({"hate": 1, "normal": 0}, [], "no class for LABEL_0, LABEL_1 of the model.*it names hate, normal"),
        ({"LABEL_0": 0, "hate": 1}, [], "no class for LABEL_1 of the model, whose labels are LABEL_0, LABEL_1"),
        ({"LABEL_0": 1, "LABEL_1": 1}, [], "each class.*a label of the model; 0 has none"),
        ({"LABEL_0": 0, "LABEL_1": 0}, [], "each class.*a label of the model; 1 has none"),
        ({"LABEL_0": 0, "LABEL_1": 1, "x": 3}, [], "each class.*a label of the model; 2, 3 has none"),
        ({"LABEL_0": 0, "LABEL_1": -1}, [], "'LABEL_1' the class -1; allowed are 0, 1, 2"),
        ({"LABEL_0": 0, "LABEL_1": "1"}, [], "'LABEL_1' the class '1'"),
        ({"LABEL_0": 0, "LABEL_1": 1, None: 1}, [], "has the label None; allowed are names and numbers"),
        ({"LABEL_0": 0, "LABEL_1": 1, "1": 1, " 1.0": 0}, [], "' 1.0' has two classes, 1 and 0"),
        ({"LABEL_0": 0, "label_0": 1, "LABEL_1": 1}, [], "'label_0' has two classes"),
        ({"LABEL_0": 0, "LABEL_1": 1}, ["LABEL_0"], "'LABEL_0' has two classes, 0 and 1"),
    ],
)
def test_maps_that_make_no_sense(labels_map: dict[Any, Any], positive: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        label_scheme(["LABEL_0", "LABEL_1"], positive, labels_map)


def test_an_empty_map_is_none() -> None:
    assert label_scheme(["a", "b"], [], {}) == label_scheme(["a", "b"], [], None) == label_scheme(["a", "b"], [])


def test_labels_without_a_class_are_listed_beside_those_of_the_model() -> None:
    labels = ["hate", "offensive", "normal", "spam"] * 3
    with pytest.raises(ValueError, match="do not meet") as caught:
        labelled_texts(rows_of(labels), "text", "label", label_scheme(["LABEL_0", "LABEL_1"], [], MAP))
    for words in (
        "holds hate, normal, offensive, spam, of which spam have no class",
        "LABEL_0, LABEL_1",
        "Add an entry",
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize("labels", [["0", "1", "2"] * 4, ["hate", "normal", "offensive"] * 4])
def test_three_labels_for_two_classes_are_refused_with_the_fix(labels: list[str]) -> None:
    with pytest.raises(ValueError, match=r"a labels map \(--labels-map\).* for all of .*LABEL_0, LABEL_1"):
        labelled_texts(rows_of(labels), "text", "label", label_scheme(["LABEL_0", "LABEL_1"], []))


def test_rare_labels_that_the_map_leaves_out_are_errors_of_their_rows() -> None:
    texts = labelled_texts(
        rows_of(["hate", "normal"] * 20 + ["spam"]), "text", "label", label_scheme(["LABEL_0", "LABEL_1"], [], MAP)
    )
    assert [(row.number, row.error) for row in texts if row.error] == [(42, "the label 'spam' is no class")]


def test_data_of_one_class_is_allowed() -> None:
    texts = labelled_texts(rows_of([1, "1"]), "text", "label", label_scheme(["a", "b"], []))
    assert [row.true for row in texts] == [1, 1]


def test_ids_that_several_rows_bear_are_found() -> None:
    held = ["7", 7, " 7 ", "8", None, float("nan"), "", "9", ["x"], ["x"]]
    rows = [TableRow(number, {"id": value}) for number, value in enumerate(held, 1)]
    rows += [TableRow(20, error="torn"), TableRow(21, {"text": "no id"})]
    assert duplicate_ids(rows) == [("7", [1, 2, 3]), ("['x']", [9, 10])]
    texts = [LabelledText("a", 0, None, 4, {"row": "p"}), LabelledText("b", 1, None, 9, {"row": "p"})]
    assert duplicate_ids(texts, "row") == [("p", [4, 9])]
    assert duplicate_ids([]) == duplicate_ids(texts) == []


values = st.one_of(st.text(max_size=5), st.integers(), st.floats(), st.booleans(), st.sampled_from(["1.0", " HATE "]))


@given(values)
def test_keys_forget_case_and_white_space_alone(label: Any) -> None:
    keys = label_keys(label)
    assert keys
    assert label_keys(f" {str(label).upper().lower()}\n")[0] == label_keys(str(label).lower())[0]
    assert label_keys(keys[0])[0] == keys[0]


@given(st.dictionaries(values, st.integers(-1, 3), max_size=5), st.lists(values, min_size=1, max_size=6))
def test_any_map_gives_a_scheme_or_a_clear_error(labels_map: dict[Any, int], labels: list[Any]) -> None:
    try:
        scheme = label_scheme(["a", "b"], [], {**labels_map, "a": 0, "b": 1})
        texts = labelled_texts(rows_of(labels), "text", "label", scheme)
    except ValueError as error:
        assert "label" in str(error)
    else:
        assert all((row.error is None) == (row.true in (0, 1)) for row in texts)
