"""Which characters of a text a cloaking changed, on both sides: in the cloaked text and in its uncloaked twin."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from decloak.processing.cloaking import CloakedText

Span = tuple[int, int]


@dataclass(frozen=True)
class ChangedCharacters:
    """Where two texts differ.

    A piece that was only taken out stands nowhere in the cloaked text, and one that was only put in nowhere in the
    uncloaked: such an edit has a span on one side alone.

    Attributes:
        cloaked: (start, end) in code points of the cloaked text, from left to right, none of them empty.
        uncloaked: likewise, of the uncloaked text.
    """

    cloaked: tuple[Span, ...] = ()
    uncloaked: tuple[Span, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything changed."""
        return bool(self.cloaked or self.uncloaked)


def compared(cloaked: str, uncloaked: str) -> ChangedCharacters:
    """Find what differs between two texts, character by character.

    The longest common pieces count as unchanged (difflib), so that of an exchange of like texts no more than what
    differs is marked.
    """
    start = _common_start(cloaked, uncloaked)
    end = _common_start(cloaked[start:][::-1], uncloaked[start:][::-1])
    inner = cloaked[start : len(cloaked) - end], uncloaked[start : len(uncloaked) - end]
    edits = [edit for edit in SequenceMatcher(None, *inner, autojunk=False).get_opcodes() if edit[0] != "equal"]
    return ChangedCharacters(
        _joined([(start + first, start + last) for _, first, last, _, _ in edits]),
        _joined([(start + first, start + last) for _, _, _, first, last in edits]),
    )


def from_edits(attacked: CloakedText) -> ChangedCharacters:
    """Take the changes that an attack says it made."""
    return ChangedCharacters(
        _joined([(change.new_start, change.new_end) for change in attacked.changes]),
        _joined([(change.start, change.end) for change in attacked.changes]),
    )


def touches(spans: Sequence[Span], start: int, end: int) -> bool:
    """Tell whether the characters from `start` to `end` have one in common with a span."""
    return any(max(first, start) < min(last, end) for first, last in spans)


def _common_start(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Leave empty spans out, and join those that meet."""
    joined: list[Span] = []
    for start, end in spans:
        if start == end:
            continue
        if joined and joined[-1][1] == start:
            start = joined.pop()[0]
        joined.append((start, end))
    return tuple(joined)


__all__ = ["ChangedCharacters", "compared", "from_edits", "touches"]
