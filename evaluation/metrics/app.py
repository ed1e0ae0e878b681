"""The Space of a metric: paste a table, read the measures. Each metric's folder holds this file.

evaluate's own widget (`evaluate.utils.launch_gradio_widget`, 0.4.6) asks for parts that gradio removed in version 4.
"""

import re
from pathlib import Path
from typing import Any

import evaluate
import gradio as gr

FOLDER = Path(__file__).parent
MOST_CHARACTERS = 1_000_000
_HELP = (
    "One row a text, columns separated by tabs; the columns are those of the card below. "
    "A row's `groups` are separated by commas."
)


def metric_file() -> Path:
    """Find the metric beside this file; a Space's folder does not bear its repository's name."""
    metric = re.compile(r"^class \w+\(evaluate\.Metric\)", re.MULTILINE)
    return next(file for file in FOLDER.glob("*.py") if metric.search(file.read_text(encoding="utf-8")))


def columns(table: str) -> dict[str, list[Any]]:
    """Read a table with a head.

    Args:
        table: Tab-separated text.

    Returns:
        The values of each column: numbers where all are numbers, lists for `groups`, else strings.

    Raises:
        ValueError: There are no rows, a row has more or fewer cells than the head, or two columns have one name.
    """
    head, *rows = [line.split("\t") for line in re.split(r"\r\n|\r|\n", table) if line] or [[]]
    if len(set(head)) < len(head):
        raise ValueError(f"the columns are {', '.join(head)}; each needs a name of its own")
    if not rows:
        raise ValueError("the table has no rows; give a line of column names and a line for each text")
    for number, row in enumerate(rows, 2):
        if len(row) != len(head):
            raise ValueError(
                f"line {number} has {len(row)} cells and the first line {len(head)}; separate them by tabs"
            )
    return {name: _values(name, list(cells)) for name, cells in zip(head, zip(*rows, strict=True), strict=True)}


def measures(table: str) -> dict[str, Any]:
    """Measure a table; what is wrong with it is shown on the page."""
    try:
        if len(table) > MOST_CHARACTERS:
            raise ValueError(f"the table has {len(table)} characters; at most {MOST_CHARACTERS} are taken here")
        metric = evaluate.load(str(metric_file()), keep_in_memory=True)
        return dict(metric.compute(**columns(table)))
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise gr.Error(str(error)) from error


def page() -> gr.Blocks:
    """Lay the page out."""
    card = (FOLDER / "README.md").read_text(encoding="utf-8").split("---\n", 2)[-1]
    with gr.Blocks(title=metric_file().stem, analytics_enabled=False) as blocks:
        table = gr.Textbox((FOLDER / "example.tsv").read_text(encoding="utf-8"), lines=12, label="Table", info=_HELP)
        button = gr.Button("Measure", variant="primary")
        button.click(measures, table, gr.JSON(label="Measures"), api_name="measures")
        gr.Markdown(card)
    return blocks


def _values(name: str, cells: list[str]) -> list[Any]:
    if name == "groups":
        return [[group.strip() for group in cell.split(",") if group.strip()] for cell in cells]
    for kind in (int, float):
        try:
            return [kind(cell) for cell in cells]
        except ValueError:
            continue
    return list(cells)


if __name__ == "__main__":
    page().launch()
