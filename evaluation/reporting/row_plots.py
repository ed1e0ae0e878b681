"""Plots with one row a name: points with intervals, and bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .escaped_text import visible
from .number_text import defined, pair
from .plots import (
    COLOURS,
    MARKERS,
    SERIES,
    WIDTH,
    figure_of,
    label,
    label_room,
    new_figure,
    plot_style,
    text_width,
    to_svg,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_HEIGHT = 24
LEGEND_LINE = 20


@dataclass(frozen=True)
class Series:
    """Numbers of one kind, one for each row of the plot; None where there is none.

    Attributes:
        name: In the legend.
        values: `(rows,)`.
        intervals: `(rows,)` of [low, high] or None.
    """

    name: str
    values: Sequence[Any]
    intervals: Sequence[Any] = ()

    def points(self) -> list[tuple[int, float, tuple[float, float] | None]]:
        """Return the row, value and interval of each row that has a value."""
        ends = [pair(interval) for interval in self.intervals] or [None] * len(self.values)
        found = [(row, defined(value), ends[row]) for row, value in enumerate(self.values)]
        return [(row, value, interval) for row, value, interval in found if value is not None]


def dot_plot(
    name: str,
    title: str,
    rows: Sequence[str],
    series: Sequence[Series],
    axis: str,
    zero_line: bool = False,
    unit_range: bool = True,
) -> str:
    """Draw points with their intervals (a forest plot), one row a name, the series of a row one below the other.

    Args:
        name: Of the plot, unique in the page.
        title: For those who cannot see it.
        rows: Names, from top to bottom.
        series: What is drawn for each row.
        axis: Name of the horizontal axis.
        zero_line: Mark zero, for differences.
        unit_range: Show 0 to 1 whole, or more where a value lies outside.

    Returns:
        An SVG element.
    """
    labels = [label(row) for row in rows]
    legend = len(series) if len(series) > 1 else 0
    step = ROW_HEIGHT + 7 * (len(series) - 1)
    with plot_style():
        top = 12 + LEGEND_LINE * len(_legend_lines(series)) * bool(legend)
        axes = new_figure(top + 44 + step * max(len(rows), 1), label_room(labels), top=top)
        for index, one in enumerate(series):
            offset = (index - (len(series) - 1) / 2) * 7 / step
            _draw_points(axes, one, index, offset)
        if zero_line:
            axes.axvline(0, color=COLOURS["muted"], linewidth=1.2)
        _finish_rows(axes, labels, axis)
        if unit_range:
            low, high = axes.get_xlim()
            axes.set_xlim(min(-0.02, low), max(1.02, high))
        if legend:
            _draw_legend(axes, series)
        return to_svg(axes, name, title)


def _draw_points(axes: "Axes", one: Series, index: int, offset: float) -> None:
    colour = COLOURS[SERIES[index % len(SERIES)]]
    marker = MARKERS[index % len(MARKERS)]
    points = one.points()
    lines = [(row + offset, *interval) for row, _, interval in points if interval]
    if lines:
        axes.hlines(*zip(*lines, strict=True), color=colour, linewidth=2, alpha=0.75)
    axes.plot(
        [value for _, value, _ in points],
        [row + offset for row, _, _ in points],
        marker,
        markersize=7,
        color=colour,
        markeredgecolor=COLOURS["surface"],
        markeredgewidth=0.8,
    )


def _legend_lines(series: Sequence[Series]) -> list[list[int]]:
    """Break the legend into lines that fit the width."""
    lines: list[list[int]] = []
    used = 0.0
    for index, one in enumerate(series):
        need = text_width(label(one.name)) + 30
        if not lines or used + need > WIDTH - 24:
            lines.append([])
            used = 0.0
        lines[-1].append(index)
        used += need
    return lines


def _draw_legend(axes: "Axes", series: Sequence[Series]) -> None:
    """Write the names above the axes: matplotlib's own legend measures Chinese in a font that lacks it."""
    figure = figure_of(axes)
    width, height = figure.get_size_inches() * 72
    for line, indices in enumerate(_legend_lines(series)):
        x, y = 18.0, height - 14 - LEGEND_LINE * line
        for index in indices:
            colour, shown = COLOURS[SERIES[index % len(SERIES)]], label(series[index].name)
            mark = axes.plot(
                [x / width], [y / height], MARKERS[index % len(MARKERS)], color=colour, transform=figure.transFigure
            )
            mark[0].set_clip_on(False)
            figure.text((x + 9) / width, y / height, shown, va="center_baseline")
            x += text_width(shown) + 30


def _finish_rows(axes: "Axes", labels: Sequence[str], axis: str) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(max(len(labels), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(visible(axis))


def bar_plot(
    name: str,
    title: str,
    rows: Sequence[str],
    bars: Series,
    axis: str,
    marked_below: float | None = None,
) -> str:
    """Draw horizontal bars from 0 to 1 with intervals.

    Args:
        name: Of the plot, unique in the page.
        title: For those who cannot see it.
        rows: Names, from top to bottom.
        bars: Lengths and intervals.
        axis: Name of the horizontal axis.
        marked_below: Bars shorter than this are hatched and of another colour, and a line shows where it is.

    Returns:
        An SVG element.
    """
    labels = [label(row) for row in rows]
    with plot_style():
        axes = new_figure(56 + ROW_HEIGHT * max(len(rows), 1), label_room(labels))
        points = bars.points()
        for row, value, _ in points:
            low = marked_below is not None and value < marked_below
            colour = COLOURS["orange" if low else "blue"]
            axes.barh(row, value, height=0.62, color=colour, hatch="///" if low else None, linewidth=0)
        lines = [(row, *interval) for row, _, interval in points if interval]
        if lines:
            axes.hlines(*zip(*lines, strict=True), color=COLOURS["ink"], linewidth=1.4)
        if marked_below is not None:
            axes.axvline(marked_below, color=COLOURS["ink"], linewidth=1.2, linestyle=(0, (4, 3)))
        _finish_rows(axes, labels, axis)
        axes.set_xlim(min([0.0, *(value for _, value, _ in points)]), 1.0)
        return to_svg(axes, name, title)


__all__ = ["Series", "bar_plot", "dot_plot"]
