"""How text becomes what a model reads, hears and sees.

Importing this package registers the processor with the Auto classes of transformers.
"""

from .torchaudio_import import prepare_torchaudio

prepare_torchaudio()  # before transformers, whose audio modules import torchaudio wherever it is installed

from transformers import AutoProcessor  # noqa: E402

from .fallback_engine import FallbackSpeechEngine, SpokenText, speak_with_source  # noqa: E402
from .processing_multimodal_hate import MultimodalHateBatch, MultimodalHateProcessor  # noqa: E402
from .speech_engine_base import SpeechEngineError  # noqa: E402
from .speech_engines import (  # noqa: E402
    SpeechEngine,
    available_speech_engines,
    load_speech_engine,
    register_speech_engine,
)
from .speech_limits import speak_within  # noqa: E402

# AutoProcessor finds the class by the name in processor_config.json. The key is usually a configuration class; ours
# lives with the models, which this package does not import.
AutoProcessor.register(MultimodalHateProcessor, MultimodalHateProcessor, exist_ok=True)

__all__ = [
    "FallbackSpeechEngine",
    "MultimodalHateBatch",
    "MultimodalHateProcessor",
    "SpeechEngine",
    "SpeechEngineError",
    "SpokenText",
    "available_speech_engines",
    "load_speech_engine",
    "register_speech_engine",
    "speak_within",
    "speak_with_source",
]
