"""Build `traditional.tsv`: traditional character to simplified, from OpenCC's own conversion.

    python -m decloak.processing.tables.builders.traditional [FOLDER]

Needs the package `opencc` (Apache-2.0), only here.
"""

import importlib
import sys
from importlib.metadata import version
from pathlib import Path

from decloak.processing.tables.table_files import FOLDER, write_table

# Unified ideographs; those of the compatibility blocks are variants of them, which NFKC takes care of.
IDEOGRAPHS = (range(0x3400, 0xA000), range(0x20000, 0x2F800), range(0x30000, 0x32400))
# These three stand in GB 2312 for names only; in running text they are traditional writing.
TRADITIONAL_IN_PRACTICE = "後於麽"


def rows() -> dict[str, list[str]]:
    """Return the characters that OpenCC's t2s changes, with what it makes of them.

    Left out: characters that simplified text uses as well (those of GB 2312, such as the first one of the reign name
    Qianlong), those whose simplified form lies outside the basic plane, which hardly any font or vocabulary has, and
    those that would need a second conversion.
    """
    convert = importlib.import_module("opencc").OpenCC("t2s").convert
    converted = {chr(point): convert(chr(point)) for block in IDEOGRAPHS for point in block}
    pairs = {key: value for key, value in converted.items() if value != key and value <= "\uffff"}
    return {
        key: [value]
        for key, value in pairs.items()
        if value not in pairs and (not _in_simplified_text(key) or key in TRADITIONAL_IN_PRACTICE)
    }


def _in_simplified_text(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def build(folder: Path = FOLDER) -> Path:
    """Write the table and return its path."""
    header = {
        "source": f"OpenCC {version('opencc')}, conversion t2s of single characters, https://github.com/BYVoid/OpenCC",
        "licence": "Apache-2.0",
        "note": "characters of GB 2312 are left out (except three), as simplified text uses them too",
    }
    return write_table(folder, "traditional", header, rows())


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:2]))
