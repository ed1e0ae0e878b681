"""Bias per group: hand values, and plain counting, scikit-learn and fairlearn on random rows."""

import json
from typing import Any

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from decloak.evaluation.metrics import group_metrics
from decloak.evaluation.metrics.group_bias.groups import power_mean

ROW = st.tuples(
    st.integers(0, 1),
    st.integers(0, 1),
    st.integers(0, 4).map(lambda k: k / 4),
    st.lists(st.sampled_from("abc"), max_size=3),
)


def area(labels: np.ndarray, scores: np.ndarray) -> float | None:
    return float(roc_auc_score(labels, scores)) if len(set(labels.tolist())) == 2 else None


@given(st.lists(ROW, min_size=1, max_size=40), st.integers(1, 5))
@settings(max_examples=60)
def test_equals_counting_row_by_row(rows: list[Any], minimum: int) -> None:
    labels, predictions, scores = (np.array([row[k] for row in rows]) for k in range(3))
    groups = [row[3] for row in rows]
    got = json.loads(json.dumps(group_metrics(labels, predictions, scores, groups, minimum), allow_nan=False))
    assert got["overall"]["without_group"] == sum(not names for names in groups)
    assert got["overall"]["auroc"] == pytest.approx(area(labels, scores))
    assert list(got["groups"]) == sorted({name for names in groups for name in names})
    for name, group in got["groups"].items():
        inside = np.array([name in names for names in groups])
        assert (group["n"], group["positives"]) == (inside.sum(), labels[inside].sum())
        assert group["too_small"] == (inside.sum() < minimum) == (name in got["too_small"])
        if group["too_small"]:
            assert {group[key] for key in group if key not in ("n", "positives", "too_small")} == {None}
            continue
        for measure, kind in (("fpr", 0), ("fnr", 1)):
            errors = predictions[inside & (labels == kind)] != kind
            assert group[measure] == (pytest.approx(errors.mean()) if len(errors) else None)
            if group[measure] is not None:
                low, high = group[f"{measure}_interval"]
                assert low <= group[measure] <= high
                assert group[f"{measure}_gap"] == pytest.approx(group[measure] - got["overall"][measure])
        negative, positive = labels == 0, labels == 1
        for measure, kept in (
            ("subgroup_auc", inside),
            ("bpsn_auc", (~inside & positive) | (inside & negative)),
            ("bnsp_auc", (~inside & negative) | (inside & positive)),
        ):
            assert group[measure] == pytest.approx(area(labels[kept], scores[kept])), measure


def test_differences_are_those_of_fairlearn() -> None:
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 2, (2, 500))
    names = rng.choice(["a", "b", "c", "d"], 500)
    got = group_metrics(labels, predictions, None, [[name] for name in names])
    frame = MetricFrame(
        metrics={"fpr": false_positive_rate, "fnr": false_negative_rate},
        y_true=labels,
        y_pred=predictions,
        sensitive_features=names,
    )
    for name in ("fpr", "fnr"):
        assert got[f"{name}_difference"] == pytest.approx(frame.difference()[name])
        assert got["overall"][name] == pytest.approx(frame.overall[name])
        assert got["worst"][name] == frame.by_group[name].idxmax()
    assert got["power_means"] == {"subgroup_auc": None, "bpsn_auc": None, "bnsp_auc": None}


def test_a_group_whose_name_alone_scores_high_has_a_low_bpsn() -> None:
    # Harmless texts about "x" (0.8) score above hateful texts about others (0.6), though each part ranks well.
    labels = [0, 0, 1, 1, 0, 0]
    scores = [0.8, 0.8, 0.9, 0.6, 0.1, 0.2]
    got = group_metrics(labels, [1, 1, 1, 1, 0, 0], scores, [["x"], ["x"], ["x"], ["y"], ["y"], []], minimum=1)
    assert got["groups"]["x"]["bpsn_auc"] == 0
    assert got["groups"]["x"]["subgroup_auc"] == got["groups"]["x"]["bnsp_auc"] == 1
    assert got["worst"]["bpsn_auc"] == "x"
    assert got["groups"]["x"]["fpr"] == 1 and got["groups"]["x"]["fpr_gap"] == 0.5
    assert got["power_means"]["bpsn_auc"] == 0


def test_hate_alone_has_no_false_positive_rate() -> None:
    got = group_metrics([1, 1, 0], [1, 0, 0], [0.9, 0.2, 0.3], [["x"], ["x"], []], minimum=1)
    group = got["groups"]["x"]
    assert (group["fpr"], group["fpr_gap"], group["fpr_interval"], group["subgroup_auc"]) == (None, None, None, None)
    assert group["fnr"] == 0.5
    assert got["worst"]["fpr"] is None and got["fnr_difference"] is None


def test_a_name_given_twice_counts_once() -> None:
    assert group_metrics([1, 0], [1, 0], None, [["x", "x"], ["y", "x"]], 1)["groups"]["x"]["n"] == 2


def test_no_row_names_a_group() -> None:
    got = group_metrics([1, 0], [1, 0], [0.9, 0.1], [[], []])
    assert got["groups"] == {} and got["overall"]["without_group"] == 2 and got["worst"]["fpr"] is None


def test_power_mean_by_hand() -> None:
    assert power_mean([0.5, 1]) == pytest.approx(((0.5**-5 + 1) / 2) ** (-1 / 5))
    assert power_mean([0.0, 1]) == 0
    assert power_mean([]) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], [], []), "0 rows"),
        (([0, 1], [0, 1], None, [["a"]]), "2 labels but 1 groups"),
        (([0, 1], [0, 1], None, [["a"], "women"]), r"groups of row 1 are the string 'women'.*\['women'\]"),
        (([0, 1], [0, 1], None, [["a"], None]), "groups of row 1 are None; give a list"),
        (([0, 1], [0, 1], None, [["a"], ["b", 3]]), "groups of row 1 hold 3"),
        (([0, 1], [0, 1], [0.1, float("nan")], [[], []]), "not finite: 1 of 2 rows, the first at index 1"),
        (([0, 1], [0, 2], None, [[], []]), r"predictions hold \[2\]"),
        (([0, 1], [0, 1], None, [[], []], 0), "minimum is 0"),
    ],
)
def test_input_that_does_not_fit(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        group_metrics(*arguments)
