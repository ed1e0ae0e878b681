"""Blocks of an MMBERT layer that have nothing to do with modalities."""

from collections.abc import Callable
from inspect import signature
from typing import Any, TypeVar

import torch
from torch import nn
from transformers.activations import ACT2FN

from .configuration_mmbert import MMBertConfig

Forward = TypeVar("Forward", bound=Callable[..., Any])


def eager_attention_forward(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scaled dot-product attention, written out; returns the output and the attention weights."""
    scores = query @ key.transpose(2, 3) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = nn.functional.dropout(scores.softmax(dim=-1), p=dropout, training=module.training)
    return (weights @ value).transpose(1, 2).contiguous(), weights


class MMBertFeedForward(nn.Module):
    """BERT's feed-forward network: one expert of `expert_scope="ffn"`, or a layer without experts."""

    def __init__(self, config: MMBertConfig) -> None:
        """Make the two projections."""
        super().__init__()
        self.intermediate = nn.Linear(config.hidden_size, config.intermediate_size)
        self.activation = ACT2FN[config.hidden_act]
        self.dense = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Apply the network; (batch, length, hidden_size) in and out."""
        return self.dense(self.activation(self.intermediate(hidden_states)))


class MMBertResidual(nn.Module):
    """Dropout, residual and layer norm behind a sub-layer, with its output projection if it has one."""

    def __init__(self, config: MMBertConfig, projects: bool) -> None:
        """Make the norm, and the projection where `projects`."""
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size) if projects else None
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, states: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        """Combine; both (batch, length, hidden_size)."""
        states = states if self.dense is None else self.dense(states)
        return self.LayerNorm(self.dropout(states) + residual)


class MMBertPooler(nn.Module):
    """One vector a row: the first token through dense and tanh, or the mean of the tokens."""

    def __init__(self, config: MMBertConfig) -> None:
        """Make the dense layer that the `"cls"` pooler has."""
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size) if config.pooler == "cls" else None

    def forward(self, states: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        """Pool (batch, length, hidden_size) over the tokens of `valid` (batch, length)."""
        if self.dense is not None:
            return self.dense(states[:, 0]).tanh()
        kept = valid.unsqueeze(-1).to(states.dtype)
        return (states * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)


def takes_inputs_of(base: Callable[..., Any]) -> Callable[[Forward], Forward]:
    """Show the inputs of `base` in the signature of a head's forward, in place of its `**inputs`.

    Tools read signatures: `Trainer` drops the columns of a data set that it does not find there.
    """

    def show(forward: Forward) -> Forward:
        own = {p.name: p for p in signature(forward).parameters.values() if p.kind is not p.VAR_KEYWORD}
        shared = [p for p in signature(base).parameters.values() if p.name not in own and p.kind is not p.VAR_KEYWORD]
        parameters = [*own.values(), *(p.replace(kind=p.KEYWORD_ONLY) for p in shared)]
        forward.__signature__ = signature(forward).replace(parameters=parameters)  # type: ignore[attr-defined]
        return forward

    return show


__all__ = ["MMBertFeedForward", "MMBertPooler", "MMBertResidual", "eager_attention_forward", "takes_inputs_of"]
