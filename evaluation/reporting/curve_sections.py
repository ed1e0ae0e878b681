"""The sections on scores: ROC, DET and whether scores mean what they say."""

from collections.abc import Mapping, Sequence
from typing import Any

from .curve_plots import det_plot, reliability_plot, roc_plot
from .headline import Report
from .number_text import count, decimal, defined, percent, significant
from .page_content import Block, Cell, Plot, Section, Table, number_cell

TABLED_RATES = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


def _curve(report: Report) -> tuple[Sequence[float], Sequence[float], Sequence[Any]] | None:
    roc = report.get("roc") or {}
    rates, recalls = roc.get("fpr") or [], roc.get("tpr") or []
    if len(rates) < 2 or len(rates) != len(recalls):
        return None
    return rates, recalls, roc.get("threshold") or [None] * len(rates)


def roc(report: Report, prefix: str) -> Section | None:
    """Draw the ROC curve and list its points at round rates."""
    curve = _curve(report)
    if curve is None:
        return None
    area = decimal(report.get("auroc"))
    title = f"ROC curve: recall against the false-positive rate; the area under it is {area}"
    svg = roc_plot(f"{prefix}roc-plot", title, curve[0], curve[1], report.get("recall_at_fpr"))
    plot = Plot(svg, f"The area under the curve (AUROC) is {area}; the dots are the operating points below.")
    return Section(f"{prefix}roc", "ROC curve", blocks=[Block([plot], [_rate_table(*curve)])])


def _rate_table(rates: Sequence[float], recalls: Sequence[float], thresholds: Sequence[Any]) -> Table:
    rows = []
    for target in TABLED_RATES:
        # The last point that keeps the rate; the curve has one at rate 0 unless it is broken.
        reached = [index for index, rate in enumerate(rates) if rate <= target]
        if reached:
            index = max(reached, key=lambda point: (recalls[point], -rates[point]))
            rows.append(
                [
                    number_cell(target, percent),
                    number_cell(rates[index], _small_percent),
                    number_cell(recalls[index]),
                    number_cell(1 - recalls[index]),
                    number_cell(thresholds[index], significant),
                ]
            )
    columns = ["at most", "false-positive rate", "recall", "miss rate", "threshold"]
    return Table("The curve at round rates, from its stored points.", columns, rows)


def _small_percent(value: Any) -> str:
    return percent(value, 2)


def det(report: Report, prefix: str) -> Section | None:
    """Draw the detection-error trade-off and list the operating points."""
    curve = _curve(report)
    if curve is None:
        return None
    title = "DET curve: miss rate against false-positive rate, both on normal-deviate axes"
    svg = det_plot(f"{prefix}det-plot", title, curve[0], curve[1], report.get("recall_at_fpr"))
    plot = Plot(
        svg,
        "Lower left is better. The axes stretch the small rates at which moderation works. Dashed: 1 % FPR.",
    )
    table = _operating_table(report.get("recall_at_fpr") or {})
    return Section(f"{prefix}det", "DET curve", blocks=[Block([plot], [table] if table else [])])


def _operating_table(points: Mapping[str, Mapping[str, Any]]) -> Table | None:
    rows = [
        [
            number_cell(float(rate), percent),
            number_cell(point.get("recall")),
            number_cell(_missed(point.get("recall"))),
            number_cell(point.get("fpr"), _small_percent),
            number_cell(point.get("threshold"), significant),
            number_cell(point.get("negatives"), count),
        ]
        for rate, point in points.items()
    ]
    columns = ["rate aimed at", "recall", "miss rate", "rate reached", "threshold", "harmless texts"]
    return Table("Operating points: the lowest threshold that keeps the rate.", columns, rows) if rows else None


def _missed(recall: Any) -> float | None:
    number = defined(recall)
    return None if number is None else 1 - number


def reliability(report: Report, prefix: str) -> Section | None:
    """Draw the reliability diagram and the histogram of scores."""
    bins = [bin for bin in report.get("reliability") or [] if _complete(bin)]
    if not any(bin.get("count") for bin in bins):
        return None
    svg = reliability_plot(f"{prefix}reliability-plot", "Reliability diagram above the histogram of scores", bins)
    plot = Plot(svg, "Above the dashed line texts are positive more often than their scores say, below it less often.")
    rows = [
        [
            Cell(f"{decimal(bin['low'], 2)} to {decimal(bin['high'], 2)}", bin["low"], "number"),
            number_cell(bin.get("count"), count),
            number_cell(bin.get("mean_probability")),
            number_cell(bin.get("positive_rate")),
        ]
        for bin in bins
    ]
    table = Table("The bins of the diagram.", ["scores", "texts", "mean score", "share positive"], rows)
    errors = (
        ("expected calibration error", "ece"),
        ("adaptive calibration error", "adaptive_ece"),
        ("Brier score", "brier"),
    )
    text = ", ".join(f"{name} {decimal(report.get(key))}" for name, key in errors if key in report)
    paragraphs = [f"{text[0].upper()}{text[1:]}."] if text else []
    return Section(f"{prefix}reliability", "Do the scores mean what they say?", paragraphs, [Block([plot], [table])])


def _complete(bin: Mapping[str, Any]) -> bool:
    ends = defined(bin.get("low")) is not None and defined(bin.get("high")) is not None
    means = defined(bin.get("mean_probability")) is not None and defined(bin.get("positive_rate")) is not None
    return ends and (means or not bin.get("count"))


__all__ = ["det", "reliability", "roc"]
