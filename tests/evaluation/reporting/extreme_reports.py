"""Reports at the edges: empty ones, of one class, of several data sets, and ones that want to break the page."""

from random import Random
from typing import Any

from decloak.evaluation.reporting.report_schema import SCHEMA
from tests.evaluation.reporting.fake_report import HOSTILE, around, baseline, full_report, worst_errors


def hostile_report() -> dict[str, Any]:
    """A report in which every text of a user's file attacks the page."""
    report = full_report(data=HOSTILE, model=HOSTILE)
    report["labels"] = ["<b>no</b>", HOSTILE]
    report["dataset"] |= {"file": HOSTILE, "languages": {HOSTILE: 1}}
    report["error_rows"] = [{"row": 1, "reason": HOSTILE}]
    report["languages"] = {HOSTILE: report["languages"]["zh"], "en": report["languages"]["en"]}
    report["groups"]["groups"] = {HOSTILE: report["groups"]["groups"]["women"]}
    report["functionality"]["functionalities"] = {HOSTILE: {"label": 1, "n": 5, "correct": 2, "accuracy": 0.4}}
    report["robustness"]["attacks"] = [one | {"attack": HOSTILE} for one in report["robustness"]["attacks"][:4]]
    report["worst_errors"] = [one | {"id": HOSTILE, "text": HOSTILE} for one in report["worst_errors"][:2]]
    report["baselines"] = [baseline(HOSTILE, 0.5)]
    report["notes"] = [HOSTILE]
    report["settings"]["command"] = HOSTILE
    report["duplicate_ids"] = [{"id": HOSTILE, "rows": [1, 2]}]
    return report


def empty_report() -> dict[str, Any]:
    """A report on no rows: every key is there, none says anything."""
    full = full_report()
    nothing = {key: None for key in full}
    kept = {key: full[key] for key in ("schema", "kind", "created", "model", "data", "labels", "settings", "versions")}
    return {
        **nothing,
        **kept,
        "n": 0,
        "errors": 2,
        "error_rows": [],
        "error_examples": ["all labels are empty"],
        "confusion": [[0, 0], [0, 0]],
        "roc": {"fpr": [], "tpr": [], "threshold": []},
        "recall_at_fpr": {"0.01": {"recall": None, "threshold": None, "fpr": None, "negatives": 0}},
        "reliability": [],
        "notes": [],
    }


def one_class_report() -> dict[str, Any]:
    """A report on harmless texts only: recall and ranking are undefined."""
    return full_report() | {
        "confusion": [[90, 10], [0, 0]],
        "n": 100,
        "mcc": None,
        "auroc": None,
        "average_precision": None,
        "roc": None,
        "recall_at_fpr": {
            "0.01": {"recall": None, "threshold": 0.9, "fpr": 0.0, "negatives": 100, "enough_negatives": True}
        },
        "intervals": {"macro_f1": [0.4, 0.5], "mcc": None, "auroc": None},
        "baselines": [],
        "errors": 0,
        "error_rows": [],
        "duplicate_ids": [],
        "worst_errors": worst_errors(Random(1), 3, texts=False),
    }


def cross_report(number: int = 3) -> dict[str, Any]:
    names = ["first", "第二", "third <b>", "fourth", "fifth"]
    reports = [
        one_class_report()
        | {"data": names[index % 5], "macro_f1": 0.6 + index / 20, "intervals": {"macro_f1": around(0.6 + index / 20)}}
        | dict.fromkeys(("robustness", "groups", "functionality"))
        for index in range(number)
    ]
    return {"schema": SCHEMA, "kind": "cross-dataset", "model": "a/model", "reports": reports, "notes": ["All sets."]}
