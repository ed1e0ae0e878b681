"""The temperature against scikit-learn's, and where the likelihood has no minimum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from decloak.evaluation.calibration.temperature import (
    HIGHEST,
    LOWEST,
    at_its_bound,
    fit_temperature,
    negative_log_likelihood,
    positive_log_odds,
)

POSITIVE = np.array([False, True])


def logits_of(log_odds: np.ndarray) -> np.ndarray:
    return np.stack([np.zeros_like(log_odds), log_odds], axis=1)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_scikit_learn(seed: int) -> None:
    """A logistic regression that is too sure of itself, calibrated by `CalibratedClassifierCV`."""
    rng = np.random.default_rng(seed)
    values, labels = rng.normal(size=(400, 3)), rng.integers(0, 2, 400)
    values[:, 0] += labels
    model = LogisticRegression(C=100).fit(values[:60], labels[:60])
    model.coef_ *= rng.uniform(0.5, 4)
    theirs = CalibratedClassifierCV(FrozenEstimator(model), method="temperature").fit(values, labels)
    log_odds = model.decision_function(values)
    ours = fit_temperature(labels, logits_of(log_odds), POSITIVE)
    expected = theirs.predict_proba(values)[:, 1]
    assert 1 / (1 + np.exp(-log_odds / ours)) == pytest.approx(expected, abs=1e-4)


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 5))
@settings(max_examples=30)
def test_it_undoes_a_temperature_and_never_makes_things_worse(seed: int, temperature: float) -> None:
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(scale=2, size=2000)
    labels = (rng.random(2000) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    found = fit_temperature(labels, logits_of(log_odds * temperature), POSITIVE)
    assert found == pytest.approx(temperature, rel=0.3)
    scaled = negative_log_likelihood(labels, log_odds * temperature / found)
    assert scaled <= negative_log_likelihood(labels, log_odds * temperature) + 1e-12


def test_several_positive_labels_count_together() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=3, size=(500, 3))
    positive = np.array([True, False, True])
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    together = shares[:, positive].sum(axis=1)
    assert 1 / (1 + np.exp(-positive_log_odds(logits, positive))) == pytest.approx(together)
    labels = (rng.random(500) < together).astype(np.int64)
    loss = negative_log_likelihood(labels, positive_log_odds(logits, positive))
    assert loss == pytest.approx(log_loss(labels, together))
    assert 0.7 < fit_temperature(labels, logits, positive) < 1.4


def test_scores_that_separate_or_contradict_the_classes_stay_bounded() -> None:
    labels = np.array([0, 1] * 20)
    log_odds = np.where(labels == 1, 2.0, -2.0)
    assert fit_temperature(labels, logits_of(log_odds), POSITIVE) == pytest.approx(LOWEST, rel=1e-3)
    assert fit_temperature(labels, logits_of(-log_odds), POSITIVE) == pytest.approx(HIGHEST, rel=1e-3)
    assert at_its_bound(LOWEST) and at_its_bound(HIGHEST) and not at_its_bound(1.3)


def test_scores_that_say_nothing_keep_their_temperature() -> None:
    labels = np.array([0, 1] * 20)
    assert fit_temperature(labels, np.zeros((40, 2)), POSITIVE) == 1.0


def test_huge_logits_do_not_overflow() -> None:
    labels = np.array([0, 1, 1, 0] * 10)
    log_odds = np.array([-900.0, 900, -900, 900] * 10)
    with np.errstate(over="raise", invalid="raise"):
        assert LOWEST <= fit_temperature(labels, logits_of(log_odds), POSITIVE) <= HIGHEST
