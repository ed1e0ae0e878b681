"""The measurements that a card shows: files of `decloak evaluate --format json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEASURES = ("macro_f1", "mcc", "accuracy", "auroc")
REQUIRED = (*MEASURES, "confusion", "n")


@dataclass(frozen=True)
class Evaluation:
    """What a model reached on a data set.

    Attributes:
        dataset: name of the data set, as the card shows it.
        model: name of a baseline; None for the card's own model.
        values: what the file holds; `REQUIRED` are there, measures being None where undefined.
    """

    dataset: str
    model: str | None
    values: dict[str, Any]


def read_evaluation(file: Path, dataset: str, model: str | None = None) -> Evaluation:
    """Read one file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no measurement of a classifier.
    """
    if not file.is_file():
        raise FileNotFoundError(f"There is no evaluation {file} (for {dataset}).")
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is no JSON ({error}); make it with `decloak evaluate --format json`.") from error
    missing = [name for name in REQUIRED if name not in values] if isinstance(values, dict) else list(REQUIRED)
    if missing:
        raise ValueError(f"{file} lacks {missing}; make it with `decloak evaluate --format json`.")
    _check_values(values, file)
    return Evaluation(dataset, model, values)


def _check_values(values: dict[str, Any], file: Path) -> None:
    wrong = {name: values[name] for name in MEASURES if not (values[name] is None or _is_measure(values[name]))}
    if wrong:
        raise ValueError(f"{file} has {wrong}; a measure is null or a number from -1 to 1.")
    for name in MEASURES:
        interval = values.get(f"{name}_interval")
        pair = isinstance(interval, list) and len(interval) == 2 and all(map(_is_measure, interval))
        if interval is not None and not pair:
            raise ValueError(
                f"{file} has {name}_interval={interval!r}; an interval is null or two numbers from -1 to 1."
            )
    n, confusion = values["n"], values["confusion"]
    try:
        counted = sum(int(count) for row in confusion for count in row)
        square = all(len(row) == len(confusion) for row in confusion)
    except (TypeError, ValueError):
        counted, square = -1, False
    if not _is_count(n) or counted != n or not square:
        raise ValueError(f"{file} has n={n!r} and a confusion matrix that is not square or does not add up to n.")


def _is_measure(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -1 <= value <= 1


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def read_evaluations(
    evaluations: Mapping[str, Path], baselines: Mapping[tuple[str, str], Path]
) -> list[list[Evaluation]]:
    """Read all files, one list a data set: the card's own model, then its baselines.

    Args:
        evaluations: files of the card's model, by data set.
        baselines: files of other models, by model and data set.

    Raises:
        FileNotFoundError: A file is not there.
        ValueError: A file is no measurement, or a baseline is of a data set on which the model was not measured.
    """
    alone = sorted({dataset for _, dataset in baselines} - set(evaluations))
    if alone:
        raise ValueError(
            f"There are baselines on {alone}, but the model itself was measured on {list(evaluations)}: "
            "give an evaluation for each, by the same name."
        )
    return [
        [
            read_evaluation(file, dataset),
            *(read_evaluation(path, dataset, model) for (model, on), path in baselines.items() if on == dataset),
        ]
        for dataset, file in evaluations.items()
    ]


__all__ = ["MEASURES", "Evaluation", "read_evaluation", "read_evaluations"]
