"""Bootstrap intervals against drawing rows one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score

from decloak.evaluation.intervals import macro_f1_interval


def test_interval_is_that_of_drawing_rows() -> None:
    rng = np.random.default_rng(3)
    true = rng.integers(0, 2, 300)
    predicted = np.where(rng.random(300) < 0.8, true, 1 - true)
    scores = []
    for _ in range(1500):
        rows = rng.integers(0, 300, 300)
        scores.append(f1_score(true[rows], predicted[rows], average="macro"))
    expected = np.quantile(scores, [0.025, 0.975])
    found = macro_f1_interval(confusion_matrix(true, predicted).tolist())
    assert found == pytest.approx(expected, abs=0.008)


@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=3, max_size=3))
def test_interval_is_ordered_and_in_range(confusion: list[list[int]]) -> None:
    interval = macro_f1_interval(confusion, resamples=50)
    if interval is None:
        assert sum(map(sum, confusion)) == 0
    else:
        assert 0 <= interval[0] <= interval[1] <= 1


def test_interval_narrows_with_rows_and_is_reproducible() -> None:
    small, large = macro_f1_interval([[40, 10], [10, 40]]), macro_f1_interval([[4000, 1000], [1000, 4000]])
    assert small is not None and large is not None
    assert small[1] - small[0] > 5 * (large[1] - large[0])
    assert small == macro_f1_interval([[40, 10], [10, 40]])


@pytest.mark.parametrize(("confusion", "level"), [([[1, 2]], 0.95), ([[1, 0], [0, 1]], 95)])
def test_bad_arguments_are_refused(confusion: list[list[int]], level: float) -> None:
    with pytest.raises(ValueError, match="square|between 0 and 1"):
        macro_f1_interval(confusion, level)
