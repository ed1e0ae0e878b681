"""The unit of change: a piece of a text, and what replaces it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Edit(NamedTuple):
    """One replacement in the text that a step was given.

    Attributes:
        start: Where the piece begins, in code points.
        end: Where it ends. Never where it begins: what is new always stands for something, so that it has a place in
            the original.
        new: What replaces it; "" where it is removed.
        kind: The name of the change, such as `homoglyph`.
    """

    start: int
    end: int
    new: str
    kind: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Carry out replacements, given from left to right without overlaps."""
    parts: list[str] = []
    done = 0
    for start, end, new, _ in edits:
        parts += (text[done:start], new)
        done = end
    parts.append(text[done:])
    return "".join(parts)


def moved_spans(spans: Sequence[tuple[int, int]], edits: Iterable[Edit]) -> list[tuple[int, int]]:
    """Follow replacements: each character of the result gets the span of the piece that it came from.

    Args:
        spans: Where each character of the text before the replacements came from.
        edits: The replacements, from left to right without overlaps.
    """
    moved: list[tuple[int, int]] = []
    done = 0
    for edit in edits:
        moved += spans[done : edit.start]
        moved += [edit_span(spans, edit)] * len(edit.new)
        done = edit.end
    moved += spans[done:]
    return moved


def edit_span(spans: Sequence[tuple[int, int]], edit: Edit) -> tuple[int, int]:
    """Return where a replaced piece came from."""
    return spans[edit.start][0], spans[edit.end - 1][1]


__all__ = ["Edit", "apply_edits", "edit_span", "moved_spans"]
