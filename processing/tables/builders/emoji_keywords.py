"""Build `emoji_keywords_zh.tsv`: an emoji to the Chinese words that people look for it with.

    python -m decloak.processing.tables.builders.emoji_keywords ANNOTATIONS [FOLDER]

ANNOTATIONS is `annotations/zh/annotations.json` of the npm package `cldr-annotations-full` (Unicode-3.0).
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from decloak.processing.tables.table_files import FOLDER, load_table, write_table

VERSION = "48.2.0"
HEADER = {
    "source": f"Unicode CLDR annotations, Chinese, npm package cldr-annotations-full {VERSION}",
    "licence": "Unicode-3.0",
    "note": "words of Han characters that are not in emoji_words_zh; without variation selectors",
}
SELECTOR = "\ufe0f"
HAN_WORD = re.compile("[\u4e00-\u9fff]{1,4}")


def keywords(annotations: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Yield each emoji that has a Chinese name with its keywords of at most four characters, in CLDR's order."""
    names = load_table("emoji_words_zh")
    for emoji, entry in annotations.items():
        known = names.get(emoji) or names.get(emoji + SELECTOR)
        words = [word for word in entry.get("default", ()) if HAN_WORD.fullmatch(word)]
        words = [word for word in dict.fromkeys(words) if word not in (known or ())]
        if known and words:
            yield emoji.replace(SELECTOR, ""), words


def build(annotations: Path, folder: Path = FOLDER) -> Path:
    """Write the table and return its path."""
    entries = json.loads(annotations.read_text(encoding="utf-8"))["annotations"]["annotations"]
    return write_table(folder, "emoji_keywords_zh", HEADER, dict(sorted(keywords(entries))))


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:3]))
