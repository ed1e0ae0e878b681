"""Attacks on what stands between and through letters: gaps, spaces, lines."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import ClassVar

from .attack_base import Attack, Site, Stage, replaced
from .lookups import signs
from .registry import register
from .text_units import Run, is_han, is_latin, latin_words


def gaps(all_runs: list[Run]) -> Iterator[tuple[int, str]]:
    """Yield (place, language) between neighbours of one script: inside a Chinese clause or an English word."""
    for run in all_runs:
        languages = ["zh" if is_han(unit.text) else "en" if is_latin(unit.text) else "" for unit in run]
        for unit, language, following in zip(run[:-1], languages[:-1], languages[1:], strict=True):
            if language and language == following:
                yield unit.end, language


class Insertion(Attack):
    """Signs between neighbours.

    Attributes:
        chinese_signs: The row of signs for Chinese.
        english_signs: The row of signs for English.
    """

    languages = ("zh", "en")
    stage = Stage.gap
    chinese_signs: ClassVar[str]
    english_signs: ClassVar[str]

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the gaps between characters of a clause and letters of a word."""
        options = {"zh": signs(self.chinese_signs), "en": signs(self.english_signs)}
        for place, language in gaps(all_runs):
            yield Site(place, place, options[language])


@register
class ZeroWidth(Insertion):
    """Characters that nobody sees."""

    name = "zero_width"
    description = "characters without width stand between letters or characters"
    source = "Boucher et al., Bad Characters, arXiv 2106.09898"
    chinese_signs = english_signs = "zero_width"


@register
class Spaces(Insertion):
    """Spaces."""

    name = "spaces"
    description = "spaces stand between letters or characters (h a t e)"
    source = "TextBugger, arXiv 1812.05271"
    chinese_signs = english_signs = "space"


@register
class Punctuation(Insertion):
    """Punctuation."""

    name = "punctuation"
    description = "punctuation stands between letters or characters (h.a.t.e)"
    source = "ToxiBenchCN"
    chinese_signs = "punctuation_zh"
    english_signs = "punctuation_en"


@register
class StrikeThrough(Attack):
    """Lines through letters."""

    name = "strike_through"
    description = "a line is drawn through a letter or character, by a combining mark"
    languages = ("zh", "en")
    stage = Stage.gap  # a struck letter is no plain one: nothing that reads letters may come later

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the letters and characters."""
        return replaced(all_runs, lambda unit: [unit + mark for mark in signs("strike")] if _is_plain(unit) else ())


def _is_plain(unit: str) -> bool:
    return is_han(unit) or is_latin(unit)


@register
class JoinedWords(Attack):
    """Words without the space between them."""

    name = "joined_words"
    description = "the space between two words is left out"
    languages = ("en",)
    stage = Stage.gap
    source = "Groendahl et al. 2018, arXiv 1808.09115"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the single spaces between words."""
        for one, other in pairwise(latin_words(all_runs)):
            start, end = one[-1].end, other[0].start
            if text[start:end] == " ":
                yield Site(start, end, ("",))
