"""Two reports on the same rows, side by side: paired bootstrap and McNemar's test."""

from pathlib import Path
from typing import Any

import numpy as np

from decloak.evaluation.metrics import mcnemar, paired_bootstrap
from decloak.evaluation.predictions_file import read_predictions
from decloak.evaluation.reporting.report_schema import read_report

SCHEMA = "decloak.comparison/1"
CLASS_MEASURES = ("macro_f1", "mcc", "accuracy")
SCORE_MEASURES = ("auroc", "average_precision", "brier", "recall_at_fpr_0.01", "recall_at_fpr_0.05")
_SHOWN = ("macro_f1", "mcc", "accuracy", "auroc", "average_precision", "ece", "brier")
_NEEDED = ("kind", "model", "data", "labels", "n", "predictions")
_MOST_CHANGED = 200


def compare_reports(file_a: Path, file_b: Path, resamples: int = 2000, seed: int = 0) -> dict[str, Any]:
    """Compare what two classifiers answered to the same rows.

    Rows are paired by their number, and must have the same text and class. Of two classes the second report's may have
    other names; those of the first are shown. Rows that only one of the two answered
    are left out and counted.

    Args:
        file_a: `report.json` of the first, or its folder.
        file_b: likewise of the second.
        resamples: of the paired bootstrap.
        seed: of the draws.

    Returns:
        `schema`, `a` and `b` (reports), `n`, `only_a` and `only_b` (rows that the other did not answer),
        `difference` (measure -> `paired_bootstrap`, a - b), `mcnemar`, and `changed`: rows where one is right and
        the other wrong, the surest first.

    Raises:
        FileNotFoundError: A report or its predictions are not there.
        ValueError: They are of different data or classes, or of several data sets, or no row is in both.
    """
    a, b = _read(file_a), _read(file_b)
    _check_classes(a["labels"], b["labels"])
    paired = _paired(a, b, _folder(file_a), _folder(file_b))
    true, first, second = paired["true"], paired["predicted_a"], paired["predicted_b"]
    return {
        "schema": SCHEMA,
        "a": a,
        "b": b,
        "n": len(true),
        "only_a": a["n"] - len(true),
        "only_b": b["n"] - len(true),
        "difference": _differences(paired, len(a["labels"]), resamples, seed),
        "mcnemar": mcnemar(true, first, second),
        "changed": _changed(paired, a["labels"]),
    }


def baseline_entry(comparison: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    """Return the `Comparison` that the report of `a` keeps of `b`."""
    other = comparison["b"]
    return {
        "name": name or other["model"],
        "measures": {key: other.get(key) for key in _SHOWN},
        "macro_f1_interval": other.get("macro_f1_interval"),
        "recall_at_fpr": other.get("recall_at_fpr"),
        "n": comparison["n"],
        "difference": comparison["difference"],
        "mcnemar": comparison["mcnemar"],
    }


def _check_classes(first: list[str], second: list[str]) -> None:
    """Let two classes have any names, each model its own: class 1 is the positive one in both, and rows are checked."""
    if first != second and not len(first) == len(second) == 2:
        raise ValueError(f"the classes differ: {first} and {second}; evaluate both with one --labels-map")


def _read(file: Path) -> dict[str, Any]:
    """Read a report of one data set."""
    report = read_report(file)
    if report.get("kind") == "cross-dataset":
        raise ValueError(f"the report of {report.get('model')} is of several data sets; compare those in its folders")
    lacking = [key for key in _NEEDED if key not in report]
    if lacking:
        raise ValueError(f"{file} lacks {', '.join(lacking)}: it is no whole report. Evaluate again")
    return report


def _folder(file: Path) -> Path:
    return file if file.is_dir() else file.parent


def _paired(a: dict[str, Any], b: dict[str, Any], folder_a: Path, folder_b: Path) -> dict[str, Any]:
    """Join the predictions of two reports by row number."""
    one, two = read_predictions(a, folder_a).to_pydict(), read_predictions(b, folder_b).to_pydict()
    place_of = {row: place for place, row in enumerate(two["row"])}
    both = [(place, place_of[row]) for place, row in enumerate(one["row"]) if row in place_of]
    if not both:
        raise ValueError(f"no row is in both reports: are they of the same data? ({a['data']}, {b['data']})")
    wrong = [one["row"][i] for i, j in both if (one["sha256"][i], one["true"][i]) != (two["sha256"][j], two["true"][j])]
    if wrong:
        raise ValueError(
            f"{len(wrong)} of {len(both)} rows have another text or class in the second report (rows "
            f"{', '.join(map(str, wrong[:5]))}): the reports are of different data"
        )
    here, there = [i for i, _ in both], [j for _, j in both]
    kept = {name: [one[name][i] for i in here] for name in ("row", "id", "group", "sha256")}
    # The text is there only if either run was asked to keep it.
    texts = (
        [one["text"][i] for i in here] if "text" in one else [two["text"][j] for j in there] if "text" in two else None
    )
    return kept | {
        "text": texts or [None] * len(both),
        "true": np.array([one["true"][i] for i in here]),
        "predicted_a": np.array([one["predicted"][i] for i in here]),
        "predicted_b": np.array([two["predicted"][j] for j in there]),
        "score_a": np.array([one["score"][i] for i in here]),
        "score_b": np.array([two["score"][j] for j in there]),
    }


def _differences(paired: dict[str, Any], num_labels: int, resamples: int, seed: int) -> dict[str, Any]:
    groups = paired["group"]
    clusters = None
    if any(group not in (None, "") for group in groups):
        clusters = [group or f"row {row}" for group, row in zip(groups, paired["row"], strict=True)]
    measures = CLASS_MEASURES + (SCORE_MEASURES if num_labels == 2 else ())
    found = {}
    for measure in measures:
        scored = measure in SCORE_MEASURES
        found[measure] = paired_bootstrap(
            paired["true"],
            paired["predicted_a"],
            paired["predicted_b"],
            paired["score_a"] if scored else None,
            paired["score_b"] if scored else None,
            measure=measure,
            resamples=resamples,
            seed=seed,
            clusters=clusters,
        )
    return found


def _changed(paired: dict[str, Any], labels: list[str]) -> list[dict[str, Any]]:
    """List rows where one is right and the other wrong, by how far their scores are apart."""
    right_a, right_b = paired["predicted_a"] == paired["true"], paired["predicted_b"] == paired["true"]
    places = np.flatnonzero(right_a != right_b)
    apart = np.abs(paired["score_a"][places] - paired["score_b"][places])
    places = places[np.argsort(-apart, kind="stable")[:_MOST_CHANGED]]
    return [
        {
            **{name: paired[name][place] for name in ("row", "id", "sha256", "text")},
            "true": labels[paired["true"][place]],
            "a": labels[paired["predicted_a"][place]],
            "b": labels[paired["predicted_b"][place]],
            "score_a": float(paired["score_a"][place]),
            "score_b": float(paired["score_b"][place]),
        }
        for place in places.tolist()
    ]


__all__ = ["SCHEMA", "baseline_entry", "compare_reports"]
