"""What a transcript's language model reads, and the account of what it does not."""

from pathlib import Path

import pytest

from decloak.training.data import test_suites
from decloak.training.data.language_texts import REASONS, load_language_texts
from decloak.training.data.mixture import LabelledText, Mixture
from decloak.training.data.text_identity import normalised
from tests.training.data.test_mixture import table

LONG = "the quick brown fox jumps over the lazy dog and runs away"


def read(
    folder: Path, *tables: list[str], excluded: tuple[str, ...] = (), near: float | None = 0.7, trained: str = "seen"
) -> Mixture:
    mixture = Mixture(rows=[LabelledText(trained, 0, "train")])
    paths = {
        f"t{number}": table(folder / f"{number}.csv", [(text,) for text in texts], ("text",))
        for number, texts in enumerate(tables)
    }
    load_language_texts(mixture, paths, {normalised(text) for text in excluded}, near)
    return mixture


def test_texts_are_read_once_and_those_of_tests_never(tmp_path: Path) -> None:
    mixture = read(tmp_path, ["a", "A ", "b", "", "tested", "seen"], ["b", "c"], excluded=("Tested",))
    assert mixture.language_texts == ["a", "b", "c"]
    assert mixture.language_counts["t0"] == dict.fromkeys(REASONS, 0) | {
        "read": 6, "unusable": 1, "excluded": 1, "duplicate": 2, "kept": 2,
    }  # fmt: skip
    assert mixture.language_counts["t1"]["kept"] == mixture.language_counts["t1"]["duplicate"] == 1
    assert [row.text for row in mixture.rows] == ["seen"] and mixture.counts == {}


@pytest.mark.parametrize(("near", "kept"), [(0.7, []), (None, [LONG + "."]), (0.99, [LONG + "."])])
def test_what_resembles_a_test_text_is_left_out(tmp_path: Path, near: float | None, kept: list[str]) -> None:
    mixture = read(tmp_path, [LONG + "."], excluded=(LONG,), near=near)
    assert mixture.language_texts == kept
    assert mixture.language_counts["t0"]["near_duplicate"] == 1 - len(kept)


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    texts = [LONG + "!", LONG, "x", "x", " ", "seen", "other"]
    counts = read(tmp_path, texts, excluded=(LONG,)).language_counts["t0"]
    assert sum(count for name, count in counts.items() if name != "read") == counts["read"] == len(texts)


def test_a_test_suite_is_refused_and_its_texts_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = read(tmp_path, ["a"])
    assert few.language_texts == ["a"]
    monkeypatch.setattr(
        "decloak.training.data.language_texts.check_test_suites", lambda path, texts, numbers: ["suite", None]
    )
    mixture = read(tmp_path, ["of a suite", "mine"])
    assert mixture.language_texts == ["mine"] and mixture.language_counts["t0"]["test_suite"] == 1
    assert test_suites.check_test_suites("x", ["mine"], [1]) == [None]


def test_no_table_is_no_text(tmp_path: Path) -> None:
    assert read(tmp_path).language_counts == {}


def test_a_table_without_texts_is_an_error(tmp_path: Path) -> None:
    file = table(tmp_path / "x.csv", [("a",)], ("sentence",))
    with pytest.raises(ValueError, match="text"):
        load_language_texts(Mixture(), {"x": file}, set(), None)
