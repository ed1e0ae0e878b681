"""A report as a page: one HTML file that needs no network and no script, with plots and with all their numbers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .attack_section import robustness
from .curve_sections import det, reliability, roc
from .headline import facts, sentences, tiles
from .measure_sections import confusion, measures, notes
from .page import write_page
from .page_content import Part
from .row_sections import left_out, method, worst_errors
from .subset_sections import functionality, groups, languages
from .summary_section import data_set_summary

SECTIONS = (
    notes,
    measures,
    confusion,
    roc,
    det,
    reliability,
    languages,
    functionality,
    robustness,
    groups,
    worst_errors,
    left_out,
    method,
)


def write_html(report: Mapping[str, Any], file: Path) -> None:
    """Write a report as one self-contained page; sections without data do not appear.

    Args:
        report: A report (`decloak.evaluation.reporting.report_schema`); of several data sets, too.
        file: Where to. A killed run leaves the old file or the new one, never half of one.

    Raises:
        ImportError: jinja2 or matplotlib is missing.
        OSError: The file cannot be written.
    """
    reports = report.get("reports") if report.get("kind") == "cross-dataset" else None
    if reports is None:
        part = report_part(report)
        write_page(file, "report", title=part.title, parts=[part], summary=[], facts=[])
        return
    parts = [report_part(one, f"d{index}-") for index, one in enumerate(reports)]
    summary = [section for section in (notes(report, "all-"), data_set_summary(reports, parts)) if section]
    title = str(report.get("model") or "Evaluation on several data sets")
    write_page(file, "report", title=title, parts=parts, summary=summary, facts=facts(report))


def report_part(report: Mapping[str, Any], prefix: str = "") -> Part:
    """Make the headline and the sections of one data set.

    Args:
        report: Of one data set.
        prefix: Of all anchors, unique in the page.
    """
    title = " on ".join(str(report[key]) for key in ("model", "data") if report.get(key)) or "Evaluation"
    found = [section(report, prefix) for section in SECTIONS]
    return Part(
        f"{prefix}report",
        title,
        facts(report),
        tiles(report),
        sentences(report),
        [section for section in found if section is not None],
    )


__all__ = ["report_part", "write_html"]
