"""The parts of a report that are computed from scored rows."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from decloak.evaluation.metrics import (
    MEASURES,
    bootstrap_intervals,
    calibration_metrics,
    classification_metrics,
    functionality_metrics,
    group_metrics,
    ranking_metrics,
    roc_curve_points,
)
from decloak.evaluation.scored_rows import ScoredRows
from decloak.modeling.calibration_mmbert import language_of

_WORST = 50
_SPLIT = re.compile(r"[|,;/]")
_NO_GROUP = {"", "none", "nan", "null", "no target", "other"}


@dataclass(frozen=True)
class MeasureSettings:
    """How numbers are made.

    Attributes:
        false_positive_rates: at which recall is reported.
        resamples: of the bootstrap; 0 leaves intervals out.
        level: share of the resamples inside of an interval.
        seed: of everything random.
        texts: put texts into the report; without, rows are named by number, id and hash.
    """

    false_positive_rates: tuple[float, ...] = (0.01, 0.05)
    resamples: int = 1000
    level: float = 0.95
    seed: int = 0
    texts: bool = False


def measures(scored: ScoredRows, labels: Sequence[str], settings: MeasureSettings) -> dict[str, Any]:
    """Compute the headline measures, undefined ones None.

    Returns:
        The keys of `classification_metrics`; for two classes also those of `ranking_metrics` and
        `calibration_metrics`, `roc`; and `intervals` with `macro_f1_interval`.
    """
    found = classification_metrics(scored.true, scored.predicted, scored.scores, len(labels))
    found |= dict.fromkeys(("average_precision", "ece", "adaptive_ece", "brier", "roc"))
    found |= {"recall_at_fpr": {}, "reliability": []}
    if len(labels) == 2 and len(scored.rows):
        ranking = ranking_metrics(scored.true, scored.positive, settings.false_positive_rates)
        found |= ranking | calibration_metrics(scored.true, scored.positive)
        if ranking["auroc"] is not None:
            found["roc"] = roc_curve_points(scored.true, scored.positive)
    intervals = _intervals(scored, len(labels), settings)
    return {**found, "intervals": intervals, "macro_f1_interval": intervals.get("macro_f1")}


def _intervals(scored: ScoredRows, num_labels: int, settings: MeasureSettings) -> dict[str, Any]:
    if not settings.resamples or not len(scored.rows):
        return {}
    wanted = [name for name in MEASURES if not name.startswith("recall_at_fpr")]
    wanted += [f"recall_at_fpr_{rate:g}" for rate in settings.false_positive_rates]
    intervals = bootstrap_intervals(
        scored.true,
        scored.predicted,
        scored.positive if num_labels == 2 else scored.scores,
        clusters=clusters_of(scored),
        measures=wanted,
        resamples=settings.resamples,
        level=settings.level,
        seed=settings.seed,
        num_labels=num_labels,
    )
    return {name: None if ends is None else list(ends) for name, ends in intervals.items()}


def clusters_of(scored: ScoredRows) -> list[str] | None:
    """Return what is drawn together: the column `group`, a row without one being its own; None without the column."""
    groups = [row.values.get("group") for row in scored.rows]
    if all(group in (None, "") for group in groups):
        return None
    return [
        f"row {row.number}" if group in (None, "") else str(group)
        for row, group in zip(scored.rows, groups, strict=True)
    ]


def language_section(scored: ScoredRows, labels: Sequence[str], settings: MeasureSettings) -> dict[str, dict[str, Any]]:
    """Measure each language on its own, where there are several; the column `language` counts before the script."""
    languages = np.array([language_of_row(row.values.get("language"), row.text) for row in scored.rows])
    names = sorted(set(languages.tolist()))
    if len(names) < 2:
        return {}
    without = MeasureSettings(settings.false_positive_rates, 0, settings.level, settings.seed)
    wanted = ("n", "macro_f1", "mcc", "auroc", "ece", "recall_at_fpr")
    found = {}
    for name in names:
        all_measures = measures(scored.part(np.flatnonzero(languages == name)), labels, without)
        found[name] = {key: all_measures[key] for key in wanted}
    return found


def language_of_row(column: object, text: str) -> str:
    """Return the language that the data says, else what the script says."""
    return str(column) if column not in (None, "") else language_of(text)


def functionality_section(scored: ScoredRows) -> dict[str, Any] | None:
    """Measure each functionality (HateCheck), where rows name one."""
    named = [place for place, row in enumerate(scored.rows) if row.values.get("functionality") not in (None, "")]
    if not named:
        return None
    part = scored.part(named)
    names = [str(row.values["functionality"]) for row in part.rows]
    return functionality_metrics(part.true, part.predicted, names)


def group_section(scored: ScoredRows, groups: Sequence[Sequence[str]]) -> dict[str, Any] | None:
    """Measure each group that rows name, where there are any."""
    if not any(groups):
        return None
    return group_metrics(scored.true, scored.predicted, scored.positive, groups)


def named_groups(target: object) -> list[str]:
    """Split a cell of the column `target` into the groups that it names.

    Data sets write one name, several joined by a sign (`race|gender`), or a list as Python or JSON prints it.
    """
    parts = _SPLIT.split(re.sub(r"[\[\]'\"]", "", "" if target is None else str(target)))
    names = (part.strip().casefold() for part in parts)
    return list(dict.fromkeys(name for name in names if name not in _NO_GROUP))


def worst_errors(scored: ScoredRows, labels: Sequence[str], texts: bool) -> list[dict[str, Any]]:
    """List the most confident mistakes."""
    wrong = np.flatnonzero(scored.predicted != scored.true)
    confidence = scored.scores[wrong, scored.predicted[wrong]]
    worst = wrong[np.argsort(-confidence, kind="stable")[:_WORST]]
    return [
        {
            **row_name(scored, place, texts),
            "true": labels[scored.true[place]],
            "predicted": labels[scored.predicted[place]],
            "score": float(scored.scores[place, scored.predicted[place]]),
        }
        for place in worst.tolist()
    ]


def row_name(scored: ScoredRows, place: int, texts: bool) -> dict[str, Any]:
    """Say which row it is: number, id and hash of the text, and the text itself only if wanted."""
    row = scored.rows[place]
    given = row.values.get("id")
    return {
        "row": row.number,
        "id": None if given is None else str(given),
        "sha256": text_hash(row.text),
        "text": row.text if texts else None,
    }


def text_hash(text: str) -> str:
    """Return the first 16 characters of the SHA-256 of a text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def languages_of(scored: ScoredRows) -> dict[str, int]:
    """Count rows by language, the most frequent first."""
    counts = Counter(language_of_row(row.values.get("language"), row.text) for row in scored.rows)
    return dict(counts.most_common())


__all__ = [
    "MeasureSettings",
    "clusters_of",
    "functionality_section",
    "group_section",
    "language_section",
    "languages_of",
    "measures",
    "named_groups",
    "row_name",
    "text_hash",
    "worst_errors",
]
