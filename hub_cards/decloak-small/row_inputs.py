"""What a call of the processor was given: its settings, its senses, and its columns as rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

SENSES = ("text", "speech", "vision")
NO_TRUNCATION = (False, None, "do_not_truncate")
TO_LONGEST = (True, "longest")


def call_settings(given: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Join the settings of a call with those that came nested, as `ProcessorMixin` has them.

    Args:
        given: `truncation`, `max_length` and `sampling_rate` of the call.
        others: `padding` and nested `text_kwargs` and `audio_kwargs`, which win.

    Raises:
        ValueError: Another padding than to the longest row.
        TypeError: A setting that is not understood, and that would otherwise be ignored in silence.
    """
    nested = {"text_kwargs": ("truncation", "max_length", "padding"), "audio_kwargs": ("sampling_rate", "padding")}
    settings = given | {"padding": others.pop("padding", True)}
    unknown = sorted(set(others) - set(nested))
    for group, names in nested.items():
        values = dict(others.get(group) or {})
        unknown += [f"{group}.{name}" for name in sorted(set(values) - set(names))]
        settings |= values
    if unknown:
        raise TypeError(f"Unknown settings {unknown}; a call takes {sorted(settings)}, and nested {nested}.")
    if settings.pop("padding") not in TO_LONGEST:
        raise ValueError(f"padding must be one of {TO_LONGEST}: rows are padded to the longest one.")
    return settings | {"truncation": settings["truncation"] not in NO_TRUNCATION}


def as_rows(**columns: Any) -> list[dict[str, Any]]:
    """Turn columns that are None, one value or a list of values into a dict for each row, without the Nones.

    Raises:
        ValueError: All are None, or lists of different lengths.
    """
    listed = {
        name: value for name, value in columns.items() if isinstance(value, (list, tuple)) and _is_column(name, value)
    }
    single = {name: value for name, value in columns.items() if value is not None and name not in listed}
    lengths = {name: len(values) for name, values in listed.items()}
    if len(set(lengths.values())) > 1 or (not listed and not single):
        raise ValueError(f"Give text, audio or images, and lists of one length; these have {lengths}.")
    if listed and single:
        raise ValueError(f"{sorted(listed)} are lists and {sorted(single)} are not: give all of them as lists.")
    if not listed:
        return [single]
    count = next(iter(lengths.values()))
    rows = [{name: values[i] for name, values in listed.items()} for i in range(count)]
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def _is_column(name: str, value: Sequence[Any]) -> bool:
    """Tell a list of rows from a list that is itself one audio (of numbers)."""
    return name != "audio" or not value or not isinstance(value[0], (int, float, np.number))


def check_senses(names: Sequence[str]) -> list[str]:
    """Return sense names in their fixed order, each once.

    Raises:
        ValueError: An unknown name, or none.
    """
    names = [names] if isinstance(names, str) else list(names)
    unknown = [name for name in names if name not in SENSES]
    if unknown or not names:
        raise ValueError(f"modalities={names}; choose from {list(SENSES)}.")
    return [name for name in SENSES if name in names]


__all__ = ["as_rows", "call_settings", "check_senses"]
