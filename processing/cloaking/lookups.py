"""What the attacks look up, made from the shipped tables once per process."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from decloak.processing.sound_units import PhraseReader
from decloak.processing.tables import load_table

# How many replacements a place has; what comes later is hardly ever what a person picks.
MOST_OPTIONS = 6
# Occurrences per million characters below which a character would itself catch the eye.
LEAST_FREQUENT = 5.0

# Letters up to here belong to languages that are written in Latin letters, and stay what they are.
LAST_LATIN = "\u024f"


def lookup(table: str, key: str) -> Sequence[str]:
    """Return the best values of a key; none if the table lacks it."""
    return load_table(table).get(key, ())[:MOST_OPTIONS]


@cache
def inverted(table: str) -> Mapping[str, tuple[str, ...]]:
    """Turn a table around: value to keys. The normaliser reads a key as its best value, so only that one counts.

    Keys that have no other value come first.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for key, values in sorted(load_table(table).items(), key=lambda row: len(row[1])):
        if values[0] != key:
            found[values[0]].append(key)
    return {value: tuple(keys) for value, keys in found.items()}


@cache
def letters_alike() -> Mapping[str, tuple[str, ...]]:
    """Return letter to its look-alikes that the normaliser turns back, those of the scripts nearest in look."""
    scripts = {script: rank for rank, script in enumerate(load_table("homoglyph_scripts")["scripts"])}
    found = {}
    for letter, others in inverted("homoglyphs").items():
        ranked = [(scripts.get(unicodedata.name(other, "").split(" ")[0]), other) for other in others]
        known = sorted((rank, other) for rank, other in ranked if rank is not None and _keeps_its_line(other))
        found[letter] = tuple(other for rank, other in known if rank == known[0][0])[:MOST_OPTIONS]
    return found


def _keeps_its_line(letter: str) -> bool:
    """Tell whether a letter is neither of a language of its own nor raised or lowered."""
    return letter > LAST_LATIN and not unicodedata.decomposition(letter).startswith(("<super>", "<sub>"))


@cache
def signs(name: str) -> tuple[str, ...]:
    """Return the signs of an attack: a row of `cloaking_signs`, which names code points."""
    return tuple(chr(int(point.removeprefix("U+"), 16)) for point in load_table("cloaking_signs")[name])


@cache
def signs_by_sound() -> Mapping[str, tuple[str, ...]]:
    """Return syllable without tone to the digits and letters that are written for it, the nearest first."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for sign, syllables in load_table("sign_sounds").items():
        for rank, syllable in enumerate(syllables):
            found[syllable].append((rank, sign))
    return {syllable: tuple(sign for _, sign in sorted(ranked)) for syllable, ranked in found.items()}


@cache
def first_readings() -> Mapping[str, str]:
    """Return the most usual reading of each character."""
    return {character: readings[0] for character, readings in load_table("readings").items()}


@cache
def phrase_reader() -> PhraseReader:
    """Return a reader that knows what a character sounds like in its phrase."""
    phrases = {phrase: tuple(values[0].split(" ")) for phrase, values in load_table("phrase_readings").items()}
    return PhraseReader(first_readings(), phrases)


@cache
def common_homophones() -> Mapping[str, tuple[str, ...]]:
    """Return toned syllable to the characters that are mostly read so, the most frequent first."""
    found: dict[str, list[str]] = defaultdict(list)
    for character, values in load_table("character_frequencies").items():
        reading = first_readings().get(character)
        if reading and float(values[0]) >= LEAST_FREQUENT:
            found[reading].append(character)
    return {reading: tuple(characters) for reading, characters in found.items()}
