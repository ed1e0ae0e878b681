"""Blocks of an MMBERT layer that have nothing to do with modalities."""

import torch
from torch import nn
from transformers.activations import ACT2FN

from .configuration_mmbert import MMBertConfig


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


__all__ = ["MMBertFeedForward", "MMBertPooler", "MMBertResidual"]
