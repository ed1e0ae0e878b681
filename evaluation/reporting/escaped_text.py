"""Texts of strangers, made safe to look at: what is invisible or turns the page around is shown by its number."""

from unicodedata import combining

# A page of a thousand mistakes stays readable; what is left out is counted where it was.
LONGEST_TEXT = 2000
# Real scripts stack four marks at most; more are there to cover the lines around.
MOST_MARKS = 4


def visible(text: str) -> str:
    """Return a text in which nothing hides.

    Controls, direction marks, zero-width characters, lone surrogates, private and unassigned characters become
    `⟨U+202E⟩`, line ends and tabs likewise, and so do combining marks beyond four on one letter.

    Args:
        text: Any string, one that cannot be encoded as UTF-8 too.

    Returns:
        A string of printable characters and spaces, which can be encoded.
    """
    if text.isascii() and text.isprintable():
        return text
    parts = []
    marks = 0
    for character in text:
        marks = marks + 1 if combining(character) else 0
        shown = (character.isprintable() and marks <= MOST_MARKS) or character == " "
        parts.append(character if shown else f"⟨U+{ord(character):04X}⟩")
    return "".join(parts)


def shortened(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text, or the head of a longer one and how many characters are missing."""
    rest = len(text) - longest
    return text if rest <= 0 else f"{text[:longest]} … ({rest:,} more characters)"


__all__ = ["LONGEST_TEXT", "MOST_MARKS", "shortened", "visible"]
