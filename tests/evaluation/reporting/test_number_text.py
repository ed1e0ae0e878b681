import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.reporting.number_text import (
    UNDEFINED,
    between,
    count,
    decimal,
    defined,
    pair,
    percent,
    probability,
    signed,
    significant,
    with_interval,
)

WRITERS = (decimal, signed, count, percent, significant, probability)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, "0.5", True, [1]])
def test_what_is_no_number_is_undefined_and_never_zero(write: Callable[[Any], str], value: Any) -> None:
    assert write(value) == UNDEFINED


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (decimal, 0.79449, "0.794"),
        (decimal, 1, "1.000"),
        (decimal, 0, "0.000"),
        (signed, 0.0123, "+0.012"),
        (signed, -0.5, "-0.500"),
        (count, 1234567, "1,234,567"),
        (percent, 0.01, "1 %"),
        (percent, 0.125, "12.5 %"),
        (percent, 0, "0 %"),
        (percent, 1, "100 %"),
        (significant, 0.98123, "0.9812"),
        (significant, 0.0000012345, "1.234e-06"),
        (probability, 0.0004, "< 0.001"),
        (probability, 0.31, "0.310"),
    ],
)
def test_numbers_are_written(write: Callable[[Any], str], value: float, text: str) -> None:
    assert write(value) == text


@given(st.floats(-1, 1))
def test_a_measure_is_read_back_to_its_last_digit(value: float) -> None:
    assert float(decimal(value)) == pytest.approx(value, abs=0.00050001)
    assert decimal(value) == f"{value:.3f}"


@pytest.mark.parametrize("interval", [None, [], [0.1], [0.1, None], "ab", 3, [math.nan, 1], {"a": 1, "b": 2}])
def test_what_is_no_interval_is_left_out(interval: Any) -> None:
    assert pair(interval) is None
    assert between(interval) == ""
    assert with_interval(0.5, interval) == "0.500"


def test_an_interval_is_written_with_its_measure() -> None:
    assert with_interval(0.794, (0.781, 0.806)) == "0.794 (0.781 to 0.806)"


def test_whole_numbers_are_defined() -> None:
    assert defined(3) == 3.0
