"""The head of a report: what was measured on what, the numbers most asked for, and what they mean in words."""

from collections.abc import Mapping
from typing import Any

from .number_text import between, count, decimal, defined, pair, percent
from .page_content import Tile

Report = Mapping[str, Any]


def facts(report: Report) -> list[tuple[str, str]]:
    """Return what was measured, by name; what the report does not say is left out."""
    dataset = report.get("dataset") or {}
    senses = report.get("modalities")
    found = {
        "model": report.get("model"),
        "data": report.get("data"),
        "texts": count(report["n"]) if "n" in report else None,
        "left out": count(report["errors"]) if report.get("errors") else None,
        "languages": ", ".join(f"{name} ({count(rows)})" for name, rows in (dataset.get("languages") or {}).items()),
        "senses": ", ".join(map(str, senses)) if senses else None,
        "measured": str(report.get("created") or "").replace("T", " ").replace("+00:00", " UTC").replace("Z", " UTC"),
    }
    return [(name, str(value)) for name, value in found.items() if value]


def recall_at(report: Report, rate: str = "0.01") -> Mapping[str, Any]:
    """Return the operating point at a false-positive rate; empty if the report has none."""
    return (report.get("recall_at_fpr") or {}).get(rate) or {}


def interval_of(report: Report, measure: str) -> Any:
    """Return the interval of a measure; None if there is none."""
    return (report.get("intervals") or {}).get(measure) or report.get(f"{measure}_interval")


def level_text(report: Report) -> str:
    """Return the level of the intervals, such as "95 %"."""
    return percent((report.get("settings") or {}).get("level", 0.95))


def tiles(report: Report) -> list[Tile]:
    """Return the five numbers of the headline, each with its interval."""
    values = {
        "macro-F1": (report.get("macro_f1"), interval_of(report, "macro_f1")),
        "MCC": (report.get("mcc"), interval_of(report, "mcc")),
        "AUROC": (report.get("auroc"), interval_of(report, "auroc")),
        "recall at 1 % FPR": (recall_at(report).get("recall"), interval_of(report, "recall_at_fpr_0.01")),
        "ECE": (report.get("ece"), interval_of(report, "ece")),
    }
    return [Tile(name, decimal(value), between(interval)) for name, (value, interval) in values.items()]


def sentences(report: Report) -> list[str]:
    """Say in plain words what the numbers mean."""
    if not report.get("n"):
        return ["No text could be measured; the rows that were left out are listed below with their reasons."]
    found = [_right(report), _recall(report), _calibration(report), _worst_attack(report)]
    return [sentence for sentence in found if sentence]


def _right(report: Report) -> str:
    confusion = report.get("confusion") or []
    right, total = sum(row[index] for index, row in enumerate(confusion)), sum(map(sum, confusion))
    if not total:
        return ""
    text = f"It is right on {count(right)} of {count(total)} texts ({percent(right / total)})"
    return f"{text}; always answering the most frequent class would be right on {percent(_most_frequent(confusion))}."


def _most_frequent(confusion: list[list[int]]) -> float:
    return max(map(sum, confusion)) / sum(map(sum, confusion))


def _recall(report: Report) -> str:
    point, labels = recall_at(report), report.get("labels") or []
    recall = defined(point.get("recall"))
    if recall is None or len(labels) != 2:
        return ""
    ends = pair(interval_of(report, "recall_at_fpr_0.01"))
    likely = f" (likely {100 * ends[0]:.0f} to {100 * ends[1]:.0f})" if ends else ""
    text = (
        f"Of 100 harmful texts (class “{labels[1]}”) it finds {100 * recall:.0f}{likely} when one in 100 harmless "
        f"texts (class “{labels[0]}”) may be flagged"
    )
    if point.get("enough_negatives") is False or (defined(point.get("negatives")) or 100) < 100:
        return f"{text}; with only {count(point.get('negatives'))} harmless texts that rate is hardly measured."
    return f"{text}."


def _calibration(report: Report) -> str:
    error = defined(report.get("ece"))
    return (
        "" if error is None else f"Its scores miss the true shares by {100 * error:.1f} percentage points on average."
    )


def _worst_attack(report: Report) -> str:
    worst = (report.get("robustness") or {}).get("worst") or {}
    drop = defined(worst.get("absolute_drop"))
    if drop is None:
        return ""
    if drop <= 0:
        return "No attack that was tried lowers its macro-F1."
    before, after = decimal(worst.get("macro_f1")), decimal(worst.get("attacked_macro_f1"))
    values = f", from {before} to {after}" if defined(worst.get("attacked_macro_f1")) is not None else ""
    return (
        f"The attack that hurts most, {worst.get('attack')} at strength {worst.get('strength')}, lowers macro-F1 by "
        f"{drop:.3f}{values}."
    )


__all__ = ["Report", "facts", "interval_of", "level_text", "recall_at", "sentences", "tiles"]
