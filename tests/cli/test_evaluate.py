import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

TEXTS = ["a", "b b", "今天很好", "zz", "q w e", "m", "0", "人"]
Run = Callable[..., Result]


def predicted(run_decloak: Run, model: Path) -> list[str]:
    result = run_decloak("classify", "--model", model, "--format", "jsonl", *TEXTS)
    return [json.loads(line)["label"] for line in result.stdout.splitlines()]


def table(path: Path, labels: list[Any], header: tuple[str, str] = ("text", "label")) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(zip(TEXTS, labels, strict=False))
    return path


def report(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_perfect_labels_give_perfect_measures(run_decloak: Run, tiny_bert: Path, tmp_path: Path) -> None:
    names = predicted(run_decloak, tiny_bert)
    assert set(names) == {"ok", "hate"}
    data = table(tmp_path / "data.csv", names)
    got = report(run_decloak("evaluate", "--model", tiny_bert, "--data", data, "--format", "json"))
    assert list(got)[:6] == ["macro_f1", "mcc", "accuracy", "auroc", "confusion", "n"]
    assert (got["macro_f1"], got["mcc"], got["accuracy"], got["auroc"]) == (1, 1, 1, 1)
    assert got["confusion"] == [[names.count("ok"), 0], [0, names.count("hate")]]
    assert (got["n"], got["errors"], got["labels"]) == (8, 0, ["ok", "hate"])
    assert got["model"] == str(tiny_bert)


def test_integers_mean_class_ids(run_decloak: Run, tiny_bert: Path, tmp_path: Path) -> None:
    wrong = [1 - ["ok", "hate"].index(name) for name in predicted(run_decloak, tiny_bert)]
    data = table(tmp_path / "data.csv", wrong, ("body", "class"))
    columns = ["--text-column", "body", "--label-column", "class"]
    got = report(run_decloak("evaluate", "--model", tiny_bert, "--data", data, *columns, "--format", "json"))
    assert (got["accuracy"], got["mcc"], got["auroc"]) == (0, -1, 0)


def test_one_class_has_no_auroc(run_decloak: Run, tiny_bert: Path, tmp_path: Path) -> None:
    data = table(tmp_path / "data.csv", [1] * len(TEXTS))
    result = run_decloak("evaluate", "--model", tiny_bert, "--data", data, "--format", "json")
    assert report(result)["auroc"] is None
    assert report(result)["mcc"] is None
    assert '"auroc": null' in result.stdout


def test_rows_that_cannot_be_used_are_counted(run_decloak: Run, tiny_bert: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    rows = ['{"text": "a", "label": 0}', '{"text": "", "label": 1}', '{"text": "b", "label": null}', "{",
            '{"text": 5, "label": 1}', '{"text": "\\ud800", "label": 1}']  # fmt: skip
    data.write_text("\n".join(rows), encoding="utf-8")
    result = run_decloak("evaluate", "--model", tiny_bert, "--data", data, "--format", "json")
    got = report(result)
    assert (got["n"], got["errors"]) == (2, 4)
    assert "the text is empty" in got["error_examples"]
    assert "4 rows could not be used" in result.stderr


@pytest.mark.parametrize("labels", [["yes", "no"] * 4, [0, 2] * 4, [0.5, 1] * 4, ["OK", "hate"] * 4])
def test_labels_that_do_not_meet(run_decloak: Run, tiny_bert: Path, tmp_path: Path, labels: list[Any]) -> None:
    data = table(tmp_path / "data.csv", labels)
    result = run_decloak("evaluate", "--model", tiny_bert, "--data", data, "--format", "json")
    assert result.exit_code == 1
    assert str(labels[0]) in result.stderr
    assert "0 to 1" in result.stderr
    assert "ok, hate" in result.stderr
    assert result.stdout == ""


def test_positive_labels_make_two_classes(run_decloak: Run, tiny_three_classes: Path, tmp_path: Path) -> None:
    positive = ["--positive-label", "hate", "--positive-label", "offensive"]
    options = ["evaluate", "--model", tiny_three_classes, "--format", "json", *positive]
    result = run_decloak("classify", "--model", tiny_three_classes, "--format", "jsonl", *TEXTS)
    scores = [json.loads(line)["scores"] for line in result.stdout.splitlines()]
    truth = [int(score["normal"] < 0.5) for score in scores]
    assert set(truth) == {0, 1}
    got = report(run_decloak(*options, "--data", table(tmp_path / "data.csv", truth)))
    assert (got["accuracy"], got["auroc"], got["labels"]) == (1, 1, ["other", "hate+offensive"])
    named = ["hate" if one else "normal" for one in truth]
    assert report(run_decloak(*options, "--data", table(tmp_path / "names.csv", named)))["accuracy"] == 1


def test_three_classes(run_decloak: Run, tiny_three_classes: Path, tmp_path: Path) -> None:
    data = table(tmp_path / "data.csv", [0, 1, 2, 0, 1, 2, 0, 1])
    got = report(run_decloak("evaluate", "--model", tiny_three_classes, "--data", data, "--format", "json"))
    assert [sum(row) for row in got["confusion"]] == [3, 3, 2]
    assert 0 <= got["auroc"] <= 1


def test_table_output(run_decloak: Run, tiny_bert: Path, tmp_path: Path) -> None:
    data = table(tmp_path / "data.csv", [1] * len(TEXTS))
    result = run_decloak("evaluate", "--model", tiny_bert, "--data", data)
    assert result.exit_code == 0
    assert "macro_f1" in result.stdout
    assert "undefined" in result.stdout
