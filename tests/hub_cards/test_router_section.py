"""What a card says of experts: numbers of the report, and a picture beside it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from decloak.evaluation.routers import RouterSettings, analyse_routers
from decloak.evaluation.routers.routers_figure import routers_figure
from decloak.hub_cards.cards import write_card
from decloak.hub_cards.repository_checks import check_repository
from decloak.hub_cards.router_section import FIGURE, router_section
from tests.evaluation.routers.tiny_routing import cloaked_texts, pipe


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    found = analyse_routers(pipe(fusion="add"), cloaked_texts(), "tiny", "a | b", RouterSettings(resamples=20))
    return found | {"settings": found["settings"] | {"attack": "homophone"}}


@pytest.fixture
def file(report: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "routers.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    return path


def test_a_card_shows_the_picture_and_its_numbers(repository: Path, file: Path, report: dict[str, Any]) -> None:
    card = write_card(repository, {}, routers=file).read_text(encoding="utf-8")
    assert f"]({FIGURE})" in card and "3 texts of a \\| b, cloaked by homophone" in card
    assert (repository / FIGURE).read_bytes() == routers_figure(report, "png")
    for layer, weights in zip(report["layers"], report["sides"]["texts"]["groups"]["all"]["weights"], strict=True):
        assert re.search(rf"\| {layer} \| " + r" \| ".join(f"{weight:.3f}" for weight in weights), card)
    speech = report["specialisation"]["cloaking"]["experts"]["speech"]
    assert f"| cloaking | speech | {speech['difference']:+.3f} |" in card
    assert "None" not in card and "{{" not in card and not re.search(r"\n\n\n", card)
    tables = re.findall(r"(?:^\|.*\n)+", card[card.index("## Experts") : card.index("## Limits")], flags=re.MULTILINE)
    assert tables
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1, table
    assert check_repository(repository, 10**8)


def test_without_a_report_there_is_no_section(repository: Path) -> None:
    card = write_card(repository, {}).read_text(encoding="utf-8")
    assert "## Experts" not in card and not (repository / FIGURE).exists()


def test_what_was_not_measured_is_not_said(report: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "routers.json"
    path.write_text(json.dumps(report | {"specialisation": None, "alignment": None}), encoding="utf-8")
    section = router_section(path, tmp_path)
    assert section["contrasts"] == section["alignment"] == []
    undefined = json.loads(json.dumps(report))
    undefined["specialisation"]["within"]["experts"]["speech"] = {"difference": None, "interval": None}
    undefined["specialisation"]["within"]["experts"]["text"]["interval"] = None
    path.write_text(json.dumps(undefined), encoding="utf-8")
    within = [one for one in router_section(path, tmp_path)["contrasts"] if one["name"] == "within"]
    assert [one["expert"] for one in within] == ["text", "vision"] and within[0]["interval"] == "not computed"


def test_another_file_is_refused(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_card(repository, {}, routers=tmp_path / "none.json")
    (tmp_path / "other.json").write_text('{"schema": "other"}', encoding="utf-8")
    with pytest.raises(ValueError, match="decloak routers"):
        write_card(repository, {}, routers=tmp_path / "other.json")


def test_a_model_that_hears_words_says_so(repository: Path, edit_json: Any) -> None:
    assert "Heard words" not in write_card(repository, {}).read_text(encoding="utf-8")
    tables = {"unigrams": {"<unk>": 9.0, "a": 1.0}, "backoffs": {}, "bigrams": {"a a": 1.0}}
    edit_json(repository / "config.json", transcript=True)
    edit_json(repository / "processor_config.json", transcript_tables=tables)
    card = write_card(repository, {}).read_text(encoding="utf-8")
    assert "a language model of 2 words and 1 pairs" in card and "it cannot hear" not in card
    assert "sight alone" not in card
