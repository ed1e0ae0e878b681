"""What an attack returns: the new text, and which piece of the old one became what."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Change(NamedTuple):
    """One piece of a text that became another one.

    Attributes:
        start: Where the piece begins in the original, in code points.
        end: Where it ends there. An insertion ends where it begins.
        new_start: Where the new piece begins in the result.
        new_end: Where it ends there. A deletion ends where it begins.
        original: The piece of the original.
        new: What stands in its place.
    """

    start: int
    end: int
    new_start: int
    new_end: int
    original: str
    new: str

    def as_dict(self) -> dict[str, int | str]:
        """Return the attributes by name, for JSON."""
        return self._asdict()


@dataclass(frozen=True)
class CloakedText:
    """A text after an attack.

    Attributes:
        original: The text before.
        text: The text after.
        changes: What changed, from left to right, without overlaps. All else is equal in both.
    """

    original: str
    text: str
    changes: tuple[Change, ...] = ()

    def __str__(self) -> str:
        """Return the text after the attack."""
        return self.text

    @cached_property
    def changed_share(self) -> float:
        """The share of the original's code points that a change touches; an insertion touches the one before it."""
        touched: set[int] = set()
        for change in self.changes:
            touched.update(range(change.start, change.end) if change.original else (max(change.start - 1, 0),))
        return len(touched) / len(self.original) if self.original else 0.0


def cloaked(original: str, pieces: Iterable[tuple[int, int, str]]) -> CloakedText:
    """Put new pieces into a text.

    Args:
        original: The text.
        pieces: (start, end, new) from left to right, without overlaps. Those that change nothing are left out.
    """
    changes: list[Change] = []
    parts: list[str] = []
    done = length = 0
    for start, end, new in pieces:
        old = original[start:end]
        if old == new:
            continue
        parts += (original[done:start], new)
        new_start = length + start - done
        length = new_start + len(new)
        done = end
        changes.append(Change(start, end, new_start, length, old, new))
    return CloakedText(original, "".join([*parts, original[done:]]), tuple(changes))


def replay(original: str, changes: Iterable[Change]) -> str:
    """Carry out changes on the text that they were made from.

    Raises:
        ValueError: A change does not fit the text: it was made from another one, or they overlap.
    """
    pieces = []
    done = 0
    for change in changes:
        fits = change.end == change.start + len(change.original) and original.startswith(change.original, change.start)
        if change.start < done or not fits:
            raise ValueError(
                f"{change} does not fit the text, which reads {original[change.start : change.end]!r} there."
            )
        pieces.append((change.start, change.end, change.new))
        done = change.end
    return cloaked(original, pieces).text


__all__ = ["Change", "CloakedText", "cloaked", "replay"]
