"""Whether a layer's router uses its experts, or has collapsed onto some of them.

Every token takes a mixture of all experts, so that an expert's part in the answer is its weight, not how often that
weight is the largest. Verdicts go by mean weights, therefore; winners are reported beside them, and count only where
the mixture is not even anyway: of even mixtures noise decides who wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from .routing_sums import GroupRouting

COLLAPSED_WEIGHT = 0.9  # As `router_collapse_threshold`, of which training warns: all others together weigh a tenth.
LEANING_WEIGHT = 0.5  # One expert weighs as much as all others together.
LEAST_WEIGHT = 0.1  # Below it an expert hardly shows in the mixture: less than a third of its even share of three.
DEAD_SHARE = 0.01  # An expert with the largest weight for fewer tokens is dead.
EVEN_ENTROPY = 0.98  # From here on the mixture is even, and a dead expert is no sign of anything.


class Verdict(str, Enum):
    """How a router uses its experts."""

    balanced = "balanced"
    leaning = "leaning"
    collapsed = "collapsed"


@dataclass(frozen=True)
class LayerBalance:
    """The balance of one layer.

    Attributes:
        layer: its index in the model.
        variation: coefficient of variation of the experts' mean weights (standard deviation over mean); 0 where they
            are equal, the square root of (experts - 1) where one has all.
        least_weight: the smallest mean weight of an expert.
        most_weight: the largest.
        most_winning: the largest share of tokens for which one expert's weight is the largest.
        dead: names of the experts whose share is below `DEAD_SHARE`.
        balance_loss: `E * sum_e f_e P_e`, as the model's `load_balancing_loss` has it for all tokens as one batch.
        entropy: of `GroupRouting`.
        spread: of `GroupRouting`.
        verdict: `collapsed`, if an expert has `COLLAPSED_WEIGHT`; `leaning`, if one has `LEANING_WEIGHT`, or less than
            `LEAST_WEIGHT`, or is dead though the mixture is not even (`EVEN_ENTROPY`); else `balanced`.
    """

    layer: int
    variation: float
    least_weight: float
    most_weight: float
    most_winning: float
    dead: list[str]
    balance_loss: float
    entropy: float
    spread: float
    verdict: Verdict


def layer_balances(routing: GroupRouting, layers: Sequence[int], experts: Sequence[str]) -> list[LayerBalance]:
    """Judge the routers by a group of tokens, layer by layer.

    Args:
        routing: of all tokens, for a balance loss that is the model's.
        layers: indices of the layers with experts, as many as the routing has.
        experts: their names.

    Raises:
        ValueError: The numbers of layers or experts do not agree.
    """
    if routing.weights.shape != (len(layers), len(experts)):
        raise ValueError(
            f"the routing is of {routing.weights.shape} layers and experts, not of {(len(layers), len(experts))}"
        )
    return [_balance(routing, index, layer, experts) for index, layer in enumerate(layers)]


def balance_loss(balances: Sequence[LayerBalance]) -> float:
    """Return the mean over layers of the balance loss: the model's `aux_loss`."""
    return float(np.mean([balance.balance_loss for balance in balances]))


def _balance(routing: GroupRouting, index: int, layer: int, experts: Sequence[str]) -> LayerBalance:
    weights, winners = routing.weights[index], routing.winners[index]
    dead = [name for name, share in zip(experts, winners, strict=True) if share < DEAD_SHARE]
    entropy = float(routing.entropy[index])
    return LayerBalance(
        layer=layer,
        variation=float(weights.std() / weights.mean()),
        least_weight=float(weights.min()),
        most_weight=float(weights.max()),
        most_winning=float(winners.max()),
        dead=dead,
        balance_loss=float(len(experts) * winners @ weights),
        entropy=entropy,
        spread=float(routing.spread[index]),
        verdict=_verdict(weights.min(), weights.max(), bool(dead) and entropy < EVEN_ENTROPY),
    )


def _verdict(least: float, most: float, dead: bool) -> Verdict:
    if most >= COLLAPSED_WEIGHT:
        return Verdict.collapsed
    if most >= LEANING_WEIGHT or least < LEAST_WEIGHT or dead:
        return Verdict.leaning
    return Verdict.balanced


__all__ = [
    "COLLAPSED_WEIGHT",
    "DEAD_SHARE",
    "EVEN_ENTROPY",
    "LEANING_WEIGHT",
    "LEAST_WEIGHT",
    "LayerBalance",
    "Verdict",
    "balance_loss",
    "layer_balances",
]
