"""How the tables are made, on inputs of a few lines."""

from pathlib import Path

import numpy as np
import pytest

from decloak.processing.tables.builders import character_frequencies, lookalikes, splits, traditional_forms


@pytest.fixture
def chaizi(tmp_path: Path) -> Path:
    file = tmp_path / "parts.txt"
    file.write_text("明\t日 月\n海\t水 每\t氵 每\n国\t囗 玉\n树\t木 又 寸\n丨\t丨 丨\n", encoding="utf-8")
    return file


def dictionary(file: Path, rows: dict[str, int]) -> Path:
    lines = [f"'{character}':'{number}'," for character, number in rows.items()]
    file.write_text("\n".join(["d = {", *lines, "}"]), encoding="utf-8")
    return file


def test_frequencies_count_the_characters_of_words(tmp_path: Path) -> None:
    file = tmp_path / "dict.txt"
    file.write_text("好人 6 n\n人 2 n\n人 2 v\nAB 9 eng\n漢 7 n\n", encoding="utf-8")
    assert character_frequencies.character_frequencies(file) == {"人": ["625000.000"], "好": ["375000.000"]}


def test_splits(chaizi: Path, tmp_path: Path) -> None:
    structures = splits.dictionary(dictionary(tmp_path / "s", {"明": 1, "海": 1, "国": 5, "树": 3}))
    strokes = splits.dictionary(dictionary(tmp_path / "n", {"日": 4, "月": 4, "丨": 1}))
    found = dict(splits.splits(chaizi, structures, strokes))
    assert found == {"明": ["日月"], "海": ["氵每", "水每"], "树": ["木又寸"]}


@pytest.mark.parametrize(("part", "typed"), [("女", True), ("氵", True), ("丨", False), ("㇆", False), ("鱻", False)])
def test_parts_that_can_be_typed(part: str, typed: bool) -> None:
    assert splits.can_be_typed(part, {"丨": 0.6}, {"丨": "1"}) is typed


def test_lookalikes_by_picture_and_by_shared_part(chaizi: Path) -> None:
    similarity = np.array([[1, 0.9, 0.8, 0.2], [0.9, 1, 0.1, 0.1], [0.8, 0.1, 1, 0.1], [0.2, 0.1, 0.1, 1]])
    found = lookalikes.lookalikes(
        "甲乙丙丁", similarity, lambda one, other: similarity[one, other], frozenset("甲丙丁")
    )
    assert found == {"甲": ["丙"], "乙": ["甲"], "丙": ["甲"]}
    parts = lookalikes.part_lists(chaizi)
    assert lookalikes.shared_part(parts["海"], [frozenset("亻每")], {"每": 7}, 10) == pytest.approx(0.7)
    assert lookalikes.shared_part([], parts["海"], {}, 10) == 0


def test_stroke_counts(tmp_path: Path) -> None:
    assert lookalikes.stroke_counts(dictionary(tmp_path / "n", {"日": 4, "木": 4})) == {"日": 4, "木": 4}


def test_traditional_forms_that_do_not_lead_back_stay_simplified() -> None:
    assert traditional_forms.undoable("干净", "乾淨") == "干淨"
    assert traditional_forms.undoable("头发", "頭髮") == "頭髮"
    forms = {"发": "發", "人": "人", "头": "頭"}
    assert traditional_forms.characters(lambda character: forms.get(character, character)) == {"发": "發", "头": "頭"}
