"""Mark the letters that a writer has struck out: h#te and f@#k become h*te and f**k."""

import re

from .edits import Edit
from .han import HAN
from .protected import outside_addresses

WILDCARD = "*"
_SIGNS_IN_WORD = "(?<=[a-z])(?:[*#●○■□█▇×✕]+|[*#@$%&!]{2,})(?=[a-z])"
_SIGNS_IN_HAN = f"(?<=[{HAN}])[*●○■□█▇×✕]+(?=[{HAN}])"
# The circle is also a way to write the zero of Chinese numbers.
_NUMERALS = "○一二三四五六七八九十零百千"


class CensorStep:
    """Replaces each sign that stands for a struck-out letter or character by `*`, which a matcher can take for any."""

    name = "censor"

    def __init__(self) -> None:
        self._masked = re.compile(f"{_SIGNS_IN_WORD}|{_SIGNS_IN_HAN}")

    def edits(self, text: str) -> list[Edit]:
        """Find the signs that are not the wildcard yet."""
        found = [
            Edit(place, place + 1, WILDCARD, self.name)
            for match in self._masked.finditer(text)
            if text[match.start() - 1] not in _NUMERALS or text[match.end()] not in _NUMERALS
            for place in range(*match.span())
            if text[place] != WILDCARD
        ]
        return outside_addresses(text, found)


__all__ = ["WILDCARD", "CensorStep"]
