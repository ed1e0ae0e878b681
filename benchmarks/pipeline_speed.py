"""How many texts a second the pipeline answers, as ratios measured in one run.

    python benchmarks/pipeline_speed.py --texts comments.csv --rows 512

Ways: one text at a time; batches padded as they come; batches of like length (what the pipeline does); the same on
text alone, which is what the second sense costs. The ways are interleaved, so that a busy machine hits all of them.
"""

import json
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.table import Table

from decloak.hub_cards import default_model_path
from decloak.modeling import MMBertForSequenceClassification, MMBertTextClassificationPipeline
from decloak.processing import MultimodalHateProcessor
from decloak.training.data.tables import table_rows

Way = Callable[[list[str]], Any]


def ways(pipe: MMBertTextClassificationPipeline, batch_size: int) -> dict[str, Way]:
    """Return what is compared, by name; the first is what the others are divided by."""

    def as_they_come(texts: list[str]) -> None:
        for start in range(0, len(texts), batch_size):
            rows = texts[start : start + batch_size]
            with torch.inference_mode():
                pipe.model(**pipe.processor(text=rows, truncation=True))

    return {
        "one at a time": lambda texts: pipe(texts, batch_size=1),
        "batches as they come": as_they_come,
        "batches of like length": lambda texts: pipe(texts, batch_size=batch_size),
        "the same, text alone": lambda texts: pipe(texts, batch_size=batch_size, modalities=["text"]),
    }


def main(
    texts: Annotated[Path, typer.Option(help="Table with a column text.")],
    model: Annotated[Path | None, typer.Option(help="A decloak model; the shipped one by default.")] = None,
    rows: Annotated[int, typer.Option(help="Texts to answer.")] = 512,
    batch_size: Annotated[int, typer.Option(help="Texts in a batch.")] = 32,
    repeats: Annotated[int, typer.Option(help="Rounds; the fastest of each way counts.")] = 3,
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 1,
) -> None:
    """Measure, print a table, and print the numbers as JSON on stdout."""
    torch.set_num_threads(threads)
    folder = model or default_model_path()
    pipe = MMBertTextClassificationPipeline(
        model=MMBertForSequenceClassification.from_pretrained(folder),
        processor=MultimodalHateProcessor.from_pretrained(folder),
    )
    sample = [row.values["text"] for row in islice(table_rows(texts, ["text"]), rows) if not row.error]
    compared = ways(pipe, batch_size)
    best = dict.fromkeys(compared, float("inf"))
    for _ in range(repeats):
        for name, way in compared.items():
            start = time.process_time()
            way(sample)
            best[name] = min(best[name], time.process_time() - start)
    first = next(iter(best.values()))
    table = Table("way", "texts per CPU second", "ratio")
    for name, seconds in best.items():
        table.add_row(name, f"{len(sample) / seconds:.0f}", f"{first / seconds:.2f}")
    Console(stderr=True).print(table)
    rates = {name: round(len(sample) / seconds, 1) for name, seconds in best.items()}
    Console().print_json(json.dumps({"texts": len(sample), "threads": threads, "texts_per_cpu_second": rates}))


if __name__ == "__main__":
    typer.run(main)
