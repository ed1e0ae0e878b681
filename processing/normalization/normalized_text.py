"""What a normalizer returns: the text, the way back to the original, and the reasons."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import groupby

from .edits import Edit, edit_span, moved_spans

Layer = list[Edit]


@dataclass(frozen=True)
class NormalizationChange:
    """One piece of the original that normalisation replaced: a reason that can be shown.

    Attributes:
        kind: The step that did it, such as `homoglyph` or `invisible`.
        start: Where the piece begins in the original, in code points.
        end: Where it ends there.
        original: The piece of the original.
        new: What the step put in its place; later steps may have changed that again.
    """

    kind: str
    start: int
    end: int
    original: str
    new: str

    def as_dict(self) -> dict[str, int | str]:
        """Return the attributes by name, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class NormalizedText:
    """A text after normalisation. Offsets and changes are worked out when they are asked for.

    Attributes:
        original: The text before.
        text: The text after.
        layers: The replacements of each step that changed something, in order; each counts in the text before it.
    """

    original: str
    text: str
    layers: tuple[Layer, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        """Return the text after normalisation."""
        return self.text

    @cached_property
    def offsets(self) -> tuple[tuple[int, int], ...]:
        """For each character of `text` the span (start, end) of the original that it stands for.

        Starts never go back and ends neither. What lies in no span was removed, and is in `changes`.
        """
        spans = _own_spans(self.original)
        for layer in self.layers:
            spans = moved_spans(spans, layer)
        return tuple(spans)

    @cached_property
    def changes(self) -> tuple[NormalizationChange, ...]:
        """What was replaced and why, from left to right; neighbours of one kind are one change."""
        found: list[NormalizationChange] = []
        spans = _own_spans(self.original)
        for layer in self.layers:
            found += _merged(self.original, spans, layer)
            spans = moved_spans(spans, layer)
        return tuple(sorted(found, key=lambda change: (change.start, change.end)))

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original that a span of `text` stands for.

        Args:
            start: Where the span begins in `text`, in code points.
            end: Where it ends there.

        Returns:
            (start, end) in the original, with all that was removed inside; an empty span stays empty.

        Raises:
            ValueError: The span does not lie in `text`.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"The span ({start}, {end}) must read 0 <= start <= end <= {len(self.text)}.")
        if start == end:
            place = self.offsets[start][0] if start < len(self.text) else len(self.original)
            return place, place
        return self.offsets[start][0], self.offsets[end - 1][1]


def _own_spans(text: str) -> list[tuple[int, int]]:
    return [(place, place + 1) for place in range(len(text))]


def _merged(original: str, spans: list[tuple[int, int]], layer: Layer) -> Iterator[NormalizationChange]:
    """Yield a step's changes in terms of the original; replacements that touch there and share a kind are joined."""
    group = 0
    groups = []
    for number, edit in enumerate(layer):
        before = layer[number - 1] if number else None
        touching = before and before.kind == edit.kind and spans[before.end - 1][1] == spans[edit.start][0]
        group += not touching
        groups.append((group, edit))
    for _, members in groupby(groups, key=lambda pair: pair[0]):
        edits = [edit for _, edit in members]
        start, end = edit_span(spans, edits[0])[0], edit_span(spans, edits[-1])[1]
        yield NormalizationChange(edits[0].kind, start, end, original[start:end], "".join(edit.new for edit in edits))


__all__ = ["NormalizationChange", "NormalizedText"]
