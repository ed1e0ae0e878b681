"""decloak: hate speech that hides, found by models that read, hear and see a text.

Importing this package loads nothing else. A public name is imported from its folder when it is first touched,
and importing `decloak.modeling` registers the models with the Auto classes of transformers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from decloak.hub_cards import default_model_path
    from decloak.modeling import (
        MMBertConfig,
        MMBertForSequenceClassification,
        MMBertModel,
        MMBertTextClassificationPipeline,
    )
    from decloak.processing import MultimodalHateProcessor
    from decloak.training import MMBertTrainer, MMBertTrainingArguments, TrainingStage

_HOMES = {
    "MMBertConfig": "decloak.modeling",
    "MMBertForSequenceClassification": "decloak.modeling",
    "MMBertModel": "decloak.modeling",
    "MMBertTextClassificationPipeline": "decloak.modeling",
    "MultimodalHateProcessor": "decloak.processing",
    "MMBertTrainer": "decloak.training",
    "MMBertTrainingArguments": "decloak.training",
    "TrainingStage": "decloak.training",
    "default_model_path": "decloak.hub_cards",
}

__all__ = [
    "MMBertConfig",
    "MMBertForSequenceClassification",
    "MMBertModel",
    "MMBertTextClassificationPipeline",
    "MMBertTrainer",
    "MMBertTrainingArguments",
    "MultimodalHateProcessor",
    "TrainingStage",
    "__version__",
    "default_model_path",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its folder when it is first touched (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'decloak' has no attribute {name!r}; public names: {', '.join(__all__)}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not, beside what the module already holds."""
    return sorted({*globals(), *__all__})
