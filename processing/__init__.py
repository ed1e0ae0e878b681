"""How text becomes what a model reads, hears and sees.

Importing this package registers the processor with the Auto classes of transformers.
"""


from .processing_multimodal_hate import MultimodalHateBatch, MultimodalHateProcessor
from .speech_engines import SpeechEngine, available_speech_engines, load_speech_engine, register_speech_engine

MultimodalHateProcessor.register_for_auto_class("AutoProcessor")

__all__ = [
    "MultimodalHateBatch",
    "MultimodalHateProcessor",
    "SpeechEngine",
    "available_speech_engines",
    "load_speech_engine",
    "register_speech_engine",
]
