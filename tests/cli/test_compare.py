import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.evaluation.scripted import WORD, many_texts

Run = Callable[..., Result]
OPTIONS = ("--resamples", "20")


@pytest.fixture
def report_of(run_decloak: Run, tmp_path: Path) -> Callable[..., Path]:
    """Evaluate a scripted function, or a model, on a table, and return the folder of the report."""

    def made(name: str, labels: list[int] | None = None, function: str = "score_words", *options: object) -> Path:
        texts, known = many_texts(40)
        data = tmp_path / f"{name}.csv"
        with data.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([("text", "label"), *zip(texts, labels or known, strict=True)])
        model = f"callable:tests.evaluation.scripted:{function}"
        result = run_decloak("evaluate", "--model", model, "--data", data, "--report", tmp_path / name, *options)
        assert result.exit_code == 0, result.stderr
        return tmp_path / name

    return made


@pytest.fixture
def pair(report_of: Callable[..., Path]) -> tuple[Path, Path]:
    return report_of("first", None, "score_words", *OPTIONS), report_of("second", None, "score_upside_down", *OPTIONS)


def test_a_comparison_is_one_json_object(run_decloak: Run, pair: tuple[Path, Path]) -> None:
    result = run_decloak("compare", *pair, *OPTIONS, "--format", "json")
    assert result.exit_code == 0, result.stderr
    got: dict[str, Any] = json.loads(result.stdout)
    labels = many_texts(40)[1]
    right = sum(label == int(WORD in text) for text, label in zip(many_texts(40)[0], labels, strict=True))
    # Where the first is right the second is wrong, and the other way around.
    assert (got["mcnemar"]["only_a_right"], got["mcnemar"]["only_b_right"]) == (right, 40 - right)
    assert got["difference"]["accuracy"]["difference"] == pytest.approx((2 * right - 40) / 40)
    assert got["n"] == len(got["changed"]) == 40


def test_a_table_for_people(run_decloak: Run, pair: tuple[Path, Path]) -> None:
    result = run_decloak("compare", pair[0] / "report.json", pair[1], *OPTIONS)
    assert result.exit_code == 0, result.stderr
    for words in ("A - B", "macro_f1", "recall_at_fpr_0.01", "McNemar", "score_upside_down", "40 rows of first.csv"):
        assert words in result.stdout, words
    assert " to " in result.stdout


def test_a_page_without_texts(run_decloak: Run, pair: tuple[Path, Path], tmp_path: Path) -> None:
    result = run_decloak("compare", *pair, *OPTIONS, "--html", tmp_path / "page.html")
    assert result.exit_code == 0, result.stderr
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "score_upside_down" in page
    assert "neighbour" not in page
    assert "page.html" in result.stderr


def test_the_same_seed_gives_the_same(run_decloak: Run, pair: tuple[Path, Path]) -> None:
    first, second, third = (
        run_decloak("compare", *pair, *OPTIONS, "--seed", seed, "--format", "json").stdout for seed in (1, 1, 2)
    )
    assert first == second != third


def test_what_cannot_be_compared(run_decloak: Run, report_of: Callable[..., Path], tmp_path: Path) -> None:
    first = report_of("first", None, "score_words", *OPTIONS)
    other = report_of("other", [0, 1] * 20, "score_words", *OPTIONS)
    (tmp_path / "text.json").write_text("no report", encoding="utf-8")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    (tmp_path / "hollow.json").write_text('{"schema": "decloak.evaluation/1"}', encoding="utf-8")
    for b, message in (
        (other, "rows have another text or class in the second report"),
        (tmp_path / "gone", "There is no report"),
        (tmp_path / "text.json", "is no JSON"),
        (tmp_path / "list.json", "has the schema None"),
        (tmp_path / "hollow.json", "hollow.json lacks"),
    ):
        result = run_decloak("compare", first, b, *OPTIONS)
        assert (result.exit_code, result.stdout) == (1, "")
        assert message in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def test_predictions_that_were_changed_or_lost(run_decloak: Run, pair: tuple[Path, Path]) -> None:
    file = pair[1] / "predictions.parquet"
    file.write_bytes(file.read_bytes() + b" ")
    changed = run_decloak("compare", *pair)
    assert changed.exit_code == 1 and "is not the file that its report was written with" in changed.stderr
    file.unlink()
    lost = run_decloak("compare", *pair)
    assert lost.exit_code == 1 and "keep predictions.parquet beside its report" in lost.stderr


def test_reports_of_several_data_sets(run_decloak: Run, pair: tuple[Path, Path], tmp_path: Path) -> None:
    data = [option for name in ("first", "second") for option in ("--data", tmp_path / f"{name}.csv")]
    model = "callable:tests.evaluation.scripted:score_words"
    assert run_decloak("evaluate", "--model", model, *data, *OPTIONS, "--report", tmp_path / "both").exit_code == 0
    refused = run_decloak("compare", tmp_path / "both", pair[0])
    assert refused.exit_code == 1 and "compare those in its folders" in refused.stderr
    inside = run_decloak("compare", tmp_path / "both" / "first.csv", pair[0], *OPTIONS, "--format", "json")
    assert json.loads(inside.stdout)["difference"]["accuracy"]["difference"] == 0


def test_a_model_of_transformers_against_a_function(
    run_decloak: Run, report_of: Callable[..., Path], tiny_bert: Path, tmp_path: Path
) -> None:
    first = report_of("first", None, "score_words", *OPTIONS)
    options = ["--data", tmp_path / "first.csv", "--report", tmp_path / "bert", *OPTIONS]
    assert run_decloak("evaluate", "--model", tiny_bert, *options).exit_code == 0
    compared = run_decloak("compare", first, tmp_path / "bert", *OPTIONS, "--format", "json")
    assert compared.exit_code == 0, compared.stderr
    found = json.loads(compared.stdout)
    assert (found["a"]["labels"], found["b"]["labels"]) == (["0", "1"], ["ok", "hate"])
    reports = [json.loads((folder / "report.json").read_text()) for folder in (first, tmp_path / "bert")]
    difference = reports[0]["accuracy"] - reports[1]["accuracy"]
    assert found["difference"]["accuracy"]["difference"] == pytest.approx(difference)


def test_the_help_shows_how(run_decloak: Run) -> None:
    shown = run_decloak("compare", "--help").stdout
    for words in ("--resamples", "--seed", "--html", "--format", "Examples", "decloak compare"):
        assert words in shown
