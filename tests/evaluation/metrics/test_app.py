"""The page of a metric's Space: tables in, measures out."""

import json
import runpy
import shutil
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation import metrics
from decloak.evaluation.metrics import app

FOLDER = Path(metrics.__file__).parent


@pytest.mark.parametrize("name", ["hate_classification", "group_bias", "functionality", "cloaking_robustness"])
def test_a_space_measures_its_example(name: str, tmp_path: Path) -> None:
    # Hugging Face checks a Space out into a folder called app, whatever it is called.
    space = Path(shutil.copytree(FOLDER / name, tmp_path / "app"))
    scope = runpy.run_path(str(space / "app.py"))
    assert scope["metric_file"]().name == f"{name}.py"
    got = scope["measures"]((space / "example.tsv").read_text(encoding="utf-8"))
    assert json.dumps(got, allow_nan=False)
    assert "macro_f1" in got or "groups" in got or "functionalities" in got
    assert isinstance(scope["page"](), gr.Blocks)
    with pytest.raises(gr.Error, match="2 of 2 rows|inputs are missing"):
        scope["measures"]("references\tpredictions\n5\t0\n6\t1\n")


def test_values_take_the_type_of_their_column() -> None:
    table = "references\tscores\tgroups\tfunctionalities\n1\t0.5\twomen, men\t3a\n0\t1\t\t4\n"
    assert app.columns(table) == {
        "references": [1, 0],
        "scores": [0.5, 1.0],
        "groups": [["women", "men"], []],
        "functionalities": ["3a", "4"],
    }


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "no rows"),
        ("a\tb\n", "no rows"),
        ("a\tb\n1\t2\n1\n", "line 3 has 1 cells"),
        ("a\ta\n1\t2", "a name of its own"),
    ],
)
def test_tables_that_are_none(table: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        app.columns(table)


@given(st.text(max_size=60))
def test_garbage_is_refused_or_read(table: str) -> None:
    try:
        found: dict[str, Any] = app.columns(table)
    except ValueError:
        return
    assert len({len(values) for values in found.values()}) == 1


def test_too_long_a_table_is_refused() -> None:
    with pytest.raises(gr.Error, match="at most 1000000"):
        app.measures("x" * 1_000_001)
