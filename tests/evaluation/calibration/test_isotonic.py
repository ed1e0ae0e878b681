"""The monotone map against scikit-learn's, and what is kept of the ranking."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from decloak.evaluation.calibration.isotonic import RANKING, apply_isotonic, fit_isotonic, thinned
from decloak.modeling.calibration_mmbert import ScoreCalibration

rows = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=2, max_size=60)


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose squares are the true probabilities."""
    rng = np.random.default_rng(seed)
    scores = rng.random(n)
    return (rng.random(n) < scores**2).astype(np.int64), scores


@given(rows)
def test_it_is_that_of_scikit_learn(pairs: list[tuple[int, float]]) -> None:
    labels, scores = np.array([label for label, _ in pairs]), np.array([score for _, score in pairs])
    least = 1 / (len(pairs) + 2)
    theirs = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(scores, labels)
    ours = fit_isotonic(labels, scores)
    # scikit-learn computes in float32 where two scores are nearly one; look where it has its own knots.
    places = np.concatenate([scores, np.linspace(0, 1, 11)])
    gaps = np.abs(apply_isotonic(ours, places) - theirs.predict(places))
    assert gaps.max() <= RANKING + 1e-6


@given(rows)
def test_any_map_is_one_that_a_checkpoint_takes(pairs: list[tuple[int, float]]) -> None:
    knots = fit_isotonic(np.array([label for label, _ in pairs]), np.array([score for _, score in pairs]))
    ScoreCalibration(["no", "yes"], isotonic=knots).check()
    assert (knots["scores"][0], knots["scores"][-1]) == (0, 1)
    assert 0 < knots["probabilities"][0] and knots["probabilities"][-1] < 1


def test_the_ranking_is_kept_although_isotonic_regression_has_steps() -> None:
    labels, scores = drawn(5000)
    steps = IsotonicRegression(out_of_bounds="clip").fit(scores, labels).predict(scores)
    mapped = apply_isotonic(fit_isotonic(labels, scores), scores)
    assert len(np.unique(steps)) < 200
    assert roc_auc_score(labels, mapped) == roc_auc_score(labels, scores)


def test_knots_are_few_and_lose_little() -> None:
    labels, scores = drawn(200_000)
    knots = fit_isotonic(labels, scores, most_knots=60)
    assert len(knots["scores"]) <= 60 < len(fit_isotonic(labels, scores, most_knots=10**6)["scores"])
    places = np.linspace(0.02, 0.98, 500)
    assert apply_isotonic(knots, places) == pytest.approx(places**2, abs=0.03)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=300).map(sorted), st.integers(2, 100))
def test_thinning_keeps_the_ends(heights: list[float], most: int) -> None:
    kept = thinned(np.array(heights), most)
    assert len(kept) <= max(most, 2) or len(heights) <= most
    assert (kept[0], kept[-1]) == (0, len(heights) - 1)
    assert (np.diff(kept) > 0).all()


def test_no_map_changes_nothing() -> None:
    scores = np.array([0.1, 0.9])
    assert apply_isotonic(None, scores) is scores


def test_one_class_or_one_score_gives_a_map_that_is_never_sure() -> None:
    for labels in (np.zeros(8, dtype=np.int64), np.ones(8, dtype=np.int64)):
        mapped = apply_isotonic(fit_isotonic(labels, np.full(8, 0.5)), np.array([0.0, 0.5, 1.0]))
        assert mapped == pytest.approx([abs(labels[0] - 0.1)] * 3, abs=2 * RANKING)
