"""Build `joins.tsv`: the parts of a split character to the character, where they hardly mean anything else.

    python -m decloak.processing.tables.builders.joins [FOLDER]

Reads the tables `splits` and `character_frequencies`. Needs the package `jieba` (MIT) for its dictionary, only here.
"""

import importlib
import math
import sys
from collections import defaultdict
from collections.abc import Set as AbstractSet
from importlib.metadata import version
from pathlib import Path

from decloak.processing.tables.table_files import FOLDER, load_table, write_table

# How many times as frequent the character must be as its parts side by side.
MARGIN = 1000.0
# Occurrences per million of what the table of frequencies lacks.
UNSEEN = 0.01


def rows() -> dict[str, list[str]]:
    """Return the safe joins, the longest parts first.

    A join is safe if the character occurs a thousand times as often as its parts side by side: inside words of the
    dictionary, or by chance.
    """
    characters: dict[str, list[str]] = {}
    for character, splits in load_table("splits").items():
        for parts in splits:
            characters.setdefault(parts, []).append(character)
    inside = _inside_words(characters.keys())
    best = {parts: max(options, key=_frequency) for parts, options in characters.items()}
    safe = {
        parts: [character]
        for parts, character in best.items()
        if _frequency(character) >= MARGIN * max(inside[parts], math.prod(map(_frequency, parts)))
    }
    return dict(sorted(safe.items(), key=lambda row: (-len(row[0]), row[0])))


def _inside_words(sequences: AbstractSet[str]) -> defaultdict[str, float]:
    """Return how often sequences occur inside words, as a share of all words."""
    sizes = sorted(set(map(len, sequences)))
    with importlib.import_module("jieba").get_dict_file() as dictionary:
        words = [line.decode("utf-8").split(" ")[:2] for line in dictionary]
    total = sum(int(count) for _, count in words)
    found: defaultdict[str, float] = defaultdict(float)
    for word, count in words:
        pieces = {word[start : start + size] for size in sizes for start in range(len(word) - size + 1)}
        for piece in pieces & sequences:
            found[piece] += int(count) / total
    return found


def _frequency(character: str) -> float:
    return float(load_table("character_frequencies").get(character, (UNSEEN,))[0]) / 1e6


def build(folder: Path = FOLDER) -> Path:
    """Write the table and return its path."""
    splits = "chaizi (Open Dictionary, kaifangcidian.com); structures and strokes of SimilarCharacter (XiaoFang)"
    header = {
        "source": f"{splits}; words and frequencies from the dictionary of jieba {version('jieba')} (Sun Junyi)",
        "licence": "CC BY 3.0 (chaizi), MIT (SimilarCharacter, jieba)",
        "note": "the character is 1000 times as frequent as its parts side by side, in words and by chance",
    }
    return write_table(folder, "joins", header, rows())


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:2]))
