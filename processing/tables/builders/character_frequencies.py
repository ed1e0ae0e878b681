"""Build `character_frequencies` from jieba's dictionary (MIT).

Run as `python -m decloak.processing.tables.builders.character_frequencies`. Needs jieba 0.42.1. Only the characters of
GB 2312 (simplified, in use) are kept: a person who replaces a character picks one of these.
"""

from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from decloak.processing.tables import write_table
from decloak.processing.tables.table_files import FOLDER

HEADER = {
    "source": "dictionary of jieba 0.42.1 (Sun Junyi)",
    "licence": "MIT",
    "note": "occurrences per million characters, the most frequent first; characters of GB 2312",
}
FIRST_HAN = b"\xb0\xa1"


def character_frequencies(dictionary: Path) -> dict[str, list[str]]:
    """Count the characters of all words of a dictionary, each as often as its word occurs."""
    counts: Counter[str] = Counter()
    for line in dictionary.read_text(encoding="utf-8").splitlines():
        word, occurrences = line.split(" ")[:2]
        for character in word:
            counts[character] += int(occurrences)
    kept = {character: count for character, count in counts.items() if _in_gb2312(character)}
    total = sum(kept.values())
    ranked = sorted(kept.items(), key=lambda row: (-row[1], row[0]))
    return {character: [f"{1e6 * count / total:.3f}"] for character, count in ranked}


def _in_gb2312(character: str) -> bool:
    try:
        return character.encode("gb2312") >= FIRST_HAN
    except UnicodeEncodeError:
        return False


def main(output: Annotated[Path, typer.Option(help="Folder of the tables.")] = FOLDER) -> None:
    """Write the table."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("This builder needs jieba: pip install jieba==0.42.1", name="jieba")
    dictionary = Path(spec.origin).parent / "dict.txt"
    write_table(output, "character_frequencies", HEADER, character_frequencies(dictionary))


if __name__ == "__main__":
    typer.run(main)
