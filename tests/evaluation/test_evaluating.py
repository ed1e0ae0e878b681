"""From a classifier and a table to a report, on answers that are known beforehand."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.evaluation import metrics
from decloak.evaluation.attack_runs import AttackSettings
from decloak.evaluation.evaluating import STORE, EvaluationSettings, LabelledTable, evaluate_table, versions
from decloak.evaluation.identity_terms import mentioned_groups
from decloak.evaluation.label_scheme import LabelledText, label_scheme
from decloak.evaluation.predictions_file import FILE, read_predictions
from decloak.evaluation.report_sections import MeasureSettings
from decloak.evaluation.reporting.html_report import write_html
from decloak.evaluation.reporting.report_schema import SCHEMA, read_report, write_report
from tests.evaluation.scripted import BROKEN, WORD, WordClassifier, labelled_rows, many_texts, scheme_of

# What differs between two runs that measure the same.
OF_THE_RUN = ("created", "seconds", "texts_per_second", "notes", "predictions")
QUICK = EvaluationSettings(MeasureSettings(resamples=20))
ATTACKED = EvaluationSettings(MeasureSettings(resamples=20), AttackSettings(("leet", "full_width"), (0.5, 1.0), 20))


def table(rows: list[LabelledText] | None = None, **options: Any) -> LabelledTable:
    return LabelledTable("made up", labelled_rows(*many_texts(60)) if rows is None else rows, **options)


def evaluated(data: LabelledTable, chosen: EvaluationSettings = QUICK, folder: Path | None = None) -> dict[str, Any]:
    classifier = WordClassifier()
    return evaluate_table(classifier, data, scheme_of(classifier), chosen, folder)


def measured(report: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in report.items() if key not in OF_THE_RUN}


def test_a_report_says_what_was_measured_on_what(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("text,label\n", encoding="utf-8")
    report = evaluated(table(file=file, suite="bias"))
    assert (report["schema"], report["kind"], report["model"], report["data"]) == (
        SCHEMA, "evaluation", "words", "made up",
    )  # fmt: skip
    assert report["dataset"]["file"] == "data.csv"
    assert len(report["dataset"]["sha256"]) == 64
    assert (report["dataset"]["rows"], report["dataset"]["suite"]) == (60, "bias")
    assert report["classifier"] == WordClassifier().describe()
    assert report["settings"]["resamples"] == 20
    assert report["versions"] == versions()
    assert {"decloak", "python", "torch", "scikit-learn"} <= set(versions())
    assert str(tmp_path) not in json.dumps(report)


def test_the_numbers_are_those_of_the_metric_functions() -> None:
    texts, labels = many_texts(60)
    report = evaluated(table())
    answers = list(WordClassifier().answers(texts))
    predictions = [int(answer["label"] == "hate") for answer in answers]
    scores = [answer["scores"]["hate"] for answer in answers]
    expected = metrics.classification_metrics(labels, predictions, scores)
    expected |= metrics.ranking_metrics(labels, scores) | metrics.calibration_metrics(labels, scores)
    assert {name: report[name] for name in expected} == expected


def test_rows_without_an_answer_are_named_and_cost_no_other() -> None:
    rows = labelled_rows(["a", BROKEN, f"b {WORD}", "c"], [0, 1, 1, None])
    report = evaluated(table(rows))
    assert (report["n"], report["errors"]) == (2, 2)
    assert report["error_rows"] == [
        {"row": 3, "reason": "it cannot be read"},
        {"row": 5, "reason": "the label is missing"},
    ]
    assert report["error_examples"] == ["it cannot be read", "the label is missing"]
    assert any("2 rows could not be used" in note for note in report["notes"])


def test_reasons_are_listed_once_and_rows_up_to_a_thousand() -> None:
    report = evaluated(table(labelled_rows([BROKEN] * 1200 + ["a"], [0] * 1201)))
    assert (report["n"], report["errors"], len(report["error_rows"])) == (1, 1200, 1000)
    assert report["error_examples"] == ["it cannot be read"]


@pytest.mark.parametrize("rows", [[], [BROKEN, BROKEN]])
@pytest.mark.parametrize("chosen", [QUICK, ATTACKED])
def test_nothing_answered_is_a_report_of_nothing(rows: list[str], chosen: EvaluationSettings, tmp_path: Path) -> None:
    report = evaluated(table(labelled_rows(rows, [0] * len(rows))), chosen, tmp_path)
    assert (report["n"], report["macro_f1"], report["robustness"], report["groups"]) == (0, None, None, None)
    write_report(report, tmp_path / "report.json")
    write_html(report, tmp_path / "report.html")


def test_notes_warn_of_one_class_doubled_ids_and_few_negatives() -> None:
    rows = labelled_rows(["a", "b", "c"], [1, 1, 1], id=["x", "x", "y"])
    report = evaluated(table(rows))
    assert report["duplicate_ids"] == [{"id": "x", "rows": [2, 3]}]
    notes = " ".join(report["notes"])
    for words in ("1 ids stand at several rows", "All rows are of the class hate", "0 negative rows are too few"):
        assert words in notes


def test_groups_come_from_the_column_or_from_terms() -> None:
    texts, labels = many_texts(40)
    texts = [f"{text} of women" if number % 2 else f"{text} of jews" for number, text in enumerate(texts)]
    targets = ["a|b" if number % 4 else None for number in range(40)]
    with_column = table(labelled_rows(texts, labels, target=targets))
    by_column, by_terms = (
        evaluated(with_column, EvaluationSettings(QUICK.measuring, groups=source)) for source in ("auto", "terms")
    )
    assert {name: one["n"] for name, one in by_column["groups"]["groups"].items()} == {"a": 30, "b": 30}
    assert {name: one["n"] for name, one in by_terms["groups"]["groups"].items()} == {"jews": 20, "women": 20}
    assert mentioned_groups(texts[0]) == ["jews"]
    assert evaluated(table(labelled_rows(texts, labels)))["groups"] is None


def test_without_fairlearn_all_but_groups_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fairlearn.metrics", None)
    report = evaluated(table(labelled_rows(*many_texts(40), target=["a", "b"] * 20)))
    assert report["groups"] is None
    assert report["accuracy"] is not None
    assert any("Groups were not measured: " in note and "needs fairlearn" in note for note in report["notes"])


def test_the_language_of_a_table_is_that_of_its_rows_without_one() -> None:
    rows = labelled_rows(["a", "b", "人"], [0, 1, 0], language=[None, "", "en"])
    assert evaluated(table(rows, language="fr"))["dataset"]["languages"] == {"fr": 2, "en": 1}


def test_three_classes_have_no_groups_and_no_attacks() -> None:
    classifier = WordClassifier(labels=["calm", "rude", "hate"])
    scheme = label_scheme(classifier.labels, [])
    rows = labelled_rows(many_texts(12)[0], [0, 1, 2] * 4, scheme, target=["a"] * 12, functionality=["f"] * 12)
    report = evaluate_table(classifier, table(rows), scheme, QUICK)
    assert (report["groups"], report["functionality"]) == (None, None)
    assert report["labels"] == ["calm", "rude", "hate"]
    classifier.asked.clear()
    with pytest.raises(ValueError, match="two classes"):
        evaluate_table(classifier, table(rows), scheme, ATTACKED)
    assert classifier.asked == []


def test_attacks_on_another_language_cost_no_measure() -> None:
    chosen = EvaluationSettings(QUICK.measuring, AttackSettings(("homophone",)))
    report = evaluated(table(), chosen)
    assert report["robustness"] is None
    assert "Nothing was attacked: no row is in the language of homophone: the data has en." in report["notes"]
    assert report["macro_f1"] == evaluated(table())["macro_f1"]


def test_nothing_is_kept_without_a_folder_and_predictions_with_one(tmp_path: Path) -> None:
    alone, kept = evaluated(table()), evaluated(table(), folder=tmp_path / "new" / "folder")
    assert measured(alone) == measured(kept)
    assert alone["predictions"] is None
    assert [file.name for file in (tmp_path / "new" / "folder").iterdir()] == [FILE]
    found = read_predictions(kept, tmp_path / "new" / "folder").to_pydict()
    rows = labelled_rows(*many_texts(60))
    assert found["row"] == [row.number for row in rows]
    found_auroc = metrics.classification_metrics(found["true"], found["predicted"], found["score"])["auroc"]
    assert found_auroc == pytest.approx(kept["auroc"])


class Mortal(WordClassifier):
    """Dies after some answers, as a killed run does."""

    def __init__(self, lives: int) -> None:
        super().__init__()
        self.lives = lives

    def answers(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        for answer in islice(super().answers(texts), self.lives):
            self.lives -= 1
            yield answer
        if self.lives == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("lives", [300, 700])
def test_a_run_that_was_stopped_goes_on_and_measures_the_same(lives: int, tmp_path: Path) -> None:
    data = LabelledTable("d", labelled_rows(*many_texts(600)))
    chosen = EvaluationSettings(QUICK.measuring, AttackSettings(("leet",), (1.0,), 300, resamples=5))
    with pytest.raises(KeyboardInterrupt):
        evaluate_table(Mortal(lives), data, scheme_of(WordClassifier()), chosen, tmp_path)
    assert (tmp_path / STORE).is_file()
    second, fresh = WordClassifier(), WordClassifier()
    resumed = evaluate_table(second, data, scheme_of(second), chosen, tmp_path)
    whole = evaluate_table(fresh, data, scheme_of(fresh), chosen, tmp_path / "fresh")
    assert measured(resumed) == measured(whole)
    assert resumed["predictions"] == whole["predictions"]
    assert len(second.asked) == len(fresh.asked) - lives // 256 * 256 if lives < 600 else len(second.asked) < 310
    assert "had been answered by an earlier run" in " ".join(resumed["notes"])
    assert "earlier run" not in " ".join(whole["notes"])
    assert not (tmp_path / STORE).exists()


def test_the_same_seed_gives_the_same_report_and_another_does_not() -> None:
    first, second = evaluated(table(), ATTACKED), evaluated(table(), ATTACKED)
    assert measured(first) == measured(second)
    other = EvaluationSettings(MeasureSettings(resamples=20, seed=9), AttackSettings(("leet", "full_width"), seed=9))
    assert evaluated(table(), other)["intervals"] != first["intervals"]


def test_attacks_ask_a_text_that_did_not_change_only_once() -> None:
    classifier = WordClassifier()
    rows = labelled_rows(["12", "34", "56"], [0, 1, 0])
    chosen = EvaluationSettings(QUICK.measuring, AttackSettings(("leet", "misspelling"), (0.5, 1.0), resamples=0))
    evaluate_table(classifier, table(rows), scheme_of(classifier), chosen)
    assert len(classifier.asked) == 3


@pytest.mark.parametrize("texts", [False, True])
def test_texts_are_in_the_folder_only_if_wanted(tmp_path: Path, texts: bool) -> None:
    sentences = [f"peculiar{number} {WORD}" for number in range(30)] + [f"peculiar {BROKEN}", "特别的人"]
    rows = labelled_rows(sentences, [0, 1, 0] * 10 + [1, 1], group=["g"] * 32, functionality=["f"] * 32)
    chosen = EvaluationSettings(MeasureSettings(resamples=10, texts=texts), ATTACKED.attacks)
    report = evaluated(table(rows), chosen, tmp_path)
    write_report(report, tmp_path / "report.json")
    write_html(report, tmp_path / "report.html")
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(files) == {"report.json", "report.html", FILE}
    for name, content in files.items():
        for piece in ("peculiar", "特别"):
            assert (piece.encode() in content) is texts, name


def test_a_report_can_be_written_shown_and_read_back(tmp_path: Path) -> None:
    rows = labelled_rows(
        *many_texts(60), target=["a|b"] * 60, functionality=["f", "g"] * 30, language=["en", "fr"] * 30
    )
    report = evaluated(table(rows), ATTACKED, tmp_path)
    write_report(report, tmp_path / "report.json")
    write_html(report, tmp_path / "report.html")
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert read_report(tmp_path) == json.loads(json.dumps(report)) == json.loads(text)
    assert "NaN" not in text and "Infinity" not in text


def test_columns_in_another_encoding_cost_nothing(tmp_path: Path) -> None:
    bad = "\udcff"
    columns = {name: [f"{bad}1", f"{bad}2", None] for name in ("id", "group", "target", "functionality", "language")}
    rows = labelled_rows([f"a{bad} {WORD}", f"b{bad} {WORD}", "c"], [0, 0, 1], **columns)
    report = evaluated(table(rows), EvaluationSettings(MeasureSettings(resamples=5, texts=True)), tmp_path)
    write_report(report, tmp_path / "report.json")
    write_html(report, tmp_path / "report.html")
    texts = [one["text"] for one in read_report(tmp_path)["worst_errors"]]
    assert sorted(texts) == [f"a{bad} {WORD}", f"b{bad} {WORD}", "c"]


any_cell = (
    st.none() | st.text(st.characters(), max_size=6) | st.integers(-3, 3) | st.lists(st.text(max_size=3), max_size=2)
)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.text(st.characters(), max_size=8), any_cell, any_cell), min_size=1, max_size=8))
def test_any_columns_give_a_report_that_json_can_hold(rows: list[tuple[str, Any, Any]]) -> None:
    texts, first, second = (list(values) for values in zip(*rows, strict=True))
    columns = {"id": first, "group": second, "target": first, "functionality": second, "language": first}
    labels = [number % 2 for number in range(len(rows))]
    chosen = EvaluationSettings(MeasureSettings(resamples=3, texts=True))
    report = evaluated(table(labelled_rows(texts, labels, **columns)), chosen)
    json.dumps(report, allow_nan=False)
    assert report["n"] + report["errors"] == len(rows)
