import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.token_batches import ACCELERATOR_TOKENS, CPU_TOKENS, token_batches, token_budget

lengths_of_rows = st.lists(st.integers(0, 40), max_size=40)


@given(lengths_of_rows, st.integers(1, 9), st.integers(1, 90))
def test_batches_hold_each_row_once_within_rows_and_budget(lengths: list[int], rows: int, tokens: int) -> None:
    batches = list(token_batches(lengths, rows, tokens))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert 1 <= len(batch) <= rows
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= tokens


@given(lengths_of_rows, st.integers(1, 9), st.integers(1, 90))
def test_a_batch_ends_only_where_the_next_row_would_not_fit(lengths: list[int], rows: int, tokens: int) -> None:
    batches = list(token_batches(lengths, rows, tokens))
    for batch, after in zip(batches, batches[1:], strict=False):
        assert len(batch) == rows or (len(batch) + 1) * lengths[after[0]] > tokens


@given(lengths_of_rows, st.integers(1, 9), st.integers(1, 90))
def test_the_shortest_rows_come_first_and_equal_ones_in_order(lengths: list[int], rows: int, tokens: int) -> None:
    order = [row for batch in token_batches(lengths, rows, tokens) for row in batch]
    assert order == sorted(range(len(lengths)), key=lambda row: (lengths[row], row))


def test_padding_counts_against_the_budget() -> None:
    # Two rows of 5 are 10 tokens; with the row of 6 they would be padded to 18.
    assert list(token_batches([5, 6, 5], 8, 12)) == [[0, 2], [1]]
    assert list(token_batches([3, 100, 3], 8, 12)) == [[0, 2], [1]]
    assert list(token_batches([], 8, 12)) == []


@pytest.mark.parametrize(("rows", "tokens"), [(0, 8), (8, 0), (-1, -1)])
def test_a_batch_of_nothing_is_refused(rows: int, tokens: int) -> None:
    with pytest.raises(ValueError, match=f"rows={rows} and tokens={tokens}"):
        list(token_batches([1], rows, tokens))


def test_the_budget_follows_the_device() -> None:
    assert token_budget("cpu") == CPU_TOKENS < token_budget("cuda") == token_budget("mps") == ACCELERATOR_TOKENS
