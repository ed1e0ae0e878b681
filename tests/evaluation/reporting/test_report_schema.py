import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.evaluating import LabelledTable, evaluate_table
from decloak.evaluation.reporting.report_schema import (
    SCHEMA,
    AttackResult,
    Report,
    Robustness,
    read_report,
    write_report,
)
from tests.evaluation.scripted import WordClassifier, labelled_rows, many_texts, scheme_of

SMALL: dict[str, Any] = {"schema": SCHEMA, "kind": "evaluation", "n": 1, "mcc": None}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_what_is_written_is_read_back(values: dict[str, Any]) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        write_report({**values, **SMALL}, file)
        assert read_report(file) == {**values, **SMALL} == read_report(Path(folder))
        assert os.listdir(folder) == ["report.json"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_does_not_know_is_refused_and_leaves_the_old_file(tmp_path: Path, value: float) -> None:
    file = tmp_path / "report.json"
    write_report(SMALL, file)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_report({**SMALL, "ece": value}, file)
    assert read_report(file) == SMALL


@pytest.mark.parametrize("text", ["\udcff", "a\ud800b", "\\udcff", "人😀", "\u2028\x00"])
def test_any_text_can_be_written(tmp_path: Path, text: str) -> None:
    write_report({**SMALL, "notes": [text]}, tmp_path / "report.json")
    assert read_report(tmp_path)["notes"] == [text]
    json.loads((tmp_path / "report.json").read_bytes())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no JSON"),
        (b"{", "is no JSON"),
        (b"\xff\xfe\x00", "is no JSON"),
        (b"[1]", "has the schema None"),
        (b"{}", "has the schema None"),
        (b'{"schema": "decloak.evaluation/2"}', "has the schema 'decloak.evaluation/2'.* reads 'decloak.evaluation/1'"),
        (b'{"schema": ["x"]}', "has the schema"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "report.json").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_report(tmp_path)


def test_a_report_that_is_not_there(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "no.json"):
        with pytest.raises(FileNotFoundError, match=r"There is no report .*--report DIR"):
            read_report(file)


def test_an_evaluation_has_the_keys_of_the_schema_and_no_others() -> None:
    from decloak.evaluation.attack_runs import AttackSettings
    from decloak.evaluation.evaluating import EvaluationSettings

    classifier = WordClassifier()
    table = LabelledTable("d", labelled_rows(*many_texts(12)))
    settings = EvaluationSettings(attacks=AttackSettings(("leet",), (0.5,), resamples=5))
    report = evaluate_table(classifier, table, scheme_of(classifier), settings)
    assert set(report) == set(Report.__annotations__) - {"command"}
    assert set(report["robustness"]) == set(Robustness.__annotations__)
    assert set(AttackResult.__annotations__) <= set(report["robustness"]["attacks"][0])
