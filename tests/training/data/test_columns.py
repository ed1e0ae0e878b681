from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.training.data.columns import RowMapping, as_text, map_rows, resolve_media
from decloak.training.data.layouts import LabelRule
from decloak.training.data.tables import TableRow

PLAIN = RowMapping(
    {"text": "text", "label": "label", "id": "id", "target": "target"}, LabelRule(values={"0": 0, "1": 1})
)


def table(*values: dict[str, Any]) -> list[TableRow]:
    return [TableRow(number, row) for number, row in enumerate(values, 1)]


def label_of(value: Any, rule: LabelRule) -> Any:
    rows, account = map_rows("all", table({"text": "x", "label": value}), RowMapping(PLAIN.columns, rule))
    return rows[0]["label"] if rows else next(iter(account.lost))


def test_a_row_keeps_its_text_and_gets_an_id() -> None:
    rows, account = map_rows("train", table({"text": " A b\n", "label": "1", "id": None, "target": ""}), PLAIN)
    assert rows == [{"text": " A b\n", "label": 1, "id": "train-1", "target": None}]
    assert (account.read, account.kept, account.lost) == (1, 1, {})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"text": None, "label": "1"}, "text is empty"),
        ({"text": float("nan"), "label": "1"}, "text is empty"),
        ({"text": " \u3000\n", "label": "1"}, "text is empty"),
        ({"text": 7, "label": "1"}, "text is int, a string is needed"),
        ({"text": "\udcff", "label": "1"}, "text is not valid Unicode"),
        ({"text": "x", "label": None}, "the label is empty"),
        ({"text": "x", "label": " "}, "the label is empty"),
        ({"text": "x", "label": "2"}, "the label is '2'; known are 0, 1"),
        ({"text": "x", "label": "y" * 99}, f"the label is '{'y' * 40}'; known"),
    ],
)
def test_unusable_rows_are_counted_with_their_reason_and_the_rest_stays(values: dict[str, Any], reason: str) -> None:
    good = {"text": "x", "label": "0"}
    rows, account = map_rows("all", table(good, values, good, values), PLAIN)
    assert [row["id"] for row in rows] == ["all-1", "all-3"]
    [(found, numbers)] = account.lost.items()
    assert found.startswith(reason) and numbers == [2, 4]


def test_broken_rows_keep_the_reason_of_the_reader() -> None:
    rows, account = map_rows("all", [TableRow(3, error="not JSON")], PLAIN)
    assert (rows, account.lost, account.read) == ([], {"not JSON": [3]}, 1)


@pytest.mark.parametrize("value", ["1", " 1 ", 1, 1.0, "1.0", True, ["1", "more"]])
def test_ones_in_all_their_writings(value: Any) -> None:
    assert label_of(value, PLAIN.labels) == 1


def test_values_left_out_on_purpose_say_so() -> None:
    assert label_of("skip", LabelRule(values={"a": 1, "skip": None})) == "left out on purpose: the label is 'skip'"


@pytest.mark.parametrize(
    ("value", "label"),
    [(0.5, 1), ("0.5", 1), ("0.49", 0), (1, 1), ("", "the label is no number"), ("nan", "the label is no number"),
     ("inf", "the label is no number"), (None, "the label is no number"), ([1], "the label is no number")],
)  # fmt: skip
def test_thresholds(value: Any, label: Any) -> None:
    assert label_of(value, LabelRule(least=0.5)) == label


def test_above_a_sum_leaves_the_boundary_out() -> None:
    mapping = RowMapping({"text": "text"}, LabelRule(sum_of=["a", "b"], above=5.5))
    rows, account = map_rows("all", table(*({"text": "x", "a": 3, "b": b} for b in (2.5, 2.75, None))), mapping)
    assert [row["label"] for row in rows] == [0, 1]
    assert account.lost == {"the label is no number": [3]}
    assert mapping.needed() == [["text"], ["a"], ["b"]]


def test_alternatives_nested_values_suffixes_and_constants() -> None:
    mapping = RowMapping(
        {"text": ["a", "b"], "label": "labels", "category": "labels/0", "target": "labels/1", "image": "image"},
        LabelRule(values={"bad": 1}), suffixes={"image": ".jpg"}, constants={"perturbation": "none"},
    )  # fmt: skip
    rows, _ = map_rows("all", table({"b": "x", "labels": ["bad"], "image": 7.0}), mapping)
    expected = {"category": "bad", "target": None, "image": "7.jpg", "perturbation": "none", "id": "all-1"}
    assert rows == [{"text": "x", "label": 1, **expected}]
    assert mapping.needed() == [["a", "b"], ["labels"]]
    assert {"labels/0", "labels", "image"} <= set(mapping.optional())


def test_rows_of_other_parts_are_not_counted() -> None:
    mapping = RowMapping(PLAIN.columns, PLAIN.labels, only={"split": "dev"})
    rows = [{"text": split, "label": 1, "split": split} for split in ("dev", "train")]
    kept, account = map_rows("dev", table(*rows), mapping)
    assert [row["text"] for row in kept] == ["dev"]
    assert account.read == 1 and ["split"] in mapping.needed()


def test_optional_values_that_cannot_be_held_are_cleared_and_counted() -> None:
    rows, account = map_rows("all", table({"text": "x", "label": 1, "target": "\ud800"}), PLAIN)
    assert rows[0]["target"] is None and account.cleared == {"target": [1]}


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, None), ("", None), (float("nan"), None), ([], None), (["a", "b"], "a|b"), (2.0, "2"), (2.5, "2.5"),
     (0, "0"), ([1, 0], "[1, 0]"), ({"a": "ü"}, '{"a": "ü"}'), (False, "False")],
)  # fmt: skip
def test_values_as_text(value: Any, text: str | None) -> None:
    assert as_text(value) == text


@given(st.lists(st.sampled_from(["a", "a-2", "a-3", "b", ""]), max_size=12))
def test_ids_are_unique_and_renamed_ones_are_reported(ids: list[str]) -> None:
    rows, account = map_rows("p", table(*({"text": "x", "label": 1, "id": name} for name in ids)), PLAIN)
    found = [row["id"] for row in rows]
    assert len(set(found)) == len(found) == len(ids)
    wanted = [name or f"p-{number}" for number, name in enumerate(ids, 1)]
    changed = [number for number, (a, b) in enumerate(zip(wanted, found, strict=True), 1) if a != b]
    assert account.renamed_ids == changed


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=5,
)
rules = st.sampled_from([PLAIN.labels, LabelRule(least=0.5), LabelRule(values={"0": 0, "x": None})])


@given(st.lists(st.fixed_dictionaries({"text": values, "label": values, "id": values, "target": values})), rules)
def test_garbage_is_kept_or_accounted_for(rows: list[dict[str, Any]], rule: LabelRule) -> None:
    kept, account = map_rows("all", table(*rows), RowMapping(PLAIN.columns, rule))
    lost = sorted(number for numbers in account.lost.values() for number in numbers)
    assert account.read == len(rows) == len(kept) + len(lost)
    assert account.kept == len(kept) and len(set(lost)) == len(lost)
    for row in kept:
        assert row["label"] in (0, 1) and row["text"].strip()
        for value in row.values():
            str(value).encode("utf-8")


def test_media_outside_the_folder_are_missing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("in/a.png", "secret.png"):
        (tmp_path / name).write_bytes(b"x")
    names = ["a.png", "b.png", "../secret.png", str(tmp_path / "secret.png"), None]
    rows = [{"image": name} for name in names]
    assert list(resolve_media(rows, "image", tmp_path / "in")) == [1, 2, 3]
    assert rows[0]["image"] == str((tmp_path / "in/a.png").resolve())
    assert [row["image"] for row in rows[1:]] == names[1:]
