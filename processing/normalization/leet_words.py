"""Which word is written with digits and signs for letters."""

import re
from collections.abc import Mapping, Sequence

# Words of two letters are many codes too (a4, i5), so they must be among the small words of English; what looks like
# another code must be a usual word. In occurrences per million.
_SMALL_WORD, _USUAL_WORD = 1000.0, 100.0
# Numbers with their ending (1st, 3d, 90s, 5pm, 100k), and one letter before a digit that is read as a consonant (i5).
_NUMBER = re.compile(r"\d+(?:st|nd|rd|th|d|s|m|am|pm)|\d{2,}[a-z]|[a-z][4-9]")
# What may be the name of a model or a road as well: c130, bo2.
_CODE = re.compile(r"[a-z]{1,2}\d{2,}|[a-z]{2}\d")
_ORDINAL = re.compile(r"(?<![a-z])\d+(?:st|nd|rd|th)")
# Digits that stand for the words "to" and "ate" more often than for a letter, except in known words.
# The others are punctuation before that.
_AMBIGUOUS = set("28(<!+|")
_LEAST_LETTERS = 3


class LeetWords:
    """Reads a word with signs as a known word, or by its likeliest letters where the signs leave no doubt."""

    def __init__(self, table: Mapping[str, Sequence[str]], frequencies: Mapping[str, float]) -> None:
        """Take the signs and the words.

        Args:
            table: A sign to the letters that it stands for, the likeliest first.
            frequencies: Known words and their occurrences per million.
        """
        self.table = table
        self.frequencies = {word: count for word, count in frequencies.items() if len(word) > 2 or count >= _SMALL_WORD}
        signs = "".join(map(re.escape, table))
        self._inner = re.compile(f"(?<=[a-z])([{signs}])\\1?(?=[a-z])")
        self._signs = re.compile(f"[{signs}]+")
        self._shape = str.maketrans(_shapes(table))
        self._by_shape: dict[str, list[str]] = {}
        for word in sorted(self.frequencies, key=lambda word: -self.frequencies[word]):
            self._by_shape.setdefault(word.translate(self._shape), []).append(word)

    def known(self, word: str) -> str | None:
        """Return the most frequent known word that a word can be read as."""
        if _NUMBER.fullmatch(word):
            return None
        options = self._by_shape.get(word.translate(self._shape), ())
        return next((option for option in options if self._fits(word, option)), None)

    def _fits(self, word: str, option: str) -> bool:
        if any(letter not in self.table.get(sign, sign) for sign, letter in zip(word, option, strict=True)):
            return False
        return not _CODE.fullmatch(word) or self.frequencies[option] >= _USUAL_WORD

    def likeliest(self, word: str) -> str:
        """Return a word with a letter for each sign, if a sign or a doubled sign stands between letters of it.

        It stays if it is made of known words (stand4life, this+that), or has digits that are read as words.
        """
        letters = sum(map(str.isalpha, word))
        if letters < _LEAST_LETTERS or not self._inner.search(word) or _ORDINAL.search(word):
            return word
        parts = [part for part in self._signs.split(word) if part]
        if set(word) & _AMBIGUOUS or all(self._is_word(part) for part in parts):
            return word
        return "".join(self.table[sign][0] if sign in self.table else sign for sign in word)

    def _is_word(self, part: str) -> bool:
        return part in self.frequencies


def _shapes(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return for each letter and sign a letter that stands for all that share a sign, directly or through others."""
    shape: dict[str, str] = {}
    for sign, letters in table.items():
        group = {shape.get(letter, letter) for letter in letters}
        first = min(group)
        shape.update({other: first for other, known in shape.items() if known in group})
        shape.update(dict.fromkeys([sign, *letters], first))
    return shape


__all__ = ["LeetWords"]
