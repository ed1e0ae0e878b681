"""What attacks do as they grow stronger: one small plot a family, each line with its name at its end."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .plots import COLOURS, MARKERS, SERIES, label, new_figure, plot_style, text_width, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT, WIDTH = 260, 420
LEFT, RIGHT, OUTSIDE = 58, 16, 54  # what stands beside, and above and below, the axes, in points
LABEL_GAP = 14
Points = Sequence[tuple[float, float]]


def attack_plot(
    name: str, title: str, lines: Mapping[str, Points], axis: str, span: tuple[float, float] | None = None
) -> str:
    """Draw a measure against the strength of attacks.

    Args:
        name: Of the plot, unique in the page.
        title: For those who cannot see it.
        lines: Attack -> points of strength and measure, in rising order of strength; at least one, none empty.
        axis: Name of the measure.
        span: Lowest and highest measure of the axis, so that several plots can be compared; of the points if None.

    Returns:
        An SVG element.
    """
    values = [value for line in lines.values() for _, value in line]
    low, high = span or (min(values), max(values))
    space = max(0.08 * (high - low), 0.02)
    end = max(strength for line in lines.values() for strength, _ in line) or 1.0
    room = max(text_width(label(attack)) for attack in lines) + 18
    height = max(HEIGHT, OUTSIDE + 20 + (LABEL_GAP + 1) * len(lines))
    with plot_style():
        axes = new_figure(height, LEFT, WIDTH)
        box = axes.get_position()
        axes.set_position((box.x0, box.y0, box.width - room / WIDTH, box.height))
        axes.set(
            xlim=(-0.02 * end, end), ylim=(low - space, high + space), xlabel="strength of the attack", ylabel=axis
        )
        gap = LABEL_GAP * (high - low + 2 * space) / (height - OUTSIDE)
        _draw_lines(axes, lines, gap, end + 16 * end / (WIDTH - LEFT - RIGHT - room))
        return to_svg(axes, name, title)


def _draw_lines(axes: "Axes", lines: Mapping[str, Points], gap: float, names_at: float) -> None:
    heights = spread([line[-1][1] for line in lines.values()], gap, axes.get_ylim())
    for index, ((attack, line), height) in enumerate(zip(lines.items(), heights, strict=True)):
        colour, marker = COLOURS[SERIES[index % len(SERIES)]], MARKERS[index % len(MARKERS)]
        across, up = zip(*line, strict=True)
        axes.plot(across, up, marker=marker, markersize=4.5, color=colour, linewidth=1.8, clip_on=False)
        axes.plot([line[-1][0], names_at], [line[-1][1], height], color=colour, linewidth=0.8, clip_on=False)
        axes.text(names_at, height, f" {label(attack)}", va="center_baseline")


def spread(heights: Sequence[float], gap: float, within: tuple[float, float] | None = None) -> list[float]:
    """Move heights apart until neighbours have a gap, each as near to its own as that allows.

    Heights that come too close are merged into a cluster, which lies around the mean of its members.

    Args:
        heights: Where labels want to be.
        gap: Least distance of two.
        within: The lowest and the highest place; not kept where there are more labels than fit.

    Returns:
        Where they go, in the order of `heights`.
    """
    low, high = within or (float("-inf"), float("inf"))
    clusters: list[list[int]] = []

    def bottom(cluster: list[int]) -> float:
        length = gap * (len(cluster) - 1)
        middle = sum(heights[index] for index in cluster) / len(cluster)
        return max(min(middle - length / 2, high - length), low)

    for index in sorted(range(len(heights)), key=heights.__getitem__):
        clusters.append([index])
        while len(clusters) > 1 and bottom(clusters[-2]) + gap * len(clusters[-2]) > bottom(clusters[-1]):
            clusters[-2:] = [clusters[-2] + clusters[-1]]
    placed = [0.0] * len(heights)
    for cluster in clusters:
        for place, index in enumerate(cluster):
            placed[index] = bottom(cluster) + place * gap
    return placed


__all__ = ["attack_plot", "spread"]
