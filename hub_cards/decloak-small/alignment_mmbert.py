"""The alignment loss: how far sense tokens are from the text tokens that they belong to (arXiv 2508.00760, stage 1)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.func import functional_call

from .fusion_mmbert import TextTokens
from .senses_mmbert import SenseTokens

TARGETS = ("embeddings", "encoder")
Encode = Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, Any]]


def alignment_mse(
    embeddings: nn.Module,
    encode: Encode,
    text: TextTokens,
    senses: dict[str, SenseTokens],
    target: str,
    aligners: Sequence[nn.Module],
) -> torch.Tensor:
    """Return the mean over senses of the squared distance to the text, on text tokens that a sense covers.

    Sense tokens are first averaged per text token; tokens that none covers keep their text embedding, so that the
    encoder sees a whole sequence. The gradient reaches the aligners alone.

    Args:
        embeddings: the model's `MMBertEmbeddings`.
        encode: from embeddings and mask to the last states and others, with constant weights (`constant_weights`).
        text: the text of the batch.
        senses: its senses, aligned and placed.
        target: `"embeddings"`, or `"encoder"` for the encoder's output on them.
        aligners: those of the model. A batch without any sense (texts of emoji alone are not heard) has a loss of 0
            that depends on them, so that every process of a distributed run has the same gradients to share.

    Raises:
        ValueError: An unknown target, or a model without senses.
    """
    if target not in TARGETS or not aligners:
        raise ValueError(
            f"alignment_target={target!r} with {len(aligners)} senses in the model: the target is one of "
            f"{list(TARGETS)}, and the model must have speech or vision."
        )
    if not senses:
        return torch.stack([weight.sum() * 0 for aligner in aligners for weight in aligner.parameters()]).sum()
    with torch.no_grad():
        words = embeddings(text.states, text.positions, text.token_types, "text")
        wanted = words if target == "embeddings" else encode(words, text.mask)[0]
    losses = []
    for name, sense in senses.items():
        averages, covered = sense.averaged(text.mask.shape[1])
        heard = constant_weights(embeddings, averages, text.positions, text.token_types, name)
        heard = torch.where(covered.unsqueeze(-1), heard, words.to(heard.dtype))
        if target == "encoder":
            heard = encode(heard, text.mask)[0]
        distance = heard[covered].float() - wanted[covered].float()
        # A batch may cover nothing (texts of emoji alone are not heard): the loss is then 0, not a division by it.
        losses.append(distance.square().sum() / max(distance.numel(), 1))
    return torch.stack(losses).mean()


def constant_weights(module: nn.Module, *args: Any) -> Any:
    """Call a module so that the gradient goes through it to its inputs and not to its weights."""
    return functional_call(module, {name: weight.detach() for name, weight in module.named_parameters()}, args)


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Switch dropout off, and afterwards give every part of the module its own mode back."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


__all__ = ["TARGETS", "alignment_mse", "constant_weights", "evaluating"]
