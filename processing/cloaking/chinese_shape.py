"""Attacks on Chinese by look: look-alikes, characters taken apart, traditional forms, masks, swapped neighbours."""

from collections.abc import Iterable, Iterator
from random import Random

from decloak.processing.tables import load_table

from .attack_base import Attack, Site, Stage, replaced
from .lookups import lookup, signs
from .registry import register
from .text_units import Run, han_runs, is_han, spelled

LONGEST_PHRASE = 4


@register
class Lookalike(Attack):
    """Characters that look alike."""

    name = "lookalike"
    description = "a character becomes one that looks like it"
    languages = ("zh",)
    stage = Stage.character
    source = "ToxiBenchCN"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the characters that have look-alikes."""
        return replaced(all_runs, lambda unit: lookup("lookalikes", unit))


@register
class Split(Attack):
    """Characters taken apart."""

    name = "split"
    description = "a character becomes its parts, written one after the other"
    languages = ("zh",)
    stage = Stage.character
    source = "ToxiBenchCN"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the characters that come apart."""
        return replaced(all_runs, lambda unit: lookup("splits", unit))


@register
class Traditional(Attack):
    """Traditional characters for simplified ones."""

    name = "traditional"
    description = "a simplified character becomes its traditional form, as its phrase writes it"
    languages = ("zh",)
    stage = Stage.character
    source = "ToxiBenchCN"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the characters that have a traditional form."""
        for run in han_runs(all_runs):
            for unit, form in zip(run, _traditional(spelled(run)), strict=True):
                if form != unit.text:
                    yield Site(unit.start, unit.end, (form,))


def _traditional(text: str) -> str:
    table = load_table("traditional_forms")
    done = ""
    while len(done) < len(text):
        ahead = text[len(done) : len(done) + LONGEST_PHRASE]
        known = next((ahead[:size] for size in range(len(ahead), 0, -1) if ahead[:size] in table), "")
        done += table[known][0] if known else ahead[0]
    return done


@register
class Mask(Attack):
    """Signs for characters."""

    name = "mask"
    description = "a character becomes a sign, such as * or ○"
    languages = ("zh",)
    stage = Stage.letter

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the Chinese characters."""
        return replaced(all_runs, lambda unit: signs("mask_zh") if is_han(unit) else ())


@register
class Shuffle(Attack):
    """Neighbours swapped."""

    name = "shuffle"
    description = "two neighbouring characters of a clause change places"
    languages = ("zh",)
    stage = Stage.order
    source = "ToxiBenchCN"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find pairs of neighbours, beginning at the first or the second character of each clause."""
        for run in han_runs(all_runs):
            yield from _pairs(run, int(2 * random.random()) if len(run) > 2 else 0)


def _pairs(run: Run, first: int) -> Iterable[Site]:
    for one, other in zip(run[first::2], run[first + 1 :: 2], strict=False):
        if one.text != other.text:
            yield Site(one.start, other.end, (other.text + one.text,))
