"""Splits and folds in which all rows of a group are on one side."""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from .near_duplicates import CHARACTERS, THRESHOLD, duplicate_components
from .text_identity import normalised

# 64 bits: among a million groups two collide with a probability of 3e-8.
_DIGITS = 16


def split_groups(
    groups: Sequence[str], shares: Mapping[str, float], seed: int, labels: Sequence[int] | None = None
) -> list[str]:
    """Choose a split for each row; all rows of a group get the same, whatever the order of the rows.

    Large groups are placed first. Each goes where it fits and the most of its labels is still wanted, or, if it fits
    nowhere, where the most rows are. So the rows of a split exceed its share by less than the largest group, and where
    most groups are small the shares are met to the row. A split whose share is less than a group may stay empty.
    scikit-learn has no such split: GroupShuffleSplit meets shares of groups, not of rows, and knows no labels;
    StratifiedGroupKFold makes equal parts.

    Args:
        groups: group of each row.
        shares: share of the rows that each split gets; above 0, 1 in sum.
        seed: of the order in which groups of the same size are placed.
        labels: class of each row; with them the classes are shared out like the rows.

    Returns:
        The name of the split of each row.

    Raises:
        ValueError: The shares are wrong, or there are not as many labels as groups.
    """
    _check_lengths(groups, labels)
    if not shares or any(not share > 0 for share in shares.values()) or not math.isclose(sum(shares.values()), 1):
        raise ValueError(f"shares={dict(shares)}; each is above 0 and together they are 1, as in train 0.8, test 0.2.")
    contents: dict[str, Counter[int]] = defaultdict(Counter)
    for group, label in zip(groups, labels or [0] * len(groups), strict=True):
        contents[group][label] += 1
    totals: Counter[int] = Counter()
    for content in contents.values():
        totals.update(content)
    splits = [_Split(name, share, totals) for name, share in sorted(shares.items())]
    order = sorted(contents, key=lambda group: (-contents[group].total(), _drawn(seed, group), group))
    placed = {group: _place(contents[group], splits) for group in order}
    return [placed[group] for group in groups]


def group_folds(groups: Sequence[str], folds: int, seed: int, labels: Sequence[int] | None = None) -> list[int]:
    """Choose a fold for each row; all rows of a group get the same, whatever the order of the rows.

    The folds are those of scikit-learn's StratifiedGroupKFold: about as many rows, and with labels as many of each
    class, in each.

    Args:
        groups: group of each row.
        folds: how many, at least 2.
        seed: of the order in which groups are placed.
        labels: class of each row.

    Returns:
        The fold of each row, from 0.

    Raises:
        ValueError: There are fewer than 2 folds, fewer groups than folds, or not as many labels as groups.
    """
    import warnings

    from sklearn.model_selection import StratifiedGroupKFold

    _check_lengths(groups, labels)
    if not 2 <= folds <= len(set(groups)):
        raise ValueError(f"folds={folds} of {len(set(groups))} groups; 2 or more are needed, and a group for each.")
    # Rows in the order of their groups and classes, so that their own order makes no difference.
    order = sorted(range(len(groups)), key=lambda row: (groups[row], labels[row] if labels is not None else 0))
    classes = [labels[row] if labels is not None else 0 for row in order]
    if max(Counter(classes).values()) < folds:  # no class reaches into every fold, which scikit-learn refuses
        classes = [0] * len(order)
    fold_of = [0] * len(groups)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        parts = list(splitter.split(order, classes, [groups[row] for row in order]))
    for fold, (_, rows) in enumerate(parts):
        for place in rows:
            fold_of[order[place]] = fold
    return fold_of


def text_groups(
    texts: Sequence[str],
    ids: Sequence[str | None] | None = None,
    threshold: float | None = THRESHOLD,
    characters: int = CHARACTERS,
    cloaked: bool = False,
) -> list[str]:
    """Group texts that say the same: equal once normalised, nearly equal, or with the same id.

    Groups are connected: if a is near b and b near c, all three are one group, however far a is from c. Texts of
    templates may so become one large group.

    Args:
        texts: any strings.
        ids: what else joins rows, such as the sentence that they are variants of; None and "" join nothing.
        threshold: least similarity of near duplicates (`near_duplicates`); None joins equal texts only.
        characters: length of the n-grams.
        cloaked: compare texts without their cloaks too.

    Returns:
        The group of each row: a hash of the first of its texts in the alphabet, so that it does not hang on the order.

    Raises:
        ValueError: There are not as many ids as texts, or an argument is out of range.
    """
    if ids is not None and len(ids) != len(texts):
        raise ValueError(f"{len(ids)} ids for {len(texts)} texts; each text needs one, or None.")
    links = []
    if ids is not None:
        known = {name: number for number, name in enumerate(dict.fromkeys(name for name in ids if name))}
        links = [np.array([known[name] if name else -1 for name in ids], dtype=np.int64)]
    numbers = duplicate_components(texts, threshold, characters, cloaked, links).tolist()
    # A blank text joins nothing, so that two of them are two groups; the id or the place tells them apart.
    keys = [normalised(text) or f"\0{(ids[row] if ids else None) or row}" for row, text in enumerate(texts)]
    first: dict[int, str] = {}
    for number, key in zip(numbers, keys, strict=True):
        first[number] = min(first.get(number, key), key)
    return [_hash(first[number]) for number in numbers]


class _Split:
    """A split while it is filled."""

    def __init__(self, name: str, share: float, totals: Mapping[int, int]) -> None:
        self.name = name
        self.share = share
        self.wanted = {label: share * count for label, count in totals.items()}
        self.missing = dict(self.wanted)
        self.room = sum(self.wanted.values())

    def need(self, content: Mapping[int, int]) -> float:
        """Return the share that is still missing of the classes of a group."""
        return sum(count * self.missing[label] / self.wanted[label] for label, count in content.items())

    def add(self, content: Mapping[int, int]) -> None:
        for label, count in content.items():
            self.missing[label] -= count
            self.room -= count


def _place(content: Counter[int], splits: Sequence[_Split]) -> str:
    size = content.total()
    fitting = [split for split in splits if split.room >= size - 1e-9]
    if fitting:
        # Rounded, so that the order of additions does not decide between splits that need as much.
        chosen = max(fitting, key=lambda split: (round(split.need(content), 9), split.share, split.name))
    else:
        chosen = max(splits, key=lambda split: (round(split.room, 9), split.share, split.name))
    chosen.add(content)
    return chosen.name


def _drawn(seed: int, group: str) -> str:
    return _hash(f"{seed}\0{group}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _check_lengths(groups: Sequence[str], labels: Sequence[int] | None) -> None:
    if labels is not None and len(labels) != len(groups):
        raise ValueError(f"{len(labels)} labels for {len(groups)} rows; each row needs one.")


__all__ = ["group_folds", "split_groups", "text_groups"]
