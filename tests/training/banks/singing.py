"""A source of speech whose engine is that of the tests, also in processes that are started anew."""

from dataclasses import dataclass
from pathlib import Path

from transformers import WhisperFeatureExtractor

from decloak.training.banks.building import SpeechSource
from decloak.training.banks.sound_tables import SoundTables, make_sound_tables
from tests.processing import hearing  # noqa: F401  registers the engine, wherever a source is unpickled
from tests.tiny import MEL_BINS, RATE

SPOKEN = "你好坏人今天气很"  # what the engine can say and the tables have


@dataclass(frozen=True)
class SingingSource(SpeechSource):
    """Unpickled, it brings the module of the engine with it."""


def add_feature_extractor(whisper: Path) -> None:
    """Put what `SpeechSource` reads beside the encoder."""
    WhisperFeatureExtractor(feature_size=MEL_BINS, sampling_rate=RATE).save_pretrained(whisper)


def few_tables(*arguments: object) -> SoundTables:
    """Stand in for `make_sound_tables`: a few syllables instead of all."""
    return make_sound_tables(characters=SPOKEN, emoji=False)
