"""Groups of an experiment's rows, and which of them are held out."""

from collections.abc import Mapping, Sequence

from decloak.training.data.group_splits import group_folds, split_groups, text_groups

from .experiment_parts import Holdout, Source
from .source_tables import SourceTable

HELD_OUT = "heldout"


def row_groups(tables: Mapping[str, SourceTable], sources: Mapping[str, Source]) -> dict[str, list[str]]:
    """Return the group of each row, by source.

    A variant is in the group of the row that it is a variant of; every other row in that of its normalised text, which
    is the same in every table that holds the text.

    Raises:
        ValueError: A source is a variant of a variant, or some of its ids are not in the other source.
    """
    plain = {name: table for name, table in tables.items() if sources[name].variant_of is None}
    groups = {name: text_groups([row.text for row in table.rows], threshold=None) for name, table in plain.items()}
    for name in tables:
        base = sources[name].variant_of
        if base is None:
            continue
        if base not in groups or sources[base].variant_of is not None:
            raise ValueError(f"{name} is a variant of {base}, which is a variant itself: name the originals")
        group_of = dict(zip((row.id for row in tables[base].rows), groups[base], strict=True))
        lost = [row.id for row in tables[name].rows if row.id not in group_of]
        if lost:
            raise ValueError(
                f"{len(lost)} ids of {name} are not in {base}, the first {lost[0]!r}: are both of the same release?"
            )
        groups[name] = [group_of[row.id] for row in tables[name].rows]
    return groups


def held_out_groups(groups: Sequence[str], labels: Sequence[int], holdout: Holdout) -> set[str]:
    """Choose the groups that are held out.

    Args:
        groups: of the rows of the holdout's source.
        labels: of these rows; both sides get each class in like shares.
        holdout: how many.

    Raises:
        ValueError: As many rows are wanted as there are, or there are fewer groups than folds.
    """
    if holdout.folds is not None:
        folds = group_folds(groups, holdout.folds, holdout.seed, labels)
        return {group for group, fold in zip(groups, folds, strict=True) if fold == holdout.fold}
    if holdout.rows is not None and holdout.rows >= len(groups):
        raise ValueError(f"{holdout.rows} rows of {holdout.source} are to be held out, which has {len(groups)}")
    share = holdout.share if holdout.rows is None else holdout.rows / len(groups)
    assert share is not None  # noqa: S101  one of the three is given
    sides = split_groups(groups, {HELD_OUT: share, "rest": 1 - share}, holdout.seed, labels)
    return {group for group, side in zip(groups, sides, strict=True) if side == HELD_OUT}


__all__ = ["HELD_OUT", "held_out_groups", "row_groups"]
