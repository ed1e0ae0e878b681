"""Build the frozen table of speech features that lets a model hear a text without speaking it.

Each syllable is spoken by an engine and heard by Whisper in one go; a phoneme of English is the mean of what is heard
of it in words.
"""

import logging
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from decloak.processing.sound_units import TONES, SoundReader, SoundTables, sound_id

from .feature_bank import FeatureBank, make_bank

logger = logging.getLogger(__name__)

#: Speaks and hears a text: (text, tokens) to (tokens, D), or None where nothing can be spoken (see `ExactSpeech`).
Hear = Callable[[str, int], NDArray[np.floating] | None]

# How often a phoneme is heard, at most: means of more words hardly move.
PHONEME_SAMPLES = 24
# Sentences that the projection of running speech is fitted on, of each language, and its ridge, as a share of a
# feature's mean square.
SENTENCES, WORDS_A_SENTENCE, RIDGE = 40, 6, 0.3
# A syllable is said three times and the mean of what is heard is kept, which is nearer to running speech than one said
# alone. (Of 474 syllables in 40 sentences the row of the right one, among 90, was the nearest for 0.25 and within the
# ten nearest for 0.63, against 0.20 and 0.56. Another instance of the same syllable was the nearest for 0.27.)
CARRIER, CARRIER_TOKENS = "{0}\uff0c{0}\uff0c{0}\u3002", 3


def build_sound_bank(
    tables: SoundTables,
    hear: Hear,
    dimension: int | None = 64,
    whiten: bool = True,
    source: str = "",
) -> FeatureBank:
    """Hear each syllable and phoneme of the tables, and project the features by principal components.

    The units are the syllables with tone, then those without (the mean of their tones), then the phonemes.

    Args:
        tables: those of the processor; see `make_sound_tables`.
        hear: speaks and hears. With a cache a build that was killed goes on where it was.
        dimension: columns of the bank; None keeps all.
        whiten: scale every component to variance 1.
        source: engine, voice and encoder, for the bank's record.

    Raises:
        ValueError: Nothing could be spoken, or `dimension` exceeds what the features have.
    """
    syllables, unspoken = hear_syllables(tables, hear)
    phonemes, unheard = hear_phonemes(tables.get("words", {}), hear)
    heard = syllables | toneless(syllables) | phonemes
    if not heard:
        raise ValueError(f"None of {len(unspoken) + len(unheard)} units could be spoken. Fix: check engine and voice.")
    if unspoken or unheard:
        logger.warning("%d syllables and %d phonemes could not be spoken.", len(unspoken), len(unheard))
    output = np.stack(list(heard.values())).astype(np.float64)
    bank = make_bank(list(heard), output, dimension, whiten, [*unspoken, *unheard], source)
    return align_running_speech(bank, tables, hear)


def align_running_speech(bank: FeatureBank, tables: SoundTables, hear: Hear) -> FeatureBank:
    """Fit the projection by which exact speech is brought to a bank's features.

    A syllable in running speech is heard otherwise than one by itself: projected as the bank is, its features have
    another mean and twice the spread, and a model that was trained with the bank answers them badly. So sentences are
    spoken, and the map from what is heard of each syllable to its row is fitted by ridge regression.

    Args:
        bank: of the units alone.
        tables: those of the processor.
        hear: speaks and hears.

    Returns:
        The bank with `exact_weight` and `exact_bias`; the same one where nothing could be spoken.
    """
    reader, table = SoundReader(tables), bank.table
    heard, rows = [], []
    for sentence in track(sentences(tables), "hearing sentences", transient=True):
        units = [unit for _, unit in reader(sentence)]
        features = hear(sentence, len(units)) if units else None
        if features is not None:
            heard.append(np.asarray(features, dtype=np.float64))
            rows += [sound_id(unit, table) for unit in units]
    if not heard:
        return bank
    inputs = np.concatenate(heard)
    centre, wanted = inputs.mean(axis=0), bank.features[rows].astype(np.float64)
    gram = (inputs - centre).T @ (inputs - centre)
    gram += RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    weight = np.linalg.solve(gram, (inputs - centre).T @ (wanted - wanted.mean(axis=0))).T
    bias = wanted.mean(axis=0) - weight @ centre
    return replace(bank, exact_weight=weight.astype(np.float32), exact_bias=bias.astype(np.float32))


def sentences(tables: SoundTables) -> list[str]:
    """Make sentences of Chinese phrases and of English words, for their sounds alone; the same for the same tables."""
    chooser = random.Random(0)  # noqa: S311  a choice, not a secret
    made = []
    for parts, joint, end in (
        (list(tables.get("phrases", {})), "\uff0c", "\u3002"),
        (list(tables.get("words", {})), " ", "."),
    ):
        for _ in range(SENTENCES if parts else 0):
            made.append(joint.join(chooser.choices(parts, k=WORDS_A_SENTENCE)) + end)
    return made


def hear_syllables(tables: SoundTables, hear: Hear) -> tuple[dict[str, NDArray[np.floating]], list[str]]:
    """Hear one character of each syllable with tone; return the features, and the syllables that cannot be spoken."""
    heard, unspoken = {}, []
    for syllable, text in track(list(syllable_texts(tables).items()), "hearing syllables", transient=True):
        features = hear(CARRIER.format(text), CARRIER_TOKENS)
        if features is None:
            unspoken.append(syllable)
        else:
            heard[syllable] = features.mean(axis=0, dtype=np.float32)
    return heard, unspoken


def syllable_texts(tables: SoundTables) -> dict[str, str]:
    """Return a character to speak for each syllable with tone: a common one that is usually read so."""
    return {syllable: min(read_so, key=_rarity) for syllable, read_so in tables.get("readings", {}).items() if read_so}


def _rarity(character: str) -> tuple[int, str]:
    """Rank characters: those of GB 2312's first level, the 3,755 most used, then its second level, then others."""
    code = character.encode("gb2312", "ignore")
    level = (0 if code[0] < 0xD8 else 1) if len(code) == 2 else 2
    return level, character


def toneless(heard: Mapping[str, NDArray[np.floating]]) -> dict[str, NDArray[np.floating]]:
    """Return the mean of the tones of each syllable, for pinyin and for tones that were not heard."""
    groups: dict[str, list[NDArray[np.floating]]] = defaultdict(list)
    for syllable, features in heard.items():
        groups[syllable.rstrip(TONES)].append(features)
    return {syllable: np.mean(features, axis=0) for syllable, features in groups.items() if syllable not in heard}


def hear_phonemes(words: Mapping[str, str], hear: Hear) -> tuple[dict[str, NDArray[np.floating]], list[str]]:
    """Hear words, a token a phoneme; return the mean of each phoneme, and those that no spoken word has."""
    samples: dict[str, list[NDArray[np.floating]]] = defaultdict(list)
    for word in track(words_to_hear(words), "hearing words", transient=True):
        features = hear(word, len(words[word]))
        if features is not None:
            for phoneme, token in zip(words[word], features, strict=True):
                samples[phoneme].append(token)
    everything = sorted({phoneme for phonemes in words.values() for phoneme in phonemes})
    means = {f"/{phoneme}/": np.mean(samples[phoneme], axis=0) for phoneme in everything if phoneme in samples}
    return means, [f"/{phoneme}/" for phoneme in everything if phoneme not in samples]


def words_to_hear(words: Mapping[str, str], samples: int = PHONEME_SAMPLES) -> list[str]:
    """Choose words such that each phoneme is in `samples` of them, if it is in so many; rare phonemes first."""
    total = Counter(phoneme for phonemes in words.values() for phoneme in set(phonemes))
    by_phoneme: dict[str, list[str]] = defaultdict(list)
    for word in sorted(words, key=lambda word: (abs(len(words[word]) - 5), word)):
        for phoneme in set(words[word]):
            by_phoneme[phoneme].append(word)
    chosen: dict[str, None] = {}
    counts: Counter[str] = Counter()
    for phoneme, _ in sorted(total.items(), key=lambda item: (item[1], item[0])):
        for word in by_phoneme[phoneme]:
            if counts[phoneme] >= samples:
                break
            if word not in chosen:
                chosen[word] = None
                counts.update(set(words[word]))
    return list(chosen)


def texts_to_hear(tables: SoundTables) -> list[tuple[str, int]]:
    """Return everything that a build speaks, with its number of tokens: what several processes may share."""
    syllables = [(CARRIER.format(text), CARRIER_TOKENS) for text in syllable_texts(tables).values()]
    words, reader = tables.get("words", {}), SoundReader(tables)
    said = [(sentence, len(reader(sentence))) for sentence in sentences(tables)]
    return [
        *syllables,
        *((word, len(words[word])) for word in words_to_hear(words)),
        *(pair for pair in said if pair[1]),
    ]


__all__ = ["Hear", "build_sound_bank", "hear_phonemes", "hear_syllables", "texts_to_hear", "words_to_hear"]
