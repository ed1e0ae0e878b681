"""A small picture of a model's routers, for its card: layer by expert, one panel a group of tokens."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from decloak.evaluation.reporting.plots import plot_style

from .specialisation import TEXTS
from .token_groups import CHANGED, UNCHANGED, WORDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "png")
# Of the groups that there are, at most three: a card is narrow.
PANELS = (WORDS, "speech", "vision")
CLOAKED_PANELS = (UNCHANGED, CHANGED)
_CELL = (46.0, 22.0)  # points
_DARK = 0.6  # from here on numbers are white


def routers_figure(report: Mapping[str, Any], file_format: str = "svg") -> bytes:
    """Draw a report's mean weights as heat maps with their numbers.

    The picture has a white ground, so that it can be read on a page of any colour.

    Args:
        report: `RoutersReport`.
        file_format: `svg`, or `png` at twice the size.

    Returns:
        The file's bytes; the same for the same report.

    Raises:
        ImportError: matplotlib is missing.
        ValueError: Another format.
    """
    if file_format not in FORMATS:
        raise ValueError(f"the format is {file_format!r}; allowed are {', '.join(FORMATS)}")
    groups = report["sides"][TEXTS]["groups"]
    names = [name for name in CLOAKED_PANELS if name in groups] or [name for name in PANELS if name in groups]
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"Date": None} if file_format == "svg" else {"Software": None}
    with plot_style():
        figure = _figure(report, [(name, groups[name]) for name in names])
        figure.savefig(buffer, format=file_format, dpi=144, facecolor="white", metadata=metadata)
    return buffer.getvalue()


def _figure(report: Mapping[str, Any], panels: Sequence[tuple[str, Mapping[str, Any]]]) -> "Figure":
    from matplotlib.figure import Figure

    experts, layers = report["experts"], report["layers"]
    width, height = _CELL[0] * len(experts), _CELL[1] * len(layers)
    left, top, gap = 56.0, 46.0, 14.0
    whole = (left + (width + gap) * len(panels), top + height + 28)
    figure = Figure(figsize=(whole[0] / 72, whole[1] / 72), dpi=72)
    for index, (name, group) in enumerate(panels):
        box = (left + index * (width + gap), 28.0, width, height)
        axes = figure.add_axes((box[0] / whole[0], box[1] / whole[1], box[2] / whole[0], box[3] / whole[1]), label=name)
        axes.imshow(group["weights"], cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
        axes.set_title(f"{name} ({group['tokens']:,})", fontsize=11)
        axes.set_xticks(range(len(experts)), experts)
        axes.set_yticks(range(len(layers)), [f"layer {layer}" for layer in layers] if not index else [""] * len(layers))
        axes.tick_params(length=0)
        axes.grid(False)
        for row, weights in enumerate(group["weights"]):
            for column, weight in enumerate(weights):
                colour = "white" if weight > _DARK else "black"
                axes.text(column, row, f"{weight:.2f}", ha="center", va="center", color=colour, fontsize=10)
    figure.text(0.01, 1 - 16 / whole[1], "mean weight of each expert", fontsize=12, va="center_baseline")
    return figure


__all__ = ["FORMATS", "routers_figure"]
