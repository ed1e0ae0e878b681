"""Addresses and names of people, which no step takes apart."""

import re
from collections.abc import Iterable

from .edits import Edit

_SIGNS = re.compile("@|://|www\\.", re.IGNORECASE)
# The look-behinds keep the search linear: no part of a word is tried as a beginning.
_PROTECTED = re.compile(
    r"(?:(?<![a-z])https?://|(?<!\w)www\.)[!-~]+|(?<![\w.+-])[\w.+-]+@[\w-]+\.[a-z]{2,}|(?<![\w@])@[a-z0-9_]+",
    re.IGNORECASE,
)


def outside_addresses(text: str, edits: list[Edit]) -> list[Edit]:
    """Keep the edits that touch no address of a page or of mail, and no @name.

    Args:
        text: The text that the edits are for.
        edits: From left to right without overlaps.
    """
    if not edits or _SIGNS.search(text) is None:
        return edits
    spans = [match.span() for match in _PROTECTED.finditer(text)]
    return [edit for edit, span in _next_spans(edits, spans) if span is None or edit.end <= span[0]]


def _next_spans(edits: Iterable[Edit], spans: list[tuple[int, int]]) -> Iterable[tuple[Edit, tuple[int, int] | None]]:
    """Pair each edit with the first span that ends behind its beginning."""
    place = 0
    for edit in edits:
        while place < len(spans) and spans[place][1] <= edit.start:
            place += 1
        yield edit, spans[place] if place < len(spans) else None


__all__ = ["outside_addresses"]
