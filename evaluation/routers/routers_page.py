"""`routers.html`: a report on routers as one page, by day and by night, with plots and all their numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from decloak.evaluation.reporting.number_text import between, count, decimal, percent, signed
from decloak.evaluation.reporting.page import write_page
from decloak.evaluation.reporting.page_content import (
    Block,
    Cell,
    Part,
    Plot,
    Section,
    Table,
    Tile,
    heat_cell,
    number_cell,
    text_cell,
)
from decloak.evaluation.reporting.row_plots import Series, dot_plot

from .specialisation import TEXTS, UNCLOAKED
from .token_groups import ALL

Report = Mapping[str, Any]
SIDES = {TEXTS: "the texts", UNCLOAKED: "the uncloaked twins"}


def write_routers_html(report: Report, file: Path) -> None:
    """Write a report as one self-contained page.

    Args:
        report: `RoutersReport`.
        file: Where to. A killed run leaves the old file or the new one, never half of one.

    Raises:
        ImportError: jinja2 or matplotlib is missing.
        OSError: The file cannot be written.
    """
    title = f"Routers of {report['model']} on {report['data']}"
    found = [_notes(report), _balance(report), *_groups(report), _specialisation(report), _alignment(report)]
    sections = [section for section in [*found, _method(report)] if section is not None]
    part = Part("report", title, _facts(report), _tiles(report), _sentences(report), sections, "Routers")
    write_page(file, "report", title=title, parts=[part], summary=[], facts=[])


def verdict_counts(report: Report) -> str:
    """Say how many layers have which verdict, such as `5 balanced, 1 leaning`."""
    verdicts = [layer["verdict"] for layer in report["sides"][TEXTS]["layers"]]
    kinds = ("balanced", "leaning", "collapsed")
    return ", ".join(f"{verdicts.count(kind)} {kind}" for kind in kinds if kind in verdicts)


def _facts(report: Report) -> list[tuple[str, str]]:
    return [
        ("model", report["model"]),
        ("data", report["data"]),
        ("texts", count(report["texts"])),
        ("changed", count(report["changed"])),
        ("senses", ", ".join(report["senses"])),
        ("fusion", report["fusion"]),
        ("made", report["created"]),
    ]


def _tiles(report: Report) -> list[Tile]:
    side = report["sides"][TEXTS]
    layers = side["layers"]
    tiles = [
        Tile("layers", str(len(layers)), verdict_counts(report)),
        Tile("balance loss", decimal(side["balance_loss"]), "1 is even, the number of experts a full collapse"),
        Tile("entropy", decimal(sum(one["entropy"] for one in layers) / len(layers)), "of 1; mean over layers"),
    ]
    for name, one in (report["specialisation"] or {}).items():
        if name == "cloaking":
            tiles += [
                Tile(f"cloaking: {expert}", signed(row["difference"]), between(row["interval"]))
                for expert, row in one["experts"].items()
            ]
    return tiles


def _sentences(report: Report) -> list[str]:
    sentences = [f"Of {len(report['layers'])} layers with experts {verdict_counts(report)}."]
    for name, one in (report["specialisation"] or {}).items():
        for expert in ("speech", "vision"):
            row = one["experts"][expert]
            if row["interval"] is not None:
                what = f"{name.replace('_', ' ')}: the {expert} expert's weight differs"
                sentences.append(f"{what} by {signed(row['difference'])}{_sure(row)}.")
    return sentences


def _sure(row: Mapping[str, Any]) -> str:
    low, high = row["interval"]
    return f" ({between([low, high])})" + ("" if low > 0 or high < 0 else ", which may be nothing")


def _notes(report: Report) -> Section | None:
    return Section("notes", "Notes", bullets=report["notes"]) if report["notes"] else None


def _layer_names(report: Report) -> list[str]:
    return [f"layer {layer}" for layer in report["layers"]]


def _balance(report: Report) -> Section:
    text = (
        "Every token takes a mixture of all experts, so that the verdict goes by mean weights. Winners are the shares "
        "of tokens whose largest weight is an expert's; the spread is how much weights differ from token to token."
    )
    return Section("balance", "Balance", [text], [_balance_block(report, side) for side in report["sides"]])


def _balance_block(report: Report, side: str) -> Block:
    layers = report["sides"][side]["layers"]
    columns = ["layer", "verdict", "variation", "least weight", "largest winner", "dead", "loss", "entropy", "spread"]
    rows = [
        [
            Cell(str(one["layer"]), one["layer"], "number"),
            text_cell(one["verdict"], "" if one["verdict"] == "balanced" else "marked"),
            number_cell(one["variation"]),
            number_cell(one["least_weight"]),
            number_cell(one["most_winning"], percent),
            text_cell(", ".join(one["dead"])),
            number_cell(one["balance_loss"]),
            number_cell(one["entropy"]),
            number_cell(one["spread"]),
        ]
        for one in layers
    ]
    weights = report["sides"][side]["groups"].get(ALL, {}).get("weights", [])
    series = [Series(name, [row[index] for row in weights]) for index, name in enumerate(report["experts"])]
    svg = dot_plot(f"balance-{side}", f"Mean weights in {SIDES[side]}", _layer_names(report), series, "mean weight")
    plot = Plot(svg, "Mean weight of each expert; an even mixture has all points in one place.")
    return Block([plot] if weights else [], [Table(f"All tokens of {SIDES[side]}.", columns, rows)], SIDES[side])


def _groups(report: Report) -> list[Section]:
    return [
        Section(
            f"groups-{side}",
            f"Groups of tokens in {SIDES[side]}",
            ["The darker, the more weight. A token is in all groups that it fits."],
            [Block(tables=[_heat(report, group, name) for name, group in held.items()], wide=True)],
        )
        for side in report["sides"]
        if (held := report["sides"][side]["groups"])
    ]


def _heat(report: Report, group: Mapping[str, Any], name: str) -> Table:
    """Tabulate layer by expert, coloured by weight."""
    rows = [
        [
            Cell(str(layer), layer, "number"),
            *(heat_cell(weight, 0.0, 1.0) for weight in weights),
            number_cell(entropy),
        ]
        for layer, weights, entropy in zip(report["layers"], group["weights"], group["entropy"], strict=True)
    ]
    caption = f"{name} ({count(group['tokens'])} tokens): {group['meaning']}."
    return Table(caption, ["layer", *report["experts"], "entropy"], rows, style="heat")


def _specialisation(report: Report) -> Section | None:
    found = report["specialisation"]
    if not found:
        return None
    level = percent(report["settings"]["level"], 0)
    text = (
        f"Differences are taken in each text and averaged over texts; intervals hold {level} of the resamples of "
        "texts. Each layer's interval stands for itself: of many, some leave out 0 by chance."
    )
    return Section("specialisation", "Specialisation", [text], [_contrast(report, name, level) for name in found])


def _contrast(report: Report, name: str, level: str) -> Block:
    one = report["specialisation"][name]
    rows = ["mean of layers", *_layer_names(report)]
    held = {expert: [row, *row["layers"]] for expert, row in one["experts"].items()}
    series = [
        Series(expert, [row["difference"] for row in cells], [row["interval"] for row in cells])
        for expert, cells in held.items()
    ]
    axis = f"difference of weights and {level} interval"
    svg = dot_plot(f"contrast-{name}", f"Differences: {name}", rows, series, axis, zero_line=True, unit_range=False)
    cells = [[text_cell(row), *_difference_cells(held, index)] for index, row in enumerate(rows)]
    columns = ["", *(part for expert in held for part in (expert, "interval"))]
    caption = f"{count(one['texts'])} texts: {one['meaning']}."
    plots = [Plot(svg, "Above 0 the expert has more weight on what is named first.")] if one["texts"] else []
    return Block(plots, [Table(caption, columns, cells)], name.replace("_", " "))


def _difference_cells(held: Mapping[str, Sequence[Mapping[str, Any]]], index: int) -> list[Cell]:
    rows = [cells[index] for cells in held.values()]
    return [
        cell
        for row in rows
        for cell in (
            number_cell(row["difference"], signed),
            Cell(" to ".join(map(signed, row["interval"] or [])), None, "number"),
        )
    ]


def _alignment(report: Report) -> Section | None:
    found = report["alignment"]
    if not found:
        return None
    columns = ["sense", "target", "tokens", "MSE", "predicting 0", "predicting the mean", "explained variance"]
    rows = [
        [
            text_cell(one["sense"]),
            text_cell(one["target"]),
            number_cell(one["tokens"], count),
            *(number_cell(one[key]) for key in ("mse", "zero_mse", "mean_mse", "explained_variance")),
        ]
        for one in found
    ]
    limit = report["settings"]["thresholds"]["alignment_limit"]
    text = (
        f"Before experts are trained the MSE should be below {limit:g}, and below that of predicting the mean, without "
        "which the first says nothing. Later stages move text and aligners on, and nothing holds them together then."
    )
    return Section(
        "alignment",
        "Alignment of the senses",
        [text],
        [Block(tables=[Table("Mean squared errors on text tokens that have a token of the sense.", columns, rows)])],
    )


def _method(report: Report) -> Section:
    settings = {key: value for key, value in report["settings"].items() if key != "thresholds"}
    facts = settings | report["settings"]["thresholds"] | report.get("dataset", {}) | report["versions"]
    rows = [[text_cell(name), text_cell(value)] for name, value in facts.items()]
    failed = [
        [text_cell(row["row"]), text_cell(row["reason"])]
        for side in report["sides"].values()
        for row in side["error_rows"]
    ]
    tables = [Table("Settings, data and versions", [], rows, style="facts")]
    if failed:
        tables.append(Table("Rows that could not be read.", ["row", "reason"], failed, "Rows left out"))
    return Section("method", "How this was measured", blocks=[Block(tables=tables)], code=report.get("command"))


__all__ = ["verdict_counts", "write_routers_html"]
