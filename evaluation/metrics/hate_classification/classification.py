"""Measures of classes: macro-F1, Matthews correlation, accuracy, AUROC and the confusion matrix."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checked_inputs import checked_classes, same_length

METRIC_NAMES = ("macro_f1", "mcc", "accuracy", "auroc", "confusion", "n")


def classification_metrics(
    labels: ArrayLike, predictions: ArrayLike, scores: ArrayLike | None = None, num_labels: int = 2
) -> dict[str, Any]:
    """Measure predictions against labels.

    Args:
        labels: True classes, `(n,)`, each in `0 ... num_labels - 1`.
        predictions: Predicted classes, `(n,)`, likewise.
        scores: Scores by which AUROC ranks: `(n, num_labels)`, or for two classes also `(n,)`, the score of
            class 1.
        num_labels: Number of classes that the classifier knows, at least 2.

    Returns:
        The keys of `METRIC_NAMES`, as plain Python values:
        `macro_f1`, the mean over the classes that occur among labels or predictions (scikit-learn's default);
        `mcc`, None when the labels hold one class only, else 0 for constant predictions, by convention;
        `accuracy`;
        `auroc`, for three and more classes the macro mean of one class against the rest, None without scores
        or when a class does not occur among the labels;
        `confusion`, `num_labels` rows (true) by `num_labels` columns (predicted);
        `n`, the number of rows. With no rows every mean is None.

    Raises:
        ValueError: The lengths differ, a class is outside the range, a score is not finite or the shape is
            wrong.
    """
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, matthews_corrcoef

    true = checked_classes("labels", labels, num_labels)
    predicted = checked_classes("predictions", predictions, num_labels)
    same_length(len(true), predictions=predicted)
    ranks = None if scores is None else class_scores(scores, len(true), num_labels)
    n = len(true)
    one_class = len(np.unique(true)) < 2
    return {
        "macro_f1": float(f1_score(true, predicted, average="macro")) if n else None,
        "mcc": None if one_class else float(matthews_corrcoef(true, predicted)),
        "accuracy": float(accuracy_score(true, predicted)) if n else None,
        "auroc": None if ranks is None else _auroc(true, ranks),
        "confusion": confusion_matrix(true, predicted, labels=range(num_labels)).tolist() if n else _zeros(num_labels),
        "n": n,
    }


def class_scores(scores: ArrayLike, n: int, num_labels: int) -> NDArray[np.float64]:
    """Bring scores to one column a class; a lone column is the score of class 1.

    Args:
        scores: `(n, num_labels)`, or for two classes also `(n,)`.
        n: Number of rows.
        num_labels: Number of classes.

    Returns:
        `(n, num_labels)`.

    Raises:
        ValueError: The shape is another, or a score is not finite.
    """
    ranks = np.asarray(scores, dtype=np.float64)
    if num_labels == 2 and ranks.ndim == 1:
        ranks = np.stack([-ranks, ranks], axis=1)
    if n == 0:
        ranks = ranks.reshape(0, num_labels)
    if ranks.shape != (n, num_labels):
        raise ValueError(
            f"scores have the shape {ranks.shape}; {n} rows of {num_labels} classes need {(n, num_labels)}"
        )
    wrong = ~np.isfinite(ranks).all(axis=1)
    if wrong.any():
        first = ", ".join(map(str, np.flatnonzero(wrong)[:5]))
        raise ValueError(f"{int(wrong.sum())} of {n} rows have scores that are not finite, the first at index {first}")
    return ranks


def _auroc(true: NDArray[np.int64], ranks: NDArray[np.float64]) -> float | None:
    from sklearn.metrics import roc_auc_score

    classes = range(ranks.shape[1])
    if set(np.unique(true).tolist()) != set(classes):
        return None
    if len(classes) == 2:
        return float(roc_auc_score(true, ranks[:, 1]))
    return float(np.mean([roc_auc_score(true == k, ranks[:, k]) for k in classes]))


def _zeros(num_labels: int) -> list[list[int]]:
    return [[0] * num_labels for _ in range(num_labels)]
