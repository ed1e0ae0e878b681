"""The answers of finished runs to single rows, brought to the rows that all of them answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decloak.evaluation.metrics import classification_metrics
from decloak.evaluation.predictions_file import read_predictions
from decloak.evaluation.reporting.report_schema import read_report

Integers = NDArray[np.int64]
# Rows of a fold are numbered from a multiple of this, which is more than a test has rows.
_FOLD = 1 << 32


@dataclass(frozen=True)
class RunAnswers:
    """What a run answered to a test.

    Attributes:
        report: of the test.
        rows: numbers of the answered rows, (n,), rising.
        true: their classes.
        predicted: the predicted classes.
        clusters: names of what is drawn together.
    """

    report: dict[str, Any]
    rows: Integers
    true: Integers
    predicted: Integers
    clusters: list[str]


@dataclass(frozen=True)
class CommonRows:
    """Several answers on the same rows: `true` (n,), `clusters` (n), and `predicted` of each, (n,)."""

    true: Integers
    clusters: list[str]
    predicted: list[Integers]


def read_answers(folder: Path) -> RunAnswers:
    """Read the report of a test and the predictions beside it.

    Raises:
        FileNotFoundError: One is not there.
        ValueError: The predictions are not those that the report was written with.
    """
    report = read_report(folder)
    table = read_predictions(report, folder).to_pydict()
    order = np.argsort(np.array(table["row"], dtype=np.int64), kind="stable")
    rows = np.array(table["row"], dtype=np.int64)[order]
    groups = [table["group"][place] for place in order.tolist()]
    clusters = [group or f"row {row}" for group, row in zip(groups, rows.tolist(), strict=True)]
    true, predicted = (np.array(table[name], dtype=np.int64)[order] for name in ("true", "predicted"))
    return RunAnswers(report, rows, true, predicted, clusters)


def joined_answers(parts: Mapping[int, RunAnswers]) -> RunAnswers:
    """Put answers to different rows together, those of several folds; a row gets a number that tells its fold, too.

    Args:
        parts: the answers by fold.

    Returns:
        The answers to all rows, with `macro_f1`, `mcc` and `accuracy` as their report. Measures of scores are not in
        it: each fold has a model of its own, and the scores of two models are on no common scale.

    Raises:
        ValueError: Rows of one group are in two folds: they were not divided in the same way.
    """
    folds = sorted(parts)
    seen: dict[str, int] = {}
    for fold in folds:
        for name in set(parts[fold].clusters):
            if seen.setdefault(name, fold) != fold:
                raise ValueError(f"group {name} is held out in fold {seen[name]} and in fold {fold}: make them anew")
    rows = np.concatenate([parts[fold].rows + fold * _FOLD for fold in folds])
    true, predicted = (np.concatenate([getattr(parts[fold], name) for fold in folds]) for name in ("true", "predicted"))
    report = classification_metrics(true, predicted)
    kept = {name: report[name] for name in ("n", "macro_f1", "mcc", "accuracy")}
    return RunAnswers(kept, rows, true, predicted, [name for fold in folds for name in parts[fold].clusters])


def shared_rows(answers: Sequence[RunAnswers]) -> Integers:
    """Return the numbers of the rows that all answers have."""
    return reduce(np.intersect1d, [one.rows for one in answers])


def common_rows(answers: Sequence[RunAnswers]) -> CommonRows:
    """Bring answers to the rows that all of them have; the groups are those of the first.

    Raises:
        ValueError: No row is in all, or a row has another class in one: they are not of the same test.
    """
    rows = shared_rows(answers)
    if not len(rows):
        raise ValueError("no row was answered by all runs")
    places = [np.searchsorted(one.rows, rows) for one in answers]
    true = answers[0].true[places[0]]
    if any((one.true[at] != true).any() for one, at in zip(answers, places, strict=True)):
        raise ValueError("rows of the same number have different classes: the runs were measured on different data")
    predicted = [one.predicted[at] for one, at in zip(answers, places, strict=True)]
    return CommonRows(true, [answers[0].clusters[place] for place in places[0].tolist()], predicted)


__all__ = ["CommonRows", "RunAnswers", "common_rows", "joined_answers", "read_answers", "shared_rows"]
