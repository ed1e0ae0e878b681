"""A speech engine that says Chinese characters as tones."""

import threading

import numpy as np

from decloak.processing import SpeechEngine
from tests.tiny import CJK, tone


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
