"""Test suites, known by the hashes of their texts, so that none is ever trained on."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

_HASHES = Path(__file__).with_name("test_suite_hashes.tsv")
# Of 64 bits: that a text which is in no suite is taken for one of 7,077 has a probability of 4e-16, and that it happens
# once among a million texts of 4e-10.
_DIGITS = 16
# Short texts are in a suite by chance. More than this is the suite itself, or a table that holds it.
MOST_SHARE = 0.01
MOST_TEXTS = 50
_EXAMPLES = 5


def text_hash(text: str) -> str:
    """Return what a text is known by: 16 hexadecimal digits of a SHA-256, the same for any case, width and spacing."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


@cache
def shipped_hashes() -> Mapping[str, str]:
    """Return the suite of each hash that decloak knows: HateCheck and Mandarin HateCheck.

    Raises:
        ValueError: The file is damaged.
    """
    suites = {}
    for number, line in enumerate(_HASHES.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        digits, tab, suite = line.partition("\t")
        if len(digits) != _DIGITS or not tab or not suite:
            raise ValueError(f"{_HASHES.name}, line {number}: {line!r}; it must read DIGITS, tab, SUITE.")
        suites[digits] = suite
    return suites


def suite_hashes(suites: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Hash suites of your own, for `more` of the other functions.

    Args:
        suites: the texts of each suite, by its name; blank ones are left out.

    Returns:
        The suite of each hash.
    """
    return {text_hash(text): suite for suite, texts in suites.items() for text in texts if text.strip()}


def test_suite_of(text: str, more: Mapping[str, str] | None = None) -> str | None:
    """Return the test suite that holds a text, or None.

    Args:
        text: any string.
        more: further suites, from `suite_hashes`.
    """
    digits = text_hash(text)
    return (more or {}).get(digits) or shipped_hashes().get(digits)


# pytest takes every function of this name for a test.
test_suite_of.__test__ = False  # type: ignore[attr-defined]


def check_test_suites(
    table: str,
    texts: Sequence[str],
    numbers: Sequence[int] | None = None,
    more: Mapping[str, str] | None = None,
) -> list[str | None]:
    """Find the texts of a training table that are in a test suite, to be left out, and refuse a table that holds one.

    Args:
        table: its name or path, for the error.
        texts: its texts.
        numbers: its row numbers, for the error; places from 1 if None.
        more: further suites, from `suite_hashes`.

    Returns:
        The suite of each text, or None.

    Raises:
        ValueError: More than 50 different texts, or more than 1 % of the rows counted by different texts, are in
            suites: the table is a test suite, or holds one.
    """
    found = [test_suite_of(text, more) for text in texts]
    distinct = {text_hash(text): suite for text, suite in zip(texts, found, strict=True) if suite}
    if len(distinct) > MOST_TEXTS or len(distinct) > MOST_SHARE * len(texts):
        rows = [numbers[place] if numbers else place + 1 for place, suite in enumerate(found) if suite]
        suites = ", ".join(f"{count} of {suite}" for suite, count in Counter(distinct.values()).most_common())
        raise ValueError(
            f"{table} is a test suite, or holds one: {len(rows)} of its {len(texts)} rows have texts of test suites "
            f"({suites}; different texts), the first in rows {', '.join(map(str, rows[:_EXAMPLES]))}. What is trained "
            f"on them cannot be measured with them. Up to {MOST_TEXTS} texts and {MOST_SHARE:.0%} of the rows are left "
            "out as chance; take the suite out of the table, and use it for evaluation alone."
        )
    return found


__all__ = [
    "MOST_SHARE",
    "MOST_TEXTS",
    "check_test_suites",
    "shipped_hashes",
    "suite_hashes",
    "test_suite_of",
    "text_hash",
]
