import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.routers.routing_sums import RoutingSums
from decloak.evaluation.routers.specialisation import CONTRASTS, bootstrap_means, paired_differences, specialisation

GROUPS = ("changed", "unchanged")
Sides = dict[str, RoutingSums]


def sides_of(weights: dict[str, np.ndarray]) -> Sides:
    """Sums of texts with a changed and an unchanged token: (texts, 2, experts) by side, NaN where there is none."""
    sides = {}
    for name, values in weights.items():
        there = ~np.isnan(values[:, :, 0])
        masks = {group: there & (np.arange(2) == place) for place, group in enumerate(GROUPS)}
        sides[name] = RoutingSums(1, values.shape[-1], GROUPS, GROUPS, len(values))
        sides[name].add([torch.from_numpy(np.nan_to_num(np.log(values)))], masks, range(len(values)))
    return sides


def drawn(seed: int, texts: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {name: random.dirichlet(np.ones(3), size=(texts, 2)) for name in ("texts", "uncloaked")}


@given(st.integers(0, 10**6), st.integers(1, 5))
def test_contrasts_are_plain_differences(seed: int, texts: int) -> None:
    weights = drawn(seed, texts)
    sides = sides_of(weights)
    after, before = weights["texts"], weights["uncloaked"]
    expected = {
        "within": after[:, 0] - after[:, 1],
        "cloaking": after[:, 0] - before[:, 0],
        "beyond_context": (after[:, 0] - before[:, 0]) - (after[:, 1] - before[:, 1]),
    }
    for name, contrast in CONTRASTS.items():
        assert paired_differences(sides, contrast)[:, 0] == pytest.approx(expected[name])


def test_texts_that_lack_a_kind_of_token_are_left_out_of_that_contrast_alone() -> None:
    weights = drawn(0, 4)
    weights["texts"][0, 1] = np.nan  # all of it changed
    weights["uncloaked"][1, 0] = np.nan  # something was put in only
    found = specialisation(sides_of(weights), [3], ["text", "speech", "vision"], resamples=0)
    assert {name: one["texts"] for name, one in found.items()} == {"within": 3, "cloaking": 3, "beyond_context": 2}
    speech = found["within"]["experts"]["speech"]
    expected = np.nanmean(weights["texts"][1:, 0, 1] - weights["texts"][1:, 1, 1])
    assert speech["difference"] == pytest.approx(expected)
    assert speech["interval"] is None
    assert speech["layers"] == [{"layer": 3, "difference": speech["difference"], "interval": None}]


def test_intervals_tell_a_difference_from_none() -> None:
    weights = drawn(1, 60)
    weights["texts"][:, 0] = 0.7 * weights["texts"][:, 0] + 0.3 * np.array([0.0, 1.0, 0.0])
    found = specialisation(sides_of(weights), [0], ["text", "speech", "vision"], resamples=200)
    low, high = found["within"]["experts"]["speech"]["interval"]
    assert 0 < low < found["within"]["experts"]["speech"]["difference"] < high
    again = specialisation(sides_of(weights), [0], ["text", "speech", "vision"], resamples=200)
    assert again == found


def test_no_text_that_changed() -> None:
    found = specialisation(sides_of({side: np.full((2, 2, 3), np.nan) for side in ("texts", "uncloaked")}), [0], "abc")
    assert found["within"]["texts"] == 0
    assert found["within"]["experts"]["a"] == {
        "difference": None, "interval": None, "layers": [{"layer": 0, "difference": None, "interval": None}]
    }  # fmt: skip


def test_an_interval_is_as_wide_as_the_error_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(size=(400, 1))
    means, intervals = bootstrap_means(values, 2000, 0.95, 0)
    assert means[0] == pytest.approx(values.mean())
    assert intervals[0, 1] - intervals[0, 0] == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert np.isnan(bootstrap_means(values[:1], 100, 0.95, 0)[1]).all()
