import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from decloak.cli.baseline_data import account, named_tables
from decloak.evaluation.classifiers.opening import open_classifier
from tests.evaluation.baselines.labelled import labelled_texts

Run = Callable[..., Result]


def table(path: Path, rows: list[tuple[str, Any]], header: tuple[str, str] = ("text", "label")) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


@pytest.fixture
def train(tmp_path: Path) -> Path:
    data = labelled_texts(80)
    return table(tmp_path / "train.csv", list(zip(data.texts, data.classes, strict=True)))


def made(result: Result) -> Path:
    """Check that all went well and that stdout holds the folder alone."""
    assert result.exit_code == 0, result.stderr
    assert len(result.stdout.splitlines()) == 1
    return Path(result.stdout.strip())


def labels(folder: Path, *texts: str) -> list[str]:
    return [one["label"] for one in open_classifier(str(folder)).answers(texts)]


def test_tfidf_leaves_out_what_is_excluded_and_says_so(run_decloak: Run, tmp_path: Path, train: Path) -> None:
    data = labelled_texts(80)
    test = table(tmp_path / "test.csv", [(data.texts[0].upper() + " ", 0), ("new", 1)])
    result = run_decloak("baseline", "tfidf", "--train", train, "--exclude", test, "--output", tmp_path / "svm")
    folder = made(result)
    assert "80 rows read" in result.stderr and "1 excluded" in result.stderr
    assert labels(folder, "ijk 坏人", "abc ijk") == ["hateful", "not_hateful"]
    record = json.loads((folder / "decloak_baseline.json").read_text(encoding="utf-8"))["training"]
    assert record["data"]["train"]["excluded"] == 1
    assert [(file["name"], file["use"]) for file in record["files"]] == [
        ("train.csv", "train"),
        ("test.csv", "exclude"),
    ]


def test_tables_columns_and_limits(run_decloak: Run, tmp_path: Path) -> None:
    data = labelled_texts(80)
    names = [data.labels[label] for label in data.classes]
    first = table(tmp_path / "a.csv", list(zip(data.texts[:40], names[:40], strict=True)), ("body", "class"))
    second = table(tmp_path / "b.tsv.csv", list(zip(data.texts[40:], names[40:], strict=True)), ("body", "class"))
    columns = ["--text-column", "body", "--label-column", "class", "--limit", 30, "--seed", 3]
    settings = ["--ngrams", 1, 2, "--regularisation", 1, "--no-calibrate"]
    folder = made(
        run_decloak(
            "baseline", "tfidf", "--train", f"one={first}", "--train", second, *columns, *settings, "-o", tmp_path / "x"
        )
    )
    manifest = json.loads((folder / "decloak_baseline.json").read_text(encoding="utf-8"))
    assert set(manifest["training"]["data"]) == {"one", "b"}
    assert (manifest["training"]["texts"], manifest["training"]["seed"]) == (60, 3)
    assert manifest["settings"] == {"ngrams": [1, 2]}
    assert manifest["training"]["settings"]["calibrated"] is False


def test_a_recipe_says_how_tables_are_read(run_decloak: Run, tmp_path: Path, train: Path) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("name: mine\nseed: 5\nlabels: [kind, rude]\ndata: [{name: all, limit: 50}]\nexclude: [kept]\n")
    test = table(tmp_path / "test.csv", [(labelled_texts(80).texts[1], 1)])
    options = ["--recipe", recipe, "--train", f"all={train}", "--output", tmp_path / "x"]
    result = run_decloak("baseline", "tfidf", *options)
    assert result.exit_code == 1
    assert "Missing: kept" in result.stderr
    folder = made(run_decloak("baseline", "tfidf", *options, "--train", f"kept={test}"))
    manifest = json.loads((folder / "decloak_baseline.json").read_text(encoding="utf-8"))
    assert manifest["labels"] == ["kind", "rude"]
    assert (manifest["training"]["texts"], manifest["training"]["seed"]) == (50, 5)
    assert manifest["training"]["data"]["all"]["excluded"] == 1
    assert manifest["training"]["files"][1]["use"] == "exclude"


def test_lexicon_of_own_and_of_shipped_words(run_decloak: Run, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("rot\n", encoding="utf-8")
    own = made(run_decloak("baseline", "lexicon", "--words", words, "--output", tmp_path / "own"))
    assert labels(own, "what rot", "carrot") == ["hateful", "not_hateful"]
    made(run_decloak("baseline", "lexicon", "--output", tmp_path / "shipped"))
    again = run_decloak("baseline", "lexicon", "--output", tmp_path / "own")
    assert again.exit_code == 1
    assert "is not empty" in again.stderr


def test_encoder_is_fine_tuned_or_frozen(run_decloak: Run, tmp_path: Path, tiny_bert: Path, train: Path) -> None:
    held_out = labelled_texts(10, seed=9)
    dev = table(tmp_path / "dev.csv", [*zip(held_out.texts, held_out.classes, strict=True)])
    options = ["--encoder", tiny_bert, "--train", train, "--eval-data", dev, "--batch-size", 8]
    result = run_decloak(
        "baseline", "encoder", *options, "--max-steps", 3, "--save-steps", 2, "--output", tmp_path / "plain"
    )
    assert len(labels(made(result), "a")) == 1
    assert "step 3 of 3: eval loss" in result.stderr
    record = json.loads((tmp_path / "plain" / "training_record.json").read_text(encoding="utf-8"))
    assert [file["use"] for file in record["files"]] == ["train", "evaluate"]
    frozen = run_decloak("baseline", "encoder", "--frozen", *options, "--prompt", "q", "--output", tmp_path / "frozen")
    assert labels(made(frozen), "ijk 坏人", "abc ijk") == ["hateful", "not_hateful"]
    resumed = run_decloak("baseline", "encoder", *options, "--output", tmp_path / "plain", "--resume")
    assert resumed.exit_code == 1
    assert "the run is finished" in resumed.stderr
    prompted = run_decloak("baseline", "encoder", *options, "--prompt", "q", "--output", tmp_path / "y")
    assert "--frozen" in prompted.stderr


@pytest.mark.parametrize("name", ["none.csv", "train.pdf"])
def test_tables_that_cannot_be_read_are_one_line(run_decloak: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "train.pdf").write_text("x")
    result = run_decloak("baseline", "tfidf", "--train", tmp_path / name, "--output", tmp_path / "x")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("verb", ["tfidf", "lexicon", "encoder"])
def test_help_teaches(run_decloak: Run, verb: str) -> None:
    result = run_decloak("baseline", verb, "--help")
    assert result.exit_code == 0
    assert "What it shows" in result.stdout
    assert "Examples" in result.stdout


def test_tables_go_by_their_files(tmp_path: Path) -> None:
    odd = tmp_path / "a=b.csv"
    odd.touch()
    assert named_tables(["x/train.csv.gz", "one=y/train.csv", str(odd)]) == {
        "train": Path("x/train.csv.gz"),
        "one": Path("y/train.csv"),
        "a=b": odd,
    }
    with pytest.raises(ValueError, match="names train twice"):
        named_tables(["x/train.csv", "y/train.csv"])
    with pytest.raises(ValueError, match="no table"):
        named_tables([])


def test_what_was_left_out_is_told_in_words() -> None:
    counts = {"read": 1234, "unusable": 0, "near_duplicate": 3, "kept": 1231}
    assert account("cold", counts) == "cold: 1,234 rows read, 1,231 kept; left out: 3 near duplicate"
    assert account("cold", {"read": 2, "kept": 2}) == "cold: 2 rows read, 2 kept"
