"""Build `english_words.tsv`: the usual words of English and how often they occur.

    python -m decloak.processing.tables.builders.english_words [FOLDER]

Needs the package `symspellpy` (MIT; its list holds the words that SCOWL and Google Books have in common), only here.
"""

import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from decloak.processing.tables.table_files import FOLDER, write_table

LIST = "frequency_dictionary_en_82_765.txt"
# Rarer words are read into too many codes and names.
WORDS = 50_000


def rows() -> dict[str, list[str]]:
    """Return the most frequent words with their occurrences per million."""
    lines = (files("symspellpy") / LIST).read_text(encoding="utf-8-sig").split("\n")
    counts = {word: int(count) for word, count in (line.split() for line in lines if line)}
    total = sum(counts.values())
    words = sorted(filter(str.isalpha, counts), key=lambda word: (-counts[word], word))[:WORDS]
    return {word: [f"{counts[word] * 1e6 / total:.2f}"] for word in words}


def build(folder: Path = FOLDER) -> Path:
    """Write the table and return its path."""
    header = {
        "source": f"word list of SymSpell through symspellpy {version('symspellpy')}: SCOWL and Google Books Ngrams",
        "licence": "MIT (SymSpell, SCOWL), CC BY 3.0 (Google Books Ngrams)",
        "note": "occurrences per million words, the most frequent first",
    }
    return write_table(folder, "english_words", header, rows())


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:2]))
