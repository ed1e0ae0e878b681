from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from decloak.evaluation.label_scheme import label_scheme
from decloak.evaluation.predictions_file import FILE, read_predictions, write_predictions
from decloak.evaluation.report_sections import text_hash
from decloak.evaluation.scored_rows import ScoredRows, score_rows
from tests.evaluation.scripted import BROKEN, WORD, WordClassifier, labelled_rows, score_of

TEXTS = ["a", f"b {WORD}", f"c {BROKEN}", "d"]


def scored_rows(classifier: WordClassifier | None = None, **columns: Any) -> ScoredRows:
    classifier = classifier or WordClassifier()
    scheme = label_scheme(classifier.labels, [])
    return score_rows(classifier.answers, labelled_rows(TEXTS, [0, 1, 1, 1], scheme, **columns), scheme)


def test_each_answered_row_is_there_without_its_text(tmp_path: Path) -> None:
    named = write_predictions(scored_rows(id=[7, "b", "c", None], group=["g", None, None, "g"]), ["x", "y"], tmp_path)
    assert (named["file"], named["rows"]) == (FILE, 3)
    table = read_predictions({"predictions": named}, tmp_path)
    kept = ["a", f"b {WORD}", "d"]
    assert table.to_pydict() == {
        "row": [2, 3, 5],
        "id": ["7", "b", None],
        "group": ["g", None, "g"],
        "sha256": [text_hash(text) for text in kept],
        "true": [0, 1, 1],
        "predicted": [0, 1, 0],
        "score": [score_of(text) for text in kept],
    }
    assert WORD.encode() not in (tmp_path / FILE).read_bytes()


def test_texts_are_there_if_wanted(tmp_path: Path) -> None:
    write_predictions(scored_rows(), ["x", "y"], tmp_path, texts=True)
    assert parquet.read_table(tmp_path / FILE)["text"].to_pylist() == ["a", f"b {WORD}", "d"]


def test_of_three_classes_the_score_is_that_of_the_predicted_one(tmp_path: Path) -> None:
    classifier = WordClassifier(labels=["calm", "rude", "hate"])
    scored = scored_rows(classifier)
    write_predictions(scored, classifier.labels, tmp_path)
    table = parquet.read_table(tmp_path / FILE).to_pydict()
    assert table["score"] == scored.scores.max(axis=1).tolist()
    assert table["predicted"] == scored.scores.argmax(axis=1).tolist()


def test_no_rows_are_a_table_of_the_same_columns(tmp_path: Path) -> None:
    for labels in (["x", "y"], ["x", "y", "z"]):
        named = write_predictions(scored_rows().part([]), labels, tmp_path, texts=True)
        table = read_predictions({"predictions": named}, tmp_path)
        assert (table.num_rows, table.num_columns) == (0, 8)
        assert str(table.schema.field("score").type) == "double"


@pytest.mark.parametrize("bad", ["\udcff", "\ud83d\ude00", "\x00"])
def test_what_is_no_unicode_costs_no_row(tmp_path: Path, bad: str) -> None:
    rows = labelled_rows([bad, "b"], [0, 1], id=[f"i{bad}", "2"], group=[bad, None])
    scored = score_rows(WordClassifier().answers, rows, label_scheme(["fine", "hate"], []))
    write_predictions(scored, ["x", "y"], tmp_path, texts=True)
    assert parquet.read_table(tmp_path / FILE).num_rows == 2


def test_a_changed_or_missing_file_is_refused(tmp_path: Path) -> None:
    report = {"predictions": write_predictions(scored_rows(), ["x", "y"], tmp_path), "model": "m", "data": "d"}
    write_predictions(scored_rows().part([0, 1]), ["x", "y"], tmp_path)
    with pytest.raises(ValueError, match="not the file that its report was written with"):
        read_predictions(report, tmp_path)
    (tmp_path / FILE).unlink()
    with pytest.raises(FileNotFoundError, match=f"{FILE}: keep {FILE} beside"):
        read_predictions(report, tmp_path)
    with pytest.raises(ValueError, match="the report of m on d keeps no answers"):
        read_predictions(report | {"predictions": None}, tmp_path)


def test_a_report_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    named = write_predictions(scored_rows(), ["x", "y"], tmp_path)
    with pytest.raises(FileNotFoundError):
        read_predictions({"predictions": named | {"file": f"../{FILE}"}}, tmp_path / "inside")
