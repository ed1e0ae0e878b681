"""The places of a text that an attack may touch: its visible characters, in runs without gaps."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from decloak.processing.glyph_rendering import characters

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3007\U00020000-\U0003ffff]")
# Addresses, tags and the names of other people are no words: whoever hides leaves them alone, since they must work.
# Names in Chinese end at a space or a colon. The look-behinds keep the search linear: no part of a word is tried as a
# beginning.
_PROTECTED = re.compile(
    r"(?<![A-Za-z])https?://[!-~]+|(?<![A-Za-z0-9])www\.[!-~]+|(?<![\w@])@(?:\w[\w-]{1,29}(?=[\s:：]|$)|[A-Za-z0-9_]+)"
    r"|(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}|</?[A-Za-z]{1,20}>"
)


class Unit(NamedTuple):
    """A visible character: a base with its marks, or a whole emoji.

    Attributes:
        start: Where it begins, in code points.
        end: Where it ends.
        text: The character.
    """

    start: int
    end: int
    text: str


Run = list[Unit]


def runs(text: str, spans: Sequence[tuple[int, int]] | None = None) -> list[Run]:
    """Return the visible characters of a text, in runs that nothing interrupts.

    White space, zero-width and control characters, addresses (of pages and mail) and @names end a run, and so do the
    ends of spans.

    Args:
        text: Any string.
        spans: The parts (start, end) to stay inside of, sorted and disjoint; None for the whole text.
    """
    found: list[Run] = []
    units = [Unit(start, start + length, unit) for start, length, unit in characters(text)]
    for inside in _inside(units, _without_protected(text, spans)):
        end = -1
        for unit in inside:
            if unit.start == end:
                found[-1].append(unit)
            else:
                found.append([unit])
            end = unit.end
    return found


def _without_protected(text: str, spans: Sequence[tuple[int, int]] | None) -> Sequence[tuple[int, int]] | None:
    protected = [match.span() for match in _PROTECTED.finditer(text)]
    if not protected:
        return spans
    edges = [0, *(edge for span in protected for edge in span), len(text)]
    free = list(zip(edges[::2], edges[1::2], strict=True))
    if spans is None:
        return free
    cut = ((max(a, c), min(b, d)) for a, b in spans for c, d in free)
    return sorted((start, end) for start, end in cut if start < end)


def _inside(units: list[Unit], spans: Sequence[tuple[int, int]] | None) -> Iterator[list[Unit]]:
    """Yield the units that lie wholly in each span; those that its edge would tear lie in none."""
    if spans is None:
        yield units
        return
    for start, end in spans:
        first = bisect_left(units, start, key=lambda unit: unit.start)
        last = bisect_right(units, end, key=lambda unit: unit.end)
        yield units[first:last]


def is_han(unit: str) -> bool:
    """Tell whether a unit is one Chinese character."""
    return len(unit) == 1 and _HAN.match(unit) is not None


def is_latin(unit: str) -> bool:
    """Tell whether a unit is one letter of English."""
    return len(unit) == 1 and unit.isascii() and unit.isalpha()


def han_runs(all_runs: Iterable[Run]) -> Iterator[Run]:
    """Cut runs into their Chinese parts."""
    return _parts(all_runs, is_han)


def latin_words(all_runs: Iterable[Run]) -> Iterator[Run]:
    """Cut runs into the words that are spelled with the letters of English."""
    return _parts(all_runs, is_latin)


def _parts(all_runs: Iterable[Run], wanted: Callable[[str], bool]) -> Iterator[Run]:
    for run in all_runs:
        part: Run = []
        for unit in run:
            if wanted(unit.text):
                part.append(unit)
            elif part:
                yield part
                part = []
        if part:
            yield part


def spelled(run: Run) -> str:
    """Return the text of a run."""
    return "".join(unit.text for unit in run)


def merged_spans(spans: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Sort spans and join those that overlap.

    Raises:
        ValueError: A span does not lie in a text of this length.
    """
    merged: list[tuple[int, int]] = []
    for start, end in sorted(tuple(span) for span in spans):
        if not 0 <= start <= end <= length:
            raise ValueError(f"The span ({start}, {end}) must read 0 <= start <= end <= {length}, the text's length.")
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


class WordFinder:
    """Finds given words in a text, the longest first, in any case.

    A word that begins or ends with a letter of English is found only where no such letter stands beside it.
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Take the words.

        Raises:
            ValueError: There is no word, or one is empty.
        """
        listed = list(words)
        if not listed or not all(word.strip() for word in listed):
            raise ValueError(f"target_words must be a list of words that are not empty; given: {listed}.")
        self._words = frozenset(map(_folded, listed))
        lengths: dict[str, set[int]] = defaultdict(set)
        for word in self._words:
            lengths[word[0]].add(len(word))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return (start, end) of the words, from left to right without overlaps."""
        folded = _folded(text)
        found: list[tuple[int, int]] = []
        end = 0
        for place, letter in enumerate(folded):
            if place >= end and letter in self._lengths:
                end = next((end for end in self._ends(folded, place)), place)
                if end > place:
                    found.append((place, end))
        return found

    def _ends(self, folded: str, place: int) -> Iterator[int]:
        for length in self._lengths[folded[place]]:
            end = place + length
            whole = end <= len(folded) and folded[place:end] in self._words
            if whole and not (_in_word(folded, place) or _in_word(folded, end)):
                yield end


def _folded(text: str) -> str:
    """Return a text in small letters, each in its place: one of them may have two small ones."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _in_word(text: str, place: int) -> bool:
    """Tell whether letters of English stand on both sides of a place."""
    return 0 < place < len(text) and is_latin(text[place - 1]) and is_latin(text[place])
