"""Rows and settings of a call of the processor."""

from typing import Any

import numpy as np
import pytest

from decloak.processing.row_inputs import as_rows, call_settings

GIVEN: dict[str, Any] = {"truncation": False, "max_length": None, "sampling_rate": None}


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ({"text": "a", "audio": None}, [{"text": "a"}]),
        ({"text": ["a", "b"]}, [{"text": "a"}, {"text": "b"}]),
        ({"text": ("a", "b"), "text_pair": ["c", None]}, [{"text": "a", "text_pair": "c"}, {"text": "b"}]),
        ({"audio": [0.1, 0.2]}, [{"audio": [0.1, 0.2]}]),
        ({"audio": [np.float32(1)]}, [{"audio": [np.float32(1)]}]),
        ({"audio": [[0.1], "a.wav"]}, [{"audio": [0.1]}, {"audio": "a.wav"}]),
        ({"text": "a", "audio": [0.1, 0.2]}, [{"text": "a", "audio": [0.1, 0.2]}]),
        ({"text": [None, "b"], "image": ["p.png", None]}, [{"image": "p.png"}, {"text": "b"}]),
        ({"text": []}, []),
    ],
)
def test_rows(columns: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    assert as_rows(**columns) == rows


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": None}, "Give text"),
        ({"text": ["a"], "audio": ["a.wav", "b.wav"]}, "one length"),
        ({"text": ["a"], "image": "p.png"}, "give all of them as lists"),
    ],
)
def test_columns_that_make_no_rows(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        as_rows(**columns)


@pytest.mark.parametrize(
    ("truncation", "cuts"),
    [(True, True), ("longest_first", True), (False, False), (None, False), ("do_not_truncate", False)],
)
def test_truncation_in_the_words_of_transformers(truncation: Any, cuts: bool) -> None:
    assert call_settings(GIVEN | {"truncation": truncation}, {})["truncation"] is cuts
    assert call_settings(GIVEN, {"text_kwargs": {"truncation": truncation}})["truncation"] is cuts


def test_nested_settings_win() -> None:
    nested = {"text_kwargs": {"max_length": 16, "padding": True}, "audio_kwargs": {"sampling_rate": 8000}}
    assert call_settings(GIVEN, nested) == {"truncation": False, "max_length": 16, "sampling_rate": 8000}


@pytest.mark.parametrize(
    "others",
    [{"max_lenght": 3}, {"text_kwargs": {"stride": 3}}, {"images_kwargs": {"size": 3}}, {"audio_kwargs": {"x": 1}}],
)
def test_unknown_settings_are_not_ignored(others: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="Unknown settings"):
        call_settings(GIVEN, others)


@pytest.mark.parametrize("padding", [False, "max_length"])
def test_other_padding_is_refused(padding: Any) -> None:
    with pytest.raises(ValueError, match="padding"):
        call_settings(GIVEN, {"padding": padding})
