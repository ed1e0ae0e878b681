"""Running sums of mixing weights: what is kept of a pass, however many tokens it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class GroupRouting:
    """How the tokens of a group are routed.

    Attributes:
        tokens: how many there are; a token of two overlapping windows counts twice.
        weights: (layers, experts), the mean mixing weights.
        winners: (layers, experts), the share of the tokens whose largest weight is the expert's.
        entropy: (layers,), the mean entropy of the weights of a token, over log(experts): 1 is an even mixture, 0 one
            expert alone.
        spread: (layers,), how much the weights differ from token to token: the standard deviation of an expert's
            weight over the tokens, averaged over experts. At 0 the router gives every token the same mixture.
    """

    tokens: int
    weights: Floats
    winners: Floats
    entropy: Floats
    spread: Floats


class RoutingSums:
    """Sums over tokens by layer and group, and by text for some of the groups.

    Logits are not kept. By text there are (texts, groups, layers, experts) numbers.

    Args:
        layers: how many layers have experts.
        experts: how many experts a layer has.
        groups: names of the groups.
        paired: names of the groups that are summed by text, too.
        texts: how many texts there are.
    """

    def __init__(self, layers: int, experts: int, groups: Sequence[str], paired: Sequence[str], texts: int) -> None:
        """Start at zero."""
        self.groups = list(groups)
        self.paired = list(paired)
        shape = (layers, len(self.groups))
        self._tokens = np.zeros(len(self.groups))
        self._weights = np.zeros((*shape, experts))
        self._squares = np.zeros((*shape, experts))
        self._winners = np.zeros((*shape, experts))
        self._entropies = np.zeros(shape)
        self._text_tokens = np.zeros((texts, len(self.paired)))
        self._text_weights = np.zeros((texts, len(self.paired), layers, experts))

    def add(self, router_logits: Sequence[Any], masks: Mapping[str, Mask], texts: Sequence[int]) -> None:
        """Add a batch.

        Args:
            router_logits: for each layer a tensor (rows, length, experts).
            masks: for each group (rows, length).
            texts: (rows,), the text that each row is of.

        Raises:
            ValueError: A logit of a token is no finite number; nothing was added then.
        """
        layers = [logits.detach().double().cpu() for logits in router_logits]
        valid = np.logical_or.reduce(list(masks.values()))
        if any(not np.isfinite(logits.numpy()[valid]).all() for logits in layers):
            raise ValueError(
                "a router's logits are not finite numbers: the weights are damaged, or the dtype too narrow"
            )
        belongs = np.stack([masks[name].reshape(-1) for name in self.groups]).astype(np.float64)
        paired = np.zeros((len(texts), len(self.paired), valid.shape[1]))
        for place, name in enumerate(self.paired):
            paired[:, place] = masks[name]
        self._tokens += belongs.sum(axis=1)
        np.add.at(self._text_tokens, list(texts), paired.sum(axis=2))
        for layer, logits in enumerate(layers):
            weights = np.where(valid[..., None], logits.softmax(dim=-1).numpy(), 0.0)
            self._add_layer(layer, weights.reshape(-1, weights.shape[-1]), belongs)
            by_text = np.einsum("rgt,rte->rge", paired, weights)
            np.add.at(self._text_weights[:, :, layer], list(texts), by_text)

    def _add_layer(self, layer: int, weights: Floats, belongs: Floats) -> None:
        experts = weights.shape[-1]
        logs = np.log(weights, out=np.zeros_like(weights), where=weights > 0)
        self._weights[layer] += belongs @ weights
        self._squares[layer] += belongs @ weights**2
        self._winners[layer] += belongs @ np.eye(experts)[weights.argmax(axis=-1)]
        self._entropies[layer] += belongs @ -(weights * logs).sum(axis=-1) / np.log(experts)

    def routing(self, group: str) -> GroupRouting | None:
        """Return the means of a group; None where it has no tokens."""
        index = self.groups.index(group)
        tokens = self._tokens[index]
        if not tokens:
            return None
        mean = self._weights[:, index] / tokens
        variance = np.maximum(self._squares[:, index] / tokens - mean**2, 0.0)
        return GroupRouting(
            int(tokens),
            mean,
            self._winners[:, index] / tokens,
            self._entropies[:, index] / tokens,
            np.sqrt(variance).mean(axis=-1),
        )

    def by_text(self, group: str) -> Floats:
        """Return the mean weights of a group by text, (texts, layers, experts); NaN for texts without its tokens."""
        index = self.paired.index(group)
        tokens = self._text_tokens[:, index, None, None]
        whole = np.full(self._text_weights[:, index].shape, np.nan)
        return np.divide(self._text_weights[:, index], tokens, out=whole, where=tokens > 0)


__all__ = ["GroupRouting", "RoutingSums"]
