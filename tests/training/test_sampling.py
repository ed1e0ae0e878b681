"""The order of the rows is a pure function of seed and epoch."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from decloak.training.sampling import LengthGroupedEpochSampler, row_length


def order(lengths: list[int], size: int = 4, seed: int = 0, epoch: int = 0) -> list[int]:
    return list(LengthGroupedEpochSampler(lengths, size, seed, lambda: epoch))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=80), st.integers(1, 8), st.integers(0, 5), st.integers(0, 5))
def test_every_row_comes_once_whatever_the_global_random_state(
    lengths: list[int], size: int, seed: int, epoch: int
) -> None:
    found = order(lengths, size, seed, epoch)
    assert sorted(found) == list(range(len(lengths)))
    torch.rand(3)
    before = torch.get_rng_state()
    assert order(lengths, size, seed, epoch) == found
    assert torch.equal(torch.get_rng_state(), before)


def test_epochs_and_seeds_differ() -> None:
    lengths = list(range(40))
    assert len({tuple(order(lengths, 2, seed, epoch)) for seed, epoch in ((0, 0), (0, 1), (7, 0))}) == 3


def test_batches_have_like_lengths() -> None:
    lengths = [number % 40 for number in range(400)]
    found = order(lengths, 4)
    spreads = [max(part) - min(part) for part in ([lengths[i] for i in found[at : at + 4]] for at in range(0, 400, 4))]
    assert sum(spreads) / len(spreads) < 8
    assert len(LengthGroupedEpochSampler(lengths, 4, 0, int)) == 400


@pytest.mark.parametrize(
    ("row", "length"),
    [
        ({"input_ids": [1, 2, 3], "vision_positions": [1] * 9}, 3),
        ({"vision_positions": [1] * 9, "speech_positions": [1]}, 9),
        ({"speech_positions": [1, 2]}, 2),
    ],
)
def test_row_length(row: dict[str, list[int]], length: int) -> None:
    assert row_length(row) == length
