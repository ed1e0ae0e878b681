"""`decloak data leaks` and `decloak data split`."""

import csv
import inspect
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from decloak.cli.data_leaks import leaks, split
from decloak.training.data.near_duplicates import THRESHOLD

Run = Callable[..., Result]
WALK = "we walked through the old park on sunday and fed the ducks"


@pytest.fixture
def run() -> Run:
    app = typer.Typer()
    app.command()(leaks)
    app.command()(split)

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})

    return invoke


def table(path: Path, rows: list[tuple[str, ...]], header: tuple[str, ...] = ("text", "label")) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def train(tmp_path: Path) -> Path:
    return table(tmp_path / "a.csv", [(WALK, "1"), ("lunch is at noon", "0"), ("nobody knows", "0")])


@pytest.fixture
def test(tmp_path: Path) -> Path:
    return table(tmp_path / "b.csv", [(f"{WALK}!", "1"), ("Lunch is at noon", "1"), ("quite alone", "0"), ("", "0")])


def test_tables_show_counts_and_row_numbers_and_no_text(run: Run, train: Path, test: Path) -> None:
    result = run("leaks", f"train={train}", f"test={test}")
    assert result.exit_code == 0
    assert "66.7%" in result.stdout and "exact, other label" in result.stdout
    assert "walked" not in result.stdout and "noon" not in result.stdout
    assert "walked through the old" in run("leaks", f"train={train}", f"test={test}", "--texts").stdout


def test_rows_are_capped_and_the_rest_is_counted(run: Run, train: Path, test: Path) -> None:
    assert "1 more rows" in run("leaks", f"train={train}", f"test={test}", "--rows", 1).stdout
    assert "rows with a sibling" not in run("leaks", f"train={train}", f"test={test}", "--rows", 0).stdout


def test_json_is_complete(run: Run, train: Path, test: Path) -> None:
    result = run("leaks", f"train={train}", f"test={test}", "--format", "json", "--rows", 0, "--threshold", 0.99)
    report = json.loads(result.stdout)
    assert (report["schema_version"], report["threshold"]) == (1, 0.99)
    assert report["splits"]["test"]["unusable"] == [5]
    assert [row["row"] for row in report["pairs"][0]["rows"]] == [3]


def test_fail_is_for_leaks_alone(run: Run, train: Path, test: Path, tmp_path: Path) -> None:
    clean = table(tmp_path / "c.csv", [("something else", "0")])
    assert run("leaks", f"train={train}", f"test={test}", "--fail").exit_code == 1
    assert run("leaks", f"train={train}", f"test={clean}", "--fail").exit_code == 0


def test_own_test_suites_are_looked_for(run: Run, train: Path, tmp_path: Path) -> None:
    suite = table(tmp_path / "s.csv", [("NOBODY knows", "0")])
    result = run("leaks", f"train={train}", "--test-suite", f"ours={suite}", "--fail")
    assert result.exit_code == 1
    assert "1 of ours" in result.stdout


def test_groups_and_other_columns(run: Run, tmp_path: Path) -> None:
    one = table(tmp_path / "1.csv", [("sun", "g")], ("words", "family"))
    other = table(tmp_path / "2.csv", [("moon", "g"), ("star", "h")], ("words", "family"))
    arguments = ("leaks", f"a={one}", f"b={other}", "--text-column", "words", "--group-column", "family")
    (found, _) = json.loads(run(*arguments, "--format", "json").stdout)["pairs"]
    assert (found["group"], found["leaking"], found["share"]) == (1, 1, 0.5)


@pytest.mark.parametrize("arguments", [["train.csv"], ["a=none.csv"], ["a=x.csv", "a=y.csv"]])
def test_wrong_tables_are_one_clear_line(run: Run, arguments: list[str]) -> None:
    result = run("leaks", *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1


def test_a_split_keeps_variants_together_and_loses_nothing(run: Run, tmp_path: Path) -> None:
    rows = [
        (f"{number} times {word}", str(number % 2), str(number))
        for number in range(40)
        for word in ("sun", "moonlight")
    ]
    whole = table(tmp_path / "all.csv", [*rows, (" ", "0", "9")], ("text", "label", "sentence"))
    shares = ("--shares", "train=0.5", "--shares", "dev=0.25", "--shares", "test=0.25")
    result = run("split", whole, *shares, "--group-column", "sentence", "--no-near-duplicates", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == str(tmp_path / "out")
    assert "1 rows have no text" in result.stderr and "82" in result.stderr
    written = {}
    for name in ("train", "dev", "test"):
        with (tmp_path / "out" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            written[name] = [tuple(row) for row in csv.reader(file)][1:]
    assert sorted(sum(written.values(), [])) == sorted(rows)
    assert [len(part) for part in written.values()] == [40, 20, 20]
    assert len({(row[2], name) for name, part in written.items() for row in part}) == 40
    record = json.loads((tmp_path / "out" / "split.json").read_text(encoding="utf-8"))
    assert (record["seed"], record["threshold"], record["unusable"]) == (0, None, [82])
    assert record["splits"]["train"] == {"rows": 40, "share": 0.5, "groups": 20, "labels": {"0": 20, "1": 20}}


def test_near_duplicates_stay_together_by_default(run: Run, tmp_path: Path) -> None:
    whole = table(
        tmp_path / "all.csv", [(f"{WALK}{mark}", "1") for mark in ("", "!", "?", ".")] + [("other words", "0")]
    )
    assert run("split", whole, "--shares", "a=0.5", "--shares", "b=0.5", "-o", tmp_path / "out").exit_code == 0
    report = run("leaks", f"a={tmp_path}/out/a.csv", f"b={tmp_path}/out/b.csv", "--fail")
    assert report.exit_code == 0


def test_an_empty_split_is_said(run: Run, tmp_path: Path) -> None:
    result = run(
        "split", table(tmp_path / "t.csv", [("a", "1")]), "--shares", "x=0.9", "--shares", "y=0.1", "-o", tmp_path
    )
    assert result.exit_code == 0
    assert "y is empty" in result.stderr


@pytest.mark.parametrize("shares", [["a"], ["a=much"], ["a=0.5"], ["a=0.5", "a=0.5"]])
def test_wrong_shares_are_one_clear_line(run: Run, train: Path, tmp_path: Path, shares: list[str]) -> None:
    result = run("split", train, *(part for share in shares for part in ("--shares", share)), "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_files_are_not_overwritten(run: Run, train: Path) -> None:
    result = run("split", train, "--shares", "a=1", "-o", train.parent)
    assert result.exit_code == 1
    assert "is there already" in result.stderr


@pytest.mark.parametrize("verb", [leaks, split])
def test_the_threshold_on_the_command_line_is_the_measured_one(verb: Callable[..., None]) -> None:
    assert inspect.signature(verb).parameters["threshold"].default == THRESHOLD
