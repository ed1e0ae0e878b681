"""Tables to evaluate on, scripted functions to evaluate, and what came of it."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from typer.testing import Result

from tests.evaluation.scripted import many_texts

Run = Callable[..., Result]
WORDS = "callable:tests.evaluation.scripted:score_words"
SPOILT = "callable:tests.evaluation.scripted:score_nothing"


def write_table(file: Path, rows: Sequence[Sequence[Any]], header: Sequence[str] = ("text", "label")) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return file


def sixty_rows(folder: Path) -> Path:
    return write_table(folder / "data.csv", list(zip(*many_texts(60), strict=True)))


def report_of(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)
