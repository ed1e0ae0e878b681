"""Build `traditional_forms`: simplified characters and phrases to traditional ones, as OpenCC writes them.

Run as `python -m decloak.processing.tables.builders.traditional_forms`, after `character_frequencies` and
`traditional`. Needs opencc 1.4 (Apache-2.0) and jieba 0.42.1 (MIT). `traditional` is the other direction; what it would
not turn back is left out here, so that the attack can be undone.
"""

import importlib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from decloak.processing.tables import load_table, write_table
from decloak.processing.tables.table_files import FOLDER

HEADER = {
    "source": "OpenCC 1.4.2, conversion s2t; phrases from the dictionary of jieba 0.42.1 (Sun Junyi)",
    "licence": "Apache-2.0 (OpenCC), MIT (jieba)",
    "note": "a phrase stands here where its characters one by one would be written otherwise; what the table "
    "traditional would not turn back stays simplified",
}
LONGEST_PHRASE = 4
# Occurrences in jieba's corpus; rarer phrases are mostly names.
LEAST_FREQUENT = 20


def undoable(simplified: str, traditional: str) -> str:
    """Return a traditional form with those of its characters simplified again that do not lead back by themselves."""
    back = load_table("traditional")
    pairs = zip(simplified, traditional, strict=True)
    return "".join(new if back.get(new) == (old,) else old for old, new in pairs)


def characters(convert: Callable[[str], str]) -> dict[str, str]:
    """Return the characters in use that are written otherwise in traditional text."""
    converted = {character: convert(character) for character in load_table("character_frequencies")}
    forms = {old: undoable(old, new) for old, new in converted.items() if len(new) == 1}
    return {old: new for old, new in forms.items() if new != old}


def phrases(convert: Callable[[str], str], single: dict[str, str]) -> dict[str, str]:
    """Return the phrases whose characters are written otherwise than alone, without those that hold another such."""
    found: dict[str, str] = {}
    for word in sorted(_words(), key=lambda word: (len(word), word)):
        converted = convert(word)
        if len(converted) != len(word):
            continue
        new = undoable(word, converted)
        if new == "".join(single.get(character, character) for character in word):
            continue
        if not any(found.get(word[i:j]) == new[i:j] for i in range(len(word)) for j in range(i + 2, len(word) + 1)):
            found[word] = new
    return found


def _words() -> Iterator[str]:
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("This builder needs jieba: pip install jieba==0.42.1", name="jieba")
    for line in (Path(spec.origin).parent / "dict.txt").read_text(encoding="utf-8").splitlines():
        word, count = line.split(" ")[:2]
        if 2 <= len(word) <= LONGEST_PHRASE and int(count) >= LEAST_FREQUENT:
            yield word


def main(output: Annotated[Path, typer.Option(help="Folder of the tables.")] = FOLDER) -> None:
    """Write the table."""
    convert = importlib.import_module("opencc").OpenCC("s2t").convert
    single = characters(convert)
    rows = single | phrases(convert, single)
    write_table(output, "traditional_forms", HEADER, {old: [new] for old, new in rows.items()})


if __name__ == "__main__":
    typer.run(main)
