"""Configurations, models and the multimodal pipeline: what goes to the Hub as remote code.

Importing this package registers the classes with the Auto classes of transformers.
"""

from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification

from .configuration_mmbert import MODALITIES, MMBertConfig
from .modeling_mmbert import MMBertForSequenceClassification, MMBertModel
from .outputs_mmbert import MMBertOutput, MMBertSequenceClassifierOutput
from .pipeline_mmbert import MMBertTextClassificationPipeline

AutoConfig.register(MMBertConfig.model_type, MMBertConfig, exist_ok=True)
AutoModel.register(MMBertConfig, MMBertModel, exist_ok=True)
AutoModelForSequenceClassification.register(MMBertConfig, MMBertForSequenceClassification, exist_ok=True)

__all__ = [
    "MODALITIES",
    "MMBertConfig",
    "MMBertForSequenceClassification",
    "MMBertModel",
    "MMBertOutput",
    "MMBertSequenceClassifierOutput",
    "MMBertTextClassificationPipeline",
]
