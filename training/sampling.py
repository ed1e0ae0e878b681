"""The order of the training rows: like lengths share a batch, and a resumed run sees the rows that it would have."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.utils.data import Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices


class LengthGroupedEpochSampler(Sampler[int]):
    """Shuffles rows so that a batch has rows of like length; the order is a pure function of seed and epoch.

    The sampler of transformers draws each epoch's order from the global random state, which dropout moves: a run
    resumed in its second epoch would see other rows, and the processes of a distributed run different orders.

    Args:
        lengths: of the rows.
        batch_size: rows of an optimiser step.
        seed: of the run.
        epoch: returns the epoch that begins, from 0.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int, epoch: Callable[[], int]) -> None:
        self.lengths = list(lengths)
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = epoch

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        """Return the order of the epoch that begins."""
        generator = torch.Generator().manual_seed(self.seed + self.epoch())
        return iter(get_length_grouped_indices(self.lengths, self.batch_size, generator=generator))


def row_length(row: Mapping[str, Any]) -> int:
    """Return the tokens of an encoded row: those of its text, or else of its longest sense."""
    text = len(row.get("input_ids", ()))
    return text or max(len(row.get(f"{sense}_positions", ())) for sense in ("speech", "vision"))


__all__ = ["LengthGroupedEpochSampler", "row_length"]
