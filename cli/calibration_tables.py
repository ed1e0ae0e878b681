"""What a calibration was measured to do, as tables."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from decloak.evaluation.calibration import Calibration

ALL = {"*": "all"}


def error_table(calibration: "Calibration", model: str) -> "Table":
    """Lay out by language how far scores were from probabilities, before and after."""
    from rich.markup import escape
    from rich.table import Table

    from decloak.cli.output import printable

    record = calibration.record
    positive = ", ".join(record["positive_labels"])
    title = f"{model}: {record['method']}, temperature {calibration.temperature:.4g}; positive: {positive}"
    heads = ("language", "n", "harmless", "ECE", "calibrated", "Brier", "calibrated")
    table = Table(*heads, title=escape(printable(title)), title_justify="left")
    for language, measures in record["languages"].items():
        errors = [f"{measures[name][when]:.4f}" for name in ("ece", "brier") for when in ("before", "after")]
        table.add_row(ALL.get(language, language), f"{measures['n']:,}", f"{measures['negatives']:,}", *errors)
    return table


def threshold_table(calibration: "Calibration") -> "Table":
    """Lay out the thresholds by language and false-positive rate, and what they find."""
    from rich.table import Table

    heads = ("language", "stated FPR", "threshold", "recall", "measured FPR")
    table = Table(*heads, title="thresholds", title_justify="left")
    for language, measures in calibration.record["languages"].items():
        for rate, point in measures["thresholds"].items():
            rates = [_share(point[name], point[f"{name}_interval"]) for name in ("recall", "fpr")]
            table.add_row(ALL.get(language, language), rate, f"{point['threshold']:.4f}", *rates)
    return table


def _share(value: float | None, interval: list[float] | None) -> str:
    if value is None or interval is None:
        return "undefined"
    return f"{value:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"


__all__ = ["error_table", "threshold_table"]
