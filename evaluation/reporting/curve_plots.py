"""Curves over all thresholds: ROC, DET and the reliability diagram."""

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from .number_text import defined, percent
from .plots import COLOURS, figure_of, new_figure, plot_style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The normal deviate of 0 and 1 is infinite; rates beyond these lie on the edge of a DET plot.
DET_LOW, DET_HIGH = 0.0005, 0.98
DET_TICKS = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95)
SIZE = 400
# Where a point's name stands: on the side that the curve leaves free.
BELOW = {"xytext": (9, -4), "ha": "left", "va": "top"}
ABOVE = {"xytext": (8, 4), "ha": "left", "va": "bottom"}
ABOVE_LEFT = {"xytext": (-8, 4), "ha": "right", "va": "bottom"}


def roc_plot(name: str, title: str, rates: Sequence[float], recalls: Sequence[float], marked: Any) -> str:
    """Draw the ROC curve.

    Args:
        name: Of the plot, unique in the page.
        title: For those who cannot see it.
        rates: False-positive rates, rising, `(points,)`.
        recalls: True-positive rates, `(points,)`.
        marked: `recall_at_fpr` of a report: rate as text -> `fpr` and `recall`.

    Returns:
        An SVG element.
    """
    with plot_style():
        axes = new_figure(SIZE - 20, 62, SIZE)
        axes.plot([0, 1], [0, 1], color=COLOURS["grey"], linewidth=1.2, linestyle=(0, (4, 3)))
        axes.text(0.62, 0.55, "by chance", color=COLOURS["muted"], va="top")
        axes.fill_between(rates, recalls, color=COLOURS["blue"], alpha=0.1, linewidth=0)
        axes.plot(rates, recalls, color=COLOURS["blue"], linewidth=2.2)
        for rate, fpr, recall in operating_points(marked):
            _mark(axes, fpr, recall, f"{percent(rate)} FPR", BELOW)
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), xlabel="false-positive rate", ylabel="recall")
        return to_svg(axes, name, title)


def operating_points(marked: Any) -> list[tuple[float, float, float]]:
    """Read `recall_at_fpr`: the rate aimed at, the rate reached and the recall there, where these are defined."""
    found = []
    for rate, point in (marked or {}).items():
        fpr, recall = defined(point.get("fpr")), defined(point.get("recall"))
        if fpr is not None and recall is not None:
            found.append((float(rate), fpr, recall))
    return found


def _mark(axes: "Axes", x: float, y: float, text: str, place: Mapping[str, Any]) -> None:
    style = {"color": COLOURS["orange"], "markeredgecolor": COLOURS["surface"], "markersize": 8, "zorder": 5}
    axes.plot([x], [y], "o", **style)  # type: ignore[arg-type]
    axes.annotate(text, (x, y), textcoords="offset points", weight="bold", zorder=6, **place)


def deviate(rate: float) -> float:
    """Return the normal deviate of a rate, of one beyond the plot that of its edge."""
    return NormalDist().inv_cdf(min(max(rate, DET_LOW), DET_HIGH))


def det_plot(name: str, title: str, rates: Sequence[float], recalls: Sequence[float], marked: Any) -> str:
    """Draw the detection-error trade-off (Martin et al., Eurospeech 1997): both errors on normal-deviate axes.

    The arguments are those of `roc_plot`.
    """
    with plot_style():
        axes = new_figure(SIZE - 20, 62, SIZE)
        along = [deviate(rate) for rate in rates]
        axes.plot(along, [deviate(1 - recall) for recall in recalls], color=COLOURS["blue"], linewidth=2.2)
        axes.axvline(deviate(0.01), color=COLOURS["orange"], linewidth=1.2, linestyle=(0, (4, 3)))
        for rate, fpr, recall in operating_points(marked):
            place = ABOVE if fpr < 0.2 else ABOVE_LEFT
            _mark(axes, deviate(fpr), deviate(1 - recall), f"{percent(rate)} FPR", place)
        places, names = [deviate(tick) for tick in DET_TICKS], [percent(tick) for tick in DET_TICKS]
        axes.set_xticks(places, names)
        axes.set_yticks(places, names)
        ends = (deviate(DET_LOW) - 0.05, deviate(DET_HIGH) + 0.05)
        axes.set(xlim=ends, ylim=ends, xlabel="false-positive rate", ylabel="miss rate (1 - recall)")
        return to_svg(axes, name, title)


def reliability_plot(name: str, title: str, bins: Sequence[Mapping[str, Any]]) -> str:
    """Draw how often texts of a score are positive, above the histogram of the scores.

    Args:
        name: Of the plot, unique in the page.
        title: For those who cannot see it.
        bins: `reliability` of a report.

    Returns:
        An SVG element.
    """
    from matplotlib.ticker import MaxNLocator

    used = [bin for bin in bins if bin.get("count")]
    with plot_style():
        axes = new_figure(SIZE + 60, 62, SIZE, bottom=150)
        axes.plot([0, 1], [0, 1], color=COLOURS["grey"], linewidth=1.2, linestyle=(0, (4, 3)))
        axes.text(0.03, 0.97, "dashed: scores that mean what they say", color=COLOURS["muted"], va="top")
        means, rates = [bin["mean_probability"] for bin in used], [bin["positive_rate"] for bin in used]
        for mean, rate in zip(means, rates, strict=True):
            axes.plot([mean, mean], [mean, rate], color=COLOURS["orange"], linewidth=1.6)
        axes.plot(means, rates, "o-", color=COLOURS["blue"], linewidth=1.8, markeredgecolor=COLOURS["surface"])
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.02, 1.02), ylabel="share that is positive")
        axes.tick_params(labelbottom=False)
        below = figure_of(axes).add_axes((62 / SIZE, 42 / (SIZE + 60), (SIZE - 78) / SIZE, 92 / (SIZE + 60)))
        low, high = [bin["low"] for bin in bins], [bin["high"] for bin in bins]
        widths = [0.92 * (end - start) for start, end in zip(low, high, strict=True)]
        centres = [(start + end) / 2 for start, end in zip(low, high, strict=True)]
        below.bar(centres, [bin["count"] for bin in bins], widths, color=COLOURS["blue"], linewidth=0)
        below.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        below.set(xlim=(-0.01, 1.01), xlabel="score", ylabel="texts")
        return to_svg(axes, name, title)


__all__ = ["det_plot", "deviate", "operating_points", "reliability_plot", "roc_plot"]
