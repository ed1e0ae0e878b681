"""Put characters together again that were written as their parts."""

import re
from collections.abc import Iterator, Mapping

from .edits import Edit
from .steps import character_class


class JoinStep:
    """Replaces the parts of a character by the character, the longest parts first."""

    name = "split"

    def __init__(self, joins: Mapping[str, str]) -> None:
        """Take the parts.

        Args:
            joins: Two and more characters to the one that they are the parts of; only those that mean nothing else.
        """
        self.joins = joins
        self._sizes = sorted({len(parts) for parts in joins}, reverse=True)
        firsts = character_class({parts[0] for parts in joins})
        seconds = character_class({parts[1] for parts in joins})
        self._beginning = re.compile(f"{firsts}(?={seconds})")

    def edits(self, text: str) -> list[Edit]:
        """Find the parts, from left to right."""
        return list(self._find(text))

    def _find(self, text: str) -> Iterator[Edit]:
        done = 0
        for match in self._beginning.finditer(text):
            start = match.start()
            pieces = (text[start : start + size] for size in self._sizes)
            parts = next((piece for piece in pieces if piece in self.joins), "")
            if parts and start >= done:
                done = start + len(parts)
                yield Edit(start, done, self.joins[parts], self.name)


__all__ = ["JoinStep"]
