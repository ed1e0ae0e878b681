import base64
import hashlib
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.evaluation.reporting.html_report import write_html
from tests.evaluation.reporting.extreme_reports import cross_report, empty_report, hostile_report, one_class_report
from tests.evaluation.reporting.fake_report import HOSTILE, full_report
from tests.evaluation.reporting.page_reader import Page, read_page

SECTIONS = [
    "notes",
    "measures",
    "confusion",
    "roc",
    "det",
    "reliability",
    "languages",
    "functionality",
    "robustness",
    "groups",
    "errors",
    "left-out",
    "method",
]
BUILDERS = [full_report, hostile_report, empty_report, one_class_report, cross_report]
MOST_BYTES = 3_000_000
Written = Callable[[Callable[[], Any]], tuple[Page, Path]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Writes the page of a builder's report, each only once."""

    @cache
    def make(build: Callable[[], Any]) -> tuple[Page, Path]:
        file = tmp_path_factory.mktemp("page") / "report.html"
        write_html(build(), file)
        return read_page(file), file

    return make


@pytest.fixture(params=BUILDERS, ids=lambda build: build.__name__)
def any_page(request: pytest.FixtureRequest, written: Written) -> tuple[Page, Path]:
    return written(request.param)


@pytest.fixture
def page(written: Written) -> Page:
    return written(full_report)[0]


def light_report() -> dict[str, Any]:
    """A report of few plots, which take the time."""
    nothing = dict.fromkeys(("robustness", "groups", "functionality", "languages", "reliability"))
    return one_class_report() | nothing


def write(report: Any, folder: Path) -> Page:
    write_html(report, folder / "report.html")
    return read_page(folder / "report.html")


def test_every_page_is_balanced_and_small(any_page: tuple[Page, Path]) -> None:
    page, file = any_page
    assert page.problems == []
    assert file.stat().st_size < MOST_BYTES
    assert [path.name for path in file.parent.iterdir()] == ["report.html"]


def test_ids_are_unique_and_links_lead_to_them(any_page: tuple[Page, Path]) -> None:
    page, _ = any_page
    assert len(set(page.ids)) == len(page.ids)
    links = {attributes["href"][1:] for tag, attributes in page.tags if tag == "a"}
    assert links <= set(page.ids)


def test_nothing_is_loaded(any_page: tuple[Page, Path]) -> None:
    page, _ = any_page
    assert page.loaded() == set()
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", "".join(page.styles))
    assert {tag for tag, _ in page.tags} & {"img", "iframe", "object", "embed", "form", "base", "image"} == set()
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_only_the_pages_own_script_may_run(any_page: tuple[Page, Path]) -> None:
    page, _ = any_page
    (script,) = page.scripts
    (policy,) = [attributes["content"] for tag, attributes in page.tags if "http-equiv" in attributes]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'")
    assert f"script-src 'sha256-{digest}';" in policy


def test_a_full_report_has_every_section_in_order(page: Page) -> None:
    assert [name for name in page.ids if name in SECTIONS] == SECTIONS


def test_the_headline_says_what_the_numbers_mean(page: Page) -> None:
    head = page.text("")
    for part in (
        "a/model on invented test",
        "5,000",
        "2026-03-01",
        "0.794",
        "0.781 to 0.806",
        "0.589",
        "0.876",
        "0.369",
    ):
        assert part in head
    assert "Of 100 harmful texts (class “hateful”) it finds 37 (likely 30 to 44) when one in 100 harmless" in head
    assert "right on 4,017 of 5,000 texts (80.3 %)" in head
    assert "would be right on 60 %" in head


def test_few_harmless_texts_are_said_to_be_too_few(tmp_path: Path) -> None:
    report = light_report()
    report["recall_at_fpr"] = full_report()["recall_at_fpr"]
    report["recall_at_fpr"]["0.01"] |= {"negatives": 40, "enough_negatives": False}
    assert "with only 40 harmless texts that rate is hardly measured" in write(report, tmp_path).text("")


def test_the_numbers_of_the_page_are_those_of_the_report(page: Page) -> None:
    report = full_report()
    for name in ("macro_f1", "mcc", "accuracy", "auroc", "average_precision", "ece", "adaptive_ece", "brier"):
        assert report[name] in page.values("measures")
        assert f"{report[name]:.3f}" in page.written("measures")
    assert {one for row in report["confusion"] for one in row} <= page.values("confusion")
    assert {one["count"] for one in report["reliability"]} <= page.values("reliability")
    assert {one["recall"] for one in report["recall_at_fpr"].values()} <= page.values("det")
    assert {one["accuracy"] for one in report["functionality"]["functionalities"].values()} <= page.values(
        "functionality"
    )
    assert {one["absolute_drop"] for one in report["robustness"]["attacks"]} <= page.values("robustness")
    large = [one for one in report["groups"]["groups"].values() if not one["too_small"]]
    assert {one[rate] for one in large for rate in ("fpr", "fnr", "fpr_gap", "subgroup_auc")} <= page.values("groups")
    assert {one["score"] for one in report["worst_errors"]} <= page.values("errors")
    assert {one["row"] for one in report["error_rows"]} <= page.values("left-out")


def test_baselines_are_compared(page: Page) -> None:
    text = page.text("measures")
    for part in ("Against TF-IDF + logistic regression", "Against lexicon", "McNemar", "+0.053", "-0.014", "< 0.001"):
        assert part in text
    assert 321.0 in page.values("measures")


def test_rates_of_the_curve_are_read_from_its_points(page: Page) -> None:
    roc = full_report()["roc"]
    at_five_percent = max(tpr for fpr, tpr in zip(roc["fpr"], roc["tpr"], strict=True) if fpr <= 0.05)
    assert at_five_percent in page.values("roc")


def test_functionalities_lie_by_class_and_then_by_accuracy_and_bad_ones_are_marked(page: Page) -> None:
    found = full_report()["functionality"]["functionalities"]
    expected = sorted(found, key=lambda name: (found[name]["label"], found[name]["accuracy"], name))
    assert [text for text in page.written("functionality") if text in found] == expected
    bad = sum(one["accuracy"] < 0.5 for one in found.values())
    assert page.written("functionality").count("▼ below ½") == bad > 0


def test_all_attacks_are_there_the_greatest_drop_first(page: Page) -> None:
    attacks = full_report()["robustness"]["attacks"]
    names = {one["attack"] for one in attacks}
    shown = [text for text in page.written("robustness") if text in names]
    by_drop = sorted(attacks, key=lambda one: -one["absolute_drop"])
    assert shown[-len(attacks) :] == [one["attack"] for one in by_drop]
    assert len(names) == 27
    assert "Chinese sound" in page.text("robustness")


def test_small_groups_are_named_and_not_ranked(page: Page) -> None:
    assert "group 9 (6)" in page.text("groups")
    assert "group 9" not in page.written("groups")


def test_texts_lie_behind_a_fold_that_warns(page: Page) -> None:
    folds = [attributes for tag, attributes in page.tags if tag == "details"]
    assert sum(one.get("class") == "sensitive" for one in folds) == 1
    assert not any("open" in one for one in folds)
    assert "may be hateful or offensive" in page.text("errors")
    assert "invented harmless text 3" in page.text("errors")


def test_without_texts_there_is_no_fold_for_them(written: Written) -> None:
    page, _ = written(one_class_report)
    assert not any(attributes.get("class") == "sensitive" for tag, attributes in page.tags if tag == "details")
    assert "The report holds no texts" in page.text("errors")


def test_rows_left_out_are_counted_and_how_all_was_measured_is_told(page: Page) -> None:
    assert "1,234 rows are in no measure" in page.text("left-out")
    assert "The first 1,000 of 1,234 rows" in page.text("left-out")
    for part in ("a1b2c3", "resamples", "2.10.0", "predictions.parquet", "decloak evaluate --model a/model"):
        assert part in page.text("method")


def test_each_plot_has_a_name_and_a_table_beside_it(page: Page) -> None:
    named = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert all(one["role"] == "img" and one["aria-label"] for one in named)
    for section in SECTIONS[1:10]:
        assert page.cells[section]


def test_hostile_texts_are_shown_and_do_nothing(written: Written) -> None:
    page, file = written(hostile_report)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "b" not in {tag for tag, _ in page.tags}
    source = file.read_text(encoding="utf-8")
    assert not re.search("[\u202e\u202c\x00\x1b]", source)
    for section in ("notes", "languages", "functionality", "robustness", "groups", "errors", "left-out", "method"):
        text = page.text(section)
        assert (
            "<script>alert(1)</script> ]]> ⟨U+202E⟩evil⟨U+202C⟩ ⟨U+D800⟩ ⟨U+0000⟩⟨U+001B⟩[31m $x^2$ {{ 7*7 }}" in text
        )


def test_undefined_is_never_written_as_zero(written: Written) -> None:
    page, _ = written(one_class_report)
    assert page.text("").count("undefined") >= 3
    assert "roc" not in page.ids
    assert "det" not in page.ids


def test_sections_without_data_do_not_appear(written: Written) -> None:
    page, _ = written(empty_report)
    assert [name for name in page.ids if name in SECTIONS] == ["left-out", "method"]
    assert "No text could be measured" in page.text("")
    assert "all labels are empty" in page.text("left-out")


def test_data_sets_lie_side_by_side_and_below_each_other(written: Written) -> None:
    report, (page, _) = cross_report(), written(cross_report)
    assert page.headings[0] == "a/model"
    assert {one["macro_f1"] for one in report["reports"]} <= page.values("all-summary")
    for index, one in enumerate(report["reports"]):
        assert f"d{index}-measures" in page.ids
        assert one["data"] in page.text("all-summary")
        assert one["macro_f1"] in page.values(f"d{index}-measures")


def test_a_report_that_was_stored_gives_the_same_bytes(written: Written, tmp_path: Path) -> None:
    write_html(json.loads(json.dumps(one_class_report())), tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == written(one_class_report)[1].read_bytes()


def test_a_page_that_cannot_be_made_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report.html").write_text("old", encoding="utf-8")
    monkeypatch.setattr(Path, "write_text", _full_disk)
    with pytest.raises(OSError, match="full"):
        write_html(empty_report(), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == b"old"


def _full_disk(*arguments: Any, **options: Any) -> int:
    raise OSError("the disk is full")


@pytest.mark.parametrize("change", [dict.pop, lambda report, key: report.update({key: None})], ids=["missing", "None"])
def test_any_key_may_be_missing_or_empty(change: Callable[[dict[str, Any], str], Any], tmp_path: Path) -> None:
    for key in full_report():
        report = light_report()
        change(report, key)
        assert write(report, tmp_path).problems == []


@settings(max_examples=5)
@given(text=st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_note_and_name_can_be_shown(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    report = empty_report() | {"notes": [text], "model": text, "data": text, "labels": [text, HOSTILE]}
    assert write(report, tmp_path_factory.mktemp("page")).problems == []
