"""Tables of hand-made reports: no model is trained."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from decloak.evaluation.label_scheme import LabelledText
from decloak.evaluation.predictions_file import write_predictions
from decloak.evaluation.reporting.report_schema import SCHEMA, write_report
from decloak.evaluation.scored_rows import ScoredRows
from decloak.reproduction.experiment import Experiment
from decloak.reproduction.measuring import test_folder as folder_of_test
from decloak.reproduction.planning import PlannedRun
from decloak.reproduction.result_page import markdown_table, page_text
from decloak.reproduction.result_tables import RunOutcome, result_tables, run_rows
from decloak.reproduction.run_answers import common_rows, read_answers
from decloak.reproduction.run_state import RunState
from decloak.training.recipe import Recipe
from tests.reproduction.tiny_experiment import experiment_values

TRUE = [0, 0, 1, 1, 0, 1, 0, 1]
TEXT = {0: [0, 0, 1, 1, 0, 1, 1, 0], 1: [0, 1, 1, 1, 0, 0, 1, 0]}
ALL = {0: [0, 0, 1, 1, 0, 1, 0, 0], 1: [0, 0, 1, 1, 0, 1, 0, 1]}
CLEAN = {0: [0, 0, 1, 1, 0, 1, 0, 1], 1: [0, 0, 1, 1, 0, 1, 0, 1]}


def macro(predicted: list[int]) -> float:
    return float(f1_score(TRUE, predicted, average="macro"))


def write_answers(
    folder: Path, predicted: list[int], true: list[int] = TRUE, rows: int = 8, group: str = "g", **report: Any
) -> None:
    """Write the report and predictions of a test, as `evaluate_table` does."""
    kept = list(range(rows))
    texts = [LabelledText(f"t{n}", true[n], None, n + 2, {"id": str(n), "group": f"{group}{n // 2}"}) for n in kept]
    scores = np.array([[1.0 - predicted[n], predicted[n]] for n in kept])
    scored = ScoredRows(texts, np.array(true)[kept], np.array(predicted)[kept], scores)
    folder.mkdir(parents=True)
    values = {"schema": SCHEMA, "kind": "evaluation", "model": "m", "data": "d", "errors": 8 - rows, "robustness": None}
    values |= {"predictions": write_predictions(scored, ["a", "b"], folder), "macro_f1": macro(predicted), **report}
    write_report(values, folder / "report.json")


def experiment() -> Experiment:
    values = experiment_values()
    values["variants"] = [one for one in values["variants"] if one["name"] != "broken"]
    return Experiment.model_validate(values)


def outcome(name: str, seed: int, *tests: str, status: str = "trained") -> RunOutcome:
    (variant,) = (one for one in experiment().variants if one.name == name)
    recipe = Recipe(name="r", data=[], model={"default_modalities": ["text"]})
    record = {"texts": 9, "steps": 4, "seconds": {"preparing": 1, "training": 61}}
    state = RunState({}, True, False, "x", {"total": 1234567, "banks": 7}, record, dict.fromkeys(tests, "key"))
    return RunOutcome(PlannedRun(variant, seed, recipe), status, None, state if tests else None)


@pytest.fixture
def outcomes(tmp_path: Path) -> list[RunOutcome]:
    """Two variants with two seeds, and one that failed."""
    found = []
    for seed in (0, 1):
        for name, cloaked in (("text", TEXT), ("all", ALL)):
            one = outcome(name, seed, "toxicn", "homophone", "homophone-uncloaked")
            place = one.run.folder(tmp_path)
            attacks = {"attacks": [attacked("split", 0.3, 0.5 + seed / 10)]}
            write_answers(folder_of_test(place, "toxicn"), cloaked[seed], robustness=attacks)
            write_answers(folder_of_test(place, "homophone"), cloaked[seed])
            write_answers(folder_of_test(place, "homophone-uncloaked"), CLEAN[seed])
            found.append(one)
    failed = outcome("text", 2, status="failed")
    failed.error = "ValueError: a | b"
    return [*found, failed]


def attacked(name: str, strength: float, value: float) -> dict[str, Any]:
    return {
        "attack": name, "strength": strength, "n": 8, "attacked_macro_f1": value, "absolute_drop": 0.1,
    }  # fmt: skip


def rows_of(outcomes: list[RunOutcome], folder: Path, test: str) -> dict[str, Any]:
    tables, notes = result_tables(experiment(), outcomes, folder)
    assert notes == []
    return next(table for table in tables if table["name"] == test)


def test_means_differences_and_drops(outcomes: list[RunOutcome], tmp_path: Path) -> None:
    table = rows_of(outcomes, tmp_path, "homophone")
    text, whole = table["variants"]["text"], table["variants"]["all"]
    assert table["n"] == 8 and text["seeds"] == [0, 1]
    scores = {name: [macro(one[seed]) for seed in (0, 1)] for name, one in (("text", TEXT), ("all", ALL))}
    assert text["measures"]["macro_f1"]["mean"] == pytest.approx(np.mean(scores["text"]))
    assert text["measures"]["macro_f1"]["sd"] == pytest.approx(np.std(scores["text"], ddof=1))
    assert text["measures"]["macro_f1"]["by_seed"] == pytest.approx(scores["text"])
    assert text["measures"]["auroc"]["mean"] is None
    assert text["difference"] is None and whole["difference"]["against"] == "text"
    assert whole["difference"]["difference"] == pytest.approx(np.mean(scores["all"]) - np.mean(scores["text"]))
    assert text["drop"]["difference"] == pytest.approx(1 - np.mean(scores["text"]))
    assert text["interval"][0] <= text["measures"]["macro_f1"]["mean"] <= text["interval"][1]
    assert table["paper_by_variant"]["all"]["value"] == 0.5


def test_the_twin_has_no_drop_and_the_paper_stands_by_its_test(outcomes: list[RunOutcome], tmp_path: Path) -> None:
    twin = rows_of(outcomes, tmp_path, "homophone-uncloaked")
    assert twin["of"] == "homophone" and all(row["drop"] is None for row in twin["variants"].values())
    assert [number["value"] for number in rows_of(outcomes, tmp_path, "toxicn")["paper"]] == [0.25]


def test_attacks_are_means_over_seeds(outcomes: list[RunOutcome], tmp_path: Path) -> None:
    (found,) = rows_of(outcomes, tmp_path, "toxicn")["variants"]["all"]["attacks"]
    assert found["attacked_macro_f1"]["mean"] == pytest.approx(0.55)
    assert (found["attack"], found["strength"], found["trained_on"]) == ("split", 0.3, False)
    recipe = outcomes[1].run.recipe.model_copy(update={"cloaking": trained_with_split()})
    outcomes[3].run = PlannedRun(outcomes[3].run.variant, 1, recipe)
    (marked,) = rows_of(outcomes, tmp_path, "toxicn")["variants"]["all"]["attacks"]
    assert marked["trained_on"]


def trained_with_split() -> Any:
    from decloak.training.recipe import CloakingSettings

    return CloakingSettings(share=0.5, chinese=["split"], english=["leet"])


def test_differences_are_of_the_seeds_that_both_have(outcomes: list[RunOutcome], tmp_path: Path) -> None:
    fewer = [one for one in outcomes if (one.run.variant.name, one.run.seed) != ("text", 1)]
    found = rows_of(fewer, tmp_path, "homophone")["variants"]["all"]
    assert found["seeds"] == [0, 1] and found["difference"]["seeds"] == [0]
    alone = [one for one in outcomes if one.run.variant.name == "all"]
    assert rows_of(alone, tmp_path, "homophone")["variants"]["all"]["difference"] is None


def test_reports_that_cannot_be_read_are_noted(outcomes: list[RunOutcome], tmp_path: Path) -> None:
    place = folder_of_test(outcomes[0].run.folder(tmp_path), "toxicn")
    (place / "predictions.parquet").write_bytes(b"broken")
    tables, notes = result_tables(experiment(), outcomes, tmp_path)
    assert len(notes) == 1 and notes[0].startswith("text, seed 0 is missing from toxicn: ")
    assert tables[0]["variants"]["text"]["seeds"] == [1]


def test_rows_that_not_all_answered_are_left_out(tmp_path: Path) -> None:
    write_answers(tmp_path / "a", ALL[0])
    write_answers(tmp_path / "b", ALL[1], rows=6)
    both = common_rows([read_answers(tmp_path / name) for name in "ab"])
    assert len(both.true) == 6 and both.clusters == [f"g{n // 2}" for n in range(6)]
    assert both.predicted[0].tolist() == ALL[0][:6]
    write_answers(tmp_path / "c", ALL[1], true=[1 - label for label in TRUE])
    with pytest.raises(ValueError, match="different classes"):
        common_rows([read_answers(tmp_path / name) for name in "ac"])


def results(outcomes: list[RunOutcome], folder: Path) -> dict[str, Any]:
    tables, notes = result_tables(experiment(), outcomes, folder)
    size = {"rows": 8, "positives": 4, "groups": 4}
    return {
        "experiment": experiment().model_dump(mode="json"),
        "tests": tables,
        "runs": run_rows(outcomes, folder),
        "data": {
            "train": {"toxicn_train": {"read": 1200, "rows": 1000}},
            "tests": {"homophone": size},
            "holdout": None,
        },
        "notes": notes,
        "command": "decloak reproduce mmbert",
        "versions": {"decloak": "1"},
        "created": "today",
    }


def test_the_page_shows_what_the_tables_hold(outcomes: list[RunOutcome], tmp_path: Path) -> None:
    page = page_text(results(outcomes, tmp_path))
    lines = page.splitlines()
    section = page.split("## homophone\n")[1].split("## ")[0]
    mean, sd = np.mean([macro(ALL[0]), macro(ALL[1])]), np.std([macro(ALL[0]), macro(ALL[1])], ddof=1)
    (row,) = (line for line in section.splitlines() if line.startswith("| all |"))
    assert f"| {mean:.3f} ± {sd:.3f} |" in row and row.endswith("| 0.500 |")
    assert "8 rows (4 positive) of 4 source sentences." in section
    assert "| text | 0 | trained | 1,234,567 | 7 | 9 | 4 | 61 |" in lines
    assert "Failed: text, seed 2: ValueError: a | b" in lines
    assert "| all | split | 0.3 | 0.550 ± 0.071 | 0.100 ± 0.000 |" in lines
    assert "\n\n\n" not in page
    json.dumps(results(outcomes, tmp_path), allow_nan=False)


def test_cells_cannot_break_a_table() -> None:
    assert markdown_table(["a"], [["x|y\nz"]]).splitlines() == ["| a |", "| --- |", "| x\\|y z |"]
