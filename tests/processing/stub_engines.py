"""Speech engines that need no model: they beep, fail or hang as told."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from decloak.processing.speech_engine_base import SpeechEngine


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
