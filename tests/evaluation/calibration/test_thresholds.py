"""Thresholds against trying all of them, and the exact interval."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.calibration.thresholds import (
    enough_negatives,
    exact_interval,
    of_language,
    rate_key,
    threshold_at,
    threshold_table,
)

# Few different scores, so that there are ties.
scores_of = st.lists(st.integers(0, 10).map(lambda tenth: tenth / 10), min_size=1, max_size=40)
rates = st.floats(0.001, 0.999)


@given(scores_of, scores_of, rates)
def test_it_is_the_lowest_that_keeps_the_rate(negative: list[float], positive: list[float], rate: float) -> None:
    negatives, scores = np.array(negative), np.array(negative + positive)
    threshold = threshold_at(negatives, scores, rate)
    allowed = np.floor(rate * len(negatives) + 1e-9)
    assert (negatives >= threshold).sum() <= allowed
    candidates = [0.0, *scores[scores < threshold]]
    for lower in candidates:
        assert (negatives >= lower).sum() > allowed or lower >= threshold


@given(scores_of, scores_of, rates)
def test_no_score_lies_on_it(negative: list[float], positive: list[float], rate: float) -> None:
    threshold = threshold_at(np.array(negative), np.array(negative + positive), rate)
    assert threshold in (0.0, 1.0, inf) or abs(np.array(negative + positive) - threshold).min() > 1e-3


def test_by_hand() -> None:
    negatives = np.arange(100) / 100
    scores = np.concatenate([negatives, [0.985, 1.0]])
    assert threshold_at(negatives, scores, 0.01) == pytest.approx(0.9825)  # 0.99 alone is above, and 0.985
    assert threshold_at(negatives, scores, 0.05) == pytest.approx(0.945)
    assert (negatives >= threshold_at(negatives, scores, 0.07)).sum() == 7
    assert (negatives >= threshold_at(negatives, scores, 0.29)).sum() == 29
    assert threshold_at(np.ones(10), np.ones(20), 0.1) == inf


def test_neighbouring_numbers_are_told_apart() -> None:
    low = 0.5
    high = float(np.nextafter(low, 1))
    threshold = threshold_at(np.full(10, low), np.array([low, high]), 0.01)
    assert low < threshold <= high


def table(labels: list[int], scores: list[float], languages: list[str], *at: float) -> tuple[dict, list[str]]:
    return threshold_table(np.array(labels), np.array(scores), np.array(languages), at)


def test_a_rate_that_too_few_negatives_allow_is_refused() -> None:
    labels = [0] * 100 + [0] * 30 + [1] * 10
    scores = [*np.linspace(0, 0.9, 100), *np.linspace(0, 0.5, 30), *np.linspace(0.6, 1, 10)]
    found, notes = table(labels, scores, ["zh"] * 100 + ["en"] * 40, 0.01, 0.05)
    assert {name: sorted(held) for name, held in found.items()} == {
        "zh": ["0.01", "0.05"], "en": ["0.05"], "*": ["0.01", "0.05"],
    }  # fmt: skip
    assert notes == ["en: no threshold at a false-positive rate of 0.01: 30 negatives, 100 are needed"]
    assert found["en"]["0.05"] != found["*"]["0.05"]
    assert enough_negatives(20, 0.05) and not enough_negatives(19, 0.05)


def test_one_language_gives_no_threshold_for_all() -> None:
    found, notes = table([0] * 50 + [1] * 5, [0.1] * 50 + [0.9] * 5, ["en"] * 55, 0.05)
    assert list(found) == ["en"]
    assert notes == ["zh: no rows, so no threshold, and none for all languages together"]


def test_saturated_negatives_are_refused() -> None:
    found, notes = table([0] * 50 + [1] * 5, [1.0] * 55, ["en"] * 50 + ["zh"] * 5, 0.05)
    assert found == {}
    assert any("too many negatives have the score 1" in line for line in notes)
    assert any(line.startswith("zh") and "0 negatives, 20 are needed" in line for line in notes)


def test_languages_and_keys() -> None:
    assert of_language(np.array(["zh", "en"]), "zh").tolist() == [True, False]
    assert of_language(np.array(["zh", "en"]), "*").tolist() == [True, True]
    assert [rate_key(rate) for rate in (0.01, 0.001, 0.5)] == ["0.01", "0.001", "0.5"]


def test_the_interval_is_that_of_the_textbook_and_covers() -> None:
    # Of no successes in n the upper end is 1 - (alpha / 2) ** (1 / n).
    assert exact_interval(0, 100) == pytest.approx((0, 1 - 0.025 ** (1 / 100)))
    low, high = exact_interval(10, 100)
    assert (low, high) == pytest.approx((0.0490, 0.1762), abs=1e-4)
    draws = np.random.default_rng(0).binomial(200, 0.03, 100)
    inside = [low <= 0.03 <= high for low, high in (exact_interval(hits, 200) for hits in draws)]
    assert np.mean(inside) >= 0.95
