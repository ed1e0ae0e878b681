"""How long the measures take, and how much memory, on invented answers.

    python benchmarks/metrics.py --rows 1000000

Prints seconds by measure and the peak memory of the process as JSON.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import typer

from decloak.evaluation.metrics import (
    bootstrap_intervals,
    calibration_metrics,
    classification_metrics,
    group_metrics,
    ranking_metrics,
    roc_curve_points,
)


def invented_answers(rows: int, groups: int, seed: int = 0) -> dict[str, Any]:
    """Draw labels, probabilities, predictions and groups; one row in three names up to two groups."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(rows) < 0.3).astype(np.int64)
    scores = 1 / (1 + np.exp(-rng.normal(3 * labels - 1.5, 1.5)))
    names = [f"group {k}" for k in range(groups)]
    first, second = rng.integers(0, groups, (2, rows)).tolist()
    mentions = rng.integers(0, 6, rows).tolist()
    named = [[names[a], names[b]][: max(0, m - 3)] for a, b, m in zip(first, second, mentions, strict=True)]
    return {"labels": labels, "predictions": (scores >= 0.5).astype(np.int64), "scores": scores, "groups": named}


def calls(data: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Return what is measured, by name."""
    labels, predictions, scores = data["labels"], data["predictions"], data["scores"]
    return {
        "classification": lambda: classification_metrics(labels, predictions, scores),
        "ranking": lambda: ranking_metrics(labels, scores),
        "calibration": lambda: calibration_metrics(labels, scores),
        "curve": lambda: roc_curve_points(labels, scores),
        "groups": lambda: group_metrics(labels, predictions, scores, data["groups"]),
        "bootstrap": lambda: bootstrap_intervals(labels[:5000], predictions[:5000], scores[:5000]),
    }


def main(
    rows: Annotated[
        int, typer.Option(help="Rows; the bootstrap takes the first 5,000, with 1,000 resamples.")
    ] = 1_000_000,
    groups: Annotated[int, typer.Option(help="Groups that rows may name.")] = 20,
) -> None:
    """Measure, and print the numbers as JSON on stdout."""
    data = invented_answers(rows, groups)
    seconds = {}
    for name, call in calls(data).items():
        start = time.perf_counter()
        call()
        seconds[name] = round(time.perf_counter() - start, 2)
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    result = {"rows": rows, "groups": groups, "seconds": seconds, "peak_memory_mib": round(peak / 2**20)}
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
