import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.routers.routing_sums import RoutingSums

GROUPS = ("all", "some")


def added(logits: torch.Tensor, masks: dict[str, np.ndarray], pieces: int = 1) -> RoutingSums:
    """Sums of one layer, whose rows are texts, added in some batches."""
    sums = RoutingSums(1, logits.shape[-1], GROUPS, ("some",), len(logits))
    for rows in np.array_split(np.arange(len(logits)), pieces):
        sums.add([logits[rows]], {name: mask[rows] for name, mask in masks.items()}, rows.tolist())
    return sums


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 6), st.integers(2, 4))
def test_means_are_those_of_the_tokens_however_they_come(seed: int, rows: int, length: int, experts: int) -> None:
    random = np.random.default_rng(seed)
    logits = torch.from_numpy(random.normal(size=(rows, length, experts), scale=3))
    masks = {"all": np.ones((rows, length), bool), "some": random.random((rows, length)) < 0.5}
    for pieces in (1, rows):
        sums = added(logits, masks, pieces)
        for name in GROUPS:
            tokens = logits[torch.from_numpy(masks[name])].softmax(-1).numpy()
            got = sums.routing(name)
            if not len(tokens):
                assert got is None
                continue
            assert got is not None and got.tokens == len(tokens)
            assert got.weights[0] == pytest.approx(tokens.mean(0))
            assert got.winners[0] == pytest.approx(np.bincount(tokens.argmax(-1), minlength=experts) / len(tokens))
            assert got.entropy[0] == pytest.approx(-(tokens * np.log(tokens)).sum(-1).mean() / np.log(experts))
            assert got.spread[0] == pytest.approx(tokens.std(0).mean(), abs=1e-6)
        for text, mask in enumerate(masks["some"]):
            own = logits[text][torch.from_numpy(mask)].softmax(-1).numpy()
            expected = own.mean(0) if len(own) else np.full(experts, np.nan)
            assert sums.by_text("some")[text, 0] == pytest.approx(expected, nan_ok=True)


def test_windows_of_one_text_are_one_text() -> None:
    logits = torch.tensor([[[0.0, 2.0]], [[1.0, 0.0]]])
    sums = RoutingSums(1, 2, GROUPS, ("some",), 1)
    sums.add([logits], {name: np.ones((2, 1), bool) for name in GROUPS}, [0, 0])
    assert sums.by_text("some")[0, 0] == pytest.approx(logits.softmax(-1).mean((0, 1)).numpy())


def test_what_is_padding_does_not_count_even_if_it_is_no_number() -> None:
    logits = torch.tensor([[[0.0, 1.0], [float("nan"), float("inf")]]])
    masks = {name: np.array([[True, False]]) for name in GROUPS}
    routing = added(logits, masks).routing("all")
    assert routing is not None and routing.weights[0] == pytest.approx(logits[0, 0].softmax(-1).numpy())


def test_a_token_that_is_no_number_adds_nothing() -> None:
    sums = RoutingSums(1, 2, GROUPS, ("some",), 1)
    with pytest.raises(ValueError, match="not finite"):
        sums.add([torch.full((1, 1, 2), torch.nan)], {name: np.ones((1, 1), bool) for name in GROUPS}, [0])
    assert sums.routing("all") is None


def test_an_expert_with_all_the_weight_has_no_entropy() -> None:
    routing = added(torch.tensor([[[0.0, 1e4, 0.0]]]), {name: np.ones((1, 1), bool) for name in GROUPS}).routing("all")
    assert routing is not None and routing.entropy[0] == 0 and routing.weights[0].tolist() == [0, 1, 0]
