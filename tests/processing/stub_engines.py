"""Speech engines that need no model: they beep, fail or hang as told."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from decloak.processing.speech_engine_base import SpeechEngine
from tests.tiny import CJK, tone


class BeepEngine(SpeechEngine):
    """Says a constant for each letter.

    Attributes:
        behaviour: Called with the text before speaking; may raise, hang, or return what is returned instead.
    """

    name = "beep"
    voice = "low"

    def __init__(self, rate: int = 8000, level: float = 0.5, behaviour: Callable[[str], Any] | None = None) -> None:
        self.sampling_rate = rate
        self.level = level
        self.behaviour = behaviour

    @property
    def version(self) -> str:
        return f"1-{self.level}"

    def speak(self, text: str) -> np.ndarray:
        if not isinstance(text, str):
            raise TypeError("a string is allowed")
        result = self.behaviour(text) if self.behaviour is not None else None
        return np.full(100 * sum(map(str.isalpha, text)), self.level, np.float32) if result is None else result


def raising(error: BaseException) -> Callable[[str], Any]:
    def behave(text: str) -> Any:
        raise error

    return behave


class Hang:
    """Hangs until it is released, or the test process would end."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.calls = 0

    def __call__(self, text: str) -> None:
        self.calls += 1
        self.released.wait(60)


class ToneEngine(SpeechEngine):
    """Says every Chinese character as a tone of 0.1 s at 8 kHz; it holds a lock, which cannot be copied."""

    name = "tone"
    sampling_rate = 8000

    def __init__(self, model: str | None, voice: str | None) -> None:
        self.model = model
        self.voice = voice or "sine"
        self.lock = threading.Lock()
        self.spoken: list[str] = []

    @property
    def version(self) -> str:
        return f"tone-1-{self.model}"

    def speak(self, text: str) -> np.ndarray:
        self.spoken.append(text)
        words = [tone(0.1, 200 + 10 * (ord(letter) % 64), 8000) for letter in text if letter in CJK]
        return np.concatenate([np.zeros(0, dtype=np.float32), *words])
