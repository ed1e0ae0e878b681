"""Shorten letters that are drawn out: soooo."""

import re

from .edits import Edit
from .protected import outside_addresses

LONGEST_NAME = 3


class RepeatStep:
    """Keeps at most a number of the same letter in a row, and three in a word of one letter, as in names (kkk).

    Digits and signs stay as they are.
    """

    name = "repeat"

    def __init__(self, most: int = 2) -> None:
        """Choose how many stay.

        Raises:
            ValueError: It is less than 1.
        """
        if most < 1:
            raise ValueError(f"most={most} must be 1 or more; 2 keeps words such as 'good'.")
        self.most = most
        name = r"(?P<name>(?<!\w)(?P<one>[a-z])(?P=one){2,}(?!\w))"
        self._run = re.compile(rf"{name}|([^\W\d_])\3{{{most},}}")

    def edits(self, text: str) -> list[Edit]:
        """Find the letters beyond the limit."""
        found = [
            Edit(run.start() + kept, run.end(), "", self.name)
            for run in self._run.finditer(text)
            if (kept := self._kept(run)) < run.end() - run.start()
        ]
        return outside_addresses(text, found)

    def _kept(self, run: re.Match[str]) -> int:
        return max(self.most, LONGEST_NAME) if run["name"] else self.most


__all__ = ["RepeatStep"]
