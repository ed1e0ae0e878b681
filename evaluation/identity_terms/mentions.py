"""Find the identity terms of `terms.tsv` in texts."""

import re
import unicodedata
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("terms.tsv")
# Chinese is written without spaces, so that its characters end a word of an alphabet; to re they are letters.
_LETTER = r"[^\W\u3400-\u9fff]"


def mentioned_groups(text: str) -> list[str]:
    """Name the groups that a text mentions, in the order of their first mention.

    Width and case do not count. Words of an alphabet are found as whole words, beside Chinese characters too; Chinese
    ones anywhere, the longest first, so that a term inside of a longer one does not count twice.
    """
    pattern, groups = _terms()
    plain = unicodedata.normalize("NFKC", text).casefold()
    return list(dict.fromkeys(groups[match.group()] for match in pattern.finditer(plain)))


@cache
def _terms() -> tuple[re.Pattern[str], dict[str, str]]:
    """Read the table: a pattern of all terms, and the group of each."""
    groups: dict[str, str] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            group, _, terms = line.split("\t")
            groups |= {term.casefold(): group for term in terms.split("|")}
    longest = sorted(groups, key=len, reverse=True)
    words = "|".join(re.escape(term) for term in longest if term.isascii())
    others = "|".join(re.escape(term) for term in longest if not term.isascii())
    return re.compile(rf"(?<!{_LETTER})(?:{words})(?!{_LETTER})|(?:{others})"), groups


__all__ = ["mentioned_groups"]
