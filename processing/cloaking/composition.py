"""Several attacks one after the other, with the changes traced back to the first text."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from .attack_base import Attack
from .cloaked_text import Change, CloakedText, cloaked


class Composition:
    """Several attacks as one: each is applied to the result of the one before.

    Attributes:
        attacks: The attacks, in order.
        name: Their names, joined by +.
    """

    def __init__(self, attacks: Sequence[Attack]) -> None:
        """Check that the attacks compose.

        Raises:
            ValueError: There is none, or one breaks what a later one reads.
        """
        if not attacks:
            raise ValueError("compose() needs one attack or more; the list is empty.")
        for first, later in combinations(attacks, 2):
            _check(first, later, attacks)
        self.attacks = tuple(attacks)
        self.name = "+".join(attack.name for attack in attacks)

    def __repr__(self) -> str:
        """Return how it was made."""
        return f"compose([{', '.join(map(repr, self.attacks))}])"

    def __call__(self, text: str) -> str:
        """Return the text after all attacks."""
        return self.apply(text).text

    def apply(self, text: str, spans: Iterable[tuple[int, int]] | None = None) -> CloakedText:
        """Attack a text and say what changed, in places of the text that is given.

        Args:
            text: Any string.
            spans: Change only these parts, in place of each attack's target words. Both are places of the text that
                is given: what one attack makes of such a part is the part that the next one may change.

        Raises:
            TypeError: The text is no string.
            ValueError: A span lies outside of the text.
        """
        given = None if spans is None else list(spans)
        result = self.attacks[0].apply(text, given)
        for attack in self.attacks[1:]:
            allowed = attack.target_spans(text, given)
            moved = None if allowed is None else [moved_span(result.changes, *span) for span in allowed]
            result = joined(result, attack.apply(result.text, moved))
        return result

    def attack_many(self, texts: Iterable[str]) -> list[str]:
        """Return the texts after all attacks, in order."""
        return [self(text) for text in texts]


def compose(attacks: Sequence[Attack]) -> Composition:
    """Make one attack of several, applied in order.

    Raises:
        ValueError: The list is empty, an attack stands in it twice, or one breaks what a later one reads.
    """
    return Composition(attacks)


def _check(first: Attack, later: Attack, attacks: Sequence[Attack]) -> None:
    if first.name == later.name:
        raise ValueError(f"{first.name} stands twice; use it once, with a greater strength.")
    if not first.composes_with(type(later)):
        order = ", ".join(attack.name for attack in sorted(attacks, key=lambda attack: attack.stage))
        raise ValueError(
            f"{later.name} cannot follow {first.name}, which breaks the {later.stage.name}s that {later.name} reads. "
            f"Compose them in this order: {order}."
        )


def moved_span(changes: Sequence[Change], start: int, end: int) -> tuple[int, int]:
    """Return where a part of the original lies in the result. A change that it cuts belongs to it wholly."""
    before = bisect_right(changes, start, key=lambda change: change.end)
    if before < len(changes) and changes[before].start < start:
        new_start = changes[before].new_start
    else:
        new_start = start + (changes[before - 1].new_end - changes[before - 1].end if before else 0)
    # An insertion at the very end lies outside.
    within = bisect_left(changes, end, key=lambda change: change.start)
    last = changes[within - 1] if within else None
    if last is None:
        return new_start, end
    return new_start, last.new_end if last.end > end else end + last.new_end - last.end


class _Edit(NamedTuple):
    """A change of either attack, by its place in the text between the two."""

    start: int
    end: int
    second: bool
    change: Change


def joined(first: CloakedText, second: CloakedText) -> CloakedText:
    """Return what two attacks did together: the second was applied to the first one's text.

    Changes of the two that overlap become one; one that the second undid is none.
    """
    edits = [_Edit(change.new_start, change.new_end, False, change) for change in first.changes]
    edits += [_Edit(change.start, change.end, True, change) for change in second.changes]
    pieces = []
    # What to add to a place of the text between to get that of the original, and of the result.
    back = on = 0
    for group in _groups(sorted(edits)):
        start, end = group[0].start, max(edit.end for edit in group)
        old_start, new_start = start + back, start + on
        for edit in group:
            size = edit.end - edit.start
            if edit.second:
                on += edit.change.new_end - edit.change.new_start - size
            else:
                back += edit.change.end - edit.change.start - size
        pieces.append((old_start, end + back, second.text[new_start : end + on]))
    return cloaked(first.original, pieces)


def _groups(edits: Sequence[_Edit]) -> Iterator[list[_Edit]]:
    """Put edits that overlap together; edits that only touch stay apart."""
    group: list[_Edit] = []
    end = 0
    for edit in edits:
        if group and edit.start < end and edit.end > group[0].start:
            group.append(edit)
            end = max(end, edit.end)
            continue
        if group:
            yield group
        group, end = [edit], edit.end
    if group:
        yield group


__all__ = ["Composition", "compose", "joined", "moved_span"]
