"""What a page is made of: sections of paragraphs, plots and tables. The templates turn it into HTML."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .number_text import decimal, defined


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: What is shown.
        value: What the column is sorted by; the text if None.
        style: CSS classes, such as `number`.
        link: Anchor in the page to which it leads; None for none.
    """

    text: str
    value: float | None = None
    style: str = ""
    link: str | None = None


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row is its heading.

    Attributes:
        caption: What it shows, in a sentence.
        columns: Headings.
        rows: As many cells as columns each.
        folded: Title of the fold in which it lies until a reader opens it; None for a table that is open.
        sensitive: Whether it holds texts that may hurt; such a fold stays shut in print.
        style: CSS classes, such as `heat`.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    folded: str | None = None
    sensitive: bool = False
    style: str = ""


@dataclass(frozen=True)
class Plot:
    """A plot as an SVG element, which may stand in HTML as it is, and a sentence on how to read it."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Block:
    """A part of a section: plots and, beside them, the tables that hold the same numbers."""

    plots: Sequence[Plot] = ()
    tables: Sequence[Table] = ()
    title: str | None = None
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """A section of a page.

    Attributes:
        id: Anchor, unique in the page.
        title: Heading.
        paragraphs: Sentences that stand first.
        blocks: Plots and tables.
        bullets: Sentences of a list.
        code: A command.
    """

    id: str
    title: str
    paragraphs: Sequence[str] = ()
    blocks: Sequence[Block] = ()
    bullets: Sequence[str] = ()
    code: str | None = None


@dataclass(frozen=True)
class Tile:
    """A number of the headline, with its name and what is to be known of it."""

    name: str
    text: str
    detail: str


@dataclass(frozen=True)
class Part:
    """A report on a page: its headline and its sections; a page has several where several data sets were measured."""

    id: str
    title: str
    facts: Sequence[tuple[str, str]]
    tiles: Sequence[Tile]
    sentences: Sequence[str]
    sections: Sequence[Section] = ()
    kind: str = "Evaluation"


def text_cell(value: Any, style: str = "") -> Cell:
    """Make a cell of words; of None an empty one."""
    return Cell("" if value is None else str(value), None, style)


def number_cell(value: Any, write: Callable[[Any], str] = decimal, style: str = "") -> Cell:
    """Make a cell of a number, which sorts by its full precision."""
    return Cell(write(value), defined(value), f"number {style}".strip())


def heat_cell(value: Any, low: float, high: float, write: Callable[[Any], str] = decimal) -> Cell:
    """Make a cell that is the darker the nearer its number is to the high end; one of nine steps."""
    number = defined(value)
    if number is None:
        return Cell("–", None, "number")
    share = 0.0 if high <= low else (min(max(number, low), high) - low) / (high - low)
    return number_cell(number, write, f"heat-{round(8 * share)}")


__all__ = ["Block", "Cell", "Part", "Plot", "Section", "Table", "Tile", "heat_cell", "number_cell", "text_cell"]
