"""What splits share: texts, near duplicates, groups, and texts of test suites."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from decloak import __version__
from decloak.evaluation.leaks.split_rows import SplitRows
from decloak.training.data.near_duplicates import (
    CHARACTERS,
    THRESHOLD,
    ClosestText,
    NearDuplicateIndex,
    duplicate_components,
)
from decloak.training.data.test_suites import test_suite_of
from decloak.training.data.text_identity import normalised

SCHEMA_VERSION = 1


def leak_report(
    splits: Sequence[SplitRows],
    threshold: float = THRESHOLD,
    characters: int = CHARACTERS,
    cloaked: bool = False,
    texts: bool = False,
    suites: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Look for the rows of each split that have a sibling in another: the same text, nearly the same, or its group.

    Args:
        splits: two or more with different names, or one, for what it repeats.
        threshold: least similarity of near duplicates (`NearDuplicateIndex`).
        characters: length of the n-grams that are compared.
        cloaked: look through cloaks as well.
        texts: put the texts into the report. Without it rows are named by number and id alone, so that the report of
            data which may not be passed on may be.
        suites: further test suites, from `suite_hashes`.

    Returns:
        A dictionary for JSON: `schema_version`, `decloak` (its version), `threshold`, `characters`, `cloaked`;
        `splits`, by name, with `path`, `rows`, `unusable` (row numbers), `texts` (different ones), `repeated` (rows
        that say the same as an earlier row of the split: `exact` and `similar`), `conflicting_labels` (texts that occur
        with more than one label) and `test_suites` (rows of each suite); `pairs`, one for each ordered pair of splits,
        with the names `first` and `second`, the rows of the second by what they share with the first (`exact`, `near`,
        `cloaked`, `group`; a row is counted under one of the first three, and under `group` besides), `leaking` (rows
        that share any), `share` (of the second's rows), `shared_texts` (different texts that are in both once
        normalised) and `identical_texts` (in both letter for letter, as most papers count),
        `conflicting_labels` (rows whose sibling has another label) and `rows`: each leaking row with its number, id and
        label, `kind`, the number of `siblings`, and the closest of them.

    Raises:
        ValueError: A name comes twice, there is no split, or an argument is out of range.
    """
    names = [split.name for split in splits]
    if not names or len(set(names)) != len(names):
        raise ValueError(f"the splits are {names}; one or more are needed, each with a name of its own.")
    pairs: dict[tuple[str, str], dict[str, Any]] = {}
    for first in splits:
        others = [split for split in splits if split is not first]
        index = NearDuplicateIndex(first.texts, threshold, characters, cloaked) if others else None
        for second in others:
            closest = index.closest(second.texts) if index else []
            pairs[first.name, second.name] = _pair(first, second, closest, texts)
    return {
        "schema_version": SCHEMA_VERSION,
        "decloak": __version__,
        "threshold": threshold,
        "characters": characters,
        "cloaked": cloaked,
        "splits": {split.name: _inside(split, threshold, characters, cloaked, suites) for split in splits},
        "pairs": [pairs[one, other] for one in names for other in names if one != other],
    }


def has_leaks(report: Mapping[str, Any]) -> bool:
    """Tell whether splits share anything, or one whose name begins with `train` has texts of a test suite."""
    suites = (split["test_suites"] for name, split in report["splits"].items() if name.startswith("train"))
    return any(pair["leaking"] for pair in report["pairs"]) or any(suites)


def _inside(
    split: SplitRows, threshold: float, characters: int, cloaked: bool, suites: Mapping[str, str] | None
) -> dict[str, Any]:
    labels = _labels_by_text(split)
    found = duplicate_components(split.texts, threshold, characters, cloaked)
    return {
        "path": split.path,
        "rows": len(split.texts),
        "unusable": split.unusable,
        "texts": len(labels),
        "repeated": {"exact": len(split.texts) - len(labels), "similar": len(labels) - len(set(found.tolist()))},
        "conflicting_labels": sum(len(several - {None}) > 1 for several in labels.values()),
        "test_suites": dict(Counter(suite for text in split.texts if (suite := test_suite_of(text, suites)))),
    }


def _pair(first: SplitRows, second: SplitRows, closest: Sequence[ClosestText | None], texts: bool) -> dict[str, Any]:
    members: dict[str | None, list[int]] = {}
    for place, group in enumerate(first.groups):
        members.setdefault(group, []).append(place)
    members.pop(None, None)
    by_text = _labels_by_text(first)
    rows = []
    for place, found in enumerate(closest):
        siblings = members.get(second.groups[place], [])
        if found or siblings:
            labels = by_text.get(normalised(second.texts[place]), set())
            sibling = _sibling(first, found, siblings, texts)
            known = labels or {sibling["closest"]["label"]}
            conflict = {"conflicting_label": _conflict(second.labels[place], known)}
            rows.append(
                _row(second, place, texts) | {"group": second.groups[place] if siblings else None} | sibling | conflict
            )
    kinds = Counter(row["kind"] for row in rows)
    return {
        "first": first.name,
        "second": second.name,
        **{kind: kinds[kind] for kind in ("exact", "near", "cloaked")},
        "group": sum(row["group"] is not None for row in rows),
        "leaking": len(rows),
        "share": len(rows) / len(second.texts) if second.texts else 0.0,
        "shared_texts": len(by_text.keys() & {normalised(text) for text in second.texts}),
        "identical_texts": len(set(first.texts) & set(second.texts)),
        "conflicting_labels": sum(row["conflicting_label"] for row in rows),
        "rows": rows,
    }


def _sibling(first: SplitRows, found: ClosestText | None, group: Sequence[int], texts: bool) -> dict[str, Any]:
    """Describe what the first split holds of a row of the second: by its text, else by its group."""
    return {
        "kind": found.kind if found else "group",
        "similarity": round(found.similarity, 4) if found else None,
        "siblings": {"text": found.count if found else 0, "group": len(group)},
        "closest": _row(first, found.index if found else group[0], texts),
    }


def _labels_by_text(split: SplitRows) -> dict[str, set[str | None]]:
    labels: dict[str, set[str | None]] = {}
    for text, label in zip(split.texts, split.labels, strict=True):
        labels.setdefault(normalised(text), set()).add(label)
    return labels


def _conflict(label: str | None, others: set[str | None]) -> bool:
    return label is not None and bool(others - {None, label})


def _row(split: SplitRows, place: int, texts: bool) -> dict[str, Any]:
    row = {"row": split.numbers[place], "id": split.ids[place], "label": split.labels[place]}
    return row | {"text": split.texts[place]} if texts else row


__all__ = ["SCHEMA_VERSION", "has_leaks", "leak_report"]
