"""Remove combining marks that spell nothing: stacks, and lines drawn through letters."""

import re
import unicodedata
from collections.abc import Iterator

from .edits import Edit

# Combining Diacritical Marks and their extensions; the marks of all other scripts are left alone.
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20dc\u20e1-\u20f0\ufe20-\ufe2f]"
# Strokes, slashes and lines through, over and under a letter, and the double marks that tie two letters.
_LINE = "[\u0305\u0332\u0333\u0334-\u0338\u033f\u0346-\u034e\u035b-\u0362\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20eb]"
_STACK = re.compile(f"{_MARK}{{3,}}|(?<=\\w){_LINE}+")
# Unicode's stream-safe format (UAX 15) allows 30 marks on a base; sorting a longer run takes quadratic time.
_LONGEST = 30
_LONG_RUN = re.compile(rf"[^\w\s\x00-\x7f]{{{_LONGEST + 1},}}")


class MarkStep:
    """Removes stacks of three and more diacritics ("zalgo") and lines through letters.

    One or two diacritics stay, as languages need them. Of more than 30 marks of any script on one letter the first 30
    stay.
    """

    name = "marks"

    def edits(self, text: str) -> list[Edit]:
        """Find the marks to remove."""
        found = [Edit(match.start(), match.end(), "", self.name) for match in _STACK.finditer(text)]
        return found or [edit for run in _LONG_RUN.finditer(text) for edit in self._cut(run.group(), run.start())]

    def _cut(self, run: str, start: int) -> Iterator[Edit]:
        marks = 0
        for place, character in enumerate(run, start):
            marks = marks + 1 if unicodedata.combining(character) else 0
            if marks > _LONGEST:
                yield Edit(place, place + 1, "", self.name)


__all__ = ["MarkStep"]
