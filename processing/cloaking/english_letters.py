"""Attacks on English by the look of letters: leet, look-alikes, full width, case."""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random

from .attack_base import Attack, Site, Stage, replaced
from .lookups import inverted, letters_alike, signs
from .registry import register
from .text_units import Run, is_latin, latin_words

SHORTEST_LEET = 4  # letters of a word
# From a printable ASCII character to its full-width form (block Halfwidth and Fullwidth Forms).
FULL_WIDTH = 0xFEE0


@register
class Leet(Attack):
    """Digits and signs for letters."""

    name = "leet"
    description = "a letter becomes a digit or sign that looks like it (h4te)"
    languages = ("en",)
    stage = Stage.letter
    source = "leet; Hatemoji, arXiv 2108.05921"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the letters inside longer words whose sign is read as no other, no two of them side by side.

        What is left of the word lets it be read: 15 is no word, hi5 another, and day1st a day.
        """
        digits = {unit.end for run in all_runs for unit in run if unit.text.isdigit()}
        starts = {unit.start for run in all_runs for unit in run if unit.text.isdigit()}
        for word in latin_words(all_runs):
            if len(word) < SHORTEST_LEET or word[0].start in digits or word[-1].end in starts:
                continue
            last = -1
            for place, (start, end, letter) in enumerate(word[1:-1], 1):
                options = _read_as(letter.lower())
                if options and place > last + 1:
                    yield Site(start, end, options)
                    last = place


@cache
def _read_as(letter: str) -> tuple[str, ...]:
    """Return the signs of leet for a letter, without those that are digits or punctuation in most words."""
    return tuple(sign for sign in inverted("leet").get(letter, ()) if sign not in signs("not_leet"))


@register
class Homoglyphs(Attack):
    """Letters of other scripts."""

    name = "homoglyphs"
    description = "a letter becomes one of another script that looks the same"
    languages = ("en",)
    stage = Stage.letter
    source = "VIPER, Eger et al. 2019, arXiv 1903.11508"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the letters that have a look-alike."""
        return replaced(all_runs, _letters_alike)


def _letters_alike(unit: str) -> Sequence[str]:
    return letters_alike().get(unit, ()) if is_latin(unit) else ()


@register
class Accents(Attack):
    """Letters with accents."""

    name = "accents"
    description = "a letter gets an accent (hàte)"
    languages = ("en",)
    stage = Stage.letter
    source = "VIPER, Eger et al. 2019, arXiv 1903.11508"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the letters that exist with an accent."""
        return replaced(all_runs, lambda unit: _accented(unit) if is_latin(unit) else ())


@cache
def _accented(letter: str) -> Sequence[str]:
    composed = (unicodedata.normalize("NFC", letter + mark) for mark in signs("accents"))
    return tuple(form for form in composed if len(form) == 1)


@register
class FullWidth(Attack):
    """Full-width letters."""

    name = "full_width"
    description = "a letter or digit becomes its full-width form"
    languages = ("en",)
    stage = Stage.letter

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the letters and digits."""
        return replaced(all_runs, _full_width)


def _full_width(unit: str) -> Sequence[str]:
    plain = len(unit) == 1 and unit.isascii() and unit.isalnum()
    return (chr(ord(unit) + FULL_WIDTH),) if plain else ()


@register
class RandomCase(Attack):
    """Capitals and small letters mixed."""

    name = "random_case"
    description = "a letter changes its case (hAtE)"
    languages = ("en",)
    stage = Stage.letter

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the letters."""
        return replaced(all_runs, lambda unit: (unit.swapcase(),) if is_latin(unit) else ())
