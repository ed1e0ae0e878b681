"""The interface that every speech synthesiser of the processor has."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np


class SpeechEngineError(OSError):
    """An engine could not speak, for a reason that lies with the engine and not with the text or the arguments.

    Attributes:
        cause: What happened, for reports and for deciding whether to say it again: `"missing"` (program, package or
            files), `"died"`, `"timeout"`, `"output"` (what came back is no sound) or `"failed"`.
    """

    def __init__(self, message: str, cause: str = "failed") -> None:
        """Keep what happened in words and as one word."""
        super().__init__(message)
        self.cause = cause


class SpeechEngine(ABC):
    """Turns text into a waveform.

    An engine is deterministic (the same text and settings give the same samples), can be pickled (for use in
    the workers of `datasets.map`), and speaks a text to its end: it never cuts it silently.

    Attributes:
        name: Name under which the engine is registered.
        voice: Name of the voice that speaks.
        sampling_rate: Samples per second of the waveforms, in hertz.
    """

    name: str
    voice: str
    sampling_rate: int

    @property
    @abstractmethod
    def version(self) -> str:
        """Identifies the engine's code and weights: it differs whenever their waveforms may differ."""

    @property
    def settings(self) -> dict[str, Any]:
        """Options, beside the voice, that change the waveform (JSON values); the registry takes them back."""
        return {}

    @property
    def fingerprint(self) -> str:
        """A key for caches: engines with the same fingerprint give the same waveform for the same text."""
        settings = json.dumps(self.settings, sort_keys=True)
        return f"{self.name}:{self.version}:{self.voice}:{self.sampling_rate}:{settings}"

    @abstractmethod
    def speak(self, text: str) -> np.ndarray:
        """Speak a text.

        Args:
            text: Any string; what cannot be spoken (emoji, control characters, lone surrogates) is left out.

        Returns:
            Mono samples in float32, shape (samples,), at `sampling_rate`. Zero samples when the text has
            nothing that can be spoken.

        Raises:
            SpeechEngineError: The engine is missing, died or took too long.
        """

    def stream(self, text: str) -> Iterator[np.ndarray]:
        """Speak a text piece by piece, so that a caller can stop early and report how much it has used.

        Args:
            text: Any string.

        Yields:
            Consecutive parts, float32 of shape (samples,), that concatenate to what `speak` returns.
        """
        waveform = self.speak(text)
        if waveform.size:
            yield waveform
