"""Build `homoglyphs.tsv`: a letter that looks like an ASCII letter or digit to that letter or digit.

    python -m decloak.processing.tables.builders.homoglyphs [FOLDER]

Needs the package `confusable_homoglyphs` (MIT; it holds the confusables of Unicode TR39), only here.
"""

import importlib
import string
import sys
import unicodedata
from importlib.metadata import version
from pathlib import Path

from decloak.processing.tables.table_files import FOLDER, write_table

PLAIN = string.ascii_letters + string.digits
# In TR39 these stand for each other as well, so a look-alike of one is listed under any of them.
UPRIGHT_LINES, RINGS = "lI1", "oO0"
# Scripts whose characters are never read as Latin letters, by the first word of the character's name.
OTHER_SCRIPTS = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "BOPOMOFO", "YI", "KANGXI", "IDEOGRAPHIC")
# Blocks of enclosed letters without a decomposition: code point of A.
ENCLOSED_LETTERS = (0x1F150, 0x1F170, 0x1F1E6)  # negative circled, negative squared, regional indicators
SMALL_CAPITAL = "LATIN LETTER SMALL CAPITAL "
# TR39 groups the small palochka with i; fonts draw it as l.
DRAWN_OTHERWISE = {"\u04cf": "l"}
# The table's order, by the first word of a name: alphabets that the usual fonts draw like Latin, then those of few
# fonts, then styled letters, which a reader notices; raised and enclosed ones last.
NEAREST = ("CYRILLIC", "GREEK", "ARMENIAN", "COPTIC", "CHEROKEE", "LISU", "LATIN")
STYLED = ("MATHEMATICAL", "FULLWIDTH", "SCRIPT", "DOUBLE-STRUCK", "BLACK-LETTER", "ROMAN", "SMALL", "KELVIN", "PLANCK")


def rows() -> dict[str, list[str]]:
    """Return the look-alikes, those that pass for the plain letter first."""
    confusables = importlib.import_module("confusable_homoglyphs.confusables").confusables_data
    found = {key: _plainest(key, [other["c"] for other in others]) for key, others in confusables.items()}
    compatible = {chr(point): _compatible(chr(point)) for point in range(0x80, sys.maxunicode)}
    found |= {key: letter for key, letter in compatible.items() if letter}
    for first in ENCLOSED_LETTERS:
        found |= {chr(first + number): letter for number, letter in enumerate(string.ascii_uppercase)}
    for letter in string.ascii_uppercase:
        found |= {name: letter.lower() for name in _named(SMALL_CAPITAL + letter)}
    found |= DRAWN_OTHERWISE
    keys = sorted((key for key, value in found.items() if value and _is_key(key)), key=lambda key: (_rank(key), key))
    return {key: [found[key]] for key in keys}


def _rank(key: str) -> int:
    """Return the place of a character's group in the table."""
    word = unicodedata.name(key, "").partition(" ")[0]
    if unicodedata.decomposition(key).startswith(("<super>", "<sub>")) or unicodedata.category(key)[0] != "L":
        return len(NEAREST) + 2
    if word in STYLED:
        return len(NEAREST) + 1
    return NEAREST.index(word) if word in NEAREST else len(NEAREST)


def _is_key(key: str) -> bool:
    if len(key) != 1 or key.isascii() or unicodedata.name(key, "").startswith(OTHER_SCRIPTS):
        return False
    # Digits of other scripts have values of their own, which often differ from what they look like.
    foreign_digit = unicodedata.category(key) == "Nd" and not unicodedata.normalize("NFKC", key).isascii()
    return (unicodedata.category(key)[0] in "LN" or ord(key) >= 0x1F000) and not foreign_digit


def _named(name: str) -> list[str]:
    try:
        return [unicodedata.lookup(name)]
    except KeyError:
        return []


def _compatible(character: str) -> str:
    """Return the letter or digit that NFKC makes of a character, else nothing."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and plain in PLAIN else ""


def _plainest(key: str, others: list[str]) -> str:
    """Choose among the ASCII look-alikes of a character: the same case first."""
    plain = [other for other in others if len(other) == 1 and other in PLAIN]
    for group in (UPRIGHT_LINES, RINGS):
        if set(plain) & set(group):
            plain.extend(letter for letter in group if letter not in plain)
    if len(key) != 1 or not plain:
        return ""
    alike = [letter for letter in plain if letter.isupper() == key.isupper() and letter.isalpha()]
    return (alike or plain)[0]


def build(folder: Path = FOLDER) -> Path:
    """Write the table and return its path."""
    header = {
        "source": (
            f"Unicode TR39 confusables through confusable_homoglyphs {version('confusable_homoglyphs')}; names and "
            f"compatibility decompositions of Unicode {unicodedata.unidata_version}"
        ),
        "licence": "MIT (confusable_homoglyphs), Unicode-3.0 (data)",
        "note": "one code point to one ASCII letter or digit; no CJK, no digits of other scripts",
    }
    return write_table(folder, "homoglyphs", header, rows())


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:2]))
