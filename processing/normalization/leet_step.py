"""Read digits and signs inside words as the letters that they stand for: h4te."""

import re
from collections.abc import Iterator, Mapping, Sequence

from .edits import Edit
from .leet_words import LeetWords
from .protected import outside_addresses

# What begins or ends a bracket or a sentence is read as a letter only where the word is unknown without it.
_OPENING, _CLOSING = "(<+|", "+|"
_APOSTROPHE = "['\u2019]"
# The contractions of one letter: he's, don't.
_ENDINGS = ("s", "t")


class LeetStep:
    """Replaces signs and digits in words by letters, after case folding.

    A word becomes the known word that it can be read as. If there is none, a word of three letters and more that has a
    sign or a doubled sign between letters gets the likeliest letters. All else stays, such as numbers with their
    endings, covid19 and b2b.
    """

    name = "leet"

    def __init__(self, table: Mapping[str, Sequence[str]], frequencies: Mapping[str, float]) -> None:
        """Take the signs and the words, as for `LeetWords`."""
        self.table = table
        self.words = LeetWords(table, frequencies)
        signs = "".join(map(re.escape, table))
        word = f"(?<![\\w{signs}])(?:[a-z]+[{signs}]|[{signs}]+[a-z])[a-z{signs}]*(?![\\w>)]|\\.\\w)"
        endings = "".join(re.escape(sign) for sign, letters in table.items() if letters[0] in _ENDINGS)
        ending = f"(?<=[a-z]{_APOSTROPHE})[{endings}](?![\\w{signs}])"
        self._word = re.compile(f"{word}|{ending}")

    def edits(self, text: str) -> list[Edit]:
        """Find the signs to replace."""
        found = [edit for match in self._word.finditer(text) for edit in self._word_edits(match)]
        return outside_addresses(text, found)

    def _word_edits(self, match: re.Match[str]) -> Iterator[Edit]:
        word = match.group()
        for place, (sign, letter) in enumerate(zip(word, self._reading(word), strict=True), match.start()):
            if sign != letter:
                yield Edit(place, place + 1, letter, self.name)

    def _reading(self, word: str) -> str:
        """Return a word of the same length, the same if it stays."""
        if len(word) == 1:  # the ending of a contraction: don'7
            return self.table[word][0]
        whole = word.rstrip("!")
        core = whole.strip(_OPENING) if whole[0] in _OPENING else whole.rstrip(_CLOSING)
        start = whole.index(core)
        known = self.words.known(whole)
        if known and self._is_better(known, core):
            return known + word[len(whole) :]
        inner = core if core.isalpha() else self.words.known(core) or self.words.likeliest(core)
        return word[:start] + inner + word[start + len(core) :]

    def _is_better(self, known: str, core: str) -> bool:
        """Tell whether a reading with the outer signs is likelier than the word without them, which has no others."""
        frequencies = self.words.frequencies
        return len(known) == len(core) or frequencies[known] > frequencies.get(core, 0.0)


__all__ = ["LeetStep"]
