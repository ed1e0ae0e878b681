"""What all attacks share: strength, seed, targets, and which attacks may follow which."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum
from hashlib import blake2b
from random import Random
from typing import ClassVar, NamedTuple

from .cloaked_text import CloakedText, cloaked
from .text_units import Run, WordFinder, merged_spans, runs


class Stage(IntEnum):
    """What an attack needs whole. A composition goes up these stages: a later one breaks what an earlier one reads."""

    word = 1
    character = 2
    letter = 3
    order = 4
    gap = 5


class Site(NamedTuple):
    """A place that an attack can change.

    Attributes:
        start: Where it begins, in code points.
        end: Where it ends; where it begins, for an insertion.
        options: What may stand there instead, the best first; never the piece itself.
    """

    start: int
    end: int
    options: Sequence[str]


class Attack(ABC):
    """A way to hide words from a classifier: a function of text, strength and seed alone.

    A subclass names itself by the class attributes and finds its places in `sites`.

    Attributes:
        name: Its name in the registry.
        description: What it does, in one line.
        languages: The languages whose texts it changes: "zh", "en".
        stage: What it needs whole.
        source: Where it is described, or "".
    """

    name: ClassVar[str]
    description: ClassVar[str]
    languages: ClassVar[tuple[str, ...]]
    stage: ClassVar[Stage]
    source: ClassVar[str] = ""

    def __init__(self, strength: float = 0.3, seed: int = 0, target_words: Iterable[str] | None = None) -> None:
        """Choose how much is changed, and where.

        Args:
            strength: Share of the places that change, 0 to 1. A share that is no whole number of places is rounded
                up or down by chance, so that it holds over many texts; what changes at one strength changes at all
                greater ones.
            seed: Another seed chooses other places and other replacements.
            target_words: Change only these words, where they occur; in any case, and English ones only as whole
                words. None changes words of all kinds.

        Raises:
            ValueError: The strength is not in 0 to 1, or a target word is empty.
            TypeError: `target_words` is one string.
        """
        if not 0 <= strength <= 1:
            raise ValueError(f"strength={strength!r} must be a number from 0 (changes nothing) to 1 (all places).")
        if isinstance(target_words, str):
            raise TypeError(f"target_words={target_words!r} must be a list of words, such as [{target_words!r}].")
        self.strength = strength
        self.seed = int(seed)
        self.target_words = None if target_words is None else tuple(target_words)
        self._targets = None if self.target_words is None else WordFinder(self.target_words)

    def __repr__(self) -> str:
        """Return how it was made."""
        targets = "" if self.target_words is None else f", target_words={self.target_words!r}"
        return f"{type(self).__name__}(strength={self.strength}, seed={self.seed}{targets})"

    def __call__(self, text: str) -> str:
        """Return the text after the attack."""
        return self.apply(text).text

    def apply(self, text: str, spans: Iterable[tuple[int, int]] | None = None) -> CloakedText:
        """Attack a text and say what changed.

        Args:
            text: Any string.
            spans: Change only these parts (start, end, in code points), instead of the target words.

        Raises:
            TypeError: The text is no string.
            ValueError: A span lies outside of the text.
        """
        if not isinstance(text, str):
            raise TypeError(f"A text is a str; {type(text).__name__} was given: {text!r:.80}.")
        if not self.strength:
            return CloakedText(text, text)
        random = self._random(text)
        rounding = random.random()
        sites = list(self.sites(text, runs(text, self.target_spans(text, spans)), random))
        draws = [(random.random(), random.random()) for _ in sites]
        ranked = sorted(range(len(sites)), key=draws.__getitem__)
        chosen = sorted(ranked[: math.floor(self.strength * len(sites) + rounding)])
        return cloaked(text, ((*sites[place][:2], _option(sites[place], draws[place][1])) for place in chosen))

    def attack_many(self, texts: Iterable[str]) -> list[str]:
        """Return the texts after the attack, in order; each is the same as if it came alone."""
        return [self(text) for text in texts]

    def target_spans(self, text: str, spans: Iterable[tuple[int, int]] | None = None) -> list[tuple[int, int]] | None:
        """Return the parts of a text that may change: the given spans, else the target words; None for all of it.

        Raises:
            ValueError: A span lies outside of the text.
        """
        if spans is not None:
            return merged_spans(spans, len(text))
        if self._targets is None:
            return None
        return self._targets.spans(text)

    @abstractmethod
    def sites(self, text: str, all_runs: list[Run], random: Random) -> Iterable[Site]:
        """Find the places to change, from left to right, without overlaps.

        Args:
            text: The whole text, for context.
            all_runs: The characters that may change.
            random: For what is chosen per place. Strength must not alter what is drawn.
        """

    @classmethod
    def composes_with(cls, later: "type[Attack]") -> bool:
        """Tell whether another attack may be applied to the result of this one."""
        return later is not cls and cls.stage <= later.stage

    def _random(self, text: str) -> Random:
        # Not hash(): it differs from process to process. Lone surrogates have no UTF-8 otherwise.
        key = f"{self.name}\0{self.seed}\0{text}".encode("utf-8", "surrogatepass")
        return Random(int.from_bytes(blake2b(key, digest_size=16).digest(), "big"))  # noqa: S311


def _option(site: Site, draw: float) -> str:
    """Take one of the options; the square makes the best ones the most frequent."""
    return site.options[int(len(site.options) * draw * draw)]


def replaced(all_runs: Iterable[Run], options: Callable[[str], Sequence[str]]) -> Iterator[Site]:
    """Yield a site for each character that has replacements."""
    for run in all_runs:
        for start, end, unit in run:
            if found := options(unit):
                yield Site(start, end, found)


__all__ = ["Attack", "Site", "Stage", "replaced"]
