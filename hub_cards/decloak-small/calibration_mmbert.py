"""Calibrated scores and thresholds: what a checkpoint's calibration does to a classifier's scores."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

HAN = re.compile("[\u4e00-\u9fff]")
LANGUAGES = ("zh", "en")
ALL_LANGUAGES = "*"
ISOTONIC_KEYS = ("scores", "probabilities")


def language_of(text: str) -> str:
    """Tell the language of a text: `"zh"` where it has a Han character, else `"en"`.

    Chinese that is written without any Han character (as pinyin, say) counts as English.
    """
    return "zh" if HAN.search(text) else "en"


@dataclass(frozen=True)
class ScoreCalibration:
    """The calibration of a classifier that gives each text one label.

    Its question is whether a text is positive (harmful): the positive score is the sum of the positive labels' scores.

    Attributes:
        labels: the classifier's labels, by id.
        temperature: divides the logits.
        isotonic: `scores` and `probabilities`, the knots of a monotone piecewise-linear map of the positive score
            after the temperature. The positive labels share the new score in proportion, and the others the rest.
        thresholds: by language (`"zh"`, `"en"`, `"*"` for all together), then by false-positive rate (`"0.01"`), the
            calibrated positive score from which on a text is positive.
        positive_labels: the labels that count as positive; `None` for all but label 0, the harmless one.
    """

    labels: Sequence[str]
    temperature: float = 1.0
    isotonic: Mapping[str, Any] | None = None
    thresholds: Mapping[str, Any] | None = None
    positive_labels: Sequence[str] | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is anything but the classifier's own scores."""
        return self.temperature != 1 or self.isotonic is not None or self.thresholds is not None

    @property
    def positive(self) -> np.ndarray:
        """Which labels are positive: (labels,), bool."""
        if self.positive_labels is None:
            return np.arange(len(self.labels)) > 0
        return np.array([label in self.positive_labels for label in self.labels])

    def check(self) -> None:
        """Refuse what cannot be a calibration.

        Raises:
            ValueError: The temperature is not above 0, a positive label is none of the labels or all are positive,
                knots are not monotone, a language is unknown, or a rate or threshold is outside 0 ... 1.
        """
        if not (_is_number(self.temperature) and self.temperature > 0):
            raise ValueError(f"temperature is {self.temperature}; it must be above 0.")
        self._check_positive_labels()
        if self.isotonic is not None:
            _check_isotonic(self.isotonic)
        if self.thresholds is not None:
            _check_thresholds(self.thresholds)

    def _check_positive_labels(self) -> None:
        if self.positive_labels is None:
            return
        known, given = list(self.labels), self.positive_labels
        listed = isinstance(given, (list, tuple))
        unknown = [name for name in given if name not in known] if listed else [given]
        if unknown or not given or set(given) == set(known):
            raise ValueError(
                f"positive_labels is {given!r}; allowed is a list of some, not all, of the labels {known}. A "
                "calibration holds for the labels that it was made for: for others set positive_labels, isotonic and "
                "thresholds to null and calibrate again."
            )

    def calibrated(self, scores: np.ndarray) -> np.ndarray:
        """Map scores (..., labels) that add up to 1, temperature applied, to calibrated ones of the same shape."""
        if self.isotonic is None:
            return scores
        before = self.positive_score(scores)[..., None]
        after = np.interp(before, self.isotonic["scores"], self.isotonic["probabilities"])
        positive = self.positive
        # Where a group has no score to share in proportion, its labels share evenly.
        shares = np.where(positive, _shares(scores, positive), _shares(scores, ~positive))
        return np.where(positive, after, 1 - after) * shares

    def positive_score(self, scores: np.ndarray) -> np.ndarray:
        """Add up the positive labels' scores: (..., labels) to (...)."""
        return scores[..., self.positive].sum(axis=-1)

    def threshold(self, language: str | None, false_positive_rate: float) -> float:
        """Find the threshold for a language at a false-positive rate, else that of all languages together.

        Args:
            language: from `language_of`; `None` where there is no text.
            false_positive_rate: one that the calibration was made for.

        Raises:
            ValueError: There is none for this language and rate, nor for all languages.
        """
        for rate, threshold in self.thresholds_of(language).items():
            if math.isclose(rate, false_positive_rate):
                return threshold
        raise ValueError(
            f"There is no threshold for texts of the language {language!r} at false_positive_rate="
            f"{false_positive_rate}; {self._what_there_is()}."
        )

    def thresholds_of(self, language: str | None) -> dict[float, float]:
        """List the thresholds for a language by false-positive rate, with those of all languages where it has none."""
        table = self.thresholds or {}
        chosen = {**table.get(ALL_LANGUAGES, {}), **table.get(language or "", {})}
        return {float(rate): float(threshold) for rate, threshold in sorted(chosen.items())}

    def check_rate(self, false_positive_rate: Any) -> None:
        """Refuse a false-positive rate that no language has a threshold for.

        Raises:
            ValueError: It is no number between 0 and 1, or there is no threshold at it.
        """
        if not _is_number(false_positive_rate) or not 0 < false_positive_rate < 1:
            raise ValueError(f"false_positive_rate={false_positive_rate!r}; allowed are numbers between 0 and 1.")
        rates = [float(rate) for table in (self.thresholds or {}).values() for rate in table]
        if not any(math.isclose(rate, false_positive_rate) for rate in rates):
            raise ValueError(
                f"There is no threshold at false_positive_rate={false_positive_rate}; {self._what_there_is()}."
            )

    def _what_there_is(self) -> str:
        if not self.thresholds:
            return "this model has none: make them with `decloak calibrate`"
        held = ", ".join(f"{name}: {sorted(rates, key=float)}" for name, rates in self.thresholds.items())
        return f"this model has (language: rates) {held}; others are made with `decloak calibrate`"

    def ranked(self, scores: np.ndarray, threshold: float | None = None) -> list[int]:
        """Order the labels by their calibrated scores (labels,), the answer first.

        With a threshold the answer is the likeliest positive label if the positive score reaches it, else the
        likeliest other label; the labels behind it keep the order of their scores.
        """
        order = [int(index) for index in np.argsort(-scores, kind="stable")]
        if threshold is None:
            return order
        is_positive = bool(self.positive_score(scores) >= threshold)
        first = next(index for index in order if self.positive[index] == is_positive)
        return [first, *(index for index in order if index != first)]


def _shares(scores: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return each label's share of its group's score: (..., labels); a column outside the group means nothing."""
    total = scores[..., group].sum(axis=-1, keepdims=True)
    return np.divide(scores, total, out=np.full(scores.shape, 1 / group.sum()), where=(total > 0) & group)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _check_isotonic(isotonic: Any) -> None:
    if not isinstance(isotonic, Mapping) or set(isotonic) != set(ISOTONIC_KEYS):
        given = sorted(map(str, isotonic)) if isinstance(isotonic, Mapping) else isotonic
        raise ValueError(f"isotonic has {given!r}; allowed are the keys {list(ISOTONIC_KEYS)}, each a list of numbers.")
    knots = [isotonic[name] for name in ISOTONIC_KEYS]
    listed = all(isinstance(values, (list, tuple)) and len(values) == len(knots[0]) > 1 for values in knots)
    if not listed or not all(_is_share(value) for values in knots for value in values):
        raise ValueError("isotonic needs scores and probabilities as lists of one length, 2 or more, from 0 to 1.")
    scores, probabilities = (np.diff(np.asarray(values, dtype=float)) for values in knots)
    if (scores <= 0).any() or (probabilities < 0).any():
        raise ValueError("The knots of isotonic are not monotone: scores must rise, and probabilities never fall.")


def _check_thresholds(thresholds: Any) -> None:
    allowed = [*LANGUAGES, ALL_LANGUAGES]
    if not isinstance(thresholds, Mapping) or not all(isinstance(rates, Mapping) for rates in thresholds.values()):
        raise ValueError(f"thresholds is {thresholds!r}; it must read language -> false-positive rate -> threshold.")
    unknown = [name for name in thresholds if name not in allowed]
    if unknown:
        raise ValueError(f"thresholds has the languages {unknown}; allowed are {allowed}, * being all together.")
    for language, rates in thresholds.items():
        for rate, threshold in rates.items():
            if not _is_rate(rate) or not _is_share(threshold):
                raise ValueError(
                    f"thresholds has {rate!r}: {threshold!r} for {language}; a false-positive rate is written as a "
                    'string between 0 and 1, such as "0.01", and a threshold is a number from 0 to 1.'
                )


def _is_rate(rate: Any) -> bool:
    try:
        return isinstance(rate, str) and 0 < float(rate) < 1
    except ValueError:
        return False


__all__ = ["ALL_LANGUAGES", "LANGUAGES", "ScoreCalibration", "language_of"]
