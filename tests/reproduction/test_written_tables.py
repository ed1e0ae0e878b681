from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.classifiers import TextClassifier
from decloak.reproduction.experiment_data import ExperimentTables, GroupedRow
from decloak.reproduction.source_tables import SourceRow
from decloak.reproduction.text_normalization import NormalizedClassifier, text_normalizer
from decloak.reproduction.written_tables import write_tests, write_training
from decloak.training.data.tables import table_rows

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


def tables_of(written: list[str]) -> ExperimentTables:
    rows = [GroupedRow(SourceRow(text, number % 2, str(number)), "g") for number, text in enumerate(written)]
    return ExperimentTables(train={"one": rows}, tests={"t": rows}, excluded=written)


@given(st.lists(texts, min_size=1, max_size=5))
def test_texts_come_back_as_they_were_written(tmp_path_factory: pytest.TempPathFactory, written: list[str]) -> None:
    folder = tmp_path_factory.mktemp("tables")
    files = write_training(tables_of(written), "none", folder)
    for file in (files.train["one"], files.excluded, write_tests(tables_of(written), folder)["t"].file):
        rows = list(table_rows(file, ["text", "label"]))
        assert [row.values.get("text") for row in rows] == written
        assert not any(row.error for row in rows)


def test_equal_rows_give_equal_bytes_and_files_are_left_alone(tmp_path: Path) -> None:
    first = write_training(tables_of(["a", "b"]), "none", tmp_path)
    before = first.train["one"].stat().st_mtime_ns
    assert write_training(tables_of(["a", "b"]), "none", tmp_path) == first
    assert first.train["one"].stat().st_mtime_ns == before
    assert write_training(tables_of(["a", "c"]), "none", tmp_path).sha256 != first.sha256
    assert first.validation is None


def test_what_language_models_read_has_files_of_its_own(tmp_path: Path) -> None:
    tables = tables_of(["a"])
    tables.language = {"more": tables_of(["\u6211\u2764"]).train["one"]}
    files = write_training(tables, "emoji_names", tmp_path)
    assert files.language == {"more": tmp_path / "emoji_names" / "language-more.csv"} and "more" not in files.train
    assert "\u2764" not in files.language["more"].read_text(encoding="utf-8")
    assert "language-more" in files.sha256


def test_only_training_texts_are_normalised(tmp_path: Path) -> None:
    tables = tables_of(["\u6211\u2764\u4f60"])
    trained = write_training(tables, "emoji_names", tmp_path)
    assert trained.train["one"].parent.name == "emoji_names"
    for file in (trained.train["one"], trained.excluded):
        assert "\u2764" not in file.read_text(encoding="utf-8")
    assert "\u2764" in write_tests(tables, tmp_path)["t"].file.read_text(encoding="utf-8")


@given(texts)
def test_without_normalisation_nothing_changes(text: str) -> None:
    assert text_normalizer("none")(text) == text


def test_emoji_names_change_emoji_alone() -> None:
    text = "Ｈ\u200bello \u7279\u5225 h4te"
    assert text_normalizer("emoji_names")(text) == text
    assert "\u2764" not in text_normalizer("emoji_names")(f"{text}\u2764")
    assert text_normalizer("light")(text).startswith("Hello")
    assert text_normalizer("full")(text) != text_normalizer("light")(text)


class Echo(TextClassifier):
    kind = "echo"
    name, labels = "echo", ["a", "b"]

    def answers(self, texts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return ({"label": text} for text in texts)

    def fingerprint(self) -> str:
        return "0"


def test_a_classifier_is_asked_normalised_texts() -> None:
    wrapped = NormalizedClassifier(Echo(), "light", "x")
    assert [answer["label"] for answer in wrapped.answers(["Ｈi", None, "b"])] == ["Hi", None, "b"]  # type: ignore[list-item]
    assert wrapped.fingerprint() != NormalizedClassifier(Echo(), "full", "x").fingerprint()
    assert wrapped.describe()["normalization"] == "light" and wrapped.describe()["name"] == "x"
