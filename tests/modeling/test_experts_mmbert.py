"""The mixture of experts, its router and its balance loss, against references written as loops."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from decloak.modeling.configuration_mmbert import MODALITIES
from decloak.modeling.experts_mmbert import MMBertRouter, feed_forward, load_balancing_loss
from tests.tiny import WIDTH, tiny_config


def token_reference(module: nn.Module, token: torch.Tensor, weights: torch.Tensor, scope: str) -> torch.Tensor:
    """The paper's formula for one token, expert after expert."""
    if scope == "ffn":
        total = module.shared(token) if module.shared is not None else torch.zeros(WIDTH)
        for name, weight in zip(MODALITIES, weights, strict=True):
            total = total + weight * module.experts[name](token)
        return total
    hidden = module.shared(token) if module.shared is not None else torch.zeros(module.dense.in_features)
    for name, weight in zip(MODALITIES, weights, strict=True):
        hidden = hidden + weight * (module.experts[name].weight @ token + module.experts[name].bias)
    return module.dense(module.activation(hidden))


@torch.no_grad()
@pytest.mark.parametrize("scope", ["intermediate", "ffn"])
@pytest.mark.parametrize("shared_expert", [True, False])
def test_the_mixture_is_the_formula(scope: str, shared_expert: bool) -> None:
    torch.manual_seed(0)
    module = feed_forward(tiny_config(expert_scope=scope, shared_expert=shared_expert), 0)
    states = torch.randn(2, 5, WIDTH)
    weights = torch.rand(2, 5, 3).softmax(dim=-1)
    mixed = module(states, weights)
    for row in range(2):
        for place in range(5):
            expected = token_reference(module, states[row, place], weights[row, place], scope)
            torch.testing.assert_close(mixed[row, place], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("scope", ["intermediate", "ffn"])
def test_an_expert_without_weight_has_no_part_and_no_gradient(scope: str) -> None:
    torch.manual_seed(0)
    module = feed_forward(tiny_config(expert_scope=scope), 0)
    weights = torch.tensor([0.0, 1.0, 0.0]).expand(1, 4, 3)
    module(torch.randn(1, 4, WIDTH), weights).sum().backward()
    moved = {name: any(p.grad.abs().sum() > 0 for p in module.experts[name].parameters()) for name in MODALITIES}
    assert moved == {"text": False, "speech": True, "vision": False}


def make_router() -> MMBertRouter:
    router = MMBertRouter(tiny_config())
    nn.init.normal_(router.weight, std=0.5)
    return router


def test_the_router_is_a_softmax_of_one_linear_map() -> None:
    router = make_router()
    states = torch.randn(2, 3, WIDTH)
    weights, logits = router(states)
    torch.testing.assert_close(logits, states @ router.weight.T)
    torch.testing.assert_close(weights, logits.softmax(dim=-1))
    assert [name for name, _ in router.named_parameters()] == ["weight"]


@given(st.lists(st.booleans(), min_size=3, max_size=3).filter(any), st.integers(0, 100))
def test_a_mask_restricts_the_experts(mask: list[bool], seed: int) -> None:
    router = make_router()
    states = torch.randn(1, 4, WIDTH, generator=torch.Generator().manual_seed(seed))
    allowed = torch.tensor(mask)
    weights, _ = router(states, allowed)
    assert weights[..., ~allowed].eq(0).all()
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(1, 4))
    free = router(states)[0] * allowed
    torch.testing.assert_close(weights, free / free.sum(dim=-1, keepdim=True), atol=1e-5, rtol=1e-4)


def test_the_router_computes_in_float32() -> None:
    router = make_router().to(torch.bfloat16)
    weights, logits = router(torch.randn(1, 2, WIDTH, dtype=torch.bfloat16))
    assert (weights.dtype, logits.dtype) == (torch.float32, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert make_router()(torch.randn(1, 2, WIDTH))[1].dtype == torch.float32


def slow_balance(layers: tuple[torch.Tensor, ...], valid: torch.Tensor) -> float:
    """Switch Transformer's equation 4, token by token."""
    losses = []
    for logits in layers:
        chosen, total, tokens = [0, 0, 0], [0.0, 0.0, 0.0], 0
        for row in range(valid.shape[0]):
            for place in range(valid.shape[1]):
                if not valid[row, place]:
                    continue
                probabilities = logits[row, place].softmax(dim=-1).tolist()
                chosen[probabilities.index(max(probabilities))] += 1
                total = [a + b for a, b in zip(total, probabilities, strict=True)]
                tokens += 1
        losses.append(3 * sum(c / tokens * t / tokens for c, t in zip(chosen, total, strict=True)))
    return sum(losses) / len(losses)


@given(st.integers(0, 1000), st.integers(1, 3), st.floats(0.1, 5))
def test_the_balance_loss_is_the_slow_one(seed: int, layers: int, scale: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = tuple(scale * torch.randn(3, 4, 3, generator=generator) for _ in range(layers))
    valid = torch.rand(3, 4, generator=generator) > 0.4
    valid[0, 0] = True
    got = load_balancing_loss(logits, valid)
    assert float(got) == pytest.approx(slow_balance(logits, valid), rel=1e-4)
    assert float(got) >= 1 / 3


def test_the_balance_loss_is_1_for_a_uniform_router_and_3_for_a_collapsed_one() -> None:
    valid = torch.ones(2, 6, dtype=torch.bool)
    assert float(load_balancing_loss((torch.zeros(2, 6, 3),), valid)) == pytest.approx(1)
    collapsed = torch.tensor([50.0, 0.0, 0.0]).expand(2, 6, 3)
    assert float(load_balancing_loss((collapsed,), valid)) == pytest.approx(3)


def test_the_balance_loss_pulls_a_lopsided_router_back() -> None:
    """The predecessor's released code has no gradient here: with every expert chosen the term is constant."""
    router = make_router()
    states = torch.randn(4, 8, WIDTH)
    with torch.no_grad():
        router.weight.zero_()
        router.weight[0] = states.mean(dim=(0, 1)) * 5
    valid = torch.ones(4, 8, dtype=torch.bool)
    optimizer = torch.optim.SGD(router.parameters(), lr=0.5)
    losses = []
    for _ in range(30):
        loss = load_balancing_loss((router(states)[1],), valid)
        optimizer.zero_grad()
        loss.backward()
        assert router.weight.grad.abs().sum() > 0
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.05


def test_padding_does_not_count() -> None:
    logits = torch.randn(1, 4, 3)
    padded = torch.cat([logits, torch.tensor([0.0, 60.0, 30.0]).expand(1, 5, 3)], dim=1)
    valid = torch.tensor([[True] * 4 + [False] * 5])
    expected = load_balancing_loss((logits,), valid[:, :4])
    torch.testing.assert_close(load_balancing_loss((padded,), valid), expected)
