"""Data recipes, stages, trainers and callbacks.

The public names are imported when they are first touched: Trainer takes seconds to import.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .collator import EncodedDataset, MultimodalCollator
    from .mmbert_trainer import MMBertTrainer
    from .mmbert_training_arguments import MMBertTrainingArguments
    from .stages import StageSchedule, TrainingStage, paper_stages

_HOMES = {
    "EncodedDataset": "collator",
    "MultimodalCollator": "collator",
    "MMBertTrainer": "mmbert_trainer",
    "MMBertTrainingArguments": "mmbert_training_arguments",
    "StageSchedule": "stages",
    "TrainingStage": "stages",
    "paper_stages": "stages",
}

__all__ = [
    "EncodedDataset",
    "MMBertTrainer",
    "MMBertTrainingArguments",
    "MultimodalCollator",
    "StageSchedule",
    "TrainingStage",
    "paper_stages",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first touched (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; public names: {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
