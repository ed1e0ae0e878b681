"""What `MMBertTrainer` logs beside the loss: each loss by itself, and how much each expert is used."""

import logging
from collections.abc import Callable
from typing import Any

import torch

logger = logging.getLogger(__name__)

LOSSES = ("ce_loss", "aux_loss", "alignment_mse")


class LossLog:
    """Sums since the last log line, on the model's device; nothing is read back before `pop`.

    Args:
        layers: indices of the layers that have experts.
        modalities: names of the modalities, which are also those of the experts.
    """

    def __init__(self, layers: list[int], modalities: tuple[str, ...]) -> None:
        """Start at zero."""
        self.layers = layers
        self.modalities = modalities
        self._sums: torch.Tensor | None = None

    @property
    def _shape(self) -> tuple[int, int, int]:
        count = len(self.modalities)
        return len(self.layers), count, count + 1  # the last column counts tokens

    @torch.no_grad()
    def add(self, outputs: Any) -> None:
        """Add a micro-batch: its losses, and its tokens' mixing weights by layer and modality.

        Args:
            outputs: `MMBertSequenceClassifierOutput`, with `router_logits` if the experts are to be counted.
        """
        losses = [getattr(outputs, name) for name in LOSSES]
        device = outputs.loss.device
        pairs = [[0.0, 0.0] if value is None else [value.detach().double(), 1.0] for value in losses]
        totals = torch.stack([torch.as_tensor(item, dtype=torch.float64, device=device) for p in pairs for item in p])
        if outputs.router_logits:
            loads = self._loads(outputs.router_logits, outputs.modality_ids)
        else:
            loads = torch.zeros(self._shape, dtype=torch.float64, device=device)
        sums = torch.cat([totals, loads.flatten()])
        self._sums = sums if self._sums is None else self._sums + sums

    def _loads(self, router_logits: tuple[torch.Tensor, ...], modality_ids: torch.Tensor) -> torch.Tensor:
        """Return (layers, modalities, experts + 1): sums of mixing weights, and numbers of tokens."""
        belongs = torch.stack([modality_ids == index for index in range(len(self.modalities))], dim=-1)
        belongs = belongs.flatten(0, 1).double()
        rows = []
        for logits in router_logits:
            weights = logits.float().softmax(dim=-1).flatten(0, 1).double()
            rows.append(torch.cat([belongs.t() @ weights, belongs.sum(dim=0).unsqueeze(-1)], dim=-1))
        return torch.stack(rows)

    def pop(self, reduce: Callable[[torch.Tensor], torch.Tensor], device: torch.device) -> dict[str, float]:
        """Return the averages since the last call, over all processes, and start anew.

        Args:
            reduce: sums a tensor over the processes; every process must call it.
            device: where the sums of a process that saw nothing are made.

        Returns:
            `ce_loss`, `aux_loss`, `alignment_mse` as far as there were any, and
            `expert_load/layer_L/MODALITY/EXPERT`: the mean mixing weight that tokens of a modality give an expert.
        """
        layers, modalities, width = self._shape
        size = 2 * len(LOSSES) + layers * modalities * width
        sums = self._sums if self._sums is not None else torch.zeros(size, dtype=torch.float64, device=device)
        self._sums = None
        values = reduce(sums).cpu()
        logs = {
            name: float(values[2 * i] / values[2 * i + 1]) for i, name in enumerate(LOSSES) if values[2 * i + 1] > 0
        }
        loads = values[2 * len(LOSSES) :].view(self._shape)
        for layer, by_modality in zip(self.layers, loads, strict=True):
            for modality, row in zip(self.modalities, by_modality, strict=True):
                if row[-1] > 0:
                    for expert, weight in zip(self.modalities, row[:-1] / row[-1], strict=True):
                        logs[f"expert_load/layer_{layer}/{modality}/{expert}"] = float(weight)
        return logs


def warn_of_collapse(logs: dict[str, float], threshold: float) -> list[str]:
    """Warn of layers in which one expert takes more than `threshold` of the weight, and return their keys."""
    collapsed = [key for key, value in logs.items() if key.startswith("expert_load/") and value > threshold]
    for key in collapsed:
        _, layer, modality, expert = key.split("/")
        logger.warning(
            "router collapse: in %s the %s tokens give the %s expert %.1f %% of their weight (over %.0f %%). "
            "Raise router_aux_loss_coef, lower the router's learning rate, or train the experts apart for longer.",
            layer,
            modality,
            expert,
            100 * logs[key],
            100 * threshold,
        )
    return collapsed


__all__ = ["LOSSES", "LossLog", "warn_of_collapse"]
