"""Build `readings` and `phrase_readings` from pypinyin (MIT): `python -m decloak.processing.tables.builders.readings`.

Needs pypinyin 0.55. A reading is a syllable with its tone as a digit (`hao3`, neutral `5`, ü as `v`). The phrase table
holds only the phrases that the shorter ones and the characters' first readings would get wrong.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from decloak.processing.sound_units import PhraseReader
from decloak.processing.tables import write_table
from decloak.processing.tables.table_files import FOLDER

HEADER = {"source": "pypinyin 0.55.0 (mozillazg)", "licence": "MIT"}
# The Unified Ideographs block, which has every character of GBK and Big5, and the zero.
CHARACTERS = (*map(chr, range(0x4E00, 0xA000)), "〇")
SYLLABLE = re.compile("[a-zê]*[aeiouv][a-z]*[1-5]")
LONGEST_PHRASE = 8


def readings() -> dict[str, list[str]]:
    """Return the readings of each character, the most usual first."""
    read = _pypinyin()
    found = {}
    for character in CHARACTERS:
        options: list[str] = next(iter(read(character, heteronym=True)), [])  # none for a few rare ones
        kept = list(dict.fromkeys(option for option in options if SYLLABLE.fullmatch(option)))
        if kept:
            found[character] = kept
    return found


def phrase_readings(first: dict[str, str]) -> dict[str, list[str]]:
    """Return the phrases whose reading does not follow from shorter phrases and `first` readings.

    Shorter phrases come first; a phrase that they make right is left out. A phrase of the right reading may be broken
    by one that begins inside it, so the rounds go on until nothing is added.
    """
    wanted = dict(_phrases(first))
    table: dict[str, list[str]] = {}
    while True:
        added = 0
        for length in range(2, LONGEST_PHRASE + 1):
            reader = PhraseReader(first, table)
            missed = {
                phrase: syllables
                for phrase, syllables in wanted.items()
                if len(phrase) == length and phrase not in table and reader(phrase) != syllables
            }
            table |= missed
            added += len(missed)
        if not added:
            return dict(sorted(table.items(), key=lambda row: (len(row[0]), row[0])))


def _phrases(first: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    constants = __import__("pypinyin.constants", fromlist=["PHRASES_DICT"])
    read = _pypinyin()
    for phrase in constants.PHRASES_DICT:
        if len(phrase) > LONGEST_PHRASE or any(character not in first for character in phrase):
            continue
        syllables = [options[0] for options in read(phrase)]
        if len(syllables) == len(phrase) and all(map(SYLLABLE.fullmatch, syllables)):
            yield phrase, syllables


def _pypinyin() -> Any:
    from pypinyin import Style, pinyin

    def read(text: str, heteronym: bool = False) -> list[list[str]]:
        return pinyin(text, style=Style.TONE3, heteronym=heteronym, neutral_tone_with_five=True, errors="ignore")

    return read


def rows(phrases: dict[str, Iterable[str]] | dict[str, list[str]]) -> dict[str, list[str]]:
    """Return phrases with their syllables as one cell, separated by spaces."""
    return {phrase: [" ".join(syllables)] for phrase, syllables in phrases.items()}


def main(output: Annotated[Path, typer.Option(help="Folder of the tables.")] = FOLDER) -> None:
    """Write both tables."""
    table = readings()
    write_table(output, "readings", HEADER | {"note": "ü is v, the neutral tone 5; the most usual first"}, table)
    first = {character: options[0] for character, options in table.items()}
    note = f"phrases of up to {LONGEST_PHRASE} characters that shorter ones and the first readings would get wrong"
    write_table(output, "phrase_readings", HEADER | {"note": note}, rows(phrase_readings(first)))


if __name__ == "__main__":
    typer.run(main)
