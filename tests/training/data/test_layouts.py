from typing import Any

import pytest
from pydantic import ValidationError

from decloak.training.data.layouts import GroupRule, HubLayout, LabelRule, NormalisedLayout, check_columns


@pytest.mark.parametrize("rule", [{"values": {"a": 1}}, {"least": 0.5}, {"above": 5, "sum_of": ["a", "b"]}])
def test_label_rules_of_one_kind(rule: dict[str, Any]) -> None:
    assert LabelRule.model_validate(rule)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({}, "exactly one of values, least, above"),
        ({"least": 1.0, "above": 2.0}, "exactly one"),
        ({"values": {"a": 1}, "least": 1.0}, "exactly one"),
        ({"values": {"a": 1}, "sum_of": ["b"]}, "not with values"),
        ({"values": {"a": 2}}, r"lead to the labels \[2\]; allowed are 0, 1 and null"),
        ({"values": {True: 1}}, "valid string"),  # YAML reads a bare yes, no, on, off as a truth value
        ({"least": 1.0, "most": 2.0}, "most"),
    ],
)
def test_label_rules_that_make_no_sense(rule: dict[Any, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LabelRule.model_validate(rule)


@pytest.mark.parametrize(
    "rule", [{"rule": "column"}, {"rule": "base_text"}, {"part": "base"}, {"rule": "text", "column": "id"}]
)
def test_group_rules_that_make_no_sense(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="belongs to the rule"):
        GroupRule.model_validate(rule)


def test_unknown_columns_are_refused_everywhere() -> None:
    assert check_columns({"text": "a", "link": "b"}) == {"text": "a", "link": "b"}
    with pytest.raises(ValueError, match="no column group in a prepared data set; it may have text, label, id"):
        check_columns({"group": "a"})
    layout = {"tested": False, "columns": {"mood": "a"}, "labels": {"least": 1.0}, "parts": {}}
    with pytest.raises(ValidationError, match="no column mood"):
        HubLayout.model_validate(layout)


def test_normalised_tables_may_have_any_format_and_name() -> None:
    layout = NormalisedLayout(
        parts={"train": ["a", "b"], "all": "c"}, on_request=["all"], constants={"train": {"id": "x"}}
    )
    files = layout.as_files()
    assert files.parts["train"].file[:3] == ["a.csv", "a.csv.gz", "a.tsv"]
    assert "b.parquet" in files.parts["train"].file
    assert files.parts["all"].on_request and not files.parts["train"].on_request
    assert files.parts["train"].constants == {"id": "x"}
    assert files.columns["rationale"] == "rationale" and "group" not in files.columns
