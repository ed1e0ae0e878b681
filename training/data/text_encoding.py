"""Which encoding a text file is in: by its byte order mark, else UTF-8, else an error with a guess."""

import codecs
import re
from collections import Counter
from pathlib import Path

# What is looked at of a file, in bytes: some hundred rows.
HEAD = 2**16
_MARKS = (
    # The mark of UTF-32 begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {
    "gb18030": "GB18030",
    "big5": "Big5",
    "shift_jis": "Shift_JIS",
    "cp1252": "Windows-1252",
    "utf-16-le": "UTF-16 without a byte order mark",
    "utf-16-be": "UTF-16 without a byte order mark",
}
# Where each standard keeps its punctuation, kana and most frequent characters, as ranges of the first byte of two.
# Text that was decoded wrongly lies elsewhere, though its bytes may all be allowed.
_FREQUENT = {
    "gb18030": ((0xA1, 0xA3), (0xB0, 0xD7)),
    "big5": ((0xA1, 0xA3), (0xA4, 0xC6)),
    "shift_jis": ((0x81, 0x83), (0x88, 0x97)),
}
_LEAST_FREQUENT = 0.8
# One stray byte is a damaged row. From this many on, and if no more characters are right, the file is not UTF-8.
_LEAST_BAD = 4
# A few damaged rows are less than this share of the lines; without one right character as many are no accident.
_LEAST_BAD_LINES = 0.02
_ESCAPED = re.compile("[\udc80-\udcff]")
_HIGH = re.compile(rb"[\x80-\xff]+")


def known_encoding(name: str) -> str:
    """Check the name of an encoding; UTF-8 becomes the variant that takes a byte order mark away.

    Raises:
        ValueError: Python has no text encoding of this name.
    """
    try:
        found = codecs.lookup(name).name
        bytes(4).decode(found, "replace")  # one character, or more, in each
    except (LookupError, ValueError) as error:
        raise ValueError(
            f"no text encoding is called {name!r}; allowed are Python's, such as utf-8, utf-16, gb18030, big5, "
            "shift_jis, cp1252"
        ) from error
    return "utf-8-sig" if found == "utf-8" else found


def marked_encoding(head: bytes) -> str | None:
    """Read the byte order mark at the start of a file: utf-16 or utf-32; None for UTF-8's, and for none."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def detected_encoding(path: Path, head: bytes) -> str:
    """Find the encoding of a file by its first `HEAD` bytes.

    A stray byte or a few damaged rows do not make a file less UTF-8: they are for the reader of the row.

    Args:
        path: The file, for the error.
        head: Its first `HEAD` bytes, unpacked; all of them where there are fewer.

    Returns:
        utf-8-sig, utf-16 or utf-32.

    Raises:
        ValueError: Many bytes are not UTF-8; the error names the first line and the likeliest encoding.
    """
    if marked := marked_encoding(head):
        return marked
    whole = len(head) < HEAD
    if wide := _unmarked_utf16(head):
        raise ValueError(_advice(path, 1, wide))
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(head, whole)
    bad = _ESCAPED.findall(text)
    good = sum(not character.isascii() for character in text) - len(bad)
    if len(bad) < _LEAST_BAD or len(bad) <= good:
        return "utf-8-sig"
    lines = text.splitlines()
    places = [number for number, line in enumerate(lines, 1) if _ESCAPED.search(line)]
    if len(places) < _LEAST_BAD_LINES * len(lines) and (good or len(places) < _LEAST_BAD):
        return "utf-8-sig"
    raise ValueError(_advice(path, places[0], _likeliest(head, whole)))


def _advice(path: Path, line: int, guess: str | None) -> str:
    looks = f"; it looks like {_NAMES[guess]}" if guess else ""
    named = guess or "cp949"
    such = "" if guess else "such as "
    return (
        f"{path} is not UTF-8 (first bad byte in line {line}){looks}: pass its encoding, {such}"
        f'encoding="{named}" or --encoding {named}, or convert it to UTF-8'
    )


def _unmarked_utf16(head: bytes) -> str | None:
    """Recognise UTF-16 by its line ends, digits and commas: every other of their bytes is zero.

    Characters such as U+4E00 have their zero on the other side, but are fewer.
    """
    high_last, high_first = head[1::2].count(0), head[0::2].count(0)
    # UTF-8 may have zeros in its texts; as UTF-16 what reads as UTF-8, too, is ASCII, of which half the bytes are zero.
    enough = max(_LEAST_BAD, (0.5 if _is_utf8(head) else 0.05) * len(head) / 2)
    if high_last >= enough and high_last > 2 * high_first:
        return "utf-16-le"
    return "utf-16-be" if high_first >= enough and high_first > 2 * high_last else None


def _is_utf8(head: bytes) -> bool:
    """Tell whether bytes are UTF-8, but for a character that their end cuts."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4
    return True


def _likeliest(head: bytes, whole: bool) -> str | None:
    """Guess among common encodings: those that allow all bytes, by how frequent the characters are that come out."""
    runs = _HIGH.findall(head)
    single = sum(len(run) == 1 for run in runs)
    # Accents and curly quotes mostly stand alone between letters; characters of two bytes come in rows.
    if 2 * single > sum(map(len, runs)):
        return "cp1252" if _decoded(head, "cp1252", whole) is not None else None
    shares = {encoding: _frequent_share(head, encoding, whole) for encoding in _FREQUENT}
    best = max(shares, key=shares.__getitem__)
    return best if shares[best] >= _LEAST_FREQUENT else None


def _decoded(head: bytes, encoding: str, whole: bool) -> str | None:
    """Decode strictly; a character that the end of the head cuts is no fault."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(head, whole)
    except UnicodeDecodeError:
        return None


def _frequent_share(head: bytes, encoding: str, whole: bool) -> float:
    counts = Counter(character for character in _decoded(head, encoding, whole) or "" if not character.isascii())
    firsts = {character: character.encode(encoding)[0] for character in counts}
    frequent = sum(
        counts[character]
        for character, first in firsts.items()
        if any(low <= first <= high for low, high in _FREQUENT[encoding])
    )
    return frequent / (counts.total() or 1)


__all__ = ["HEAD", "detected_encoding", "known_encoding", "marked_encoding"]
