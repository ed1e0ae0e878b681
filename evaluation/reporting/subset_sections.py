"""The sections on parts of the data: languages, functionalities and the groups that texts are about."""

from collections.abc import Mapping, Sequence
from typing import Any

from .headline import Report
from .number_text import between, count, decimal, defined, percent, signed, with_interval
from .page_content import Block, Cell, Plot, Section, Table, number_cell, text_cell
from .row_plots import Series, bar_plot, dot_plot

HALF = 0.5  # what guessing reaches on a functionality
AREAS = {"subgroup_auc": "subgroup AUC", "bpsn_auc": "BPSN AUC", "bnsp_auc": "BNSP AUC"}


def languages(report: Report, prefix: str) -> Section | None:
    """Measure each language by itself."""
    found = report.get("languages") or {}
    if not found:
        return None
    rates = list(dict.fromkeys(rate for one in found.values() for rate in one.get("recall_at_fpr") or {}))
    columns = {
        "macro-F1": [one.get("macro_f1") for one in found.values()],
        "AUROC": [one.get("auroc") for one in found.values()],
        **{
            f"recall at {percent(float(rate))} FPR": [
                ((one.get("recall_at_fpr") or {}).get(rate) or {}).get("recall") for one in found.values()
            ]
            for rate in rates
        },
    }
    rows = [
        [
            text_cell(name),
            number_cell(one.get("n"), count),
            *(number_cell(values[index]) for values in columns.values()),
        ]
        for index, (name, one) in enumerate(found.items())
    ]
    names = [f"{name} ({count(one.get('n'))})" for name, one in found.items()]
    series = [Series(name, values) for name, values in columns.items()]
    svg = dot_plot(f"{prefix}language-plot", "Measures by language", names, series, "value")
    table = Table("Measures by language.", ["language", "texts", *columns], rows)
    return Section(
        f"{prefix}languages", "Languages", blocks=[Block([Plot(svg, "The number of texts is in brackets.")], [table])]
    )


def functionality(report: Report, prefix: str) -> Section | None:
    """Show accuracy by functionality: those of one class together, the worst first, those under one half marked."""
    suite = report.get("functionality") or {}
    found = suite.get("functionalities") or {}
    if not found:
        return None
    names = [str(name) for name in report.get("labels") or []]
    classes = sorted({one.get("label") for one in found.values()}, key=lambda label: (label is None, str(label)))
    blocks = []
    for index, label in enumerate(classes):
        members = {name: one for name, one in found.items() if one.get("label") == label}
        blocks.append(_functionality_block(members, _class_title(label, names), f"{prefix}functionality-{index}"))
    overall = {
        "over all rows": suite.get("accuracy"),
        "mean over functionalities": suite.get("macro_accuracy"),
        "on hateful cases": suite.get("hateful_accuracy"),
        "on non-hateful cases": suite.get("non_hateful_accuracy"),
    }
    text = ", ".join(f"{decimal(value)} {name}" for name, value in overall.items() if value is not None)
    below = sum(1 for one in found.values() if (defined(one.get("accuracy")) or 0.0) < HALF)
    marked = f"{below} of {len(found)} functionalities are under one half, less than guessing reaches."
    return Section(
        f"{prefix}functionality", "Functionalities", [f"Accuracy: {text}.", marked] if text else [marked], blocks
    )


def _class_title(label: Any, names: Sequence[str]) -> str:
    if label is None:
        return "Cases of both classes"
    known = isinstance(label, int) and 0 <= label < len(names)
    return f"Cases whose true class is {names[label] if known else label}"


def _functionality_block(members: Mapping[str, Mapping[str, Any]], title: str, name: str) -> Block:
    order = sorted(members, key=lambda one: (defined(members[one].get("accuracy")) or 0.0, one))
    values = [members[one].get("accuracy") for one in order]
    bars = Series("accuracy", values, [members[one].get("interval") for one in order])
    svg = bar_plot(name, f"{title}: accuracy by functionality, the worst first", order, bars, "accuracy", HALF)
    rows = [[text_cell(one), *_functionality_cells(members[one])] for one in order]
    table = Table(
        f"{title}: accuracy with its 95 % interval (Wilson).",
        ["functionality", "rows", "right", "accuracy", "interval", ""],
        rows,
    )
    return Block([Plot(svg, "Striped: under one half (dashed line). Black lines are intervals.")], [table], title)


def _functionality_cells(one: Mapping[str, Any]) -> list[Cell]:
    value = defined(one.get("accuracy"))
    mark = text_cell("▼ below ½", "marked") if value is not None and value < HALF else text_cell("")
    return [
        number_cell(one.get("n"), count),
        number_cell(one.get("correct"), count),
        number_cell(value),
        Cell(between(one.get("interval")), None, "number"),
        mark,
    ]


def groups(report: Report, prefix: str) -> Section | None:
    """Show errors by the group that texts are about, the largest gaps first."""
    measured = report.get("groups") or {}
    found = measured.get("groups") or {}
    if not found:
        return None
    large = {name: one for name, one in found.items() if not one.get("too_small")}
    order = sorted(large, key=lambda name: (-_largest_gap(large[name]), name))
    blocks = [Block([_group_plot(large, order, prefix)], _area_tables(large, order))] if order else []
    blocks += [Block(tables=[_rate_table(large, order)])] if order else []
    small = [f"{name} ({count(one.get('n'))})" for name, one in found.items() if one.get("too_small")]
    paragraphs = _group_sentences(measured)
    if small:
        paragraphs.append(f"Too few rows to be measured: {', '.join(small)}.")
    return Section(f"{prefix}groups", "Groups that texts are about", paragraphs, blocks)


def _largest_gap(group: Mapping[str, Any]) -> float:
    return max(
        (abs(gap) for gap in map(defined, (group.get("fpr_gap"), group.get("fnr_gap"))) if gap is not None), default=-1
    )


def _group_sentences(measured: Mapping[str, Any]) -> list[str]:
    overall, worst = measured.get("overall") or {}, measured.get("worst") or {}
    text = (
        f"Of all harmless texts {percent(overall.get('fpr'))} are flagged (false-positive rate), of all harmful ones "
        f"{percent(overall.get('fnr'))} are missed (false-negative rate)."
    )
    parts = [
        f"{text} is most often the case for {worst[key]}"
        for key, text in (("fpr", "A false alarm"), ("fnr", "a miss"))
        if isinstance(worst, Mapping) and worst.get(key)
    ]
    gaps = [
        f"the {name} of groups lie up to {decimal(measured.get(key))} apart"
        for key, name in (("fpr_difference", "false-positive rates"), ("fnr_difference", "false-negative rates"))
        if measured.get(key) is not None
    ]
    sentences = [text] if overall else []
    return sentences + [f"{part[0].upper()}{part[1:]}." for part in (", ".join(parts), " and ".join(gaps)) if part]


def _group_plot(found: Mapping[str, Mapping[str, Any]], order: Sequence[str], prefix: str) -> Plot:
    series = [
        Series(name, [found[one].get(key) for one in order], [found[one].get(f"{key}_interval") for one in order])
        for key, name in (("fpr", "false-positive rate"), ("fnr", "false-negative rate"))
    ]
    svg = dot_plot(f"{prefix}group-plot", "False-positive and false-negative rates by group", order, series, "rate")
    return Plot(svg, "Groups by their largest distance from all rows; lines are 95 % intervals.")


def _rate_table(found: Mapping[str, Mapping[str, Any]], order: Sequence[str]) -> Table:
    rows = []
    for name in order:
        one = found[name]
        cells = [text_cell(name), number_cell(one.get("n"), count), number_cell(one.get("positives"), count)]
        for rate in ("fpr", "fnr"):
            written = with_interval(one.get(rate), one.get(f"{rate}_interval"))
            cells += [Cell(written, defined(one.get(rate)), "number"), number_cell(one.get(f"{rate}_gap"), signed)]
        rows.append(cells)
    columns = ["group", "texts", "harmful", "FPR (interval)", "gap", "FNR (interval)", "gap"]
    return Table("Error rates; a gap is the group's rate less that of all rows.", columns, rows)


def _area_tables(found: Mapping[str, Mapping[str, Any]], order: Sequence[str]) -> list[Table]:
    if not any(defined(found[name].get(area)) is not None for name in order for area in AREAS):
        return []
    rows = [[text_cell(name), *(number_cell(found[name].get(area)) for area in AREAS)] for name in order]
    text = (
        "Ranking by group (Borkan et al. 2019). BPSN is low where harmless texts about a group score above harmful "
        "texts about others, BNSP where harmful texts about it score below harmless ones about others."
    )
    return [Table(text, ["group", *AREAS.values()], rows)]


__all__ = ["functionality", "groups", "languages"]
