from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from decloak.evaluation.metrics import bootstrap_intervals, paired_bootstrap
from decloak.reproduction.pooled_bootstrap import Draws, pooled_difference, pooled_interval

DRAWS = Draws(resamples=200, seed=3)


def drawn(seed: int, n: int = 60) -> tuple[Any, list[Any], list[str]]:
    """Classes, three predictions that are right two times in three, and clusters."""
    chance = np.random.default_rng(seed)
    true = chance.integers(0, 2, n)
    predictions = [np.where(chance.random(n) < 0.67, true, 1 - true) for _ in range(3)]
    return true, predictions, [f"g{number // 2}" for number in range(n)]


@given(st.integers(0, 1000), st.booleans(), st.sampled_from(["macro_f1", "mcc", "accuracy"]))
def test_one_seed_is_the_plain_bootstrap(seed: int, clustered: bool, measure: str) -> None:
    true, (first, second, _), names = drawn(seed)
    clusters = names if clustered else None
    draws = Draws(resamples=100, level=0.9, seed=seed, measure=measure)
    options: dict[str, Any] = {"resamples": 100, "level": 0.9, "seed": seed, "clusters": clusters}
    plain = bootstrap_intervals(true, first, measures=[measure], **options)[measure]
    assert pooled_interval(true, [first], clusters, draws) == pytest.approx(plain)
    paired = paired_bootstrap(true, first, second, measure=measure, **options)
    found = pooled_difference(true, [(first, second)], clusters, draws)
    assert found["difference"] == pytest.approx(paired["difference"])
    assert found["interval"] == pytest.approx(paired["interval"])
    assert found["p_value"] == pytest.approx(paired["p_value"])


def test_pooled_draws_are_those_of_a_simple_reference() -> None:
    """Rows drawn one by one, macro-F1 by scikit-learn: the ends agree within what chance allows."""
    true, predictions, _ = drawn(5, 200)
    chance = np.random.default_rng(0)
    scores = []
    for predicted in predictions:
        for _ in range(400):
            rows = chance.integers(0, len(true), len(true))
            scores.append(f1_score(true[rows], predicted[rows], average="macro"))
    reference = np.quantile(scores, [0.025, 0.975])
    found = pooled_interval(true, predictions, None, Draws(resamples=2000))
    assert found == pytest.approx(reference, abs=0.02)


def test_seeds_that_differ_widen_the_interval() -> None:
    true = np.array([0, 1] * 100)
    good, bad = true.copy(), true.copy()
    good[:20], bad[:100] = 1 - true[:20], 1 - true[:100]
    wide = pooled_interval(true, [good, bad], None, DRAWS)
    narrow = pooled_interval(true, [good, good], None, DRAWS)
    assert wide is not None and narrow is not None
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])
    assert narrow == pytest.approx(pooled_interval(true, [good], None, DRAWS))


def test_the_difference_is_the_mean_over_seeds() -> None:
    true, (a, b, c), clusters = drawn(1)
    found = pooled_difference(true, [(a, b), (a, c)], clusters, DRAWS)
    score = {name: f1_score(true, one, average="macro") for name, one in (("a", a), ("b", b), ("c", c))}
    assert found["by_seed"] == pytest.approx([score["a"] - score["b"], score["a"] - score["c"]])
    assert found["difference"] == pytest.approx(np.mean(found["by_seed"]))
    assert found["interval"][0] <= found["difference"] <= found["interval"][1]


def test_equal_predictions_differ_by_nothing() -> None:
    true, (a, _, _), _ = drawn(2)
    found = pooled_difference(true, [(a, a)], None, DRAWS)
    assert (found["difference"], found["interval"], found["p_value"]) == (0.0, [0.0, 0.0], 1.0)


def test_what_is_undefined_is_none() -> None:
    true = np.zeros(6, dtype=np.int64)
    draws = Draws(resamples=20, measure="mcc")
    assert pooled_interval(true, [true], None, draws) is None
    found = pooled_difference(true, [(true, true)], None, draws)
    assert found == {"difference": None, "by_seed": [None], "interval": None, "p_value": None}
