"""Build `splits` from chaizi (CC BY 3.0).

Run as `python -m decloak.processing.tables.builders.splits --parts chaizi-jt.txt --structures STRUCTURES --strokes
STROKES`. The parts are chaizi-jt.txt of chaizi, the other two the larger structure file and the stroke counts of
SimilarCharacter (MIT). Needs no package beyond decloak's own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from decloak.processing.tables import load_table, write_table
from decloak.processing.tables.table_files import FOLDER

HEADER = {
    "source": "chaizi (Open Dictionary, kaifangcidian.com); structures and strokes of SimilarCharacter (XiaoFang)",
    "licence": "CC BY 3.0 (chaizi), MIT (SimilarCharacter)",
    "note": "two or three parts that can be typed, side by side or one above the other, the easiest to read first",
}
# Two or three side by side, two or three one above the other. What encloses another part is not read in a row.
OPEN_STRUCTURES = "1324"
MOST_PARTS = 3
SECOND_LEVEL = b"\xd8\xa1"
# Occurrences per million from which a character of the second level of GB 2312 counts as one that people type.
LEAST_FREQUENT = 0.5
_ROW = re.compile("'(.)' *: *'([0-9]+)'")


def dictionary(file: Path) -> dict[str, str]:
    """Read a file of SimilarCharacter: character to number."""
    return dict(_ROW.findall(file.read_text(encoding="utf-8")))


def can_be_typed(part: str, frequencies: Mapping[str, float], strokes: Mapping[str, str]) -> bool:
    """Tell whether people write a part by itself: common characters, and the side forms of characters."""
    if part in load_table("side_forms"):
        return True
    try:
        common = part.encode("gb2312") < SECOND_LEVEL
    except UnicodeEncodeError:
        return False
    return common or (frequencies.get(part, 0) >= LEAST_FREQUENT and strokes.get(part) != "1")


def typed_splits(options: Sequence[str], frequencies: Mapping[str, float], strokes: Mapping[str, str]) -> list[str]:
    """Return the splits of a character that can be typed, those of few and of unchanged parts first."""
    kept = []
    for option in options:
        parts = option.split(" ")
        if 2 <= len(parts) <= MOST_PARTS and all(can_be_typed(part, frequencies, strokes) for part in parts):
            kept.append(parts)
    # A side form looks as in the character itself; what chaizi gives instead of it is only easier to type.
    kept.sort(key=lambda parts: (len(parts), -sum(part in load_table("side_forms") for part in parts)))
    return list(dict.fromkeys("".join(parts) for parts in kept))


def splits(parts: Path, structures: Mapping[str, str], strokes: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the characters in use that come apart, with their splits, by frequency."""
    frequencies = {character: float(values[0]) for character, values in load_table("character_frequencies").items()}
    rows = (line.split("\t") for line in parts.read_text(encoding="utf-8").splitlines())
    options = {character: splits for character, *splits in rows}
    for character in frequencies:
        # An unlisted structure is that of a single body.
        if structures.get(character, "0") not in OPEN_STRUCTURES:
            continue
        # chaizi takes some characters apart into themselves and a rest.
        others = [option for option in options.get(character, []) if character not in option]
        if found := typed_splits(others, frequencies, strokes):
            yield character, found


def main(
    parts: Annotated[Path, typer.Option(help="chaizi-jt.txt of chaizi.")],
    structures: Annotated[Path, typer.Option(help="Structures of SimilarCharacter, the file of 20,000.")],
    strokes: Annotated[Path, typer.Option(help="Stroke counts of SimilarCharacter.")],
    output: Annotated[Path, typer.Option(help="Folder of the tables.")] = FOLDER,
) -> None:
    """Write the table."""
    write_table(output, "splits", HEADER, dict(splits(parts, dictionary(structures), dictionary(strokes))))


if __name__ == "__main__":
    typer.run(main)
