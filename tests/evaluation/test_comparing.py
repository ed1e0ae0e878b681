import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from decloak.evaluation import metrics
from decloak.evaluation.comparing import SCHEMA, baseline_entry, compare_reports
from decloak.evaluation.evaluating import EvaluationSettings, LabelledTable, evaluate_table
from decloak.evaluation.predictions_file import FILE
from decloak.evaluation.report_sections import MeasureSettings
from decloak.evaluation.reporting.comparison_page import write_comparison_html
from decloak.evaluation.reporting.report_schema import read_report, write_report
from tests.evaluation.scripted import BROKEN, WORD, WordClassifier, labelled_rows, many_texts, scheme_of

OTHER = "neighbour"
# Of eight texts the first classifier finds WORD, the second OTHER.
TEXTS = [f"0 {WORD}", f"1 {WORD}", f"2 {WORD}", f"3 {OTHER}", "4", "5", f"6 {WORD} {OTHER}", f"7 {OTHER}"]
LABELS = [1, 1, 1, 1, 0, 0, 1, 0]
WRONG_A, WRONG_B = {3}, {0, 1, 2, 7}


def report_of(
    folder: Path,
    word: str = WORD,
    texts: list[str] | None = None,
    labels: list[Any] | None = None,
    names: tuple[str, ...] = ("fine", "hate"),
    keep_texts: bool = False,
    **columns: Any,
) -> Path:
    classifier = WordClassifier(word, f"finds {word}", names)
    scheme = scheme_of(classifier)
    rows = labelled_rows(texts or TEXTS, labels or LABELS, scheme, **columns)
    settings = EvaluationSettings(MeasureSettings(resamples=5, texts=keep_texts))
    report = evaluate_table(classifier, LabelledTable("d", rows), scheme, settings, folder)
    write_report(report, folder / "report.json")
    return folder


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return report_of(tmp_path / "a"), report_of(tmp_path / "b", OTHER)


def test_mcnemar_and_differences_by_hand(pair: tuple[Path, Path]) -> None:
    got = compare_reports(*pair, resamples=50)
    # Only A is right on 0, 1, 2 and 7, only B on 3: two-sided, (1 + 5) / 2 ** 5 on either side.
    assert got["mcnemar"] == {"only_a_right": 4, "only_b_right": 1, "statistic": 1.0, "p_value": pytest.approx(12 / 32)}
    assert got["difference"]["accuracy"]["difference"] == pytest.approx(7 / 8 - 4 / 8)
    # Confusions: A [[3, 0], [1, 4]], B [[2, 1], [3, 2]].
    a, b = (6 / 7 + 8 / 9) / 2, (4 / 8 + 4 / 8) / 2
    assert got["difference"]["macro_f1"]["difference"] == pytest.approx(a - b)
    assert (got["schema"], got["n"], got["only_a"], got["only_b"]) == (SCHEMA, 8, 0, 0)
    assert (got["a"]["model"], got["b"]["model"]) == (f"finds {WORD}", f"finds {OTHER}")
    json.dumps(got, allow_nan=False)


def test_differences_are_those_of_the_metric_functions(tmp_path: Path) -> None:
    texts, labels = many_texts(40)
    groups = [f"g{number // 4}" if number > 3 else None for number in range(40)]
    a, b = (report_of(tmp_path / word, word, texts, labels, group=groups) for word in (WORD, "1"))
    got = compare_reports(a, b, resamples=40, seed=3)
    first, second = (list(WordClassifier(word).answers(texts)) for word in (WORD, "1"))
    classes = [[int(one["label"] == "hate") for one in some] for some in (first, second)]
    scores = [[one["scores"]["hate"] for one in some] for some in (first, second)]
    clusters = [group or f"row {row}" for row, group in enumerate(groups, 2)]
    for measure, found in got["difference"].items():
        assert found == metrics.paired_bootstrap(labels, *classes, *scores, measure, 40, seed=3, clusters=clusters)
    assert got["difference"]["auroc"]["difference"] == pytest.approx(read_report(a)["auroc"] - read_report(b)["auroc"])


def test_turning_around_turns_the_sign(pair: tuple[Path, Path]) -> None:
    one, other = compare_reports(*pair, resamples=50), compare_reports(*reversed(pair), resamples=50)
    for measure, found in one["difference"].items():
        assert found["difference"] == pytest.approx(-other["difference"][measure]["difference"])
    assert one["mcnemar"]["only_a_right"] == other["mcnemar"]["only_b_right"]
    same = compare_reports(pair[0], pair[0], resamples=20)
    assert (same["mcnemar"]["p_value"], same["difference"]["mcc"]["difference"], same["changed"]) == (1.0, 0.0, [])


def test_rows_where_one_is_right_are_listed_the_furthest_apart_first(pair: tuple[Path, Path]) -> None:
    got = compare_reports(*pair, resamples=5)["changed"]
    assert {one["row"] - 2 for one in got} == WRONG_A ^ WRONG_B
    apart = [abs(one["score_a"] - one["score_b"]) for one in got]
    assert apart == sorted(apart, reverse=True)
    for one in got:
        right, wrong = ("b", "a") if one["row"] - 2 in WRONG_A else ("a", "b")
        assert one[right] == one["true"] != one[wrong]
        assert one["text"] is None


@pytest.mark.parametrize("keeps", [(True, False), (False, True)])
def test_texts_are_listed_where_either_report_keeps_them(tmp_path: Path, keeps: tuple[bool, bool]) -> None:
    a = report_of(tmp_path / "a", keep_texts=keeps[0])
    b = report_of(tmp_path / "b", OTHER, keep_texts=keeps[1])
    changed = compare_reports(a, b, resamples=5)["changed"]
    assert changed
    assert all(one["text"] == TEXTS[one["row"] - 2] for one in changed)


def test_rows_that_only_one_answered_are_left_out_and_counted(tmp_path: Path) -> None:
    texts = [*TEXTS, "8", "9"]
    a = report_of(tmp_path / "a", WORD, texts, [*LABELS, None, 0])
    b = report_of(tmp_path / "b", OTHER, texts, [*LABELS, 0, None])
    got = compare_reports(a, b, resamples=5)
    assert (got["n"], got["only_a"], got["only_b"]) == (8, 1, 1)
    assert got["mcnemar"]["only_a_right"] == 4


def test_reports_may_be_named_by_file_or_folder(pair: tuple[Path, Path]) -> None:
    a, b = pair
    assert compare_reports(a, b, 5)["n"] == compare_reports(a / "report.json", b / "report.json", 5)["n"] == 8


def test_other_data_is_refused(tmp_path: Path) -> None:
    a = report_of(tmp_path / "a")
    other_text = report_of(tmp_path / "b", texts=[*TEXTS[:7], "changed"])
    other_label = report_of(tmp_path / "c", labels=[*LABELS[:7], 1])
    for other in (other_text, other_label):
        with pytest.raises(ValueError, match=r"1 of 8 rows have another text or class .*rows 9\): .* different data"):
            compare_reports(a, other)
    nothing = report_of(tmp_path / "d", texts=[BROKEN, "x"], labels=[1, None])
    with pytest.raises(ValueError, match="no row is in both reports"):
        compare_reports(a, nothing)


def test_two_classes_may_have_other_names(tmp_path: Path) -> None:
    same = compare_reports(report_of(tmp_path / "a"), report_of(tmp_path / "b"))
    other = compare_reports(report_of(tmp_path / "a"), report_of(tmp_path / "c", names=("fine", "bad")))
    for key in ("n", "difference", "mcnemar", "changed"):
        assert other[key] == same[key]


def test_more_classes_of_other_names_are_refused(tmp_path: Path) -> None:
    folder = report_of(tmp_path / "a")
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    (folder / "report.json").write_text(json.dumps(report | {"labels": ["a", "b", "c"]}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"the classes differ: .*'c'\] and .*'hate'\]; evaluate both"):
        compare_reports(folder, report_of(tmp_path / "b"))


def test_changed_predictions_are_refused(pair: tuple[Path, Path]) -> None:
    file = pair[1] / FILE
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match="is not the file that its report was written with"):
        compare_reports(*pair)
    file.unlink()
    with pytest.raises(FileNotFoundError):
        compare_reports(*pair)


def test_reports_of_several_data_sets_are_refused(pair: tuple[Path, Path]) -> None:
    report = read_report(pair[0]) | {"kind": "cross-dataset"}
    write_report(report, pair[0] / "report.json")
    with pytest.raises(ValueError, match="is of several data sets; compare those in its folders"):
        compare_reports(*pair)


def test_three_classes_are_compared_by_classes_alone(tmp_path: Path) -> None:
    names = ("calm", "rude", "hate")
    labels = [2, 2, 1, 0, 0, 1, 2, 0]
    a, b = (report_of(tmp_path / word, word, labels=labels, names=names) for word in (WORD, OTHER))
    assert set(compare_reports(a, b, resamples=10)["difference"]) == {"macro_f1", "mcc", "accuracy"}


def test_one_class_leaves_undefined_differences_none(tmp_path: Path) -> None:
    a, b = (report_of(tmp_path / word, word, labels=[1] * 8) for word in (WORD, OTHER))
    got = compare_reports(a, b, resamples=10)["difference"]
    assert got["auroc"] == got["mcc"] == {"difference": None, "interval": None, "p_value": None}
    assert got["accuracy"]["difference"] is not None


def test_an_entry_for_the_report_of_the_first(pair: tuple[Path, Path]) -> None:
    compared = compare_reports(*pair, resamples=5)
    entry = baseline_entry(compared, "given name")
    assert (entry["name"], baseline_entry(compared)["name"]) == ("given name", f"finds {OTHER}")
    b = read_report(pair[1])
    assert entry["measures"]["auroc"] == b["auroc"]
    assert (entry["difference"], entry["mcnemar"]) == (compared["difference"], compared["mcnemar"])
    write_report(read_report(pair[0]) | {"baselines": [entry]}, pair[0] / "report.json")


def test_a_comparison_can_be_shown(pair: tuple[Path, Path], tmp_path: Path) -> None:
    write_comparison_html(compare_reports(*pair, resamples=5), tmp_path / "page.html")
    assert np.all([word in (tmp_path / "page.html").read_text(encoding="utf-8") for word in (WORD, OTHER, "McNemar")])
