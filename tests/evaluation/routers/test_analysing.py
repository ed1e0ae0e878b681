import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from decloak.evaluation.routers import (
    RoutedText,
    RouterSettings,
    analyse_routers,
    read_routers,
    with_attack,
    with_twins,
)
from decloak.evaluation.routers.routers_figure import routers_figure
from decloak.evaluation.routers.routers_page import verdict_counts, write_routers_html
from decloak.evaluation.routers.routers_report import RoutersReport
from decloak.processing.cloaking import load_attack
from tests.evaluation.reporting.page_reader import read_page
from tests.evaluation.routers.tiny_routing import TEXTS, cloaked_texts, pipe, token_weights

QUICK = RouterSettings(resamples=20)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return analyse_routers(pipe(fusion="add"), cloaked_texts(), "tiny <model>", "made", QUICK)


def test_the_report_has_what_the_schema_says(report: dict[str, Any]) -> None:
    assert set(RoutersReport.__annotations__) - set(report) == {"dataset", "command"}
    assert json.loads(json.dumps(report, allow_nan=False))["schema"] == "decloak.routers/1"
    assert (report["texts"], report["twins"], report["changed"]) == (3, 3, 2)
    assert report["senses"] == ["text", "speech", "vision"] and report["layers"] == [0, 1]


def test_twins_of_different_lengths_are_paired_text_by_text(report: dict[str, Any]) -> None:
    classifier = pipe(fusion="add")
    # [CLS] 你 好 杯 ...: token 3 on both sides; [CLS] 今 天 h ##e ##n 好: "hen" is one word of three tokens.
    places = {"你好杯人今天": [3], "你好坏人今天": [3], "今天hen好 abc": [3, 4, 5], "今天很好 abc": [3]}
    means = {
        text: token_weights(classifier, text, ["text", "vision"])[0][:, tokens].mean(axis=1)
        for text, tokens in places.items()
    }
    first, first_twin, second, second_twin = means.values()
    expected = ((first - first_twin) + (second - second_twin)).mean(axis=0) / 2
    found = report["specialisation"]["cloaking"]
    assert found["texts"] == 2
    assert [found["experts"][name]["difference"] for name in report["experts"]] == pytest.approx(expected, abs=1e-5)


def test_one_class_only_and_no_twins() -> None:
    texts = [RoutedText(text, label="1") for text in TEXTS]
    found = analyse_routers(pipe(fusion="concat"), texts, "tiny", "made", QUICK)
    assert [name for name in found["sides"]["texts"]["groups"] if name.startswith("label")] == ["label 1"]
    assert list(found["sides"]) == ["texts"] and found["specialisation"] is None
    assert any("no uncloaked twins" in note for note in found["notes"])


def test_notes_tell_what_was_not_measured(report: dict[str, Any]) -> None:
    texts = [*cloaked_texts(), RoutedText("", 9), RoutedText("你好", 10)]
    found = analyse_routers(pipe(fusion="add"), texts, "tiny", "made", replace(QUICK, alignment=False))
    notes = " ".join(found["notes"])
    assert "1 windows of texts could not be read" in notes and "2 of 5 texts have no twin" in notes
    assert found["sides"]["texts"]["error_rows"][0]["row"] == 9
    assert found["alignment"] is None
    assert "Fewer than 30 texts are behind" in " ".join(report["notes"])


def test_nothing_to_read() -> None:
    with pytest.raises(ValueError, match="there are no texts"):
        analyse_routers(pipe(), [], "tiny", "made", QUICK)
    with pytest.raises(ValueError, match="none of the 1 texts could be read: The text is empty"):
        analyse_routers(pipe(), [RoutedText(" ")], "tiny", "made", QUICK)


def test_the_page_loads_nothing_and_holds_all_numbers(report: dict[str, Any], tmp_path: Path) -> None:
    write_routers_html(report | {"command": "decloak routers"}, tmp_path / "routers.html")
    page = read_page(tmp_path / "routers.html")
    assert page.problems == [] and page.loaded() == set()
    assert len(page.ids) == len(set(page.ids))
    for side in ("texts", "uncloaked"):
        held = {
            weight for group in report["sides"][side]["groups"].values() for row in group["weights"] for weight in row
        }
        assert held <= page.values(f"groups-{side}")
    differences = [row["difference"] for row in report["specialisation"]["cloaking"]["experts"].values()]
    assert set(differences) <= page.values("specialisation")
    assert {one["mse"] for one in report["alignment"]} <= page.values("alignment")
    assert "tiny <model>" in " ".join(page.headings)


def test_a_page_of_a_report_with_little_in_it(tmp_path: Path) -> None:
    texts = [RoutedText(TEXTS[0])]
    found = analyse_routers(pipe(), texts, "tiny", "made", RouterSettings(modalities=["text"], resamples=0))
    write_routers_html(found, tmp_path / "routers.html")
    assert read_page(tmp_path / "routers.html").problems == []
    assert verdict_counts(found).split(" ")[0] in ("1", "2")


def test_the_figure_is_small_and_repeatable(report: dict[str, Any]) -> None:
    picture = routers_figure(report, "svg")
    assert picture.startswith(b"<?xml") and picture == routers_figure(report, "svg")
    weight = report["sides"]["texts"]["groups"]["changed"]["weights"][0][0]
    assert f"{weight:.2f}".encode() in picture and b"unchanged" in picture
    png = routers_figure(report, "png")
    assert png.startswith(b"\x89PNG") and len(png) < 100_000
    with pytest.raises(ValueError, match="allowed are svg, png"):
        routers_figure(report, "gif")


def test_files_that_are_no_report(tmp_path: Path, report: dict[str, Any]) -> None:
    with pytest.raises(FileNotFoundError, match="There is no report"):
        read_routers(tmp_path)
    for content, message in (("no", "is no JSON"), ("[]", "has the schema None"), ('{"schema": "x"}', "schema 'x'")):
        (tmp_path / "routers.json").write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            read_routers(tmp_path)
    (tmp_path / "routers.json").write_text(json.dumps(report), encoding="utf-8")
    assert read_routers(tmp_path) == json.loads(json.dumps(report))


def test_twins_and_attacks_that_change_nothing() -> None:
    texts = [RoutedText("你好", id="1")]
    with pytest.raises(ValueError, match="none of the 1 texts has a twin"):
        with_twins(texts, {"2": "你坏"})
    with pytest.raises(ValueError, match="none of the 1 twins differs"):
        with_twins(texts, {"1": "你好"})
    with pytest.raises(ValueError, match="changes none of the 1 texts"):
        with_attack([RoutedText("abc")], load_attack("homophone"))
    (attacked,) = with_attack(texts, load_attack("homophone", strength=1.0))
    assert attacked.twin == "你好" and attacked.text != "你好" and attacked.changed
