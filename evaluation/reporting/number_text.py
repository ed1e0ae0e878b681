"""How numbers are written on the pages: three decimals, an undefined one as such, never as 0."""

import math
from collections.abc import Sequence
from typing import Any

UNDEFINED = "undefined"
MEASURES = {
    "macro_f1": "macro-F1",
    "mcc": "MCC",
    "accuracy": "accuracy",
    "auroc": "AUROC",
    "average_precision": "average precision",
    "recall_at_fpr_0.01": "recall at 1 % FPR",
    "recall_at_fpr_0.05": "recall at 5 % FPR",
    "ece": "ECE",
    "adaptive_ece": "adaptive ECE",
    "brier": "Brier score",
}
LOWER_IS_BETTER = ("ece", "adaptive_ece", "brier")


def defined(value: Any) -> float | None:
    """Return a value as a float; None unless it is a finite number."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if number and math.isfinite(value) else None


def decimal(value: Any, digits: int = 3) -> str:
    """Write a measure, such as `0.794`."""
    number = defined(value)
    return UNDEFINED if number is None else f"{number:.{digits}f}"


def signed(value: Any) -> str:
    """Write a difference with its sign, such as `+0.012`."""
    number = defined(value)
    return UNDEFINED if number is None else f"{number:+.3f}"


def count(value: Any) -> str:
    """Write a number of rows, such as `12,345`."""
    number = defined(value)
    return UNDEFINED if number is None else f"{number:,.0f}"


def percent(value: Any, digits: int = 1) -> str:
    """Write a share, such as `12.5 %`; decimals that say nothing are left out."""
    number = defined(value)
    if number is None:
        return UNDEFINED
    text = f"{100 * number:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def significant(value: Any) -> str:
    """Write a threshold with four significant digits: those near 1 and near 0 differ late."""
    number = defined(value)
    return UNDEFINED if number is None else f"{number:.4g}"


def probability(value: Any) -> str:
    """Write a p-value; one that is tiny is only said to be."""
    number = defined(value)
    if number is None:
        return UNDEFINED
    return "< 0.001" if number < 0.001 else f"{number:.3f}"


def pair(interval: Any) -> tuple[float, float] | None:
    """Return an interval as two numbers; None unless it is one."""
    if not isinstance(interval, Sequence) or isinstance(interval, str) or len(interval) != 2:
        return None
    low, high = map(defined, interval)
    return None if low is None or high is None else (low, high)


def between(interval: Any) -> str:
    """Write an interval, such as `0.781 to 0.815`; nothing if there is none."""
    ends = pair(interval)
    return "" if ends is None else f"{ends[0]:.3f} to {ends[1]:.3f}"


def with_interval(value: Any, interval: Any) -> str:
    """Write a measure and its interval, such as `0.794 (0.781 to 0.815)`."""
    ends = between(interval)
    return f"{decimal(value)} ({ends})" if ends else decimal(value)


__all__ = [
    "LOWER_IS_BETTER",
    "MEASURES",
    "UNDEFINED",
    "between",
    "count",
    "decimal",
    "defined",
    "pair",
    "percent",
    "probability",
    "signed",
    "significant",
    "with_interval",
]
