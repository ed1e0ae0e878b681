"""Which characters get a row of a glyph bank."""

import logging
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from decloak.processing.glyph_rendering import characters, is_emoji, plain_form

logger = logging.getLogger(__name__)

HOMOGLYPH_NAMES = ("LATIN", "GREEK", "CYRILLIC", "FULLWIDTH", "HALFWIDTH", "MATHEMATICAL", "DOUBLE-STRUCK", "CIRCLED")


def count_units(texts: Iterable[str]) -> Counter[str]:
    """Count the units of texts, without variation selectors where they do not change the look."""
    units = Counter(unit for text in texts for _, _, unit in characters(text))
    counts: Counter[str] = Counter()
    for unit, count in units.items():
        counts[unit if is_emoji(unit) else plain_form(unit)] += count
    return counts


def codec_characters(codec: str) -> list[str]:
    """List the visible characters that one of Python's codecs can encode ("gb2312", "gbk", "big5"), by code point.

    Raises:
        LookupError: Python has no such codec.
    """
    return [character for character in _visible() if _encodes(character, codec)]


def _encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


@cache
def _visible() -> tuple[str, ...]:
    """List every assigned code point that is a unit by itself, in order."""
    points = map(chr, range(sys.maxunicode + 1))
    assigned = (point for point in points if unicodedata.category(point) not in ("Cn", "Co", "Cs", "Cc"))
    return tuple(unit for _, _, unit in characters("\n".join(assigned)))


def bank_characters(
    texts: Iterable[str] = (),
    minimum_count: int = 1,
    vocabulary: Iterable[str] = (),
    codecs: Sequence[str] = ("gb2312",),
    names: Sequence[str] = HOMOGLYPH_NAMES,
    emoji: bool = True,
    limit: int | None = None,
) -> list[str]:
    """Choose the units that get a row of a bank, the most useful first.

    The order is: printable ASCII, units of the texts by falling count, units of the vocabulary, characters of the
    codecs, emoji, then letters whose Unicode name starts with one of `names` (look-alikes of Latin letters).

    Args:
        texts: Training texts.
        minimum_count: How often a unit must occur in the texts.
        vocabulary: More strings, for instance a tokenizer's pieces; each of their units counts, however rare.
        codecs: Python codecs whose characters are included: "gb2312" has 6,763 Han, "gbk" 20,902.
        names: Beginnings of Unicode names.
        emoji: Whether to include emoji and pictographs of one code point that this Python's Unicode version knows.
        limit: At most so many; what is dropped is logged.
    """
    counts = count_units(texts)
    chosen = dict.fromkeys(chr(point) for point in range(0x21, 0x7F))
    chosen.update(dict.fromkeys(unit for unit, count in counts.most_common() if count >= minimum_count))
    chosen.update(dict.fromkeys(count_units(vocabulary)))
    for codec in codecs:
        chosen.update(dict.fromkeys(codec_characters(codec)))
    if emoji:
        chosen.update(dict.fromkeys(unit for unit in _visible() if is_emoji(unit) or is_emoji(unit + "\ufe0f")))
    prefixes = tuple(names)
    chosen.update(dict.fromkeys(c for c in _visible() if unicodedata.name(c, "").startswith(prefixes)))
    if limit is not None and len(chosen) > limit:
        logger.warning("The bank's limit of %d drops %d of %d units.", limit, len(chosen) - limit, len(chosen))
    return list(chosen)[:limit]


__all__ = ["bank_characters", "codec_characters", "count_units"]
