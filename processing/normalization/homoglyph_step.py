"""Give a word that mixes alphabets back to the one that it is read in."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .edits import Edit
from .steps import TableStep, character_class

# Latin with its diacritics, and the alphabets that have letters like Latin ones. Phonetic letters and small capitals
# count as an alphabet of their own here. The mathematical letters are added from the table.
_LATIN = "A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\u01bf\u01c4-\u024f\u1e00-\u1eff\u2c60-\u2c7f"
_ALPHABETS = (
    "\u0250-\u02af\u0370-\u052f\u0531-\u0588\u10a0-\u10ff\u1200-\u167f\u16a0-\u16f8\u1c80-\u1c8f\u1d00-\u1d2b"
    "\u1d6b-\u1d9a\u1f00-\u1fff\u2c80-\u2cff\u2d00-\u2dff\ua4d0-\ua4ff\ua640-\ua6ff\ua722-\ua7ff\uab30-\uabbf"
    "\U00010280-\U0001057f\U000118a0-\U000118ff\U00016f00-\U00016f9f"
)
_MARKS = "\u0300-\u036f"
_LATIN_LETTER = re.compile(f"[{_LATIN}]")
# Alphabets that Latin look-alikes are given back to, with their letters in general use: a look-alike that only Kurdish
# has would make a Russian word of an honest mixture.
_RETURNED_TO = {"CYRILLIC": "[\u0400-\u045f]", "GREEK": "[\u0391-\u03c9]"}
_SYMBOLS = ("GREEK", "MATHEMATICAL", "SCRIPT", "DOUBLE-STRUCK", "BLACK-LETTER", "ROMAN", "SMALL", "MODIFIER")
# First words of the names of letters that are variants of Latin ones.
_STYLED = ("LATIN", "MODIFIER", "NEGATIVE", "MATHEMATICAL", "SQUARED")


class _Alphabets(NamedTuple):
    """What the text outside of a word says: alphabets with a letter that looks like no Latin one, and Latin itself."""

    own: frozenset[str]
    latin: bool


class HomoglyphStep:
    """Undoes look-alikes of other alphabets inside words.

    A word that mixes alphabets becomes Latin if every foreign letter of it has a Latin look-alike; it becomes Cyrillic
    or Greek if every Latin letter of it has one there. If both can be, the rest of the text and then the majority
    decides. A word of one other alphabet, all of look-alikes, becomes Latin in a text that has Latin letters and no
    letter that is particular to that alphabet. All other words stay, such as Russian ones and honest mixtures.
    """

    name = "homoglyph"

    def __init__(self, table: Mapping[str, str]) -> None:
        """Take the look-alikes.

        Args:
            table: A letter to the ASCII letter or digit that it looks like. Letters of the Latin alphabet are ignored,
                and so are circled and squared ones, which mean something of their own.
        """
        self.table = {key: value for key, value in table.items() if _is_foreign_letter(key)}
        beyond = character_class(self.table)[1:-1]
        self._foreign = re.compile(f"[{_ALPHABETS}{beyond}]")
        self._raised = frozenset(filter(_is_raised, self.table))
        self._word = re.compile(f"[{_LATIN}{_ALPHABETS}{beyond}0-9{_MARKS}'\u2019]+")
        self._back = {alphabet: self._letters_of(alphabet) for alphabet in _RETURNED_TO}

    def _letters_of(self, alphabet: str) -> dict[str, str]:
        """Return ASCII letter to look-alike in an alphabet, the first one if there are more."""
        general = re.compile(_RETURNED_TO[alphabet])
        pairs = sorted(self.table.items(), reverse=True)
        return {value: key for key, value in pairs if value.isalpha() and general.match(key)}

    def edits(self, text: str) -> list[Edit]:
        """Find the letters to replace."""
        if self._foreign.search(text) is None:
            return []
        around = self._alphabets(text)
        found: list[Edit] = []
        for word in self._word.finditer(text):
            if self._foreign.search(word.group()):
                found += self._word_edits(word.group(), word.start(), around)
        return found

    def _alphabets(self, text: str) -> _Alphabets:
        letters = {letter for letter in self._foreign.findall(text) if letter not in self.table}
        return _Alphabets(frozenset(map(_alphabet, letters)), _LATIN_LETTER.search(text) is not None)

    def _word_edits(self, word: str, start: int, around: _Alphabets) -> Iterator[Edit]:
        table = self._table_for(word, around)
        for place, letter in enumerate(word, start):
            if letter in table:
                yield Edit(place, place + 1, table[letter], self.name)

    def _table_for(self, word: str, around: _Alphabets) -> Mapping[str, str]:
        """Return the replacements for a word, {} if it stays."""
        foreign = self._foreign.findall(word)
        latin = _LATIN_LETTER.findall(word)
        to_latin = self._reads_as_latin(word, foreign)
        if not latin:
            return self.table if to_latin and self._is_disguised(word, foreign, around) else {}
        back = self._back_to(foreign, latin)
        if not (to_latin and back):
            return self.table if to_latin else back
        own = _alphabet(foreign[0]) in around.own
        return back if own and len(foreign) > len(latin) else self.table

    def _reads_as_latin(self, word: str, foreign: list[str]) -> bool:
        """Tell whether all foreign letters have look-alikes, and mean no power, index or digit."""
        if any(letter not in self.table for letter in foreign):
            return False
        raised = [place for place, letter in enumerate(word) if letter in self._raised]
        # Nothing is raised to a power by what stands before it.
        begins = bool(raised) and raised[0] == 0 and len(raised) < len(word)
        mere_letters = not raised or begins or sum(map(str.isalpha, word)) - len(raised) > 1
        return mere_letters and self._digits_fit(word)

    def _back_to(self, foreign: list[str], latin: list[str]) -> Mapping[str, str]:
        letters = self._back.get(_alphabet(foreign[0]), {})
        alphabet_agrees = all(_alphabet(letter) == _alphabet(foreign[0]) for letter in foreign)
        return letters if alphabet_agrees and all(letter in letters for letter in latin) else {}

    def _digits_fit(self, word: str) -> bool:
        """Tell whether letters that look like digits stand beside digits; else they are letters of their own."""
        plain = "".join(self.table.get(letter, letter) for letter in word)
        lone = re.compile(r"(?<!\d)\d(?!\d)")
        return all(word[match.start()] not in self.table for match in lone.finditer(plain))

    def _is_disguised(self, word: str, foreign: list[str], around: _Alphabets) -> bool:
        """Tell whether a word without a Latin letter is Latin nevertheless."""
        alphabets = set(map(_alphabet, foreign))
        if len(alphabets) > 1:
            return True
        if not around.latin or alphabets & around.own or word[0] in self._raised:
            return False
        # A lone Greek or mathematical letter is a symbol.
        return len(word) > 1 or _alphabet(word) not in _SYMBOLS


def plain_latin(table: Mapping[str, str]) -> TableStep:
    """Return the step that makes letters plain that are Latin, but of no language: small capitals, phonetic, circled.

    Args:
        table: As for `HomoglyphStep`; the letters of other alphabets are ignored.
    """
    styled = {key: value for key, value in table.items() if _alphabet(key) in _STYLED and not _LATIN_LETTER.match(key)}
    return TableStep("homoglyph", styled)


def _is_foreign_letter(key: str) -> bool:
    return unicodedata.category(key)[0] == "L" and not _LATIN_LETTER.match(key)


def _is_raised(key: str) -> bool:
    return unicodedata.decomposition(key).startswith(("<super>", "<sub>"))


def _alphabet(letter: str) -> str:
    """Return the alphabet of a letter: the first word of its name."""
    return unicodedata.name(letter, "").partition(" ")[0]


__all__ = ["HomoglyphStep", "plain_latin"]
