"""A processor with a small sound bank, and an engine that says every Chinese character as a tone."""

from typing import Any

import numpy as np

from decloak.processing import MultimodalHateProcessor, SpeechEngine, register_speech_engine
from tests.tiny import CJK, tiny_processor, tone

UNITS = ["hao3", "ni3", "hao", "ni", "/h/"]  # rows 1 to 5 of the bank of `tiny_model`
TABLES = {
    "readings": {"hao3": "好郝", "ni3": "你", "ren2": "人"},
    "phrases": {},
    "words": {"ha": "ha"},
    "spellings": {"h": "h"},
    "emoji_zh": {"😀": "你好"},
    "emoji_en": {"😀": "ha"},
}


class SingingEngine(SpeechEngine):
    """Sings every Chinese character for 0.1 s, between half seconds of silence; everything else is silence."""

    name = "singing"
    sampling_rate = 8000

    def __init__(self, model: str | None = None, voice: str | None = None) -> None:
        self.voice = voice or "sine"
        self.spoken: list[str] = []

    @property
    def version(self) -> str:
        return "singing-1"

    def speak(self, text: str) -> np.ndarray:
        self.spoken.append(text)
        words = [tone(0.1, 200 + 10 * (ord(letter) % 64), self.sampling_rate) for letter in text if letter in CJK]
        pause = np.zeros(self.sampling_rate // 2 if words else 0, dtype=np.float32)
        return np.concatenate([pause, *words, pause])


register_speech_engine("singing", SingingEngine, replace=True)


def hearing_processor(**settings: Any) -> MultimodalHateProcessor:
    """A processor with a sound bank, a glyph bank and the engine above."""
    banks = {"sound_units": UNITS, "sound_tables": TABLES, "speech_engine": "singing"}
    return tiny_processor(**(banks | {"default_modalities": ("text", "speech")} | settings))


def sung(processor: MultimodalHateProcessor) -> list[str]:
    """What the processor's engine has spoken."""
    return list(processor.load_engine().spoken)  # type: ignore[attr-defined]
