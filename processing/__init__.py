"""How text becomes what a model reads, hears and sees.

Importing this package registers the processor with the Auto classes of transformers.
"""

from transformers import AutoProcessor

from .processing_multimodal_hate import MultimodalHateBatch, MultimodalHateProcessor
from .speech_engines import SpeechEngine, available_speech_engines, load_speech_engine, register_speech_engine

# AutoProcessor finds the class by the name in processor_config.json. The key is usually a configuration class; ours
# lives with the models, which this package does not import.
AutoProcessor.register(MultimodalHateProcessor, MultimodalHateProcessor, exist_ok=True)

__all__ = [
    "MultimodalHateBatch",
    "MultimodalHateProcessor",
    "SpeechEngine",
    "available_speech_engines",
    "load_speech_engine",
    "register_speech_engine",
]
