"""Robustness: hand values, plain counting and scikit-learn on random rows."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from decloak.evaluation.metrics import robustness_metrics

BIT = st.integers(0, 1)
ROW = st.tuples(BIT, BIT, BIT, st.booleans(), st.integers(0, 4), st.integers(0, 4))


def test_by_hand() -> None:
    labels = [1, 1, 1, 1, 0, 0, 0, 0]
    before = [1, 1, 1, 0, 0, 0, 0, 1]
    after = [0, 1, 0, 1, 1, 0, 1, 0]
    changed = [True, True, True, True, True, True, False, True]
    got = robustness_metrics(labels, before, after, changed=changed)
    # Right before and changed: rows 0, 1, 2 (positive) and 4, 5 (negative); wrong after: rows 0, 2 and 4.
    assert got["attack_success_rate"] == 3 / 5
    assert got["evasion_rate"] == pytest.approx(2 / 3)
    assert got["false_alarm_rate"] == 1 / 2
    assert (got["n"], got["changed"], got["unstable"]) == (8, 7, 1)
    assert got["macro_f1"] == 0.75 and got["attacked_macro_f1"] == 0.5
    assert got["absolute_drop"] == 0.25 and got["relative_drop"] == pytest.approx(1 / 3)
    assert (got["changed_rows"]["n"], got["changed_rows"]["changed"]) == (7, 7)
    assert got["changed_rows"]["attack_success_rate"] == 3 / 5
    assert got["auroc"] is None and got["auroc_drop"] is None


@given(st.lists(ROW, min_size=1, max_size=30))
def test_equals_counting_row_by_row(rows: list[Any]) -> None:
    labels, before, after, changed, scores, attacked = (np.array(column) for column in zip(*rows, strict=True))
    got = json.loads(json.dumps(robustness_metrics(labels, before, after, scores, attacked, changed), allow_nan=False))
    for kept, part in ((np.full(len(labels), True), got), (changed, got["changed_rows"])):
        if not kept.any():
            assert part is None
            continue
        could = kept & changed & (before == labels)
        for name, some in (
            ("attack_success_rate", could),
            ("evasion_rate", could & (labels == 1)),
            ("false_alarm_rate", could & (labels == 0)),
        ):
            assert part[name] == (pytest.approx((after != labels)[some].mean()) if some.any() else None)
        first = f1_score(labels[kept], before[kept], average="macro")
        assert part["macro_f1"] == pytest.approx(first)
        assert part["attacked_macro_f1"] == pytest.approx(f1_score(labels[kept], after[kept], average="macro"))
        assert (part["relative_drop"] is None) == (first == 0)
        if len(set(labels[kept].tolist())) == 2:
            assert part["attacked_auroc"] == pytest.approx(roc_auc_score(labels[kept], attacked[kept]))
        else:
            assert part["auroc"] is None
    assert got["unstable"] == (before != after)[~changed].sum()


def test_without_flags_all_rows_are_changed() -> None:
    got = robustness_metrics([1, 0], [1, 0], [0, 0], [0.9, 0.1], [0.1, 0.1])
    assert got["changed"] == 2
    assert got["changed_rows"] == {key: got[key] for key in got["changed_rows"]}
    assert (got["auroc"], got["attacked_auroc"], got["auroc_drop"]) == (1, 0.5, 0.5)


def test_an_attack_that_changes_nothing() -> None:
    got = robustness_metrics([1, 0], [1, 0], [1, 0], changed=[0, 0])
    assert got["changed_rows"] is None and got["attack_success_rate"] is None and got["absolute_drop"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], []), "0 rows"),
        (([0, 1], [0, 1], [0]), "2 labels but 1 attacked_predictions"),
        (([0, 1], [0, 1], [0, 1], [0.1, 0.2]), "scores alone cannot show a drop"),
        (([0, 1], [0, 1], [0, 1], None, [0.1, 0.2]), "attacked_scores alone"),
        (([0, 1], [0, 1], [0, 1], [0.1, 0.2], [0.1, float("nan")]), "attacked_scores are not finite: 1 of 2 rows"),
        (([0, 1], [0, 1], [0, 1], None, None, [True]), "2 labels but 1 changed"),
        (([0, 1], [0, 1], [0, 1], None, None, [0, 7]), r"changed hold \[7\]"),
    ],
)
def test_input_that_does_not_fit(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        robustness_metrics(*arguments)
