"""Modality experts of an MMBERT layer, their router, and the balance loss (arXiv 2508.00760, section 3)."""

from typing import Any

import torch
from torch import nn
from transformers.activations import ACT2FN

from .blocks_mmbert import MMBertFeedForward
from .configuration_mmbert import MODALITIES, MMBertConfig


class MMBertRouter(nn.Module):
    """One linear map and a softmax: how much of each modality expert a token takes."""

    def __init__(self, config: MMBertConfig) -> None:
        """Make the map from a token's hidden state to one logit per expert."""
        super().__init__()
        self.weight = nn.Parameter(torch.empty(config.num_experts, config.hidden_size))

    def forward(
        self, hidden_states: torch.Tensor, expert_mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the mixing weights and the logits, both (batch, length, experts), in float32.

        Args:
            hidden_states: (batch, length, hidden_size).
            expert_mask: (experts,) of booleans; the experts that may be used. A stage that trains one
                expert alone passes a mask with a single True.
        """
        with torch.autocast(device_type=hidden_states.device.type, enabled=False):
            logits = nn.functional.linear(hidden_states.float(), self.weight.float())
            if expert_mask is not None:
                logits = logits.masked_fill(~expert_mask, torch.finfo(logits.dtype).min)
            return logits.softmax(dim=-1), logits


class MMBertIntermediateExperts(nn.Module):
    """Feed-forward whose first projection is a mixture: `h = [W_0 x + b_0] + sum_e g_e (W_e x + b_e)`.

    The activation and the output projection stay shared, as in the paper's predecessor code; with the
    pretrained projection kept as shared expert this gives the paper's 297M parameters.
    """

    experts: Any
    activation: Any

    def __init__(self, config: MMBertConfig) -> None:
        """Make the shared projection (if any), one projection per modality, and the shared output."""
        super().__init__()
        size = (config.hidden_size, config.intermediate_size)
        self.shared = nn.Linear(*size) if config.shared_expert else None
        self.experts = nn.ModuleDict({name: nn.Linear(*size) for name in MODALITIES})
        self.activation = ACT2FN[config.hidden_act]
        self.dense = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, hidden_states: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Mix the experts; (batch, length, hidden_size) in and out, `weights` (batch, length, experts).

        The weight is put on the expert's narrow input rather than on its wide output, and the products are
        accumulated by `addmm`: the same sum with a quarter of the memory traffic.
        """
        batch, length, width = hidden_states.shape
        tokens = hidden_states.reshape(-1, width)
        weights = weights.reshape(len(tokens), -1).to(tokens.dtype)
        mixed = weights @ torch.stack([expert.bias for expert in self.experts.values()]).to(tokens.dtype)
        if self.shared is not None:
            mixed = mixed + self.shared(tokens)
        for index, expert in enumerate(self.experts.values()):
            mixed = torch.addmm(mixed, weights[:, index : index + 1] * tokens, expert.weight.t())
        return self.dense(self.activation(mixed)).view(batch, length, -1)


class MMBertFeedForwardExperts(nn.Module):
    """Mixture of whole feed-forward networks: `y = [F_0(x)] + sum_e g_e F_e(x)`."""

    def __init__(self, config: MMBertConfig) -> None:
        """Make the shared network (if any) and one network per modality."""
        super().__init__()
        self.shared = MMBertFeedForward(config) if config.shared_expert else None
        self.experts = nn.ModuleDict({name: MMBertFeedForward(config) for name in MODALITIES})

    def forward(self, hidden_states: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Mix the experts' outputs; shapes as in `MMBertIntermediateExperts.forward`."""
        weights = weights.to(hidden_states.dtype)
        outputs = [expert(hidden_states) for expert in self.experts.values()]
        mixed = sum(output * weights[..., i : i + 1] for i, output in enumerate(outputs))
        return mixed if self.shared is None else mixed + self.shared(hidden_states)


def feed_forward(config: MMBertConfig, layer: int) -> nn.Module:
    """Build the feed-forward of a layer as its configuration says."""
    if not config.has_experts(layer):
        return MMBertFeedForward(config)
    return (
        MMBertIntermediateExperts(config) if config.expert_scope == "intermediate" else MMBertFeedForwardExperts(config)
    )


def load_balancing_loss(router_logits: tuple[torch.Tensor, ...], valid: torch.Tensor) -> torch.Tensor:
    """Return the mean over layers of `E * sum_e f_e P_e` (Switch Transformer, equation 4).

    `f_e` is the share of tokens whose largest weight is expert e's, `P_e` the mean weight of expert e. The
    hard assignment takes one expert a token: with all experts counted as chosen, as in the paper's
    predecessor code, the term is a constant and has no gradient. It is 1 for a uniform router.

    Args:
        router_logits: for each layer (batch, length, experts).
        valid: (batch, length) of booleans; the tokens that are not padding.
    """
    losses = []
    for logits in router_logits:
        tokens = logits[valid]
        weights = tokens.softmax(dim=-1)
        experts = tokens.shape[-1]
        share = nn.functional.one_hot(weights.argmax(dim=-1), experts).to(weights.dtype).mean(dim=0)
        losses.append(experts * (share * weights.mean(dim=0)).sum())
    return torch.stack(losses).mean()


__all__ = [
    "MMBertFeedForwardExperts",
    "MMBertIntermediateExperts",
    "MMBertRouter",
    "feed_forward",
    "load_balancing_loss",
]
