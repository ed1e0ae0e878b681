"""Measures of robustness: what an attack on texts does to a classifier."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checked_inputs import checked_classes, checked_flags, checked_scores, same_length, some_rows
from .proportions import share, wilson_interval
from .score_curves import Floats, auroc, counts_above, score_order

_Classes = NDArray[np.int64]


def robustness_metrics(
    labels: ArrayLike,
    predictions: ArrayLike,
    attacked_predictions: ArrayLike,
    scores: ArrayLike | None = None,
    attacked_scores: ArrayLike | None = None,
    changed: ArrayLike | None = None,
) -> dict[str, Any]:
    """Compare answers to texts with answers to the same texts under attack.

    Many attacks leave a part of the texts as they are (no word that they know). Over all rows these dilute every
    drop, so that a weak attack makes a robust classifier: `changed_rows` measures the attacked texts alone.

    Args:
        labels: True classes, `(n,)`, 0 or 1; the attack does not change them.
        predictions: Predicted classes of the texts, `(n,)`.
        attacked_predictions: Predicted classes of the attacked texts, `(n,)`.
        scores: Scores of class 1 of the texts, `(n,)`, for the drop of AUROC.
        attacked_scores: Scores of class 1 of the attacked texts.
        changed: `(n,)`, whether the attack changed the text; None: it changed all.

    Returns:
        `n` and `changed` (rows);
        `macro_f1`, `attacked_macro_f1`, `absolute_drop` (the first less the second) and `relative_drop` (the same as
        a share of the first, None where that is 0);
        `attack_success_rate`: of the changed rows that were right before, the share that is wrong after, with its
        95 % Wilson interval `attack_success_interval`; `evasion_rate` the same among positives, hate that gets
        through; `false_alarm_rate` among negatives; None where no row could be flipped;
        `auroc`, `attacked_auroc` and `auroc_drop`, None without both scores or with one class only;
        `changed_rows`: the same over the changed rows only, None if there are none;
        `unstable`: unchanged rows whose prediction differs all the same, which should be 0.

    Raises:
        ValueError: No rows, lengths that differ, values other than 0 and 1, scores that are not finite, or one of
            the two scores without the other.
    """
    if (scores is None) != (attacked_scores is None):
        given = "attacked_scores" if scores is None else "scores"
        raise ValueError(f"{given} alone cannot show a drop; give both scores and attacked_scores, or neither")
    true = checked_classes("labels", labels)
    n = len(true)
    before = checked_classes("predictions", predictions)
    after = checked_classes("attacked_predictions", attacked_predictions)
    same_length(n, predictions=before, attacked_predictions=after)
    some_rows(n)
    ranks = None
    if scores is not None and attacked_scores is not None:
        ranks = checked_scores("scores", scores, n), checked_scores("attacked_scores", attacked_scores, n)
    touched = np.ones(n, dtype=np.bool_) if changed is None else checked_flags("changed", changed, n)
    inside = None if ranks is None else (ranks[0][touched], ranks[1][touched])
    part = touched[touched]
    return {
        **_measures(true, before, after, ranks, touched),
        "changed_rows": _measures(true[touched], before[touched], after[touched], inside, part) if len(part) else None,
        "unstable": int((before != after)[~touched].sum()),
    }


def _measures(
    true: _Classes,
    before: _Classes,
    after: _Classes,
    ranks: tuple[Floats, Floats] | None,
    touched: NDArray[np.bool_],
) -> dict[str, Any]:
    from sklearn.metrics import f1_score

    first, second = (float(f1_score(true, answers, average="macro")) for answers in (before, after))
    could = touched & (before == true)
    flipped = could & (after != true)
    return {
        "n": len(true),
        "changed": int(touched.sum()),
        "macro_f1": first,
        "attacked_macro_f1": second,
        "absolute_drop": first - second,
        "relative_drop": (first - second) / first if first else None,
        "attack_success_rate": share(int(flipped.sum()), int(could.sum())),
        "attack_success_interval": wilson_interval(int(flipped.sum()), int(could.sum())),
        "evasion_rate": share(int(flipped[true == 1].sum()), int(could[true == 1].sum())),
        "false_alarm_rate": share(int(flipped[true == 0].sum()), int(could[true == 0].sum())),
        **_ranking(true, ranks),
    }


def _ranking(true: _Classes, ranks: tuple[Floats, Floats] | None) -> dict[str, float | None]:
    if ranks is None or len(np.unique(true)) < 2:
        return {"auroc": None, "attacked_auroc": None, "auroc_drop": None}
    first, second = (float(auroc(*counts_above(true, score_order(values)))) for values in ranks)
    return {"auroc": first, "attacked_auroc": second, "auroc_drop": first - second}
