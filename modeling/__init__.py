"""Configurations, models and the multimodal pipeline: what goes to the Hub as remote code.

Importing this package registers the classes with the Auto classes of transformers.
"""

from decloak.processing.torchaudio_import import prepare_torchaudio

prepare_torchaudio()  # before transformers, whose audio modules import torchaudio wherever it is installed

from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification  # noqa: E402

from .configuration_mmbert import MODALITIES, MMBertConfig  # noqa: E402
from .modeling_mmbert import MMBertForSequenceClassification, MMBertModel  # noqa: E402
from .outputs_mmbert import MMBertOutput, MMBertSequenceClassifierOutput  # noqa: E402
from .pipeline_mmbert import MMBertTextClassificationPipeline  # noqa: E402

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
