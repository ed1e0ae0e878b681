"""Build `emoji_words_zh.tsv` and `emoji_words_en.tsv`: an emoji to its short names, the best first.

    python -m decloak.processing.tables.builders.emoji_words [FOLDER]

Needs the package `emoji` (BSD-3-Clause; it holds the names of Unicode CLDR), only here.
"""

import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from decloak.processing.tables.table_files import FOLDER, write_table

SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
SELECTOR, KEYCAP = "\ufe0f", "\u20e3"
# The head of an animal means the animal: "dog face" beside "dog".
HEAD = " face"
HAN_GAP = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


def _entries() -> dict[str, dict[str, Any]]:
    """Return the package's data of every emoji, with and without its variation selector, but no skin tones."""
    package = importlib.import_module("emoji")
    package.config.load_language("zh")
    # Components such as a lone skin tone (status 1) are no emoji.
    return {key: data for key, data in package.EMOJI_DATA.items() if data["status"] > 1 and not SKIN_TONES.search(key)}


def words(name: str) -> str:
    """Turn `:eight_o’clock:` into "eight o'clock" and drop what stands in brackets.

    >>> words(":AB_button_(blood_type):")
    'AB button'
    """
    plain = re.sub(r"\(.*?\)", "", name.strip(":").replace("_", " ").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return HAN_GAP.sub("", " ".join(plain.split()))


def english(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Yield each emoji with its CLDR name and its aliases; an alias that only leaves out words comes first."""
    for key, data in entries.items():
        name = words(data["en"])
        aliases = [words(alias).removeprefix("flag for ") for alias in data.get("alias", ())]
        # Aliases with a number in them (clock8, mouse2, u6709) are codes, and codes of two letters are countries.
        aliases = [alias for alias in aliases if len(alias) > 2 and not re.search(r"[a-z]\d|\d[a-z]", alias)]
        shorter = [alias for alias in aliases if set(alias.split()) < set(name.split())]
        yield key, _distinct([*_keycap(key), *shorter, name, *aliases])


def chinese(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Yield each emoji with its CLDR name; the head of an animal first with the name of the animal."""
    by_name = {words(data["en"]): words(data["zh"]) for data in entries.values()}
    for key, data in entries.items():
        name = words(data["en"])
        animal = by_name.get(name.removesuffix(HEAD)) if name.endswith(HEAD) else None
        yield key, _distinct([*_keycap(key), *([animal] if animal else []), words(data["zh"])])


def _keycap(key: str) -> list[str]:
    return [key[0]] if key.endswith(KEYCAP) else []


def _distinct(names: list[str]) -> list[str]:
    """Drop empty names and those that differ in case only from one before."""
    kept: dict[str, str] = {}
    for name in filter(None, names):
        kept.setdefault(name.casefold(), name)
    return list(kept.values())


def build(folder: Path = FOLDER) -> list[Path]:
    """Write both tables and return their paths."""
    entries = _entries()
    header = {
        "source": f"Unicode CLDR short names through emoji {version('emoji')}, https://github.com/carpedm20/emoji",
        "licence": "BSD-3-Clause (emoji), Unicode-3.0 (names)",
        "note": "each emoji also without its variation selector; no skin tones",
    }
    tables = {"emoji_words_en": english(entries), "emoji_words_zh": chinese(entries)}
    return [write_table(folder, name, header, dict(sorted(rows))) for name, rows in tables.items()]


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:2]))
