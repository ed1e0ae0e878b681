"""Measures of bias: how errors and ranking differ between the groups that texts mention."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checked_inputs import checked_classes, checked_scores, same_length, some_rows
from .named_groups import NamedGroups
from .proportions import share, wilson_interval
from .score_curves import Floats, auroc, score_order

AUC_NAMES = ("subgroup_auc", "bpsn_auc", "bnsp_auc")
_RATES = ("fpr", "fnr")
_NOTHING = dict.fromkeys(("fpr", "fnr", "fpr_gap", "fnr_gap", "fpr_interval", "fnr_interval", *AUC_NAMES))
# Of the generalised mean over groups: low values weigh most (Borkan et al. use it in their competition).
_POWER = -5


def group_metrics(
    labels: ArrayLike,
    predictions: ArrayLike,
    scores: ArrayLike | None,
    groups: Sequence[Sequence[str]],
    minimum: int = 10,
) -> dict[str, Any]:
    """Measure each group that texts mention against all rows.

    Rates are fairlearn's. The three AUCs are those of Borkan, Dixon, Sorensen, Thain and Vasserman 2019, "Nuanced
    Metrics for Measuring Unintended Bias with Real Data for Text Classification" (doi:10.1145/3308560.3317593):
    subgroup AUC ranks the group's own rows; BPSN (background positive, subgroup negative) is low where harmless texts
    that mention the group score above hateful ones that do not, which are false alarms about the group; BNSP is low
    where hate against the group is missed. The background is every row that does not name the group.

    Args:
        labels: True classes, `(n,)`, 0 or 1.
        predictions: Predicted classes, `(n,)`, 0 or 1.
        scores: Of class 1, `(n,)`; None leaves the AUCs out.
        groups: For each row the names of the groups that it mentions, none or several.
        minimum: Rows that a group needs to be measured.

    Returns:
        `groups`: by name `n`, `positives`, `too_small`, `fpr` and `fnr` with their 95 % Wilson intervals
        `fpr_interval` and `fnr_interval`, `fpr_gap` and `fnr_gap` (the group's rate less that of all rows),
        `subgroup_auc`, `bpsn_auc` and `bnsp_auc`; all None for a group that is too small, and single ones where they
        are undefined.
        `overall`: `n`, `positives`, `fpr`, `fnr`, `auroc` and `without_group`, the rows that name none.
        `fpr_difference` and `fnr_difference`: the largest less the smallest rate of the groups, None for fewer than
        two.
        `power_means`: of the three AUCs, with the power -5, over the groups where they are defined.
        `worst`: for each rate the group where it is highest, for each AUC where it is lowest.
        `too_small`: the names of groups of fewer than `minimum` rows.

    Raises:
        ValueError: No rows, lengths that differ, labels or predictions other than 0 and 1, scores that are not
            finite, a row whose groups are no list of strings, or a `minimum` below 1.
        ImportError: fairlearn is not installed.
    """
    if minimum < 1:
        raise ValueError(f"minimum is {minimum}; a group has at least 1 row")
    true = checked_classes("labels", labels)
    predicted = checked_classes("predictions", predictions)
    same_length(len(true), predictions=predicted)
    some_rows(len(true))
    values = None if scores is None else checked_scores("scores", scores, len(true))
    named = NamedGroups(groups, len(true))
    sizes = np.bincount(named.members, minlength=len(named.names))
    measured = np.flatnonzero(sizes >= minimum)
    overall = _overall(true, predicted, values, named)
    rates = _rates(true, predicted, named, measured)
    aucs = _aucs(true, values, named, measured)
    found = {
        name: {"n": int(sizes[k]), "positives": int(true[named.of(k)].sum()), "too_small": bool(sizes[k] < minimum)}
        | _NOTHING
        | _group(true, predicted, named.of(k), rates.get(k), overall)
        | aucs.get(k, {})
        for k, name in enumerate(named.names)
    }
    return {"groups": found, "overall": overall, **_summary(found)}


def _overall(
    true: NDArray[np.int64], predicted: NDArray[np.int64], values: Floats | None, named: NamedGroups
) -> dict[str, Any]:
    positives = int(true.sum())
    area = None
    if values is not None and 0 < positives < len(true):
        everything = _Ranked(true, values)
        area = everything.area(everything.positives, everything.negatives)
    return {
        "n": len(true),
        "positives": positives,
        "fpr": share(int(((true == 0) & (predicted == 1)).sum()), len(true) - positives),
        "fnr": share(int(((true == 1) & (predicted == 0)).sum()), positives),
        "auroc": area,
        "without_group": len(true) - len(np.unique(named.rows)),
    }


def _rates(
    true: NDArray[np.int64], predicted: NDArray[np.int64], named: NamedGroups, measured: NDArray[np.int64]
) -> dict[int, dict[str, float]]:
    """Let fairlearn compute the rates of groups; a row counts in each group that it names."""
    if not len(measured):
        return {}
    try:
        from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate
    except ImportError as error:
        raise ImportError(
            f"measuring groups needs fairlearn ({error}). It is part of decloak[evaluate]; alone: pip install fairlearn"
        ) from error
    mentions = np.isin(named.members, measured)
    rows = named.rows[mentions]
    frame = MetricFrame(
        metrics={"fpr": false_positive_rate, "fnr": false_negative_rate},
        y_true=true[rows],
        y_pred=predicted[rows],
        sensitive_features=named.members[mentions].tolist(),  # fairlearn squeezes an array of one row away
    )
    return {int(k): rates for k, rates in frame.by_group.to_dict("index").items()}


def _group(
    true: NDArray[np.int64],
    predicted: NDArray[np.int64],
    rows: NDArray[np.int64],
    rates: dict[str, float] | None,
    overall: dict[str, Any],
) -> dict[str, Any]:
    """Describe the rates of a group; fairlearn says 0 where there is nothing to err on, and this None."""
    if rates is None:
        return {}
    found: dict[str, Any] = {}
    for name, kind in zip(_RATES, (0, 1), strict=True):
        errors, n = predicted[rows][true[rows] == kind] != kind, int((true[rows] == kind).sum())
        rate = float(rates[name]) if n else None
        found[name] = rate
        found[f"{name}_gap"] = None if rate is None or overall[name] is None else rate - overall[name]
        found[f"{name}_interval"] = wilson_interval(int(errors.sum()), n)
    return found


def _aucs(
    true: NDArray[np.int64], values: Floats | None, named: NamedGroups, measured: NDArray[np.int64]
) -> dict[int, dict[str, float | None]]:
    if values is None or not len(measured):
        return {}
    ranked = _Ranked(true, values)
    return {int(k): ranked.aucs(named.of(k)) for k in measured}


class _Ranked:
    """All rows by rank of their score, so that the area of any part of them needs no further sort."""

    def __init__(self, true: NDArray[np.int64], values: Floats) -> None:
        order = score_order(values)
        self._ranks = np.empty(len(true), dtype=np.int64)
        self._ranks[order.rows] = np.repeat(np.arange(len(order.ends)), np.diff(order.ends, prepend=-1))
        self._true = true
        self.positives, self.negatives = self._counts(np.arange(len(true)))

    def aucs(self, rows: NDArray[np.int64]) -> dict[str, float | None]:
        positives, negatives = self._counts(rows)
        return {
            "subgroup_auc": self.area(positives, negatives),
            "bpsn_auc": self.area(self.positives - positives, negatives),
            "bnsp_auc": self.area(positives, self.negatives - negatives),
        }

    def area(self, positives: Floats, negatives: Floats) -> float | None:
        found = auroc(np.cumsum(positives), np.cumsum(negatives))
        return None if np.isnan(found) else float(found)

    def _counts(self, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Count positives and negatives at each rank."""
        highest = int(self._ranks.max()) + 1
        ranks, true = self._ranks[rows], self._true[rows]
        positives, negatives = (np.bincount(ranks[true == k], minlength=highest).astype(np.float64) for k in (1, 0))
        return positives, negatives


def _summary(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    worst: dict[str, str | None] = {}
    spread: dict[str, float | None] = {}
    means: dict[str, float | None] = {}
    for measure in (*_RATES, *AUC_NAMES):
        values = {name: group[measure] for name, group in found.items() if group[measure] is not None}
        if measure in _RATES:
            worst[measure] = max(values, key=values.__getitem__, default=None)
            spread[f"{measure}_difference"] = max(values.values()) - min(values.values()) if len(values) > 1 else None
        else:
            worst[measure] = min(values, key=values.__getitem__, default=None)
            means[measure] = power_mean(list(values.values()))
    too_small = [name for name, group in found.items() if group["too_small"]]
    return {**spread, "power_means": means, "worst": worst, "too_small": too_small}


def power_mean(values: Sequence[float], power: float = _POWER) -> float | None:
    """Return the generalised mean `(mean of value ** power) ** (1 / power)`; None of nothing.

    Args:
        values: Not negative.
        power: Not 0; the lower, the nearer is the mean to the lowest value. A value of 0 makes that of a negative
            power 0.
    """
    if not len(values):
        return None
    if power < 0 and min(values) == 0:
        return 0.0
    return float(np.mean(np.asarray(values, dtype=np.float64) ** power) ** (1 / power))
