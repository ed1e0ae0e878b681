"""What eSpeak NG is given to read: text without what it would spell out, in pieces that it reads to their end."""

import re
import unicodedata
from functools import lru_cache

from .kokoro_phonemes import clean_text, split_phonemes

#: Characters of a piece: bounds the time and the sound of one call (0.24 s a character at the most, for numbers).
PIECE_CHARACTERS = 400

#: Of a longer run without a space espeak-ng leaves out the end: it reads some 160 bytes of a word.
_LONG_RUN = re.compile(r"(\S{40})(?=\S)")
#: Brackets would be phoneme codes ("[["), a backslash would be spelled.
_SILENT = str.maketrans(dict.fromkeys("[]{}\\", " ") | {"。": ". ", "।": ". ", "؟": "? "})
_MARKS = ("Mn", "Mc")


def clean_for_espeak(text: str, latin_only: bool) -> str:
    """Reduce a text to characters that eSpeak NG reads, with a full stop after each line.

    Args:
        text: Any string, lone surrogates included.
        latin_only: Leave out the letters of other scripts, which an English voice would call "Hebrew letter", and
            all combining marks. Otherwise letters of every script stay, with the marks that non-Latin ones carry.

    Returns:
        The cleaned text, possibly empty.
    """
    lines = (_clean_line(line, latin_only) for line in text.splitlines())
    sentences = (line if line[-1] in ".!?;…" else f"{line}." for line in lines if line)
    return _LONG_RUN.sub(r"\1 ", " ".join(sentences))


def split_for_espeak(text: str) -> list[str]:
    """Cut a cleaned text after sentences, else clauses, else words, into pieces of at most `PIECE_CHARACTERS`.

    Args:
        text: What `clean_for_espeak` returned.

    Returns:
        The pieces that hold a letter or a digit, in order.
    """
    pieces = (piece.strip() for piece in split_phonemes(text, PIECE_CHARACTERS))
    return [piece for piece in pieces if any(map(str.isalnum, piece))]


def _clean_line(line: str, latin_only: bool) -> str:
    if latin_only:
        kept = "".join(c if _is_latin_or_no_letter(c) else " " for c in clean_text(line))
    else:
        kept = _clean_with_marks(line)
    return " ".join(kept.translate(_SILENT).split())


def _clean_with_marks(line: str) -> str:
    """Clean what stands between combining marks; keep a mark after a letter that is not Latin, or another mark."""
    kept: list[str] = []
    for character in unicodedata.normalize("NFKC", line):
        if unicodedata.category(character) not in _MARKS:
            kept += " " if character.isspace() else clean_text(character)
        elif kept and not _is_latin_or_no_letter(kept[-1]):
            kept.append(character)
    return "".join(kept)


@lru_cache(maxsize=65536)
def _is_latin_or_no_letter(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] not in "LM" or unicodedata.name(character, "").startswith("LATIN")
