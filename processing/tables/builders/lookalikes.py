"""Build `lookalikes` by drawing characters and comparing the pictures and the parts.

Run as `python -m decloak.processing.tables.builders.lookalikes --parts chaizi-jt.txt --strokes STROKES --font A.otf
--font B.otf`. The parts are chaizi-jt.txt of chaizi (CC BY 3.0), the strokes the file of stroke counts of
SimilarCharacter (MIT), the fonts Noto Sans SC and Noto Serif SC (OFL 1.1; nothing of them is kept). Needs no package
beyond decloak's own.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from decloak.processing.tables import load_table, write_table
from decloak.processing.tables.table_files import FOLDER

HEADER = {
    "source": "drawn with Noto Sans SC and Noto Serif SC (OFL 1.1); parts of chaizi (Open Dictionary); strokes of "
    "SimilarCharacter (XiaoFang)",
    "licence": "CC BY 3.0 (parts), MIT (strokes)",
    "note": "the most similar first; only characters in use stand as values",
}
PIXELS = 72
GRID = 36
BLUR = 1.5
# Chosen by eye: below it the pictures share a radical at most.
LEAST_SCORE = 0.72
MOST = 6
# Occurrences per million below which a character would itself catch the eye.
LEAST_FREQUENT = 1.0
PART_WEIGHT = 0.25
_STROKES = re.compile("'(.)' *: *'([0-9]+)'")


def pictures(characters: Iterable[str], font_file: Path) -> Any:
    """Draw characters, blurred, so that strokes that lie close count as alike.

    Returns:
        Float array (characters, pixels), each row centred on the mean picture and of length 1.
    """
    font = ImageFont.truetype(str(font_file), PIXELS * 5 // 6)
    drawn = np.stack([_picture(character, font) for character in characters])
    drawn -= drawn.mean(axis=0)
    return drawn / np.maximum(np.linalg.norm(drawn, axis=1, keepdims=True), 1e-6)


def _picture(character: str, font: Any) -> Any:
    canvas = Image.new("L", (PIXELS, PIXELS), 0)
    ImageDraw.Draw(canvas).text((PIXELS // 2, PIXELS // 2), character, fill=255, font=font, anchor="mm")
    small = canvas.filter(ImageFilter.GaussianBlur(BLUR)).resize((GRID, GRID), Image.Resampling.BILINEAR)
    return np.asarray(small, dtype=np.float32).ravel()


def part_lists(parts_file: Path) -> dict[str, list[frozenset[str]]]:
    """Read chaizi: character to the sets of parts that it is said to have."""
    parts = {}
    for line in parts_file.read_text(encoding="utf-8").splitlines():
        character, *splits = line.split("\t")
        parts[character] = [frozenset(split.split()) for split in splits]
    return parts


def stroke_counts(strokes_file: Path) -> dict[str, int]:
    """Read character to number of strokes."""
    return {character: int(count) for character, count in _STROKES.findall(strokes_file.read_text(encoding="utf-8"))}


def shared_part(
    one: Sequence[frozenset[str]], other: Sequence[frozenset[str]], strokes: Mapping[str, int], whole: int
) -> float:
    """Return how much of a character of `whole` strokes is parts that both have, 0 to 1."""
    shared = [sum(strokes.get(part, 2) for part in a & b) for a in one for b in other]
    return min(1.0, max(shared, default=0) / max(whole, 1))


def lookalikes(characters: Sequence[str], similarity: Any, score: Any, usable: frozenset[str]) -> dict[str, list[str]]:
    """Return for each character those that look like it.

    Args:
        characters: All characters, by frequency.
        similarity: (characters, characters) likeness of the pictures.
        score: Likeness of two characters, from their places and the pictures' likeness.
        usable: What may stand as a value.
    """
    table = {}
    for place, character in enumerate(characters):
        nearest = [int(other) for other in np.argsort(-similarity[place], kind="stable")[:60] if other != place]
        scored = [(round(score(place, other), 3), other) for other in nearest if characters[other] in usable]
        best = sorted((-value, other) for value, other in scored if value >= LEAST_SCORE)[:MOST]
        if best:
            table[character] = [characters[other] for _, other in best]
    return table


def main(
    parts: Annotated[Path, typer.Option(help="chaizi-jt.txt of chaizi.")],
    strokes: Annotated[Path, typer.Option(help="Stroke counts of SimilarCharacter.")],
    font: Annotated[list[Path], typer.Option(help="A font file; several are averaged.")],
    output: Annotated[Path, typer.Option(help="Folder of the tables.")] = FOLDER,
) -> None:
    """Write the table."""
    frequencies = {character: float(values[0]) for character, values in load_table("character_frequencies").items()}
    characters = list(frequencies)
    drawn = [pictures(characters, file) for file in font]
    similarity = np.mean([picture @ picture.T for picture in drawn], axis=0)
    split, counts = part_lists(parts), stroke_counts(strokes)

    def score(one: int, other: int) -> float:
        first, second = characters[one], characters[other]
        whole = max(counts.get(first, 8), counts.get(second, 8))
        shared = shared_part(split.get(first, []), split.get(second, []), counts, whole)
        return float(similarity[one, other]) + PART_WEIGHT * shared

    usable = frozenset(character for character, count in frequencies.items() if count >= LEAST_FREQUENT)
    write_table(output, "lookalikes", HEADER, lookalikes(characters, similarity, score, usable))


if __name__ == "__main__":
    typer.run(main)
