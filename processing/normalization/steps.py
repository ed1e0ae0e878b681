"""What a step of normalisation is, and the two plain kinds: by a table of characters, and by a pattern."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from string import ascii_letters, digits
from typing import Protocol

from .edits import Edit

# Characters of the basic plane are looked up in a bitmap; those above are compared one range after the other, so a few
# wide ranges that hold too much are faster there than many exact ones.
_BASIC_PLANE = 0xFFFF
_GAP = 0x100
# From a printable ASCII character to its full-width form.
_FULL_WIDTH = 0xFEE0
# Capitals, and the blocks beyond Latin-1 in which case folding changes anything.
_UPPER = (
    "[A-Z\xb5\xc0-\xde\xdf\u0100-\u0588\u10a0-\u10ff\u13a0-\u13ff\u1c80-\u1cbf\u1e00-\u1fff\u2126-\u2183\u24b6-\u24cf"
    "\u2c00-\u2d2f\ua640-\ua7ff\uab70-\uabbf\ufb00-\ufb17\uff21-\uff3a\U00010400-\U00010c9f\U000118a0-\U000118bf"
    "\U00016e40-\U00016e5f\U0001e900-\U0001e921]"
)


class Step(Protocol):
    """One kind of folding. It must find nothing in a text that it has made, if nothing else changes that text."""

    name: str

    def edits(self, text: str) -> list[Edit]:
        """Find what to replace, from left to right without overlaps; an empty list is the fast path."""


class TableStep:
    """Replaces single characters by a table."""

    def __init__(self, name: str, table: Mapping[str, str]) -> None:
        self.name = name
        self.table = {key: value for key, value in table.items() if key != value}
        self._pattern = re.compile(character_class(self.table))

    def edits(self, text: str) -> list[Edit]:
        """Find the characters that the table has."""
        table, name = self.table, self.name
        found = ((match.start(), match.group()) for match in self._pattern.finditer(text))
        return [Edit(start, start + 1, table[key], name) for start, key in found if key in table]


class PatternStep:
    """Replaces what a regular expression matches by what a function makes of the match (None leaves it)."""

    def __init__(self, name: str, pattern: str, replace: Callable[[re.Match[str]], str | None]) -> None:
        self.name = name
        self._pattern = re.compile(pattern)
        self._replace = replace

    def edits(self, text: str) -> list[Edit]:
        """Find the matches that change."""
        found = ((match, self._replace(match)) for match in self._pattern.finditer(text))
        return [
            Edit(match.start(), match.end(), new, self.name)
            for match, new in found
            if new is not None and new != match.group()
        ]


def full_width() -> TableStep:
    """Return the step that makes full-width Latin letters and digits plain; punctuation stays, Chinese needs it."""
    return TableStep("full_width", {chr(ord(plain) + _FULL_WIDTH): plain for plain in ascii_letters + digits})


def half_width_signs() -> TableStep:
    """Return the step that makes full-width ASCII and spaces plain; NFKC does the same, at many times the cost."""
    signs = {chr(point + _FULL_WIDTH): chr(point) for point in range(0x21, 0x7F)}
    return TableStep("compatibility", {**signs, "\u3000": " "})


def fold_case() -> PatternStep:
    """Return the step that folds case, by Unicode's full case folding."""
    return PatternStep("case", _UPPER, lambda match: _folded(match.group()))


def _folded(character: str) -> str:
    """Fold a character; composed again, as some are only taken apart by folding, and NFKC would undo that."""
    return unicodedata.normalize("NFKC", character.casefold())


def character_class(characters: Iterable[str]) -> str:
    r"""Return a regular expression for one of the characters; above U+FFFF it may match some of their neighbours too.

    >>> character_class("abcx")
    '[\\\\U00000061-\\\\U00000063\\\\U00000078-\\\\U00000078]'
    """
    ranges: list[list[int]] = []
    for point in sorted(map(ord, characters)):
        gap = _GAP if ranges and ranges[-1][0] > _BASIC_PLANE else 1
        if ranges and point - ranges[-1][1] <= gap:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges) + "]"


__all__ = ["PatternStep", "Step", "TableStep", "character_class", "fold_case", "full_width", "half_width_signs"]
