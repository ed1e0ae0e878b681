"""Attacks on English by spelling: slips of the keyboard, sound, missing, repeated and censored letters."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from random import Random

from decloak.processing.tables import load_table

from .attack_base import Attack, Site, Stage
from .lookups import signs
from .registry import register
from .text_units import Run, latin_words, spelled

VOWELS = frozenset("aeiouAEIOU")
# Shorter words are function words, and no longer to be recognised with a letter less.
SHORTEST_WORD = 3
SHORTEST_WITHOUT_VOWELS = 4
SHORTEST_RESPELLED = 4
MOST_REPEATS = 3


def _like(new: str, old: str) -> str:
    """Write a replacement in capitals where the piece was."""
    if old.isupper() and (len(old) > 1 or len(new) == 1):
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def _long_words(all_runs: Iterable[Run], letters: int = SHORTEST_WORD) -> Iterator[Run]:
    return (word for word in latin_words(all_runs) if len(word) >= letters)


@register
class Misspelling(Attack):
    """Slips of the keyboard."""

    name = "misspelling"
    description = "in a word two letters change places, one is left out, or its neighbour on the keyboard is hit"
    languages = ("en",)
    stage = Stage.word
    source = "TextBugger, arXiv 1812.05271"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Choose one slip for each word of three letters or more; its first letter stays."""
        slips = (_swap, _drop, _neighbour)
        for word in _long_words(all_runs):
            slip = slips[int(len(slips) * random.random())]
            place = 1 + int((len(word) - 1) * random.random())
            yield slip(word, place)


def _swap(word: Run, place: int) -> Site:
    """Swap a letter and the next one; the last is left out instead, and so is one of a pair of equals."""
    if place + 1 >= len(word) or word[place].text == word[place + 1].text:
        return _drop(word, place)
    one, other = word[place : place + 2]
    return Site(one.start, other.end, (other.text + one.text,))


def _drop(word: Run, place: int) -> Site:
    return Site(word[place].start, word[place].end, ("",))


def _neighbour(word: Run, place: int) -> Site:
    start, end, letter = word[place]
    return Site(start, end, [_like(key, letter) for key in load_table("keyboard_neighbours")[letter.lower()]])


@cache
def _respellings() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    rows = load_table("phonetic_spellings_en").items()
    return tuple((re.compile(letters, re.IGNORECASE), options) for letters, options in rows)


@register
class PhoneticSpelling(Attack):
    """Words spelled as they sound."""

    name = "phonetic_spelling"
    description = "a word is spelled as it sounds (phone, fone; boys, boyz)"
    languages = ("en",)
    stage = Stage.word
    source = "SMS language; Hatemoji, arXiv 2108.05921"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Choose one respelling for each word that has any: that of the whole word, else of some letters."""
        for word in latin_words(all_runs):
            found = _respelling_matches(spelled(word))
            if found:
                match, options = found[0] if _is_whole(found[0][0]) else found[int(len(found) * random.random())]
                letters = word[match.start() : match.end()]
                yield Site(letters[0].start, letters[-1].end, [_like(option, match[0]) for option in options])


@lru_cache(maxsize=1 << 14)
def _respelling_matches(word: str) -> list[tuple[re.Match[str], tuple[str, ...]]]:
    searched = ((pattern.search(word), options) for pattern, options in _respellings())
    found = [(match, options) for match, options in searched if match]
    return [pair for pair in found if len(word) >= SHORTEST_RESPELLED or _is_whole(pair[0])]


def _is_whole(match: re.Match[str]) -> bool:
    return match.span() == (0, len(match.string))


@register
class VowelDrop(Attack):
    """Words without vowels."""

    name = "vowel_drop"
    description = "a word loses vowels, though not its first letter (ppl)"
    languages = ("en",)
    stage = Stage.word
    source = "Hatemoji, arXiv 2108.05921"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the vowels of words that keep two consonants or more."""
        for word in _long_words(all_runs, SHORTEST_WITHOUT_VOWELS):
            vowels = [unit for unit in word if unit.text in VOWELS]
            if len(word) - len(vowels) > 1:
                yield from (Site(unit.start, unit.end, ("",)) for unit in vowels if unit is not word[0])


@register
class RepeatedLetters(Attack):
    """Words drawn out."""

    name = "repeated_letters"
    description = "a letter of a word is repeated (haaate)"
    languages = ("en",)
    stage = Stage.word
    source = "Hatemoji, arXiv 2108.05921"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Choose one letter of each word: an inner vowel, else the last letter."""
        for word in _long_words(all_runs):
            letters = _inner_vowels(word) or word[-1:]
            start, end, letter = letters[int(len(letters) * random.random())]
            yield Site(start, end, [letter * (1 + repeats) for repeats in range(MOST_REPEATS, 0, -1)])


@register
class Censoring(Attack):
    """Words with signs for letters."""

    name = "censoring"
    description = "a letter of a word, or all but its first and last, become signs (h*te, h**e)"
    languages = ("en",)
    stage = Stage.word

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Choose one vowel of each word, or all of its inner letters."""
        for word in _long_words(all_runs):
            letters = _inner_vowels(word) or word[1:-1]
            one = letters[int(len(letters) * random.random())]
            hidden = word[1:-1] if random.random() < 0.5 else [one]
            yield Site(hidden[0].start, hidden[-1].end, [sign * len(hidden) for sign in signs("mask_en")])


def _inner_vowels(word: Run) -> Run:
    return [unit for unit in word[1:-1] if unit.text in VOWELS]
