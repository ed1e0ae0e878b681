"""How a window of text is heard: from a bank of sounds, or spoken by an engine."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .audio_input import read_audio
from .fallback_engine import speak_with_source
from .sense_inputs import bank_speech, placed_units, speech_features, speech_places
from .sound_units import SoundReader, SoundTables
from .speech_engines import SpeechEngine
from .speech_silence import without_silence
from .text_windows import TextWindow

#: Speaks and hears a text elsewhere, such as from a cache: (text, tokens) to (tokens, width), None for silence.
HearText = Callable[[str, int], np.ndarray | None]


class SpeechInputs:
    """Makes the speech part of a row from its text.

    Attributes:
        hear_text: takes the place of engine and spectrogram where it is set.
    """

    def __init__(
        self,
        load_engine: Callable[[], SpeechEngine],
        feature_extractor: Any,
        max_tokens: int,
        units: Sequence[str] | None = None,
        tables: SoundTables | None = None,
        speaks: bool = True,
    ) -> None:
        """Keep the parts; the engine is loaded when it first speaks.

        Args:
            load_engine: returns the engine, or raises what is wrong.
            feature_extractor: Whisper's.
            max_tokens: most speech tokens of a spoken row.
            units: the sound bank's; unit i is row i + 1, row 0 is the unknown sound.
            tables: those of a `SoundReader`. With them a spoken row has one token a unit, without one a word token.
            speaks: whether an engine is configured; without one `load_engine` can only raise.
        """
        self.hear_text: HearText | None = None
        self._load_engine = load_engine
        self._feature_extractor = feature_extractor
        self._max_tokens = max_tokens
        self._table: Mapping[str, int] | None = None
        if units is not None:
            self._table = {unit: row for row, unit in enumerate(units, start=1)}
        self._reader = SoundReader(tables) if tables is not None else None
        self._speaks = speaks

    @property
    def has_bank(self) -> bool:
        """Whether texts can be heard without being spoken."""
        return self._table is not None and self._reader is not None

    @property
    def has_engine(self) -> bool:
        """Whether there is something to speak with, or to hear in its place."""
        return self._speaks or self.hear_text is not None

    def from_bank(self, window: TextWindow) -> dict[str, Any]:
        """Return bank ids and positions of a window; nothing where nothing in it is spoken.

        Raises:
            ValueError: There is no bank.
        """
        if self._table is None or self._reader is None:
            raise ValueError(
                "senses='bank' was asked for, but this processor has no sound bank: build one (decloak build-banks), "
                "or use senses='exact'."
            )
        units, positions = placed_units(window, self._reader)
        return bank_speech(units, positions, self._table) if units else {}

    def from_engine(self, window: TextWindow) -> tuple[dict[str, Any], str]:
        """Return the spectrogram (or the features that `hear_text` gives) of a window, spoken, and who spoke.

        Nothing, where nothing in it is spoken: emoji without a name, punctuation.
        """
        places = self._places(window)
        if not places:
            return {}, ""
        text = self._spoken(window)
        if self.hear_text is not None:
            chosen = speech_places(places, len(window.input_ids) - 1, self._max_tokens)
            heard = self.hear_text(text, len(chosen))
            return ({} if heard is None else {"speech_features": heard, "speech_positions": chosen}), "cache"
        samples, rate, source = speak_with_source(self._load_engine(), text)
        if not len(samples):
            return {}, ""
        mel = spoken_spectrogram(self._feature_extractor, samples, rate)
        return speech_features(mel, window, self._max_tokens, places), source.split(":")[0]

    def _places(self, window: TextWindow) -> list[int]:
        return window.word_tokens if self._reader is None else placed_units(window, self._reader)[1]

    def _spoken(self, window: TextWindow) -> str:
        parts = [part for part in (window.text, window.text_pair) if part]
        return " ".join(map(self._reader.spoken_text, parts) if self._reader is not None else parts)


def spectrogram(feature_extractor: Any, samples: np.ndarray) -> np.ndarray:
    """Return the log-mel spectrogram (mel bins, frames) of the true length, not padded to 30 s.

    Args:
        feature_extractor: Whisper's.
        samples: mono, at its rate.
    """
    features = feature_extractor(
        samples,
        sampling_rate=feature_extractor.sampling_rate,
        padding=False,
        truncation=False,
        return_tensors="np",
    )
    return np.asarray(features["input_features"][0], dtype=np.float32)


def spoken_spectrogram(feature_extractor: Any, samples: np.ndarray, rate: int) -> np.ndarray:
    """Return the spectrogram of what an engine spoke, however long it is, without its silence.

    Args:
        feature_extractor: Whisper's.
        samples: mono.
        rate: samples per second.
    """
    spoken = without_silence(samples, rate)
    return spectrogram(feature_extractor, read_audio(spoken, feature_extractor.sampling_rate, rate, float("inf")))


__all__ = ["HearText", "SpeechInputs", "spectrogram", "spoken_spectrogram"]
