"""Close up words whose letters stand apart: h a t e, h.a.t.e, and Chinese likewise."""

import re

from .edits import Edit
from .han import HAN
from .protected import outside_addresses

# After case folding. Digits and signs may stand for letters inside the word, not at its beginning.
_LETTER = "a-z\xdf-\u024f\u0370-\u03ff\u0430-\u052f"
_IN_WORD = f"{_LETTER}0-9@$"
# Spaces, or signs, or signs between spaces; not a mixture, which is how words follow each other.
_SIGN = r"[.\-_*·•~|/\\]"
_GAPS = (" ", f" {_SIGN} ")
# Not in Chinese, where commas list single characters.
_BETWEEN_LETTERS = (*_GAPS, f"(?:{_SIGN}|,)")
_BETWEEN_HAN = (*_GAPS, _SIGN)


class GapStep:
    """Removes spaces, dots, stars and the like between single letters and between single Chinese characters.

    Only runs of three and more count. An alphabetical list (a b c) stays.
    """

    name = "gap"

    def __init__(self) -> None:
        letters = "|".join(f"(?:{gap}[{_IN_WORD}]){{2,}}" for gap in _BETWEEN_LETTERS)
        han = "|".join(f"(?:{gap}[{HAN}]){{2,}}" for gap in _BETWEEN_HAN)
        self._run = re.compile(
            f"(?<![\\w@$])[{_LETTER}](?:{letters})(?![\\w@$])|(?<![{HAN}])[{HAN}](?:{han})(?![{HAN}])"
        )
        self._gap = re.compile(f"[^{_IN_WORD}{HAN}]+")

    def edits(self, text: str) -> list[Edit]:
        """Find the gaps of each run."""
        found = [
            Edit(run.start() + gap.start(), run.start() + gap.end(), "", self.name)
            for run in self._run.finditer(text)
            if _is_word(self._gap.sub("", run.group()))
            for gap in self._gap.finditer(run.group())
        ]
        return outside_addresses(text, found)


def _is_word(joined: str) -> bool:
    """Tell whether letters make a word: most are letters, and they are no piece of the alphabet."""
    letters = [letter for letter in joined if letter.isalpha()]
    steps = {ord(after) - ord(before) for before, after in zip(joined, joined[1:], strict=False)}
    return len(letters) * 3 >= len(joined) * 2 and steps != {1}


__all__ = ["GapStep"]
