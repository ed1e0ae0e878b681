from pathlib import Path
from typing import Any

import pytest

from decloak.evaluation.reporting.comparison_page import names_of, write_comparison_html
from tests.evaluation.reporting.extreme_reports import empty_report, hostile_report
from tests.evaluation.reporting.fake_report import HOSTILE, comparison
from tests.evaluation.reporting.page_reader import Page, read_page


def write(values: dict[str, Any], folder: Path) -> Page:
    write_comparison_html(values, folder / "comparison.html")
    return read_page(folder / "comparison.html")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return write(comparison(), tmp_path_factory.mktemp("page"))


def test_the_page_is_balanced_and_loads_nothing(page: Page) -> None:
    assert page.problems == []
    assert page.loaded() == set()
    assert len(set(page.ids)) == len(page.ids)


def test_sections_are_in_order(page: Page) -> None:
    wanted = ["measures", "difference", "changed", "a-method", "b-method"]
    assert [name for name in page.ids if name in wanted] == wanted


def test_both_are_named_and_measured(page: Page) -> None:
    assert "a/model against b/model" in page.headings
    assert {0.7941, 0.7412} <= page.values("measures")
    assert "a/model minus b/model" in page.text("difference")
    assert {20.0, 12.0, 1.53, 0.216} <= page.values("difference")


def test_the_headline_says_who_is_right(page: Page) -> None:
    assert "answer 40 of 5,000 texts differently" in page.text("")
    assert "Only a/model is right on 20, only b/model on 12 (McNemar's test: p = 0.216)." in page.text("")


def test_changed_texts_say_which_answer_is_right_and_hide_their_words(page: Page) -> None:
    assert page.written("changed").count("A") >= 20
    assert "undefined" in page.written("changed")
    assert {one["score_a"] for one in comparison()["changed"]} <= page.values("changed")
    assert any(attributes.get("class") == "sensitive" for tag, attributes in page.tags if tag == "details")


def test_two_of_one_name_are_told_apart() -> None:
    assert names_of({"a": {"model": "x"}, "b": {"model": "x"}}) == ("x (A)", "x (B)")
    assert names_of({}) == ("A", "B")


def test_reports_on_nothing_can_be_compared(tmp_path: Path) -> None:
    nothing = {"a": empty_report(), "b": empty_report(), "n": 0, "difference": {}, "mcnemar": None, "changed": []}
    assert write(nothing, tmp_path).problems == []
    assert write({}, tmp_path).problems == []


def test_hostile_names_and_texts_do_nothing(tmp_path: Path) -> None:
    values = comparison(3) | {"a": hostile_report(), "b": hostile_report()}
    values["changed"] = [one | {"id": HOSTILE, "text": HOSTILE, "a": HOSTILE} for one in values["changed"]]
    page = write(values, tmp_path)
    assert page.problems == []
    assert [tag for tag, _ in page.tags].count("script") == 1
