"""Accuracy per functionality, for functional tests such as HateCheck."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checked_inputs import checked_classes, same_length, some_rows
from .proportions import share, wilson_interval


def functionality_metrics(labels: ArrayLike, predictions: ArrayLike, functionalities: Sequence[str]) -> dict[str, Any]:
    """Measure each functionality of a test suite (Röttger et al. 2021, doi:10.18653/v1/2021.acl-long.4).

    A functionality is one kind of case, such as negated hate, and nearly always holds one label: then its accuracy is
    the only measure that it has. The overall accuracy follows the suite's mix of cases; `macro_accuracy` does not.

    Args:
        labels: True classes, `(n,)`, 0 or 1 (hateful).
        predictions: Predicted classes, `(n,)`, 0 or 1.
        functionalities: `(n,)` name of the functionality that each row tests.

    Returns:
        `functionalities`: by name, in order of appearance, `label` (of most of its rows; None for a tie), `n`,
        `correct`, `accuracy` and its 95 % Wilson `interval`;
        `hateful_accuracy` and `non_hateful_accuracy` (over rows of label 1 and 0; None without such rows),
        `accuracy` (over all rows), `macro_accuracy` (mean over functionalities), and `below_half`, the names whose
        accuracy is under 0.5, which guessing would reach, the worst first.

    Raises:
        ValueError: No rows, lengths that differ, labels or predictions other than 0 and 1, or a functionality that is
            no string or empty.
    """
    true = checked_classes("labels", labels)
    predicted = checked_classes("predictions", predictions)
    same_length(len(true), predictions=predicted)
    some_rows(len(true))
    names, members = _numbered(functionalities, len(true))
    right = true == predicted
    sizes = np.bincount(members)
    correct = np.bincount(members, right).astype(np.int64)
    positives = np.bincount(members, true).astype(np.int64)
    found = {
        name: {
            "label": _majority(int(positives[k]), int(sizes[k])),
            "n": int(sizes[k]),
            "correct": int(correct[k]),
            "accuracy": float(correct[k] / sizes[k]),
            "interval": wilson_interval(int(correct[k]), int(sizes[k])),
        }
        for k, name in enumerate(names)
    }
    accuracies = {name: float(correct[k] / sizes[k]) for k, name in enumerate(names)}
    return {
        "functionalities": found,
        "hateful_accuracy": share(int(right[true == 1].sum()), int((true == 1).sum())),
        "non_hateful_accuracy": share(int(right[true == 0].sum()), int((true == 0).sum())),
        "accuracy": float(right.mean()),
        "macro_accuracy": float(np.mean(list(accuracies.values()))),
        "below_half": sorted((name for name in names if accuracies[name] < 0.5), key=accuracies.__getitem__),
    }


def _majority(positives: int, n: int) -> int | None:
    return None if positives * 2 == n else int(positives * 2 > n)


def _numbered(functionalities: Sequence[str], n: int) -> tuple[list[str], NDArray[np.int64]]:
    """Give the functionalities numbers in order of appearance."""
    same_length(n, functionalities=functionalities)
    wrong = [row for row, name in enumerate(functionalities) if not isinstance(name, str) or not name]
    if wrong:
        raise ValueError(
            f"functionalities are missing or no strings in {len(wrong)} of {n} rows, the first at index {wrong[0]} "
            f"({functionalities[wrong[0]]!r}); leave such rows out and count them"
        )
    numbers: dict[str, int] = {}
    members = [numbers.setdefault(str(name), len(numbers)) for name in functionalities]
    return list(numbers), np.array(members, dtype=np.int64)
