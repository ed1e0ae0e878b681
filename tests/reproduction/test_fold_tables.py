"""Tables of all folds, of hand-made reports: no model is trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, matthews_corrcoef

from decloak.reproduction.fold_page import fold_page_text, fold_rows, spread_rows
from decloak.reproduction.fold_tables import fold_folder, fold_tables, missing_folds
from decloak.reproduction.measuring import test_folder as folder_of_test
from decloak.reproduction.result_tables import result_tables
from decloak.reproduction.run_answers import RunAnswers, common_rows, joined_answers
from tests.reproduction.test_result_tables import ALL, CLEAN, TEXT, TRUE, experiment, outcome, write_answers

PREDICTED = {"text": TEXT, "all": ALL}
Run = tuple[int, str, int]
EVERY: list[Run] = [(fold, name, seed) for fold in (0, 1, 2) for name in ("text", "all") for seed in (0, 1)]


def turned(values: Sequence[int], fold: int) -> list[int]:
    """Return the answers to the rows of a fold, which are others in each."""
    return [*values[fold:], *values[:fold]] if fold < 2 else [1 - value for value in values]


def folds_of(output: Path, runs: Sequence[Run] = EVERY) -> list[dict[str, Any]]:
    """Write the answers of runs, and return the results of each fold as far as tables of all folds read them."""
    results = []
    for fold in (0, 1, 2):
        outcomes = []
        for _, name, seed in [run for run in runs if run[0] == fold]:
            one = outcome(name, seed, "toxicn", "homophone", "homophone-uncloaked")
            place = one.run.folder(fold_folder(output, fold))
            predicted, true = turned(PREDICTED[name][seed], fold), turned(TRUE, fold)
            write_answers(folder_of_test(place, "toxicn"), PREDICTED[name][(seed + fold) % 2])
            score = f1_score(true, predicted, average="macro")
            write_answers(folder_of_test(place, "homophone"), predicted, true, group=f"fold{fold}-", macro_f1=score)
            clean = turned(CLEAN[seed], fold)
            write_answers(folder_of_test(place, "homophone-uncloaked"), clean, true, group=f"fold{fold}-")
            outcomes.append(one)
        tables, notes = result_tables(experiment(), outcomes, fold_folder(output, fold))
        assert notes == []
        results.append({"tests": tables})
    return results


def table_of(output: Path, test: str, runs: Sequence[Run] = EVERY) -> dict[str, Any]:
    tables = fold_tables(experiment(), folds_of(output, runs), output)
    return table_named(tables, test)


def table_named(tables: list[dict[str, Any]], test: str) -> dict[str, Any]:
    return next(table for table in tables if table["name"] == test)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Tables of three folds, two variants and two seeds; do not change them."""
    output = tmp_path_factory.mktemp("folds")
    return fold_tables(experiment(), folds_of(output), output)


def joined(name: str, seed: int, folds: Sequence[int]) -> tuple[list[int], list[int]]:
    true = [label for fold in folds for label in turned(TRUE, fold)]
    return true, [label for fold in folds for label in turned(PREDICTED[name][seed], fold)]


def macro(name: str, folds: Sequence[int] = (0, 1, 2), seeds: Sequence[int] = (0, 1)) -> float:
    return float(np.mean([f1_score(*joined(name, seed, folds), average="macro") for seed in seeds]))


def test_held_out_rows_are_joined_seed_by_seed(tables: list[dict[str, Any]]) -> None:
    table = table_named(tables, "homophone")
    text, whole = table["variants"]["text"], table["variants"]["all"]
    assert table["joined"] and table["n"] == text["n"] == 24 and text["seeds"] == [0, 1]
    by_seed = [f1_score(*joined("text", seed, (0, 1, 2)), average="macro") for seed in (0, 1)]
    assert text["measures"]["macro_f1"]["by_seed"] == pytest.approx(by_seed)
    expected = np.mean([matthews_corrcoef(*joined("text", seed, (0, 1, 2))) for seed in (0, 1)])
    assert text["measures"]["mcc"]["mean"] == pytest.approx(expected)
    assert text["measures"]["auroc"]["mean"] is None
    assert text["interval"][0] <= text["measures"]["macro_f1"]["mean"] <= text["interval"][1]
    assert whole["difference"]["difference"] == pytest.approx(macro("all") - macro("text"))
    assert whole["difference"]["n"] == 24 and 0 < whole["difference"]["p_value"] <= 1
    assert whole["difference"]["folds"] == whole["drop"]["folds"] == [0, 1, 2]
    assert text["difference"] is None and text["drop"]["difference"] == pytest.approx(1 - macro("text"))


def test_the_spread_is_of_each_fold(tables: list[dict[str, Any]]) -> None:
    table = table_named(tables, "homophone")
    found = table["variants"]["text"]["by_fold"]
    scores = [macro("text", [fold]) for fold in (0, 1, 2)]
    assert found["folds"] == [0, 1, 2] and found["by_fold"] == pytest.approx(scores)
    assert (found["mean"], found["sd"]) == pytest.approx((np.mean(scores), np.std(scores, ddof=1)))


def test_rows_that_are_in_every_fold_are_averaged(tables: list[dict[str, Any]]) -> None:
    table = table_named(tables, "toxicn")
    text, whole = table["variants"]["text"], table["variants"]["all"]
    assert not table["joined"] and table["n"] == text["n"] == 8
    means = {name: np.mean([f1_score(TRUE, one[seed], average="macro") for seed in (0, 1)]) for name, one in
             PREDICTED.items()}  # fmt: skip
    assert text["measures"]["macro_f1"]["by_fold"] == pytest.approx([means["text"]] * 3)
    assert text["measures"]["macro_f1"]["sd"] == pytest.approx(0)
    assert whole["difference"]["by_fold"] == pytest.approx([means["all"] - means["text"]] * 3)
    assert whole["difference"]["against"] == "text" and "p_value" not in whole["difference"]
    assert text["interval"] is None and text["drop"] is None


def test_a_missing_fold_is_named_and_left_out_on_both_sides(tmp_path: Path) -> None:
    """The first lacks fold 1, the second one seed of fold 2: they are compared on fold 0."""
    runs = [run for run in EVERY if run[:2] != (1, "text") and run != (2, "all", 1)]
    results = folds_of(tmp_path, runs)
    tables = fold_tables(experiment(), results, tmp_path)
    table = next(one for one in tables if one["name"] == "homophone")
    text, whole = table["variants"]["text"], table["variants"]["all"]
    assert (text["folds"], text["missing"], text["n"]) == ([0, 2], [1], 16)
    assert (whole["folds"], whole["missing"], whole["n"]) == ([0, 1], [2], 16)
    assert text["measures"]["macro_f1"]["mean"] == pytest.approx(macro("text", [0, 2]))
    assert (whole["difference"]["folds"], whole["difference"]["n"]) == ([0], 8)
    assert whole["difference"]["difference"] == pytest.approx(macro("all", [0]) - macro("text", [0]))
    averaged = next(one for one in tables if one["name"] == "toxicn")["variants"]["all"]
    assert averaged["folds"] == [0, 1] and averaged["difference"]["folds"] == [0]
    assert averaged["difference"]["sd"] is None
    notes = missing_folds(experiment(), tables)
    assert [note.split(":")[0] for note in notes] == ["text is without fold 1", "all is without fold 2"]
    assert fold_rows(table)[1][1][1] == "0, 1 (missing: 2)" and fold_rows(table)[1][1][6].endswith(" of folds 0")
    assert spread_rows(table, 3)[1][0][2] == "missing"


def test_sides_without_a_common_fold_are_not_compared(tmp_path: Path) -> None:
    runs = [run for run in EVERY if run[:2] in {(0, "text"), (1, "all")}]
    assert table_of(tmp_path / "a", "homophone", runs)["variants"]["all"]["difference"] is None
    assert table_of(tmp_path / "b", "toxicn", runs)["variants"]["all"]["difference"] is None
    tables = fold_tables(experiment(), folds_of(tmp_path / "c", runs[:2]), tmp_path / "c")
    assert missing_folds(experiment(), tables)[1] == "all has no whole fold, and is in no table"


def answers(labels: Sequence[int], group: str) -> RunAnswers:
    values = np.array(labels, dtype=np.int64)
    return RunAnswers({}, np.arange(2, len(labels) + 2), values, 1 - values, [group] * len(labels))


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 1), min_size=1, max_size=5), min_size=1, max_size=5))
def test_joining_keeps_each_row_once(parts: dict[int, list[int]]) -> None:
    found = joined_answers({fold: answers(labels, f"g{fold}") for fold, labels in parts.items()})
    assert found.true.tolist() == [label for fold in sorted(parts) for label in parts[fold]]
    assert len(set(found.rows.tolist())) == len(found.rows) == found.report["n"] == len(found.clusters)
    assert found.rows.tolist() == sorted(found.rows.tolist())
    assert found.report["accuracy"] == 0
    first = min(parts)
    part = joined_answers({first: answers(parts[first], f"g{first}")})
    assert common_rows([found, part]).true.tolist() == parts[first]


def test_a_group_that_is_held_out_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="group same is held out in fold 0 and in fold 2"):
        joined_answers({0: answers([0], "same"), 2: answers([1], "same")})


def test_the_page_shows_what_the_tables_hold(tables: list[dict[str, Any]]) -> None:
    values = experiment().model_dump(mode="json")
    values["holdout"] = {"source": "base", "folds": 3, "fold": 0, "seed": 0}
    run = {"fold": 1, "variant": "all", "seed": 0, "status": "failed", "parameters": None, "resumed": False,
           "error": "ValueError: no", "training": dict.fromkeys(("texts", "steps", "seconds"))}  # fmt: skip
    page = fold_page_text({
        "experiment": values, "folds": 3, "tests": tables, "runs": [run], "notes": ["a note"],
        "held_out": {"rows": 24, "groups": 12}, "data": [{"train": {"toxicn_train": {"read": 7}}}] * 3,
        "command": "decloak reproduce mmbert", "versions": {"decloak": "1"}, "created": "today",
    })  # fmt: skip
    lines = page.splitlines()
    section = page.split("## homophone\n")[1].split("## ")[0]
    assert f"| text | 0, 1, 2 | 2 | {macro('text'):.3f} ± " in section and "24 held-out rows" in section
    assert f"| text | {macro('text', [0]):.3f} | {macro('text', [1]):.3f} |" in section
    assert "The same 8 rows in each fold: means over folds ± their standard deviation." in lines
    assert "Failed: fold 1, all, seed 0: ValueError: no" in lines and "- a note" in lines
    assert "| 2 | toxicn_train | 7 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |" in lines
    assert "(24 rows, 12 groups, seed 0)" in page and "\n\n\n" not in page
    assert "Attacks on toxicn are in the results of each fold." in lines
