"""The section that lays several data sets side by side."""

from collections.abc import Sequence

from .headline import Report, interval_of
from .measure_sections import measured_names, value_of
from .number_text import MEASURES, count, defined, with_interval
from .page_content import Block, Cell, Part, Plot, Section, Table, number_cell
from .row_plots import Series, bar_plot

SHOWN = ("macro_f1", "mcc", "auroc", "recall_at_fpr_0.01", "ece")


def data_set_summary(reports: Sequence[Report], parts: Sequence[Part]) -> Section | None:
    """Lay the measures of all data sets side by side.

    Args:
        reports: One a data set.
        parts: Of the page, one a report, to which the rows lead.
    """
    if not reports:
        return None
    names = [name for name in measured_names(reports) if name in SHOWN]
    rows = [
        [
            Cell(data_name(one, index), link=part.id),
            number_cell(one.get("n"), count),
            *(
                Cell(with_interval(value_of(one, name), interval_of(one, name)), defined(value_of(one, name)), "number")
                for name in names
            ),
        ]
        for index, (one, part) in enumerate(zip(reports, parts, strict=True))
    ]
    table = Table(
        "The main measures by data set, with their intervals.",
        ["data", "texts", *(MEASURES[name] for name in names)],
        rows,
    )
    bars = Series(
        "macro-F1", [one.get("macro_f1") for one in reports], [interval_of(one, "macro_f1") for one in reports]
    )
    labels = [data_name(one, index) for index, one in enumerate(reports)]
    svg = bar_plot("all-data-plot", "macro-F1 by data set, with intervals", labels, bars, "macro-F1")
    plot = Plot(svg, "Black lines are intervals.")
    return Section("all-summary", f"{len(reports)} data sets", blocks=[Block([plot], [table], wide=True)])


def data_name(report: Report, index: int) -> str:
    """Return the name of a report's data, or its number if it has none."""
    return str(report.get("data") or f"data set {index + 1}")


__all__ = ["data_name", "data_set_summary"]
