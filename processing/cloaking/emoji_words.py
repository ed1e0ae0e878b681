"""Attacks that put an emoji for a word: by its meaning, or by the sound of the emoji's Chinese name."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import pairwise
from random import Random

from decloak.processing.tables import load_table

from .attack_base import Attack, Site, Stage
from .chinese_sound import readings
from .lookups import MOST_OPTIONS, phrase_reader
from .registry import register
from .text_units import Run, han_runs, is_han, latin_words, spelled

LONGEST_NAME = 6
LONGEST_SOUND = 2
SELECTOR = "\ufe0f"
_ENGLISH_NAME = re.compile("[a-z]+(?: [a-z]+)*")


@cache
def emoji_of(language: str) -> Mapping[str, tuple[str, ...]]:
    """Return word to emoji, the best first, for "zh" or "en"; English words in small letters."""
    found: dict[str, list[str]] = defaultdict(list)
    for word, meant in load_table(f"emoji_meanings_{language}").items():
        found[word] += meant
    names = load_table(f"emoji_words_{language}")
    # The first name of an emoji fits better than its second one.
    for rank in range(max(map(len, names.values()))):
        for emoji, words in names.items():
            if rank < len(words) and emoji + SELECTOR not in names:
                found[words[rank].lower()].append(emoji)
    return {word: tuple(dict.fromkeys(signs))[:MOST_OPTIONS] for word, signs in found.items() if _is_name(word)}


def _is_name(word: str) -> bool:
    return bool(_ENGLISH_NAME.fullmatch(word)) or (all(map(is_han, word)) and len(word) <= LONGEST_NAME)


@cache
def _names_by_sound() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return the sound of a short name, without tones, to (sound with tones, emoji) of all names that have it."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for word, emoji in emoji_of("zh").items():
        if len(word) <= LONGEST_SOUND and all(map(is_han, word)):
            syllables = [syllable for syllable in phrase_reader()(word) if syllable]
            if len(syllables) == len(word):
                toned = " ".join(syllables)
                found[_without_tones(toned)] += [(toned, sign) for sign in emoji]
    return {sound: tuple(named) for sound, named in found.items()}


def _without_tones(sound: str) -> str:
    return " ".join(syllable[:-1] for syllable in sound.split(" "))


@lru_cache(maxsize=1 << 16)
def emoji_by_sound(sound: str) -> tuple[str, ...]:
    """Return the emoji whose Chinese name has a sound (`hao3` or `ni3 hao3`), those of the same tones first."""
    named = _names_by_sound().get(_without_tones(sound), ())
    return tuple(emoji for _, emoji in sorted(named, key=lambda pair: pair[0] != sound))[:MOST_OPTIONS]


@register
class Emoji(Attack):
    """Emoji by meaning."""

    name = "emoji"
    description = "a word or character becomes an emoji of its meaning"
    languages = ("zh", "en")
    stage = Stage.word
    source = "ToxiCloakCN, arXiv 2406.12223; Hatemoji, arXiv 2108.05921"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> list[Site]:
        """Find the longest words that an emoji stands for."""
        chinese = (site for run in han_runs(all_runs) for site in _chinese_sites(run))
        english = (site for phrase in _phrases(text, list(latin_words(all_runs))) for site in _english_sites(phrase))
        return sorted([*chinese, *english])


def _chinese_sites(run: Run) -> Iterator[Site]:
    text = spelled(run)
    table = emoji_of("zh")
    place = 0
    while place < len(run):
        sizes = range(min(LONGEST_NAME, len(run) - place), 0, -1)
        size = next((size for size in sizes if text[place : place + size] in table), 0)
        if size:
            yield Site(run[place].start, run[place + size - 1].end, table[text[place : place + size]])
        place += size or 1


def _phrases(text: str, words: list[Run]) -> Iterator[list[Run]]:
    """Join words that one space parts."""
    phrase = words[:1]
    for one, other in pairwise(words):
        if text[one[-1].end : other[0].start] != " ":
            yield phrase
            phrase = []
        phrase.append(other)
    if phrase:
        yield phrase


def _english_sites(phrase: list[Run]) -> Iterator[Site]:
    words = [spelled(word).lower() for word in phrase]
    table = emoji_of("en")
    place = 0
    while place < len(words):
        sizes = range(min(LONGEST_NAME, len(words) - place), 0, -1)
        size = next((size for size in sizes if " ".join(words[place : place + size]) in table), 0)
        if size:
            name = " ".join(words[place : place + size])
            yield Site(phrase[place][0].start, phrase[place + size - 1][-1].end, table[name])
        place += size or 1


@register
class EmojiSound(Attack):
    """Emoji by sound."""

    name = "emoji_sound"
    description = "one or two characters become an emoji whose Chinese name sounds like them"
    languages = ("zh",)
    stage = Stage.word
    source = "ToxiCloakCN, arXiv 2406.12223"

    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterator[Site]:
        """Find the sounds that an emoji's name has, two syllables before one."""
        skip = False
        read = list(readings(text, all_runs))
        for one, other in pairwise([*read, None]):
            if skip or one is None:
                skip = False
                continue
            both = emoji_by_sound(f"{one[3]} {other[3]}") if other and one[1] == other[0] else ()
            skip = bool(both)
            options = both or emoji_by_sound(one[3])
            if options:
                yield Site(one[0], other[1] if both and other else one[1], options)
