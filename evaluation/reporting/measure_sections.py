"""The sections on the measures as a whole: intervals, baselines beside, and the confusion matrix."""

from collections.abc import Mapping, Sequence
from typing import Any

from .headline import Report, interval_of, level_text
from .number_text import LOWER_IS_BETTER, MEASURES, between, count, defined, percent, probability, signed
from .page_content import Block, Cell, Plot, Section, Table, heat_cell, number_cell, text_cell
from .row_plots import Series, dot_plot


def notes(report: Report, prefix: str) -> Section | None:
    """List what a reader must know first."""
    found = [str(note) for note in report.get("notes") or []]
    if report.get("truncated"):
        found.append(f"{count(report['truncated'])} texts were longer than the model reads; their ends were not read.")
    return Section(f"{prefix}notes", "Notes", bullets=found) if found else None


def value_of(report: Report, measure: str) -> Any:
    """Return a measure of a report; those at a false-positive rate are read from their operating points."""
    if measure.startswith("recall_at_fpr_"):
        point = (report.get("recall_at_fpr") or {}).get(measure.removeprefix("recall_at_fpr_")) or {}
        return point.get("recall", report.get(measure))
    return report.get(measure)


def measured_names(reports: Sequence[Report]) -> list[str]:
    """Return the measures that at least one of the reports defines, best known first."""
    return [name for name in MEASURES if any(defined(value_of(report, name)) is not None for report in reports)]


def measures(report: Report, prefix: str) -> Section | None:
    """Show all measures with their intervals, baselines beside."""
    baselines = [_baseline_report(baseline) for baseline in report.get("baselines") or []]
    names = measured_names([report, *baselines])
    if not names:
        return None
    level = level_text(report)
    blocks = [
        Block([_measure_plot(report, baselines, names, prefix, level)], [_measure_table(report, baselines, names)])
    ]
    blocks += _differences(report, names, prefix, level)
    lower = [MEASURES[name] for name in names if name in LOWER_IS_BETTER]
    text = f"Intervals hold {level} of the bootstrap's resamples."
    if lower:
        text += f" Higher is better, but for {' and '.join(lower)} lower."
    return Section(f"{prefix}measures", "Measures", [text], blocks)


def _baseline_report(baseline: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a comparison to the keys of a report."""
    recalls = {
        name.removeprefix("recall_at_fpr_"): {"recall": value}
        for name, value in (baseline.get("measures") or {}).items()
        if name.startswith("recall_at_fpr_")
    }
    return {
        "recall_at_fpr": recalls,
        **(baseline.get("measures") or {}),
        "model": baseline.get("name"),
        "macro_f1_interval": baseline.get("macro_f1_interval"),
        "intervals": baseline.get("intervals"),
    }


def _measure_plot(report: Report, others: Sequence[Report], names: Sequence[str], prefix: str, level: str) -> Plot:
    series = [
        Series(
            str(one.get("model") or "this"),
            [value_of(one, name) for name in names],
            [interval_of(one, name) for name in names],
        )
        for one in (report, *others)
    ]
    svg = dot_plot(
        f"{prefix}measure-plot",
        "Measures with their intervals",
        [MEASURES[name] for name in names],
        series,
        f"value and {level} interval",
    )
    return Plot(svg, "Each point is a measure, the line through it its interval.")


def _measure_table(report: Report, others: Sequence[Report], names: Sequence[str]) -> Table:
    rows = [
        [
            text_cell(MEASURES[name]),
            number_cell(value_of(report, name)),
            Cell(between(interval_of(report, name)), None, "number"),
            *(number_cell(value_of(other, name)) if _has(other, name) else text_cell("") for other in others),
        ]
        for name in names
    ]
    columns = ["measure", str(report.get("model") or "value"), "interval", *(str(other["model"]) for other in others)]
    return Table("The measures.", columns, rows)


def _has(report: Report, measure: str) -> bool:
    """Tell a measure that is undefined from one that was not taken."""
    return measure in report or measure.removeprefix("recall_at_fpr_") in (report.get("recall_at_fpr") or {})


def _differences(report: Report, names: Sequence[str], prefix: str, level: str) -> list[Block]:
    blocks = []
    for index, baseline in enumerate(report.get("baselines") or []):
        differences = {
            name: baseline["difference"][name] for name in names if name in (baseline.get("difference") or {})
        }
        if differences:
            title = f"Against {baseline.get('name')}"
            axis = f"{report.get('model') or 'this'} minus {baseline.get('name')}"
            block = difference_block(differences, f"{prefix}difference-{index}", title, axis, level)
            table = mcnemar_table(baseline.get("mcnemar"), str(report.get("model")), str(baseline.get("name")))
            blocks.append(Block(block.plots, [*block.tables, *([table] if table else [])], title))
    return blocks


def difference_block(
    differences: Mapping[str, Mapping[str, Any]], name: str, title: str, subtraction: str, level: str
) -> Block:
    """Make the plot and table of paired differences.

    Args:
        differences: Measure -> `difference`, `interval`, `p_value`.
        name: Of the plot, unique in the page.
        title: Of the block.
        subtraction: What is subtracted from what.
        level: Of the intervals, as text.
    """
    rows = [MEASURES.get(key, key) for key in differences]
    series = Series(
        title,
        [one.get("difference") for one in differences.values()],
        [one.get("interval") for one in differences.values()],
    )
    svg = dot_plot(name, f"{title}: {subtraction}", rows, [series], "difference", zero_line=True, unit_range=False)
    cells = [
        [
            text_cell(row),
            number_cell(one.get("difference"), signed),
            Cell(" to ".join(map(signed, one.get("interval") or [])), None, "number"),
            number_cell(one.get("p_value"), probability),
        ]
        for row, one in zip(rows, differences.values(), strict=True)
    ]
    table = Table(f"{subtraction}, on the same texts.", ["measure", "difference", f"{level} interval", "p"], cells)
    return Block(
        [Plot(svg, "A line that does not cross zero is a difference that chance hardly makes.")], [table], title
    )


def mcnemar_table(test: Mapping[str, Any] | None, first: str, second: str) -> Table | None:
    """Make the table of McNemar's test; None if there was none."""
    if not test:
        return None
    rows = [
        [text_cell(f"only {first} is right"), number_cell(test.get("only_a_right"), count)],
        [text_cell(f"only {second} is right"), number_cell(test.get("only_b_right"), count)],
        [text_cell("statistic"), number_cell(test.get("statistic"))],
        [text_cell("p"), number_cell(test.get("p_value"), probability)],
    ]
    return Table("McNemar's test: do they err on equally many texts?", ["", "value"], rows)


def confusion(report: Report, prefix: str) -> Section | None:
    """Show the confusion matrix, each row with its shares."""
    matrix = report.get("confusion") or []
    if not sum(map(sum, matrix)):
        return None
    names = [str(name) for name in report.get("labels") or []]
    names = names if len(names) == len(matrix) else [str(index) for index in range(len(matrix))]
    rows = [[text_cell(name), *_confusion_cells(row)] for name, row in zip(names, matrix, strict=True)]
    columns = ["true class", *(f"answered {name}" for name in names), "texts", "found"]
    for index, row in enumerate(matrix):
        found = row[index] / sum(row) if sum(row) else None
        rows[index] += [number_cell(sum(row), count), number_cell(found, percent)]
    table = Table(
        "Rows are true classes, columns the answers; the darker, the more of its row.", columns, rows, style="heat"
    )
    return Section(f"{prefix}confusion", "Confusion matrix", blocks=[Block(tables=[table])])


def _confusion_cells(row: Sequence[int]) -> list[Cell]:
    total = sum(row)
    cells = []
    for value in row:
        share = value / total if total else None
        cell = heat_cell(share, 0, 1)
        text = f"{count(value)} ({percent(share)})" if total else count(value)
        cells.append(Cell(text, float(value), cell.style))
    return cells


__all__ = [
    "confusion",
    "difference_block",
    "mcnemar_table",
    "measured_names",
    "measures",
    "notes",
    "value_of",
]
