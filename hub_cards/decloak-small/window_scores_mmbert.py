"""From the windows of a text to one answer: scores from logits, and how they are joined."""

from typing import Any

import numpy as np
import torch
from transformers import PreTrainedConfig

from .configuration_mmbert import MODALITIES


def default_function(config: PreTrainedConfig) -> str:
    """Name the function that makes a model's logits its scores: `"softmax"`, `"sigmoid"` or `"none"`."""
    if config.problem_type == "regression":
        return "none"
    multi_label = config.problem_type == "multi_label_classification" or config.num_labels == 1
    return "sigmoid" if multi_label else "softmax"


def apply_function(logits: np.ndarray, function: str) -> np.ndarray:
    """Turn logits (windows, labels) into scores by `"softmax"`, `"sigmoid"` or `"none"`."""
    values = torch.from_numpy(np.asarray(logits, dtype=np.float64))
    if function == "softmax":
        return values.softmax(dim=-1).numpy()
    return values.sigmoid().numpy() if function == "sigmoid" else values.numpy()


def join_windows(scores: np.ndarray, logits: np.ndarray, how: str, independent: bool) -> np.ndarray:
    """Join the scores (windows, labels) of one text's windows.

    Args:
        scores: (windows, labels).
        logits: (windows, labels), which they were made from.
        how: `"mean"` averages. `"max"` takes of independent labels the highest score of each, and else the
            window that gives label 0, the harmless one, the lowest probability.
        independent: every label is scored on its own (several labels a text, one label, or regression).
    """
    if how == "mean":
        return scores.mean(axis=0)
    if independent:
        return scores.max(axis=0)
    return scores[apply_function(logits, "softmax")[:, 0].argmin()]


def joined_report(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Say of all windows of a row what the processor said of each; `heard` only where words were heard otherwise."""
    heard = list({str(word): word for report in reports for word in report.get("heard", [])}.values())
    return {
        "modalities": [sense for sense in MODALITIES if any(sense in report["modalities"] for report in reports)],
        "sources": {sense: source for report in reversed(reports) for sense, source in report["sources"].items()},
        "windows": len(reports),
        "truncated": any(report["truncated"] for report in reports),
    } | ({"heard": heard} if heard else {})


__all__ = ["apply_function", "default_function", "join_windows", "joined_report"]
