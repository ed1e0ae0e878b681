"""Inputs of measures, checked: classes, scores and flags of one length, with errors that name the rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_SHOWN = 5


def checked_classes(name: str, values: ArrayLike, num_labels: int = 2) -> NDArray[np.int64]:
    """Bring classes to integers.

    Args:
        name: What they are, for the errors.
        values: `(n,)` whole numbers in `0 ... num_labels - 1`; booleans and floats without a fraction will do.
        num_labels: Number of classes, at least 2.

    Returns:
        The classes, `(n,)`.

    Raises:
        ValueError: A value is no class, the values are no one-dimensional list, or there are fewer than two classes.
    """
    if num_labels < 2:
        raise ValueError(f"num_labels is {num_labels}; classification needs at least 2")
    given = _numbers(name, values)
    allowed = f"0 ... {num_labels - 1} (num_labels={num_labels})"
    outside = ~((given >= 0) & (given < num_labels) & (given == np.floor(given)))
    if outside.any():
        found = np.unique(given[outside])[:_SHOWN].tolist()
        raise ValueError(f"{name} hold {found}, outside {allowed}; {_rows(outside)}")
    return given.astype(np.int64)


def checked_scores(
    name: str, values: ArrayLike, n: int, low: float = -np.inf, high: float = np.inf
) -> NDArray[np.float64]:
    """Bring scores, one a row, to floats.

    Args:
        name: What they are, for the errors.
        values: `(n,)` finite numbers from `low` to `high`.
        n: How many there must be.
        low: The lowest that is allowed.
        high: The highest that is allowed.

    Returns:
        The scores, `(n,)`.

    Raises:
        ValueError: A score is not finite or out of range, or the shape is not `(n,)`.
    """
    scores = _numbers(name, values).astype(np.float64)
    if len(scores) != n:
        raise ValueError(f"{n} labels but {len(scores)} {name}: one for each label is needed")
    if not np.isfinite(scores).all():
        raise ValueError(f"{name} are not finite: {_rows(~np.isfinite(scores))}; leave such rows out and count them")
    outside = (scores < low) | (scores > high)
    if outside.any():
        raise ValueError(f"{name} lie outside {low:g} ... {high:g}: {_rows(outside)}")
    return scores


def checked_flags(name: str, values: ArrayLike, n: int) -> NDArray[np.bool_]:
    """Bring true and false, one a row, to booleans.

    Raises:
        ValueError: A value is neither true nor false, or there are not `n`.
    """
    flags = checked_classes(name, values)
    same_length(n, **{name: flags})
    return flags.astype(np.bool_)


def same_length(n: int, **others: Sequence[Any] | NDArray[Any]) -> None:
    """Check that there is one value for each of `n` labels.

    Raises:
        ValueError: There is not; the message names the first that differs.
    """
    for name, values in others.items():
        if len(values) != n:
            raise ValueError(
                f"{n} labels but {len(values)} {name}: one {name.removesuffix('s')} for each label is needed"
            )


def some_rows(n: int) -> None:
    """Check that there is something to measure.

    Raises:
        ValueError: There are no rows.
    """
    if n == 0:
        raise ValueError("there are 0 rows: nothing can be measured; give at least one label")


def _numbers(name: str, values: ArrayLike) -> NDArray[Any]:
    try:
        given = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} are no one-dimensional list of numbers: {error}") from error
    if given.size == 0:
        given = np.zeros(given.shape)
    if given.dtype == object:  # a None among the numbers
        missing = np.array([value is None for value in given.ravel()])
        if missing.any():
            raise ValueError(f"{name} are missing (None): {_rows(missing)}; leave such rows out and count them")
    if given.dtype.kind not in "biuf":
        raise ValueError(f"{name} are of the type {given.dtype}; numbers are needed, not names of classes")
    if given.ndim != 1:
        raise ValueError(f"{name} have the shape {given.shape}; one number a row is needed, (n,)")
    return given


def _rows(wrong: NDArray[np.bool_]) -> str:
    """Say how many rows are wrong, and which are the first."""
    first = ", ".join(map(str, np.flatnonzero(wrong)[:_SHOWN]))
    return f"{int(wrong.sum())} of {len(wrong)} rows, the first at index {first}"
