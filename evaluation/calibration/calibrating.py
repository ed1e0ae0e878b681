"""Calibrate: from labelled texts with logits to a temperature, a monotone map and thresholds."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from decloak.modeling.calibration_mmbert import LANGUAGES, ScoreCalibration

from .calibration import Calibration
from .fitting import FITS, FOLDS, CalibrationRows, CrossFit, ScoreMap, choose_folds, cross_fit, fit_map
from .measuring import log_losses, measured, simplest_of_the_best
from .temperature import HIGHEST, LOWEST, at_its_bound, positive_log_odds
from .thresholds import rate_key, threshold_table

METHODS = ("auto", *FITS)
RATES = (0.01, 0.05)
BINARY = ("negative", "positive")


def calibrate(
    labels: ArrayLike,
    logits: ArrayLike,
    languages: Sequence[str],
    label_names: Sequence[str] = BINARY,
    positive_labels: Sequence[str] | None = None,
    method: str = "auto",
    false_positive_rates: Sequence[float] = RATES,
    seed: int = 0,
    groups: Sequence[Hashable] | None = None,
) -> Calibration:
    """Fit a calibration of the question "is this text positive".

    What it says of itself (`record`) is cross-fitted: each row is measured with what was fitted on the other folds.
    The thresholds and the map themselves are fitted on all rows.

    Args:
        labels: `(n,)`, 1 for a positive text, else 0.
        logits: `(n, labels of the classifier)`, or their log probabilities; or `(n,)`, the log odds of a positive text.
        languages: `(n,)`, of `"zh"` and `"en"`, from `language_of`.
        label_names: The classifier's labels, by id; two without names if not given.
        positive_labels: Those that are positive; None for all but the first.
        method: `"temperature"`; `"isotonic"`; `"both"`, the temperature first; `"auto"`, the first of the
            three whose cross-fitted negative log-likelihood is within one standard error of the least.
        false_positive_rates: Rates to find thresholds for. A language with fewer negatives than 1/rate gets none at
            that rate: see `notes` in the record.
        seed: Of the folds.
        groups: `(n,)`, what must not be fitted and measured apart, such as copies of one text; None if nothing.

    Returns:
        The calibration; the same for the same arguments.

    Raises:
        ValueError: Shapes differ, a value is not finite, a label, language, method or rate is none of those allowed,
            a class has fewer than `FOLDS` rows, or all rows have the same score.
    """
    names = list(label_names)
    positives = list(positive_labels) if positive_labels is not None else names[1:]
    rates = tuple(sorted({float(rate) for rate in false_positive_rates}))
    _check_choices(method, rates)
    rows = _rows(labels, logits, languages, ScoreCalibration(names, positive_labels=positives), groups, seed)
    fits, losses = cross_fits(rows, method)
    chosen = simplest_of_the_best({name: held for name, held in losses.items() if name != "none"})
    found = fit_map(rows.labels, rows.logits, rows.positive, chosen)
    scores = found.scores(rows.logits, rows.positive)
    thresholds, notes = threshold_table(rows.labels, scores, rows.languages, rates)
    record: dict[str, Any] = {
        "method": chosen,
        "asked": method,
        "positive_labels": positives,
        "folds": FOLDS,
        "seed": seed,
        "negative_log_likelihood": {name: float(held.mean()) for name, held in losses.items()},
        "languages": measured(fits["none"], fits[chosen], thresholds),
        "notes": notes + _temperature_notes(found),
    }
    return Calibration(found.temperature, found.isotonic, thresholds or None, positives, record)


def cross_fits(rows: CalibrationRows, method: str) -> tuple[dict[str, CrossFit], dict[str, NDArray[np.float64]]]:
    """Cross-fit `none`, and the method or all that `auto` chooses from.

    Returns:
        The fits, and the negative log-likelihood of each row, `(n,)`, in nats, while it was held out.
    """
    fits = {name: cross_fit(rows, name) for name in ("none", *(FITS if method == "auto" else (method,)))}
    return fits, {name: log_losses(rows.labels, fit.held_out) for name, fit in fits.items()}


def _rows(
    labels: ArrayLike,
    logits: ArrayLike,
    languages: Sequence[str],
    classifier: ScoreCalibration,
    groups: Sequence[Hashable] | None,
    seed: int,
) -> CalibrationRows:
    """Check the rows and deal them into folds."""
    classifier.check()
    true, values = np.asarray(labels), two_columns(np.asarray(logits, dtype=np.float64))
    _check_rows(true, values, languages, classifier.labels)
    if groups is not None and len(groups) != len(true):
        raise ValueError(f"{len(true)} labels but {len(groups)} groups: one for each label is needed")
    true = true.astype(np.int64)
    if np.ptp(positive_log_odds(values, classifier.positive)) == 0:
        raise ValueError(f"all {len(true)} rows have the same score: there is nothing to calibrate")
    return CalibrationRows(true, values, classifier.positive, np.asarray(languages), choose_folds(true, groups, seed))


def two_columns(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring log odds `(n,)` to two logits a row; leave `(n, labels)` as it is."""
    return np.stack([np.zeros_like(logits), logits], axis=1) if logits.ndim == 1 else logits


def _check_choices(method: str, rates: tuple[float, ...]) -> None:
    if method not in METHODS:
        raise ValueError(f"the method is {method!r}; allowed are {', '.join(METHODS)}")
    wrong = [rate for rate in rates if not 0 < rate < 1]
    if wrong or not rates:
        raise ValueError(
            f"the false-positive rates are {[rate_key(rate) for rate in rates]}; at least one is needed, each between "
            "0 and 1, such as 0.01"
        )


def _check_rows(
    labels: NDArray[Any], logits: NDArray[np.float64], languages: Sequence[str], names: Sequence[str]
) -> None:
    if labels.ndim != 1 or logits.shape != (len(labels), len(names)) or len(languages) != len(labels):
        raise ValueError(
            f"labels have the shape {labels.shape}, logits {logits.shape} and there are {len(languages)} languages; "
            f"needed are (n,), (n, {len(names)}) and n"
        )
    wrong = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if len(wrong):
        raise ValueError(f"{len(wrong)} of {len(labels)} rows have logits that are not finite, first row {wrong[0]}")
    other = sorted({str(label) for label in labels.tolist() if label not in (0, 1)})
    if other:
        raise ValueError(f"labels hold {', '.join(other[:5])}; allowed are 1 for a positive text and 0")
    unknown = sorted(set(languages) - set(LANGUAGES))
    if unknown:
        raise ValueError(f"languages hold {', '.join(unknown[:5])}; allowed are {', '.join(LANGUAGES)}")
    positives, negatives = int((labels == 1).sum()), int((labels == 0).sum())
    if min(positives, negatives) < FOLDS:
        raise ValueError(
            f"there are {positives} positive and {negatives} other rows; at least {FOLDS} of each are needed, and "
            "hundreds to be of use"
        )


def _temperature_notes(found: ScoreMap) -> list[str]:
    if not at_its_bound(found.temperature):
        return []
    why = "the scores separate the classes" if found.temperature < 1 else "the scores do not rank the classes"
    return [f"the temperature {found.temperature:g} is at its bound ({LOWEST:g} to {HIGHEST:g}): {why}"]


__all__ = ["METHODS", "RATES", "calibrate", "cross_fits", "two_columns"]
