"""What the metrics give is what the page shows: their keys and the page's do not drift apart."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from decloak.evaluation.metrics import (
    bootstrap_intervals,
    calibration_metrics,
    classification_metrics,
    functionality_metrics,
    group_metrics,
    mcnemar,
    paired_bootstrap,
    ranking_metrics,
    robustness_metrics,
    roc_curve_points,
)
from decloak.evaluation.reporting.html_report import write_html
from tests.evaluation.reporting.page_reader import read_page

ROWS = 300


def measured() -> dict[str, Any]:
    """A report of random answers, as the metrics make it."""
    random = Random(0)
    labels = [int(random.random() < 0.4) for _ in range(ROWS)]
    scores = [min(max(random.gauss(0.35 + 0.3 * label, 0.2), 0.0), 1.0) for label in labels]
    predictions, attacked = [int(score > 0.5) for score in scores], [int(score > 0.65) for score in scores]
    groups = [["one"] if row % 3 else ["two", "one"] for row in range(ROWS)]
    other = [1 - label if row % 3 == 0 else label for row, label in enumerate(labels)]
    pair = (labels, predictions, other)
    robustness = robustness_metrics(labels, predictions, attacked, scores, scores)
    return {
        "kind": "evaluation",
        "model": "random",
        "data": "random rows",
        "labels": ["not_hateful", "hateful"],
        **classification_metrics(labels, predictions, scores),
        **ranking_metrics(labels, scores),
        **calibration_metrics(labels, scores),
        "roc": roc_curve_points(labels, scores),
        "intervals": bootstrap_intervals(labels, predictions, scores, resamples=50),
        "groups": group_metrics(labels, predictions, scores, groups),
        "functionality": functionality_metrics(labels, predictions, ["a" if row % 2 else "b" for row in range(ROWS)]),
        "robustness": {
            "rows": ROWS,
            "attacks": [robustness | {"attack": "leet", "strength": 0.3}],
            "worst": robustness,
        },
        "baselines": [
            {
                "name": "other",
                "measures": classification_metrics(labels, other),
                "difference": {"macro_f1": paired_bootstrap(*pair, resamples=50)},
                "mcnemar": mcnemar(*pair),
            }
        ],
    }


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return json.loads(json.dumps(measured()))


def test_all_that_the_metrics_measure_is_on_the_page(report: dict[str, Any], tmp_path: Path) -> None:
    write_html(report, tmp_path / "report.html")
    page = read_page(tmp_path / "report.html")
    assert page.problems == []
    expected = {
        "measures": [report["macro_f1"], report["auroc"], report["recall_at_fpr"]["0.01"]["recall"]],
        "det": [one[key] for one in report["recall_at_fpr"].values() for key in ("recall", "fpr", "threshold")],
        "reliability": [one["count"] for one in report["reliability"]],
        "functionality": [one["accuracy"] for one in report["functionality"]["functionalities"].values()],
        "groups": [one[key] for one in report["groups"]["groups"].values() for key in ("fpr", "fnr", "bpsn_auc")],
        "robustness": [report["robustness"]["attacks"][0][key] for key in ("absolute_drop", "attack_success_rate")],
    }
    for section, values in expected.items():
        assert set(values) - {None} <= page.values(section), section
    assert report["baselines"][0]["difference"]["macro_f1"]["difference"] in page.values("measures")
    assert report["baselines"][0]["mcnemar"]["only_a_right"] in page.values("measures")
