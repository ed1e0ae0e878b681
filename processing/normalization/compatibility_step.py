"""Unicode normalisation form NFKC, with the place of everything that it changes."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from .edits import Edit

_BEYOND_ASCII = re.compile("[^\x00-\x7f]")


class CompatibilityStep:
    """Brings a text into NFKC: full-width, mathematical, circled and ligature characters become plain ones."""

    name = "compatibility"

    def edits(self, text: str) -> list[Edit]:
        """Find the segments that NFKC changes."""
        if unicodedata.is_normalized("NFKC", text):
            return []
        found = list(self._segment_edits(text))
        parts: list[str] = []
        done = 0
        for edit in found:
            parts += (text[done : edit.start], edit.new)
            done = edit.end
        whole = unicodedata.normalize("NFKC", text)
        # Scripts newer than this file's rule may compose across segments: then the whole text is one segment.
        return found if "".join([*parts, text[done:]]) == whole else [Edit(0, len(text), whole, self.name)]

    def _segment_edits(self, text: str) -> Iterator[Edit]:
        for start, end in _segments(text):
            piece = text[start:end]
            new = unicodedata.normalize("NFKC", piece)
            if new != piece:
                yield Edit(start, end, new, self.name)


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans beyond ASCII that NFKC treats one by one: a character and what may combine with it."""
    starts = {match.start() for match in _BEYOND_ASCII.finditer(text)}
    done = 0
    for start in sorted(starts):
        if start < done:
            continue
        first = start
        while first > done and _combines(text[first]):
            first -= 1
        done = start + 1
        while done < len(text) and _combines(text[done]):
            done += 1
        yield first, done


@lru_cache(maxsize=1 << 14)
def _combines(character: str) -> bool:
    """Tell whether NFKC may join a character with the one before it: marks, and Hangul vowels and finals."""
    first = unicodedata.normalize("NFKD", character)[:1]
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"


__all__ = ["CompatibilityStep"]
