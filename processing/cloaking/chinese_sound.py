"""Attacks on Chinese by sound: characters of the same or a similar sound, and pinyin."""

from collections.abc import Iterable, Iterator
from functools import cache
from random import Random

from decloak.processing.tables import load_table

from .attack_base import Attack, Site, Stage
from .lookups import MOST_OPTIONS, common_homophones, phrase_reader, signs_by_sound
from .registry import register
from .text_units import Run

TONES = "12345"
MOST_OF_A_SOUND = 2


def readings(text: str, all_runs: Iterable[Run]) -> Iterator[tuple[int, int, str, str]]:
    """Yield (start, end, character, toned syllable) of the characters in the runs, as they are read in the text."""
    syllables = phrase_reader()(text)
    for run in all_runs:
        for start, end, unit in run:
            syllable = syllables[start]
            if syllable and len(unit) == 1:
                yield start, end, unit, syllable


@cache
def exact_homophones(character: str, syllable: str) -> tuple[str, ...]:
    """Return other characters of this syllable and tone, the most frequent first."""
    found = common_homophones().get(syllable, ())
    return tuple(other for other in found if other != character)[:MOST_OPTIONS]


@cache
def near_homophones(character: str, syllable: str) -> tuple[str, ...]:
    """Return the most frequent characters of this syllable in another tone, and of the sounds that it is taken for."""
    plain, tone = syllable[:-1], syllable[-1]
    sounds = [plain + other for other in TONES if other != tone]
    sounds += [similar + other for similar in confused(plain) for other in TONES]
    # No more of each sound, or a frequent one would leave no room for the others.
    found = {other for sound in sounds for other in common_homophones().get(sound, ())[:MOST_OF_A_SOUND]}
    frequencies = load_table("character_frequencies")
    ranked = sorted(found - {character}, key=lambda other: (-float(frequencies[other][0]), other))
    return tuple(ranked[:MOST_OPTIONS])


def confused(plain: str) -> list[str]:
    """Return the syllables that one confusion of initial or final makes of a syllable."""
    table = load_table("sound_confusions")
    initial = next((length for length in (2, 1) if f"{plain[:length]}-" in table), 0)
    found = [other.removesuffix("-") + plain[initial:] for other in table[f"{plain[:initial]}-"]] if initial else []
    final = next((length for length in (4, 3, 2) if f"-{plain[-length:]}" in table), 0)
    if final:
        found += [plain[:-final] + other.removeprefix("-") for other in table[f"-{plain[-final:]}"]]
    return found


@register
class Homophone(Attack):
    """Characters of the same syllable and tone."""

    name = "homophone"
    description = "a character becomes another one of the same syllable and tone"
    languages = ("zh",)
    stage = Stage.character
    source = "ToxiCloakCN, arXiv 2406.12223"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the characters that have homophones."""
        for start, end, character, syllable in readings(text, all_runs):
            if options := exact_homophones(character, syllable):
                yield Site(start, end, options)


@register
class NearHomophone(Attack):
    """Characters of a similar sound."""

    name = "near_homophone"
    description = "a character becomes one of another tone, or of a sound that is taken for it (n/l, zh/z, an/ang)"
    languages = ("zh",)
    stage = Stage.character
    source = "ToxiCloakCN, arXiv 2406.12223"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the characters that have near homophones."""
        for start, end, character, syllable in readings(text, all_runs):
            if options := near_homophones(character, syllable):
                yield Site(start, end, options)


@register
class Pinyin(Attack):
    """Characters spelled in Latin letters."""

    name = "pinyin"
    description = "a character becomes its pinyin, without the tone"
    languages = ("zh",)
    stage = Stage.character
    source = "ToxiBenchCN"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the characters that have a reading."""
        for start, end, _, syllable in readings(text, all_runs):
            yield Site(start, end, (syllable[:-1],))


@register
class PinyinInitial(Attack):
    """Characters by the first letter of their pinyin."""

    name = "pinyin_initial"
    description = "a character becomes the first letter of its pinyin"
    languages = ("zh",)
    stage = Stage.character
    source = "ToxiBenchCN"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the characters that have a reading."""
        for start, end, _, syllable in readings(text, all_runs):
            yield Site(start, end, (syllable[0],))


@register
class SignSound(Attack):
    """Digits and letters for characters."""

    name = "sign_sound"
    description = "a character becomes a digit or letter that sounds like it"
    languages = ("zh",)
    stage = Stage.character
    source = "ToxiBenchCN"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the characters that sound like a digit or letter."""
        for start, end, _, syllable in readings(text, all_runs):
            if options := signs_by_sound().get(syllable[:-1]):
                yield Site(start, end, options)
