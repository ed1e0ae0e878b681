"""Two classifiers on the same texts, as a page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .headline import facts, interval_of, level_text
from .measure_sections import difference_block, mcnemar_table, measured_names, notes, value_of
from .number_text import MEASURES, count, decimal, defined, probability, signed
from .page import write_page
from .page_content import Block, Cell, Part, Plot, Section, Table, Tile, number_cell, text_cell
from .row_plots import Series, dot_plot
from .row_sections import method, text_table

OPEN_ROWS = 20


def write_comparison_html(comparison: Mapping[str, Any], file: Path) -> None:
    """Write a comparison as one self-contained page.

    Args:
        comparison: Of the schema "decloak.comparison/1": `a` and `b` (reports), `n`, `difference` (by measure),
            `mcnemar` and `changed` (rows that got different answers).
        file: Where to. A killed run leaves the old file or the new one, never half of one.

    Raises:
        ImportError: jinja2 or matplotlib is missing.
        OSError: The file cannot be written.
    """
    first, second = names_of(comparison)
    title = f"{first} against {second}"
    found = [
        notes(comparison, ""),
        _measures(comparison, first, second),
        _differences(comparison, first, second),
        _changed(comparison, first, second),
        *(_method(comparison, side, name) for side, name in (("a", first), ("b", second))),
    ]
    sections = [section for section in found if section is not None]
    about = [("A", first), ("B", second), *_shared_facts(comparison)]
    part = Part(
        "report", title, about, _tiles(comparison), _sentences(comparison, first, second), sections, "Comparison"
    )
    write_page(file, "report", title=title, parts=[part], summary=[], facts=[])


def names_of(comparison: Mapping[str, Any]) -> tuple[str, str]:
    """Return the names of both classifiers; of two with one name they say which is which."""
    first, second = (str((comparison.get(side) or {}).get("model") or side.upper()) for side in ("a", "b"))
    return (first, second) if first != second else (f"{first} (A)", f"{second} (B)")


def _shared_facts(comparison: Mapping[str, Any]) -> list[tuple[str, str]]:
    a = facts(comparison.get("a") or {})
    return [("texts", count(comparison.get("n"))), *((name, value) for name, value in a if name == "data")]


def _tiles(comparison: Mapping[str, Any]) -> list[Tile]:
    return [
        Tile(f"{MEASURES.get(name, name)}: A - B", signed(one.get("difference")), _chance(one))
        for name, one in list((comparison.get("difference") or {}).items())[:5]
    ]


def _chance(one: Mapping[str, Any]) -> str:
    ends = " to ".join(map(signed, one.get("interval") or []))
    p = probability(one.get("p_value"))
    return f"{ends}; p {p if p.startswith('<') else f'= {p}'}" if ends else ""


def _sentences(comparison: Mapping[str, Any], first: str, second: str) -> list[str]:
    test = comparison.get("mcnemar") or {}
    text = (
        f"They answer {count(len(comparison.get('changed') or []))} of {count(comparison.get('n'))} texts differently."
    )
    if not test:
        return [text]
    p = probability(test.get("p_value"))
    better = f"Only {first} is right on {count(test.get('only_a_right'))}"
    other = f"only {second} on {count(test.get('only_b_right'))}"
    return [text, f"{better}, {other} (McNemar's test: p {p if p.startswith('<') else f'= {p}'})."]


def _measures(comparison: Mapping[str, Any], first: str, second: str) -> Section | None:
    reports = [comparison.get("a") or {}, comparison.get("b") or {}]
    names = measured_names(reports)
    if not names:
        return None
    series = [
        Series(title, [value_of(one, name) for name in names], [interval_of(one, name) for name in names])
        for title, one in zip((first, second), reports, strict=True)
    ]
    level = level_text(reports[0])
    svg = dot_plot(
        "measure-plot", "Measures of both", [MEASURES[name] for name in names], series, f"value and {level} interval"
    )
    rows = [[text_cell(MEASURES[name]), *(number_cell(value_of(one, name)) for one in reports)] for name in names]
    table = Table("The measures.", ["measure", first, second], rows)
    text = "Intervals that overlap say little of a difference on the same texts; the next section does."
    return Section("measures", "Measures", [text], [Block([Plot(svg, "Lines are intervals.")], [table])])


def _differences(comparison: Mapping[str, Any], first: str, second: str) -> Section | None:
    found, test = comparison.get("difference") or {}, mcnemar_table(comparison.get("mcnemar"), first, second)
    level = level_text(comparison.get("a") or {})
    plots, tables = [], [test] if test else []
    if found:
        block = difference_block(found, "difference-plot", "Difference", f"{first} minus {second}", level)
        plots, tables = [*block.plots], [*block.tables, *tables]
    return Section("difference", "Differences", blocks=[Block(plots, tables)]) if tables else None


def _changed(comparison: Mapping[str, Any], first: str, second: str) -> Section | None:
    rows = comparison.get("changed") or []
    if not rows:
        return None
    cells = [
        [
            Cell(str(one.get("row")), defined(one.get("row")), "number"),
            text_cell(one.get("id")),
            text_cell(one.get("sha256"), "code"),
            text_cell(one.get("true")),
            *_answers(one),
            text_cell(_who_is_right(one)),
        ]
        for one in rows
    ]
    columns = ["row", "id", "SHA-256 of the text", "true class", "A", "score", "B", "score", "right"]
    fold = f"All {count(len(rows))} texts" if len(rows) > OPEN_ROWS else None
    tables = [Table(f"A is {first}, B is {second}.", columns, cells, fold)]
    if texts := text_table(rows, ["true", "a", "b"], ["true class", "A", "B"]):
        tables.append(texts)
    return Section("changed", "Texts with different answers", blocks=[Block(tables=tables)])


def _answers(one: Mapping[str, Any]) -> list[Cell]:
    return [
        text_cell(one.get("a")),
        number_cell(one.get("score_a"), decimal),
        text_cell(one.get("b")),
        number_cell(one.get("score_b"), decimal),
    ]


def _who_is_right(one: Mapping[str, Any]) -> str:
    right = [side.upper() for side in ("a", "b") if one.get(side) == one.get("true")]
    return " and ".join(right) or "neither"


def _method(comparison: Mapping[str, Any], side: str, name: str) -> Section | None:
    section = method(comparison.get(side) or {}, f"{side}-")
    if section is None:
        return None
    title = f"How {name} was measured"
    return Section(section.id, title, section.paragraphs, section.blocks, section.bullets, section.code)


__all__ = ["names_of", "write_comparison_html"]
