"""Calibration against hand values and a loop over bins."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from decloak.evaluation.metrics import calibration_metrics

ROWS = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=40)


def test_by_hand() -> None:
    got = calibration_metrics([0, 1, 1, 1], [0.1, 0.2, 0.7, 0.9], bins=2)
    # Bin 0 holds 0.1 and 0.2 and is right half of the time; bin 1 holds 0.7 and 0.9 and is always right.
    assert got["ece"] == pytest.approx((2 * abs(0.15 - 0.5) + 2 * abs(0.8 - 1)) / 4)
    assert got["adaptive_ece"] == pytest.approx(got["ece"])
    assert got["brier"] == pytest.approx((0.01 + 0.64 + 0.09 + 0.01) / 4)
    assert got["reliability"][0] == {
        "low": 0,
        "high": 0.5,
        "count": 2,
        "mean_probability": pytest.approx(0.15),
        "positive_rate": 0.5,
    }


@given(ROWS, st.integers(1, 20))
def test_equals_a_loop_over_bins(rows: list[tuple[int, float]], bins: int) -> None:
    labels, chance = (np.array(column) for column in zip(*rows, strict=True))
    got = json.loads(json.dumps(calibration_metrics(labels, chance, bins), allow_nan=False))
    expected = 0.0
    for k, entry in enumerate(got["reliability"]):
        low, high = k / bins, (k + 1) / bins
        inside = (chance >= low) & ((chance < high) | (k == bins - 1))
        assert entry["count"] == inside.sum()
        if inside.any():
            expected += inside.mean() * abs(chance[inside].mean() - labels[inside].mean())
        else:
            assert entry["mean_probability"] is None and entry["positive_rate"] is None
    assert got["ece"] == pytest.approx(expected, abs=1e-9)
    assert got["brier"] == pytest.approx(brier_score_loss(labels, chance))


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[int, float]], random: Any) -> None:
    shuffled = random.sample(rows, len(rows))
    first, second = (calibration_metrics(*zip(*some, strict=True)) for some in (rows, shuffled))  # type: ignore[arg-type]
    for name in ("ece", "adaptive_ece", "brier"):
        assert first[name] == pytest.approx(second[name], abs=1e-9)


def test_edges_belong_to_the_bin_that_they_open() -> None:
    counts = [entry["count"] for entry in calibration_metrics([1, 1, 1], [0.29, 0.3, 1.0], 100)["reliability"]]
    assert (counts[29], counts[30], counts[99]) == (1, 1, 1)


def test_adaptive_bins_hold_equally_many_rows() -> None:
    # Equal-width bins put three of these rows into one bin; two adaptive bins hold two rows each.
    got = calibration_metrics([0, 0, 1, 1], [0.0, 0.1, 0.2, 0.9], 2)
    assert got["adaptive_ece"] == pytest.approx((abs(0.1 - 0) + abs(1.1 - 2)) / 4)
    assert got["ece"] == pytest.approx((abs(0.3 - 1) + abs(0.9 - 1)) / 4)


def test_a_calibrated_classifier_has_little_error() -> None:
    rng = np.random.default_rng(0)
    chance = rng.random(50_000)
    got = calibration_metrics((rng.random(50_000) < chance).astype(int), chance)
    assert got["ece"] < 0.01 and got["adaptive_ece"] < 0.01


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "0 rows"),
        (([0, 1, 0], [0.1, 1.2, -1]), "probabilities lie outside 0 ... 1: 2 of 3 rows, the first at index 1, 2"),
        (([0, 1], [0.1, float("nan")]), "not finite: 1 of 2 rows, the first at index 1"),
        (([0, 1], [0.1, 0.2], 0), "bins is 0"),
        (([0], [0.1, 0.2]), "1 labels but 2 probabilities"),
    ],
)
def test_input_that_does_not_fit(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calibration_metrics(*arguments)
