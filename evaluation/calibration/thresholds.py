"""Thresholds at stated false-positive rates, and how sure a measured rate is."""

from math import inf

import numpy as np
from numpy.typing import NDArray

from decloak.modeling.calibration_mmbert import ALL_LANGUAGES, LANGUAGES

Floats = NDArray[np.float64]


def threshold_at(negative_scores: Floats, scores: Floats, false_positive_rate: float) -> float:
    """Find the lowest threshold whose share of negatives at or above it is at most the rate.

    It lies midway between the highest negative that must stay below and the next higher score, so that rounding
    (another batch, another machine) does not carry a text across.

    Args:
        negative_scores: `(negatives,)`, at least one, from 0 to 1.
        scores: `(n,)`, those of all texts.
        false_positive_rate: The rate allowed, between 0 and 1.

    Returns:
        The threshold; infinity where more negatives than allowed have the highest score there is, 1.
    """
    descending = np.sort(negative_scores)[::-1]
    # 0.07 * 100 is 7.000000000000001, and 0.29 * 100 is 28.999999999999996.
    allowed = int(np.floor(false_positive_rate * len(descending) + 1e-9))
    if allowed >= len(descending):
        return 0.0
    below = float(descending[allowed])
    higher = float(np.min(scores[scores > below], initial=1.0))
    if below >= 1:
        return inf
    middle = (below + higher) / 2
    return middle if middle > below else higher


def enough_negatives(negatives: int, false_positive_rate: float) -> bool:
    """Tell whether a rate means anything: it allows at least one false positive among the negatives."""
    return negatives * false_positive_rate >= 1 - 1e-9


def threshold_table(
    labels: NDArray[np.int64], scores: Floats, languages: NDArray[np.str_], rates: tuple[float, ...]
) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Find the thresholds of each language, and of all together.

    Args:
        labels: `(n,)`, 1 for a positive text, else 0.
        scores: `(n,)`, calibrated, from 0 to 1.
        languages: `(n,)`, of `LANGUAGES`.
        rates: False-positive rates.

    Returns:
        Thresholds by language and rate (`{"zh": {"0.01": 0.93}}`), and what was refused and why. Those of `"*"`, all
        languages together, are there only if each language has rows.
    """
    table: dict[str, dict[str, float]] = {}
    absent = [language for language in LANGUAGES if language not in languages]
    # Of one language alone, "all together" would hand its threshold on to texts that nobody measured.
    notes = [f"{name}: no rows, so no threshold, and none for all languages together" for name in absent]
    for language in (*LANGUAGES, *([] if absent else [ALL_LANGUAGES])):
        rows = of_language(languages, language)
        for rate in rates if rows.any() else ():
            threshold, refused = _threshold(labels[rows], scores[rows], rate)
            if refused:
                notes.append(f"{language}: no threshold at a false-positive rate of {rate:g}: {refused}")
            else:
                table.setdefault(language, {})[rate_key(rate)] = threshold
    return table, notes


def _threshold(labels: NDArray[np.int64], scores: Floats, rate: float) -> tuple[float, str | None]:
    """Return a language's threshold, and why it is none."""
    negatives = scores[labels == 0]
    if not enough_negatives(len(negatives), rate):
        return inf, f"{len(negatives)} negatives, {int(np.ceil(1 / rate - 1e-9))} are needed"
    threshold = threshold_at(negatives, scores, rate)
    return threshold, "too many negatives have the score 1" if threshold > 1 else None


def of_language(languages: NDArray[np.str_], language: str) -> NDArray[np.bool_]:
    """Mark the rows `(n,)` of a language; `"*"` marks all."""
    return np.full(len(languages), True) if language == ALL_LANGUAGES else languages == language


def rate_key(rate: float) -> str:
    """Write a rate as the tables of thresholds name it: 0.01 is "0.01"."""
    return repr(float(rate))


def exact_interval(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson (1934) of a proportion: it covers at least `level`.

    Raises:
        ValueError: There are no trials, or more successes than trials.
    """
    from scipy.stats import binomtest

    interval = binomtest(int(successes), int(trials)).proportion_ci(level, method="exact")
    return float(interval.low), float(interval.high)


__all__ = ["enough_negatives", "exact_interval", "of_language", "rate_key", "threshold_at", "threshold_table"]
