"""From tables to what is trained on and what is measured: nothing of a test is in the training rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from decloak.training.data.catalogue import load_entry
from decloak.training.data.group_splits import split_groups, text_groups
from decloak.training.data.near_duplicates import NearDuplicateIndex

from .experiment import Experiment
from .experiment_parts import UNCLOAKED, MeasuredTest
from .held_out import HELD_OUT, held_out_groups, row_groups
from .source_tables import SourceRow, SourceTable

VALIDATION = "validation"


@dataclass(frozen=True)
class GroupedRow:
    """A row with the group of its source sentence."""

    row: SourceRow
    group: str


@dataclass
class ExperimentTables:
    """The rows of an experiment.

    Attributes:
        train: by source.
        language: rows of which the language models of transcripts read the texts, by source.
        validation: rows that are measured while training.
        tests: by test; one with `uncloaked` has a twin of the same ids in the same order, `<test>-uncloaked`.
        excluded: every text that must not be trained on.
        account: what became of the rows, ready for JSON.
    """

    train: dict[str, list[GroupedRow]] = field(default_factory=dict)
    language: dict[str, list[GroupedRow]] = field(default_factory=dict)
    validation: list[GroupedRow] = field(default_factory=list)
    tests: dict[str, list[GroupedRow]] = field(default_factory=dict)
    excluded: list[str] = field(default_factory=list)
    account: dict[str, Any] = field(default_factory=dict)


def experiment_tables(experiment: Experiment, sources: Mapping[str, SourceTable]) -> ExperimentTables:
    """Hold groups out, make the tests, and take what belongs to them out of the training rows.

    A training row is left out if its group is held out, or if its text equals or resembles (`near_duplicates`, with
    and without its cloak) a text of any test or held-out group. The same input gives the same rows.

    Raises:
        ValueError: A table that is trained on is a test suite, a test or training table is left without rows, or the
            groups do not fit (`row_groups`, `held_out_groups`).
    """
    _refuse_test_suites(experiment)
    groups = row_groups(sources, experiment.data)
    rows = {name: _grouped(table.rows, groups[name]) for name, table in sources.items()}
    held = _held_out(experiment, rows)
    tables = ExperimentTables(account={"sources": {name: table.account for name, table in sources.items()}})
    tables.account["holdout"] = _holdout_account(experiment, rows, held)
    dropped: dict[str, int] = {}
    for test in experiment.tests:
        dropped[test.name] = _add_test(tables, test, experiment, rows, held)
    tables.excluded = _excluded(tables, rows.values(), held)
    _add_training(tables, experiment, rows, held)
    tables.account["tests"] = {
        name: {**_counts(found), "left_out": dropped.get(name, 0)} for name, found in tables.tests.items()
    }
    tables.account["validation"] = _counts(tables.validation)
    return tables


def _refuse_test_suites(experiment: Experiment) -> None:
    for name in [*experiment.train_sources(), *experiment.language_sources()]:
        entry = experiment.data[name].entry
        if entry is not None and load_entry(entry).role == "test_suite":
            raise ValueError(f"{name} is a part of {entry}, a test suite: it must never be trained on")


def _grouped(rows: Sequence[SourceRow], groups: Sequence[str]) -> list[GroupedRow]:
    return [GroupedRow(row, group) for row, group in zip(rows, groups, strict=True)]


def _held_out(experiment: Experiment, rows: Mapping[str, list[GroupedRow]]) -> set[str]:
    if experiment.holdout is None:
        return set()
    source = rows[experiment.holdout.source]
    return held_out_groups([one.group for one in source], [one.row.label for one in source], experiment.holdout)


def _holdout_account(
    experiment: Experiment, rows: Mapping[str, list[GroupedRow]], held: set[str]
) -> dict[str, Any] | None:
    if experiment.holdout is None:
        return None
    found = [one for one in rows[experiment.holdout.source] if one.group in held]
    return {**experiment.holdout.model_dump(exclude_none=True), "found": _counts(found)}


def _add_test(
    tables: ExperimentTables,
    test: MeasuredTest,
    experiment: Experiment,
    rows: Mapping[str, list[GroupedRow]],
    held: set[str],
) -> int:
    """Add a test and its twin; return how many of its rows were left out, for they are unchanged or relabelled.

    Raises:
        ValueError: No row is left.
    """
    chosen = [one for one in rows[test.source] if test.rows == "all" or one.group in held]
    base = experiment.data[test.source].variant_of
    originals = {} if base is None else {one.row.id: one for one in rows[base]}
    kept = [one for one in chosen if _belongs(one, test, originals)]
    if not kept:
        raise ValueError(f"test {test.name}: none of the {len(chosen)} rows of {test.source} that it names is left")
    tables.tests[test.name] = kept
    if test.uncloaked:
        tables.tests[test.name + UNCLOAKED] = [originals[one.row.id] for one in kept]
    return len(chosen) - len(kept)


def _belongs(one: GroupedRow, test: MeasuredTest, originals: Mapping[str, GroupedRow]) -> bool:
    original = originals.get(one.row.id)
    if original is None:
        return True
    if test.changed_only and original.row.text == one.row.text:
        return False
    # A drop is of one set of labels; a row whose label changed on the way cannot tell of one.
    return not test.uncloaked or original.row.label == one.row.label


def _excluded(tables: ExperimentTables, sources: Iterable[list[GroupedRow]], held: set[str]) -> list[str]:
    texts = {one.row.text for rows in tables.tests.values() for one in rows}
    texts |= {one.row.text for rows in sources for one in rows if one.group in held}
    return sorted(texts)


def _add_training(
    tables: ExperimentTables, experiment: Experiment, rows: Mapping[str, list[GroupedRow]], held: set[str]
) -> None:
    """Add training and validation rows.

    Raises:
        ValueError: A source is left without rows.
    """
    index = NearDuplicateIndex(tables.excluded, experiment.near_duplicates, cloaked=True)
    own = experiment.validation.source if experiment.validation is not None else None
    account: dict[str, Counter[str]] = {}
    for name in [*experiment.train_sources(), *([own] if own else [])]:
        tables.train[name], account[name] = _without_tests(rows[name], held, index)
        if not tables.train[name]:
            raise ValueError(f"no row of {name} is left to train on: {dict(account[name])}")
    if own:
        tables.validation = tables.train.pop(own)
        tables.account["validation_source"] = dict(account.pop(own))
    elif experiment.validation is not None:
        _split_validation(tables, experiment, account)
    tables.account["train"] = {
        name: {**account[name], **_counts(tables.train[name])} for name in experiment.train_sources()
    }
    spoken = {name: _without_tests(rows[name], held, index) for name in experiment.language_sources()}
    tables.language = {name: kept for name, (kept, _) in spoken.items()}
    tables.account["language"] = {name: {**counts, "rows": len(kept)} for name, (kept, counts) in spoken.items()}


def _without_tests(
    rows: Sequence[GroupedRow], held: set[str], index: NearDuplicateIndex
) -> tuple[list[GroupedRow], Counter[str]]:
    """Take out what belongs to a test, and count it by reason."""
    counts = Counter(read=len(rows), held_out_group=0, equal=0, near=0, near_uncloaked=0)
    free = [one for one in rows if one.group not in held]
    counts["held_out_group"] = len(rows) - len(free)
    kept = []
    for one, closest in zip(free, index.closest([one.row.text for one in free]), strict=True):
        if closest is None:
            kept.append(one)
        else:
            counts[{"exact": "equal", "near": "near", "cloaked": "near_uncloaked"}[closest.kind]] += 1
    return kept, counts


def _split_validation(tables: ExperimentTables, experiment: Experiment, account: dict[str, Counter[str]]) -> None:
    """Take validation groups out of all training tables; the rows of the experiment's own ones are measured."""
    assert experiment.validation is not None and experiment.validation.share is not None  # noqa: S101
    share = experiment.validation.share
    places = [(name, one) for name, found in tables.train.items() for one in found]
    texts, ids = [one.row.text for _, one in places], [one.group for _, one in places]
    groups = text_groups(texts, ids, experiment.near_duplicates)
    labels = [one.row.label for _, one in places]
    sides = split_groups(groups, {VALIDATION: share, "train": 1 - share}, experiment.validation.seed, labels)
    tables.train = {name: [] for name in tables.train}
    for (name, one), side in zip(places, sides, strict=True):
        if side != VALIDATION:
            tables.train[name].append(one)
            continue
        account[name][VALIDATION] += 1
        if name in experiment.train:
            tables.validation.append(one)


def _counts(rows: Sequence[GroupedRow]) -> dict[str, int]:
    return {
        "rows": len(rows),
        "positives": sum(one.row.label for one in rows),
        "groups": len({one.group for one in rows}),
    }


__all__ = ["HELD_OUT", "VALIDATION", "ExperimentTables", "GroupedRow", "experiment_tables"]
