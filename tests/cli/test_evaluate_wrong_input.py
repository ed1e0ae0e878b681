"""`decloak evaluate` on input that is wrong in every way, and with labels of all kinds."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.cli.evaluation_runs import SPOILT, WORDS, Run, report_of, sixty_rows, write_table
from tests.evaluation.scripted import BROKEN, WORD, many_texts
from tests.tiny_text_classifiers import save_tiny_bert


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A table of 60 rows."""
    return sixty_rows(tmp_path)


@pytest.fixture
def evaluate(run_decloak: Run) -> Run:
    """Evaluate a scripted function with few resamples."""

    def run(*arguments: object, model: str = WORDS) -> Result:
        return run_decloak("evaluate", "--model", model, "--resamples", "10", *arguments)

    return run


def test_rows_that_are_wrong_are_named_and_the_rest_is_scored(evaluate: Run, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text(
        f'text,label,id\ngood,0,a\n,1,b\na {WORD},1,a\nno label,,c\n"multi\nline",0,d\nshort\na {BROKEN},1,e\n',
        encoding="utf-8",
    )
    result = evaluate("--data", data, "--format", "json", model=SPOILT)
    report = report_of(result)
    assert (report["n"], report["errors"], report["accuracy"]) == (3, 4, 1.0)
    assert [row["row"] for row in report["error_rows"]] == [3, 5, 8, 9]
    reasons = [row["reason"] for row in report["error_rows"]]
    assert all(re.search(*pair) for pair in zip(("empty", "missing", "ends", "nan"), reasons, strict=True)), reasons
    assert "4 rows could not be used" in result.stderr
    assert "row 3: the text is empty; row 5: the label is missing; row 8: " in result.stderr
    assert report["duplicate_ids"] == [{"id": "a", "rows": [2, 4]}]


def test_a_quotation_mark_that_is_never_closed_costs_little(evaluate: Run, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    lines = ["text,label", *(f"row {number},{number % 2}" for number in range(20))]
    lines[5] = '"never closed,0'
    data.write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = report_of(evaluate("--data", data, "--format", "json"))
    assert report["n"] + report["errors"] == 20
    assert report["error_rows"][0]["row"] == 6


def test_lines_that_are_no_json_are_named(evaluate: Run, tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text('{"text": "a", "label": 0}\n{"text": \n[1]\n{"text": 5, "label": 1}\n{"text": "b", "label": 1}\n')
    report = report_of(evaluate("--data", data, "--format", "json"))
    assert (report["n"], [row["row"] for row in report["error_rows"]]) == (2, [2, 3, 4])


@pytest.mark.parametrize(
    ("labels", "options", "confusion"),
    [
        (["no", "yes"], ["--labels-map", "no=0,yes=1,0=0,1=1"], [[4, 0], [0, 4]]),
        (["no", "yes"], ["--labels-map", "YES=1", "--labels-map", "NO=0", "--positive-label", "1"], [[4, 0], [0, 4]]),
        ([0, 1], [], [[4, 0], [0, 4]]),
        (["1", "1"], [], [[0, 0], [4, 4]]),
        (["0.0", " 1 "], [], [[4, 0], [0, 4]]),
    ],
)
def test_labels_with_and_without_a_map(
    evaluate: Run, tmp_path: Path, labels: list[Any], options: list[str], confusion: list[list[int]]
) -> None:
    rows = [(f"{number} {WORD if number % 2 else 'x'}", labels[number % 2]) for number in range(8)]
    report = report_of(evaluate("--data", write_table(tmp_path / "d.csv", rows), *options, "--format", "json"))
    assert report["confusion"] == confusion
    assert (report["auroc"] is None) == (labels == ["1", "1"])


@pytest.mark.parametrize("labels", [["no", "yes", "no"], [0, 1, 2], ["hate", "offensive", "normal"]])
def test_labels_without_a_class_are_refused_with_the_fix(evaluate: Run, tmp_path: Path, labels: list[Any]) -> None:
    data = write_table(tmp_path / "d.csv", [(str(number), labels[number % 3]) for number in range(9)])
    result = evaluate("--data", data)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "d.csv: the labels of data and model do not meet" in result.stderr
    assert "--labels-map" in result.stderr


@pytest.mark.parametrize("name", ["multi", "one"])
def test_models_that_score_each_label_on_its_own(run_decloak: Run, name: str, tmp_path: Path) -> None:
    labels = ("toxic",) if name == "one" else ("toxic", "threat", "praise")
    settings = {} if name == "one" else {"problem_type": "multi_label_classification"}
    model = save_tiny_bert(tmp_path / name, labels, **settings)
    texts = ["a", "b b", "今天很好", "zz", "q w e", "m", "0", "人"]
    shown = run_decloak("classify", "--model", model, "--format", "jsonl", *texts).stdout.splitlines()
    truth = [int(json.loads(line)["scores"]["toxic"] > 0.5) for line in shown]
    data = write_table(tmp_path / "d.csv", list(zip(texts, truth, strict=True)))
    options = ["evaluate", "--model", model, "--data", data, "--format", "json", "--resamples", "5"]
    report = report_of(run_decloak(*options, "--positive-label", "toxic", "--report", tmp_path / "report"))
    assert (report["accuracy"], report["labels"], report["n"]) == (1.0, ["other", "toxic"], 8)
    refused = run_decloak(*options)
    assert refused.exit_code == 1
    assert "each on its own" in refused.stderr and "--positive-label" in refused.stderr


def test_another_encoding_has_to_be_named(evaluate: Run, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    rows = [f"第{number}个{'坏' if number % 2 else '好'}人,{number % 2}" for number in range(12)]
    data.write_bytes("\n".join(["text,label", *rows]).encode("gb18030"))
    named = report_of(evaluate("--data", data, "--encoding", "gb18030", "--format", "json"))
    assert (named["n"], named["errors"], named["dataset"]["languages"]) == (12, 0, {"zh": 12})
    result = evaluate("--data", data)
    assert result.exit_code == 1
    assert "is not UTF-8 (first bad byte in line 2); it looks like GB18030" in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "is empty"),
        ("header.csv", b"text,label\n", "has no rows"),
        ("columns.csv", b"words,label\na,1\n", "has no column text; its columns are: words, label"),
        ("doubled.csv", b"text,text,label\na,b,1\n", "2 columns called 'text'"),
        ("data.xlsx", b"x", "must end in .csv"),
        ("torn.csv.gz", gzip.compress(b"text,label\na,0\n" * 9, mtime=0)[:-9], "not a whole gzip file"),
        ("torn.parquet", b"PAR1", "cannot be read"),
        ("gone.csv", None, "no such file"),
    ],
)
def test_files_that_cannot_be_read(
    evaluate: Run, tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = evaluate("--data", tmp_path / name)
    assert result.exit_code == 1
    assert message in result.stderr and name in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no data: give --data PATH"),
        (["--data", "."], "holds no .csv"),
        (["--data", "d.csv", "--attacks", "nonsense"], "no attack nonsense; there are all, zh, en, and "),
        (["--data", "d.csv", "--attacks", "all", "--strengths", "0,1"], "give numbers above 0"),
        (["--data", "d.csv", "--attacks", "all", "--strengths", "strong"], "--strengths is 'strong'"),
        (["--data", "d.csv", "--attacks", "all", "--strengths", ","], "give numbers above 0"),
        (["--data", "d.csv", "--attacks", ""], "--attacks names none"),
        (["--data", "d.csv", "--baseline", "b=report.json"], "--baseline needs a report: give --report DIR"),
        (["--data", "d.csv", "--hub-dataset", "a/b"], "--hub-dataset needs a report: give --report DIR"),
        (["--data", "d.csv", "--baseline", "report.json"], "--baseline is 'report.json'; it must read NAME=VALUE"),
        (["--data", "d.csv", "--report", "r", "--baseline", "b=no"], "There is no report no"),
        (["--data", "d.csv", "--positive-label", "hate"], "positive labels are hate, but the model's labels are 0, 1"),
        (["--data", "d.csv", "--labels-map", "hate"], "must read NAME=CLASS"),
        (["--data", "d.csv", "--head", "h"], "a function has no such thing"),
        (["--data", "d.csv", "--text-column", "body"], "has no column body"),
    ],
)
def test_options_that_make_no_sense(
    evaluate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    if "d.csv" in options:
        write_table(Path("d.csv"), [("a", 0), ("b", 1)])
    result = evaluate(*options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert not Path("r").exists()


def test_several_data_sets_have_no_single_baseline(evaluate: Run, data: Path, tmp_path: Path) -> None:
    assert evaluate("--data", data, "--report", tmp_path / "one").exit_code == 0
    two = ["--data", data, "--data", f"again={data}", "--report", tmp_path / "two"]
    for option in (["--baseline", f"one={tmp_path / 'one'}"], ["--hub-dataset", "a/b"]):
        result = evaluate(*two, *option)
        assert result.exit_code == 1
        assert f"{option[0]} is for one data set, and there are 2" in result.stderr


def test_a_baseline_stands_beside(evaluate: Run, data: Path, tmp_path: Path) -> None:
    assert evaluate("--data", data, "--report", tmp_path / "one", model=SPOILT).exit_code == 0
    beside = ["--data", data, "--report", tmp_path / "two", "--baseline", f"other={tmp_path / 'one'}"]
    report = report_of(evaluate(*beside, "--format", "json"))
    (entry,) = report["baselines"]
    assert (entry["name"], entry["n"], entry["mcnemar"]["p_value"]) == ("other", 60, 1.0)
    assert entry["difference"]["macro_f1"]["difference"] == 0
    assert "baselines" in evaluate(*beside).stdout
    # Other data under the same name: nothing is lost, the answers stay for the next run.
    changed = write_table(tmp_path / "data.csv", list(zip(many_texts(60)[0], [0, 1] * 30, strict=True)))
    refused = evaluate("--data", changed, "--report", tmp_path / "three", "--baseline", f"other={tmp_path / 'one'}")
    assert refused.exit_code == 1 and "different data" in refused.stderr
    again = report_of(evaluate("--data", changed, "--report", tmp_path / "three", "--format", "json"))
    assert "60 texts had been answered by an earlier run" in " ".join(again["notes"])


def test_a_damaged_store_of_answers_is_a_clear_error(evaluate: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / ".answers.sqlite").write_bytes(b"x" * 5000)
    result = evaluate("--data", data, "--report", tmp_path / "report")
    assert result.exit_code == 1
    assert "is no store of answers" in result.stderr and "delete it" in result.stderr
