"""Build `emoji_keywords_zh.tsv`: an emoji to the Chinese words that people look for it with.

    python -m decloak.processing.tables.builders.emoji_keywords ANNOTATIONS [FOLDER]

ANNOTATIONS is `annotations/zh/annotations.json` of the npm package `cldr-annotations-full` (Unicode-3.0).
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from decloak.processing.tables.table_files import FOLDER, load_table, write_table

VERSION = "48.2.0"
HEADER = {
    "source": f"Unicode CLDR annotations, Chinese, npm package cldr-annotations-full {VERSION}",
    "licence": "Unicode-3.0",
    "note": "words of Han characters, not in emoji_words_zh, that at most 10 emoji share; without variation selectors",
}
SELECTOR = "\ufe0f"
MOST_EMOJI = 10  # that share a keyword: what more of them have is a kind ("animal", "face"), which none stands for
HAN_WORD = re.compile("[\u4e00-\u9fff]{1,4}")


def keywords(annotations: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Yield each emoji that has a Chinese name with its keywords of at most four characters, in CLDR's order."""
    names = load_table("emoji_words_zh")
    found = {}
    for emoji, entry in annotations.items():
        known = names.get(emoji) or names.get(emoji + SELECTOR)
        words = [word for word in entry.get("default", ()) if HAN_WORD.fullmatch(word)]
        if known:
            found[emoji.replace(SELECTOR, "")] = [word for word in dict.fromkeys(words) if word not in known]
    shared = Counter(word for words in found.values() for word in words)
    for emoji, words in found.items():
        kept = [word for word in words if shared[word] <= MOST_EMOJI]
        if kept:
            yield emoji, kept


def build(annotations: Path, folder: Path = FOLDER) -> Path:
    """Write the table and return its path."""
    entries = json.loads(annotations.read_text(encoding="utf-8"))["annotations"]["annotations"]
    return write_table(folder, "emoji_keywords_zh", HEADER, dict(sorted(keywords(entries))))


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:3]))
