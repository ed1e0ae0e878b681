"""What the MMBERT models return."""

from dataclasses import dataclass

import torch
from transformers.utils import ModelOutput


@dataclass
class MMBertOutput(ModelOutput):
    """What `MMBertModel` returns.

    Attributes:
        last_hidden_state: (batch, length, hidden_size).
        pooler_output: (batch, hidden_size).
        hidden_states: one per layer and the embeddings, if asked for.
        attentions: (batch, heads, length, length) per layer, if asked for.
        router_logits: (batch, length, experts) per expert layer, if asked for.
        modality_ids: (batch, length); 0 text, 1 speech, 2 vision, -1 padding. Comes with `router_logits`.
        aux_loss: load-balancing loss over the expert layers, in training or with `router_logits`.
        alignment_mse: mean squared distance of sense and text tokens, if `alignment_target` was given.
    """

    last_hidden_state: torch.Tensor | None = None
    pooler_output: torch.Tensor | None = None
    hidden_states: tuple[torch.Tensor, ...] | None = None
    attentions: tuple[torch.Tensor, ...] | None = None
    router_logits: tuple[torch.Tensor, ...] | None = None
    modality_ids: torch.Tensor | None = None
    aux_loss: torch.Tensor | None = None
    alignment_mse: torch.Tensor | None = None


@dataclass
class MMBertSequenceClassifierOutput(ModelOutput):
    """What `MMBertForSequenceClassification` returns.

    Attributes:
        loss: `ce_loss + router_aux_loss_coef * aux_loss`, or `alignment_mse` in the alignment stage.
        logits: (batch, num_labels).
        ce_loss: the classification loss alone (for `problem_type="regression"` the squared error).
        Other fields: see `MMBertOutput`.
    """

    loss: torch.Tensor | None = None
    logits: torch.Tensor | None = None
    ce_loss: torch.Tensor | None = None
    aux_loss: torch.Tensor | None = None
    alignment_mse: torch.Tensor | None = None
    hidden_states: tuple[torch.Tensor, ...] | None = None
    attentions: tuple[torch.Tensor, ...] | None = None
    router_logits: tuple[torch.Tensor, ...] | None = None
    modality_ids: torch.Tensor | None = None


__all__ = ["MMBertOutput", "MMBertSequenceClassifierOutput"]
