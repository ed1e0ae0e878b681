"""Exact speech: texts spoken by an engine and heard by a Whisper encoder, once each."""

from typing import Any

import numpy as np
import torch
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from decloak.modeling.whisper_mmbert import average_spans, whisper_states
from decloak.processing import SpeechEngine
from decloak.processing.fallback_engine import speak_with_source
from decloak.processing.speech_inputs import spoken_spectrogram

from .feature_cache import FeatureCache, module_fingerprint

#: Increased whenever the same text, engine and encoder may give other features.
VERSION = 1


class ExactSpeech:
    """Features of spoken texts: a text and a number of tokens to (tokens, width of the encoder).

    The audio is heard without its silence, at its true length, and its frames are averaged over as many equal spans as
    there are tokens. With a cache a text is spoken and heard once, whatever process does it.
    """

    def __init__(
        self,
        engine: SpeechEngine,
        feature_extractor: Any,
        encoder: WhisperEncoder,
        cache: FeatureCache | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Keep the parts.

        Args:
            engine: speaks.
            feature_extractor: Whisper's.
            encoder: Whisper's encoder, in evaluation mode.
            cache: where features are kept; its namespace should be `fingerprint(engine, encoder)`.
            dtype: number format in which the encoder computes.
        """
        self.engine = engine
        self.feature_extractor = feature_extractor
        self.encoder = encoder.eval()
        self.cache = cache
        self.dtype = dtype

    @staticmethod
    def fingerprint(engine: SpeechEngine, encoder: WhisperEncoder, dtype: torch.dtype = torch.float32) -> str:
        """Return what the features depend on beside the text: the namespace of a cache."""
        return f"speech:{VERSION}:{engine.fingerprint}:{module_fingerprint(encoder)}:{dtype}"

    def __call__(self, text: str, tokens: int) -> np.ndarray | None:
        """Return the features (tokens, width) in float16, or None where nothing in the text can be spoken.

        Raises:
            ValueError: There is less than one token.
        """
        if tokens < 1:
            raise ValueError(f"A spoken text has at least 1 token; {tokens} were asked for.")
        content = f"{tokens}\0{text}"
        found = self.cache.get(content) if self.cache is not None else None
        if found is None:
            found, source = self.hear(text, tokens)
            # What a fallback said is not what the namespace says.
            if self.cache is not None and source == self.engine.fingerprint:
                self.cache.put(content, found)
        return found if len(found) else None

    def hear(self, text: str, tokens: int) -> tuple[np.ndarray, str]:
        """Speak and hear a text, whatever the cache has.

        Returns:
            The features, (0, width) where nothing can be spoken, and the fingerprint of the engine that spoke.
        """
        samples, rate, source = speak_with_source(self.engine, text)
        if not len(samples):
            return np.zeros((0, self.encoder.config.d_model), dtype=np.float16), source
        spoken = spoken_spectrogram(self.feature_extractor, samples, rate)
        device = next(self.encoder.parameters()).device
        mel = torch.from_numpy(spoken).unsqueeze(0).to(device)
        mask = torch.ones(1, mel.shape[-1], dtype=torch.bool, device=device)
        autocast = torch.autocast(device.type, self.dtype, enabled=self.dtype != torch.float32)
        with torch.inference_mode(), autocast:
            states, lengths = whisper_states(self.encoder, mel, mask)
            pooled = average_spans(states.float(), lengths, torch.ones(1, tokens, device=device))
        return pooled[0].cpu().numpy().astype(np.float16), source


__all__ = ["ExactSpeech"]
