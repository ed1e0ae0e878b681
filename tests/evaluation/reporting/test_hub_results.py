import logging
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import parse_eval_result_entries
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.reporting.hub_results import eval_result_entries, file_name, write_eval_results
from tests.evaluation.reporting.extreme_reports import cross_report, empty_report
from tests.evaluation.reporting.fake_report import full_report

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def on_the_hub(data: str = "test", **facts: Any) -> dict[str, Any]:
    report = full_report(data=data)
    report["dataset"] |= {"hub_id": "someone/benchmark", **facts}
    return report


def test_an_entry_holds_what_the_report_says() -> None:
    (entry,) = eval_result_entries(
        on_the_hub(revision=COMMIT), source_url="https://example.org/r", source_name="report"
    )
    assert (entry.dataset_id, entry.task_id, entry.value) == ("someone/benchmark", "default", 0.7941)
    assert (entry.dataset_revision, entry.verify_token) == (COMMIT, None)
    assert entry.date == "2026-03-01T12:30:00+00:00"
    assert entry.notes is not None
    for part in (
        "macro-F1 (95 % bootstrap interval 0.781 to 0.806), 5,000 texts, 1,234 left out",
        "AUROC 0.876",
        "0.1.0",
    ):
        assert part in entry.notes


def test_another_measure_can_be_the_value() -> None:
    (entry,) = eval_result_entries(on_the_hub(), measure="recall_at_fpr_0.01", task_id="zh")
    assert (entry.value, entry.task_id) == (0.3687, "zh")
    assert str(entry.notes).startswith("recall at 1 % FPR (95 % bootstrap interval 0.301 to 0.440)")


def test_nothing_is_made_up(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert eval_result_entries(full_report()) == []
        assert eval_result_entries(empty_report(), dataset_id="a/b") == []
    assert "invented test has no id on the Hub" in caplog.text
    assert "macro-F1 on invented test is undefined" in caplog.text
    (entry,) = eval_result_entries(on_the_hub())
    assert entry.dataset_revision is None


@pytest.mark.parametrize(
    ("choices", "match"),
    [
        ({"dataset_id": "no id"}, "no data set on the Hub"),
        ({"dataset_id": "alone"}, "user/name"),
        ({"dataset_id": "a/b", "revision": "main"}, "40 hexadecimal digits"),
        ({"dataset_id": "a/b", "measure": "f1"}, "choose from macro_f1"),
        ({"dataset_id": "a/b", "source_name": "x"}, "source_url"),
    ],
)
def test_what_cannot_be_is_refused(choices: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        eval_result_entries(full_report(), **choices)


def test_files_are_read_back_as_the_hub_reads_them(tmp_path: Path) -> None:
    (file,) = write_eval_results(on_the_hub(), tmp_path)
    assert file == tmp_path / ".eval_results" / "test.yaml"
    assert parse_eval_result_entries(yaml.safe_load(file.read_text(encoding="utf-8"))) == eval_result_entries(
        on_the_hub()
    )
    assert [path.name for path in file.parent.iterdir()] == ["test.yaml"]


def test_data_without_an_id_makes_no_folder(tmp_path: Path) -> None:
    assert write_eval_results(full_report(), tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_each_data_set_of_several_has_its_file(tmp_path: Path) -> None:
    report = cross_report(3)
    report["reports"][0]["dataset"]["hub_id"] = "a/first"
    report["reports"][1] |= {"dataset": {"hub_id": "a/second"}, "data": "first"}
    files = write_eval_results(report, tmp_path)
    ids = {yaml.safe_load(file.read_text(encoding="utf-8"))[0]["dataset"]["id"] for file in files}
    assert ids == {"a/first", "a/second"}
    with pytest.raises(ValueError, match="3 data sets"):
        write_eval_results(report, tmp_path, dataset_id="a/b")


@given(st.text(st.characters(exclude_categories=())))
def test_any_name_of_data_gives_a_file_name(data: str) -> None:
    name = file_name(data)
    assert name.isascii()
    assert "/" not in name
    assert not name.startswith(("-", "."))
    assert 6 <= len(name) <= 95


def test_names_that_differ_give_files_that_differ() -> None:
    names = ["a b", "a-b", "a/b", "数据", "", "测试", "a" * 100, "a" * 101]
    assert len(set(map(file_name, names))) == len(names)
