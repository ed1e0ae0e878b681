"""`decloak build-banks`: from encoders and an engine to the banks of a checkpoint."""

import logging
import multiprocessing
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.progress import Progress
from transformers import AutoTokenizer, WhisperFeatureExtractor

from decloak.modeling.initialization_mmbert import load_speech_encoder
from decloak.processing import load_speech_engine
from decloak.processing.glyph_rendering import default_renderer

from ..data.tables import table_rows
from ..exact_speech import ExactSpeech
from ..feature_cache import FeatureCache
from .feature_bank import FeatureBank
from .glyph_bank import build_glyph_bank, vision_feature_extractor
from .glyph_units import bank_characters
from .installing import Banks
from .sound_bank import build_sound_bank, texts_to_hear
from .sound_tables import WORD, english_phonemizer, make_sound_tables

logger = logging.getLogger(__name__)

TEXTS_AT_ONCE = 16
BEGINS_WORD = "\u2581"


@dataclass(frozen=True)
class SpeechSource:
    """What speaks and hears: everything that a worker needs to make the same.

    Attributes:
        encoder: folder or Hub id of a Whisper.
        engine: name of the speech engine.
        model: its folder.
        voice: its voice; the engine's own choice if None.
        cache: file of the feature cache.
        threads: CPU threads of a process; as the libraries choose, if None.
    """

    encoder: str
    engine: str
    model: str | None
    voice: str | None
    cache: Path
    threads: int | None = None

    def open(self) -> ExactSpeech:
        """Load engine and encoder, and open the cache."""
        if self.threads is not None:
            torch.set_num_threads(self.threads)
        options: dict[str, Any] = {"threads": self.threads} if self.engine == "kokoro" else {}
        engine = load_speech_engine(self.engine, self.model, self.voice, **options)
        encoder = load_speech_encoder(self.encoder)
        cache = FeatureCache(self.cache, ExactSpeech.fingerprint(engine, encoder))
        return ExactSpeech(engine, WhisperFeatureExtractor.from_pretrained(self.encoder), encoder, cache)


def make_glyphs(
    vision_encoder: str,
    texts: Iterable[str] = (),
    dimension: int | None = 64,
    limit: int | None = 10_000,
    minimum_count: int = 2,
    font: str | None = None,
    emoji_font: str | None = None,
) -> FeatureBank:
    """Draw and encode the characters of texts, of GB 2312, emoji and look-alike letters.

    Args:
        vision_encoder: folder or Hub id.
        texts: whose characters come first.
        dimension: numbers a character; None for all.
        limit: most characters.
        minimum_count: how often a character must be in the texts.
        font: path of the font for characters; found if None.
        emoji_font: likewise for emoji.
    """
    units = bank_characters(texts, minimum_count=minimum_count, limit=limit)
    renderer = default_renderer(font, emoji_font)
    return build_glyph_bank(units, renderer, vision_feature_extractor(vision_encoder), dimension, source=vision_encoder)


def make_sounds(source: SpeechSource, words: Sequence[str] = (), dimension: int | None = 64, workers: int = 1) -> Banks:
    """Speak and hear every syllable, and words of every phoneme.

    Args:
        source: what speaks and hears.
        words: that get phonemes of their own.
        dimension: numbers a unit; None for all.
        workers: processes that speak at once; they share the cache.

    Returns:
        The sound bank, with the tables by which a processor uses it, and who spoke.
    """
    tables = make_sound_tables(words, english_phonemizer() if words else None)
    if workers > 1:
        hear_in_parallel(source, texts_to_hear(tables), workers)
    hear = source.open()
    assert hear.cache is not None  # noqa: S101 - for the type checker
    with closing(hear.cache) as cache:  # what SQLite keeps beside the file goes with its last connection
        bank = build_sound_bank(tables, hear, dimension, source=cache.namespace)
    engine = hear.engine
    speaker = {"speech_engine": engine.name, "speech_voice": engine.voice, "speech_version": engine.version}
    return Banks(sounds=bank, sound_tables=tables, speaker=speaker)


def hear_in_parallel(source: SpeechSource, texts: Sequence[tuple[str, int]], workers: int) -> None:
    """Speak and hear texts in several processes, into the cache of `source`.

    Args:
        source: what speaks and hears.
        texts: each with its number of tokens.
        workers: processes. They are started anew: an engine's threads do not survive a fork.
    """
    parts = [texts[start : start + TEXTS_AT_ONCE] for start in range(0, len(texts), TEXTS_AT_ONCE)]
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(workers, context, _open_worker, (source,)) as pool,
        Progress(transient=True) as progress,
    ):
        task = progress.add_task(f"speaking in {workers} processes", total=len(texts))
        for future in as_completed([pool.submit(_hear_part, part) for part in parts]):
            progress.advance(task, future.result())


_worker: dict[str, Any] = {}


def _open_worker(source: SpeechSource) -> None:
    _worker["hear"] = source.open()


def _hear_part(texts: Sequence[tuple[str, int]]) -> int:
    for text, tokens in texts:
        _worker["hear"](text, tokens)
    return len(texts)


def texts_of(table: str | Path) -> list[str]:
    """Return the texts of a table; rows without one are left out."""
    found = (row.values.get("text") for row in table_rows(table, ["text"]))
    return [text for text in found if isinstance(text, str) and text]


def words_of(tokenizer: str, limit: int) -> list[str]:
    """Return the whole English words among a tokenizer's pieces, the most usual first.

    Args:
        tokenizer: folder or Hub id.
        limit: most words.
    """
    vocabulary = AutoTokenizer.from_pretrained(tokenizer).get_vocab()
    pieces = sorted(vocabulary, key=vocabulary.__getitem__)
    marked = any(piece.startswith(BEGINS_WORD) for piece in pieces)
    whole = [p.removeprefix(BEGINS_WORD) for p in pieces if p.startswith(BEGINS_WORD) or not marked]
    return list(dict.fromkeys(word.lower() for word in whole if WORD.fullmatch(word.lower())))[:limit]


__all__ = ["SpeechSource", "hear_in_parallel", "make_glyphs", "make_sounds", "texts_of", "words_of"]
