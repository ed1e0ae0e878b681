"""Batches of like length under a budget of tokens: little padding, and activations that stay in the cache."""

from collections.abc import Iterator, Sequence

# On a CPU larger batches are slower: their activations leave the cache (`python benchmarks/evaluation.py --budgets`).
CPU_TOKENS = 768
ACCELERATOR_TOKENS = 32_768


def token_batches(lengths: Sequence[int], rows: int, tokens: int) -> Iterator[list[int]]:
    """Cut rows into batches, the shortest rows first.

    Args:
        lengths: Tokens of each row.
        rows: Most rows of a batch.
        tokens: Most tokens of a batch, padding included; a longer row is a batch of its own.

    Yields:
        Indices of the rows of a batch, each row once; rows of equal length keep their order.

    Raises:
        ValueError: `rows` or `tokens` is below 1.
    """
    if rows < 1 or tokens < 1:
        raise ValueError(f"rows={rows} and tokens={tokens}; a batch has at least one row and one token")
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        # The row at hand is the longest so far: all others would be padded to it.
        if batch and (len(batch) == rows or (len(batch) + 1) * lengths[index] > tokens):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def token_budget(device_type: str) -> int:
    """Return how many tokens go through a model at once on a kind of device (`cpu`, `cuda`, `mps`)."""
    return CPU_TOKENS if device_type == "cpu" else ACCELERATOR_TOKENS


__all__ = ["token_batches", "token_budget"]
