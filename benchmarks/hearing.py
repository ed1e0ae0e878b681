"""How much of cloaked texts a transcript restores, what it harms of clean ones, and how fast it is.

    python benchmarks/hearing.py --cloaked homophone.csv --uncloaked base.csv --texts train.csv --format json

The language model is made of `--texts`, which must not hold the sentences that are measured. Similarity is that of
`difflib.SequenceMatcher` (twice the matching characters by all characters) to the uncloaked text, averaged over texts:
of the text as it is cloaked, as it is heard, and of the uncloaked text as it is heard. `restored` is the share of the
changed characters that are heard as they were, `harmed` that of the others that are not, where no length changed. All
is measured at the lower price for every text, at the higher one, and as a processor hears, with both.
"""

import json
import random
import time
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from decloak.processing.sound_units import SoundReader
from decloak.processing.transcription import Transcriber
from decloak.training.banks.sound_tables import make_sound_tables
from decloak.training.banks.transcript_tables import make_transcript_tables
from decloak.training.data.tables import table_rows

Pair = tuple[str, str]


class Format(str, Enum):
    """How the results are printed."""

    table = "table"
    json = "json"


def texts_of(path: Path, column: str) -> list[str]:
    """Return the texts of a table."""
    return [row.values[column] for row in table_rows(path, [column]) if not row.error]


def changed_pairs(cloaked: Path, uncloaked: Path, column: str, identity: str) -> list[Pair]:
    """Return the texts that were changed, each cloaked and uncloaked.

    Raises:
        ValueError: No id of one table is in the other.
    """
    tables = [
        {str(row.values[identity]): row.values[column] for row in table_rows(path, [column, identity]) if not row.error}
        for path in (cloaked, uncloaked)
    ]
    shared = [name for name in tables[0] if name in tables[1]]
    if not shared:
        raise ValueError(f"{cloaked} and {uncloaked} share no {identity}: give tables of the same rows")
    pairs = [(tables[0][name], tables[1][name]) for name in shared]
    return [(hidden, plain) for hidden, plain in pairs if hidden != plain]


def similarity(one: str, other: str) -> float:
    """Return twice the matching characters by all characters."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def measure(pairs: Sequence[Pair], hear: Callable[[str], str]) -> dict[str, float]:
    """Measure one way to hear."""
    start = time.process_time()
    heard = [hear(hidden) for hidden, _ in pairs]
    seconds = time.process_time() - start
    clean = [hear(plain) for _, plain in pairs]
    changed = restored = others = harmed = 0
    for (hidden, plain), found in zip(pairs, heard, strict=True):
        if len(hidden) == len(plain) == len(found):
            marks = [(was != shown, was == got) for was, shown, got in zip(plain, hidden, found, strict=True)]
            changed += sum(hides for hides, _ in marks)
            restored += sum(hides and right for hides, right in marks)
            others += sum(not hides for hides, _ in marks)
            harmed += sum(not hides and not right for hides, right in marks)
    plains = [plain for _, plain in pairs]
    return {
        "restored": round(restored / max(1, changed), 3),
        "harmed": round(harmed / max(1, others), 4),
        "heard": round(sum(map(similarity, heard, plains)) / len(pairs), 4),
        "clean_heard": round(sum(map(similarity, clean, plains)) / len(pairs), 4),
        "texts_per_cpu_second": round(len(pairs) / max(seconds, 1e-9)),
    }


def main(
    cloaked: Annotated[Path, typer.Option(help="Table of cloaked texts, with ids.")],
    uncloaked: Annotated[Path, typer.Option(help="The same rows before they were cloaked.")],
    texts: Annotated[list[Path], typer.Option(help="Tables that the language model is made of; may be repeated.")],
    column: Annotated[str, typer.Option(help="The column that holds the text.")] = "text",
    identity: Annotated[str, typer.Option("--id-column", help="The column that rows are paired by.")] = "id",
    rows: Annotated[int, typer.Option(min=1, help="Changed texts to measure, drawn by the seed.")] = 300,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    price: Annotated[float, typer.Option(min=0, help="The higher price, for texts that seem clean.")] = 4.0,
    cloaked_price: Annotated[float, typer.Option(min=0, help="The lower one.")] = 1.0,
    form: Annotated[Format, typer.Option("--format", help="A table on stderr and JSON on stdout, or JSON alone.")] = (
        Format.table
    ),
) -> None:
    """Measure, and print the numbers as JSON on stdout."""
    pairs = changed_pairs(cloaked, uncloaked, column, identity)
    random.Random(seed).shuffle(pairs)  # noqa: S311  a draw, not a secret
    pairs = pairs[:rows]
    tables = make_transcript_tables([text for path in texts for text in texts_of(path, column)])
    reader = SoundReader(make_sound_tables())
    ways = {"lower": (cloaked_price, cloaked_price), "higher": (price, price), "both": (price, cloaked_price)}
    cloaked_similarity = round(sum(similarity(*pair) for pair in pairs) / len(pairs), 4)
    results: dict[str, Any] = {
        "texts": len(pairs),
        "cloaked": cloaked_similarity,
        "prices": {name: measure(pairs, Transcriber(reader, tables, *way).transcript) for name, way in ways.items()},
    }
    if form is Format.table:
        show(results)
    Console().print_json(json.dumps(results))


def show(results: dict[str, Any]) -> None:
    """Print the numbers for people, on stderr."""
    table = Table("price", "restored", "harmed", "similarity as heard", "clean as heard", "texts per CPU second")
    for name, found in results["prices"].items():
        table.add_row(name, *map(str, found.values()))
    console = Console(stderr=True)
    console.print(table)
    console.print(f"{results['texts']} texts; similarity as cloaked {results['cloaked']}")


if __name__ == "__main__":
    typer.run(main)
