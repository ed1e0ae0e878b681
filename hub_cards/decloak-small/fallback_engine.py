"""A second speech engine for when the first is missing or fails, declared by the caller and never in silence."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .audio_resampling import resample
from .speech_engine_base import SpeechEngine, SpeechEngineError
from .speech_limits import default_time_limit, speak_within

logger = logging.getLogger(__name__)

#: Why a primary engine gives way. Wrong arguments do not: they are mended, not spoken around.
GIVES_WAY = (SpeechEngineError, ImportError, FileNotFoundError)


class SpokenText(NamedTuple):
    """The sound of a text, and where it comes from.

    Attributes:
        samples: float32, shape (samples,); none when the text has nothing that the engine can speak.
        sampling_rate: Samples per second, in hertz.
        source: Fingerprint of the engine that spoke: the key for caches of the sound.
    """

    samples: np.ndarray
    sampling_rate: int
    source: str


def speak_with_source(engine: SpeechEngine, text: str, seconds: float | None = None) -> SpokenText:
    """Speak a text with any engine within a time limit, and say which engine it was.

    Args:
        engine: Any engine; of a `FallbackSpeechEngine` the one of the two that speaks is the source.
        text: Any string.
        seconds: Time limit of each engine; None means `default_time_limit`.

    Raises:
        SpeechEngineError: The engine, or both engines, failed or took too long.
        TypeError: `text` is not a string.
        ValueError: An argument of the engine is wrong.
        ImportError: A package is not installed.
        FileNotFoundError: A file is missing.
    """
    if isinstance(engine, FallbackSpeechEngine):
        return engine.speak_with_source(text, seconds)
    samples = speak_within(engine, text, default_time_limit(str(text)) if seconds is None else seconds)
    return SpokenText(samples, engine.sampling_rate, engine.fingerprint)


class FallbackSpeechEngine(SpeechEngine):
    """Speaks with a primary engine, and with a secondary one when that is missing or fails.

    It gives way to an engine that cannot be made (`FileNotFoundError`, `ImportError`, `SpeechEngineError`) or that
    raises one of these when it speaks; a warning is logged once for each cause. The sound of a text then depends on
    what failed, so that caches should use the source that `speak_with_source` returns.

    Attributes:
        primary: The first engine; None when it is missing.
        secondary: The second engine.

    Args:
        primary: The first engine, or a function that makes it.
        secondary: The engine that speaks instead; it must be there.
    """

    name = "fallback"

    def __init__(self, primary: SpeechEngine | Callable[[], SpeechEngine], secondary: SpeechEngine) -> None:
        self._said: set[str] = set()
        self.secondary = secondary
        self.primary: SpeechEngine | None = None
        try:
            self.primary = primary if isinstance(primary, SpeechEngine) else primary()
        except GIVES_WAY as error:
            self._missing = error
            self._warn(error)
        first = self.primary or secondary
        self.voice = first.voice
        self.sampling_rate = first.sampling_rate

    @property
    def version(self) -> str:
        """The version of the primary engine, or of the secondary where that is missing."""
        return (self.primary or self.secondary).version

    @property
    def settings(self) -> dict[str, Any]:
        """The fingerprints of both engines."""
        return {
            "primary": self.primary.fingerprint if self.primary else None,
            "secondary": self.secondary.fingerprint,
        }

    def speak(self, text: str) -> np.ndarray:
        """Speak a text with the first engine that can.

        Args:
            text: Any string.

        Returns:
            float32 samples at `sampling_rate`, shape (samples,).

        Raises:
            SpeechEngineError: Both engines failed or took too long.
            TypeError: `text` is not a string.
        """
        return self.speak_with_source(text).samples

    def speak_with_source(self, text: str, seconds: float | None = None) -> SpokenText:
        """Speak a text, and say which engine it was.

        Args:
            text: Any string.
            seconds: Time limit of each engine; None means `default_time_limit`.

        Returns:
            Samples at `sampling_rate`, whichever engine spoke.

        Raises:
            SpeechEngineError: Both engines failed or took too long.
            TypeError: `text` is not a string.
        """
        if self.primary is None:
            return self._speak_secondary(text, seconds, self._missing)
        try:
            return speak_with_source(self.primary, text, seconds)
        except GIVES_WAY as error:
            self._warn(error)
            return self._speak_secondary(text, seconds, error)

    def _speak_secondary(self, text: str, seconds: float | None, reason: Exception) -> SpokenText:
        try:
            spoken = speak_with_source(self.secondary, text, seconds)
        except GIVES_WAY as error:
            cause = getattr(error, "cause", "missing")
            raise SpeechEngineError(
                f"neither engine spoke. The first: {reason}. {self.secondary.name}: {error}", cause
            ) from error
        if not spoken.samples.size and any(map(str.isalpha, text)):
            self._say_once("silence", "says nothing of some texts: its voice lacks their scripts; choose another voice")
        samples = resample(spoken.samples, spoken.sampling_rate, self.sampling_rate)
        return SpokenText(samples, self.sampling_rate, spoken.source)

    def _warn(self, error: Exception) -> None:
        """Say that the second engine speaks, once for each cause."""
        cause = f"{type(error).__name__}:{getattr(error, 'cause', 'missing')}"
        self._say_once(cause, f"speaks instead of the first one: {error}")

    def _say_once(self, cause: str, message: str) -> None:
        if cause not in self._said:
            self._said.add(cause)
            logger.warning("The engine %r %s", self.secondary.name, message)
