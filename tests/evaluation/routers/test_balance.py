import numpy as np
import pytest
import torch

from decloak.evaluation.routers.balance import LayerBalance, Verdict, balance_loss, layer_balances
from decloak.evaluation.routers.routing_sums import RoutingSums
from decloak.modeling import MODALITIES
from decloak.modeling.experts_mmbert import load_balancing_loss


def balances(*layers: torch.Tensor) -> list[LayerBalance]:
    """Balances of hand-made logits (tokens, experts), a tensor a layer."""
    sums = RoutingSums(len(layers), 3, ["all"], [], 1)
    sums.add([layer[None] for layer in layers], {"all": np.ones((1, len(layers[0])), bool)}, [0])
    routing = sums.routing("all")
    assert routing is not None
    return layer_balances(routing, list(range(len(layers))), MODALITIES)


def weighted(*rows: tuple[float, float, float]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64).log()


def test_the_loss_is_the_models() -> None:
    layers = [torch.randn(50, 3, generator=torch.Generator().manual_seed(seed)) * 2 for seed in range(3)]
    expected = load_balancing_loss(tuple(layer[None] for layer in layers), torch.ones(1, 50, dtype=torch.bool))
    assert balance_loss(balances(*layers)) == pytest.approx(float(expected), abs=1e-6)


@pytest.mark.parametrize(
    ("weights", "verdict"),
    [
        ([(0.4, 0.3, 0.3), (0.3, 0.4, 0.3), (0.3, 0.3, 0.4)], Verdict.balanced),
        ([(0.98, 0.01, 0.01), (0.01, 0.98, 0.01), (0.01, 0.01, 0.98)], Verdict.balanced),
        ([(0.6, 0.2, 0.2)], Verdict.leaning),
        ([(0.46, 0.46, 0.08), (0.48, 0.44, 0.08)], Verdict.leaning),
        ([(0.45, 0.35, 0.2)], Verdict.leaning),  # the other two never win, and the mixture is not even
        ([(0.334, 0.333, 0.333)], Verdict.balanced),  # they never win, but of an even mixture
        ([(0.95, 0.03, 0.02)], Verdict.collapsed),
        ([(0.02, 0.02, 0.96), (0.1, 0.04, 0.86)], Verdict.collapsed),
    ],
)
def test_verdicts_on_hand_made_weights(weights: list[tuple[float, float, float]], verdict: Verdict) -> None:
    assert balances(weighted(*weights))[0].verdict is verdict


def test_numbers_of_a_collapse() -> None:
    (one,) = balances(torch.tensor([[0.0, 50.0, 0.0]] * 4))
    assert one.variation == pytest.approx(2**0.5)
    assert (one.dead, one.most_winning, one.verdict) == (["text", "vision"], 1.0, Verdict.collapsed)
    assert one.balance_loss == pytest.approx(3) and one.least_weight == pytest.approx(0)


def test_only_the_layer_that_collapsed_is_called_so() -> None:
    even = weighted((0.4, 0.3, 0.3), (0.3, 0.4, 0.3), (0.3, 0.3, 0.4))
    found = balances(even, even * 0 + torch.tensor([9.0, 0, 0]), even)
    assert [one.verdict.value for one in found] == ["balanced", "collapsed", "balanced"]
    assert found[0].variation == pytest.approx(0) and found[0].dead == []


def test_layers_that_do_not_fit() -> None:
    sums = RoutingSums(1, 3, ["all"], [], 1)
    sums.add([torch.zeros(1, 1, 3)], {"all": np.ones((1, 1), bool)}, [0])
    routing = sums.routing("all")
    assert routing is not None
    with pytest.raises(ValueError, match=r"of \(1, 3\) layers and experts, not of \(2, 3\)"):
        layer_balances(routing, [0, 1], MODALITIES)
