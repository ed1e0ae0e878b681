"""Groups: a short hash of the sentence that a row goes back to, the same for all its variants."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .layouts import LINK, GroupRule
from .text_identity import normalised

Rows = Sequence[Mapping[str, Any]]
# 64 bits: among a million sentences two collide with a probability of 3e-8.
_DIGITS = 16


def source_groups(parts: Mapping[str, Rows], rule: GroupRule, name: str) -> dict[str, list[str]]:
    """Return the group of each row, by part.

    Rows are joined if the rule says so, if their normalised texts are equal, and if one names the other's id in its
    `link` column (where there are links, ids are of the whole data set); joining is transitive. Under the rules `text`
    and `base_text` a group that joins nothing else is the hash of the sentence alone, as `group_splits.text_groups`
    makes it, so that it is the same in every data set that holds the sentence.

    Args:
        parts: rows with `text`, `id` and what the rule reads.
        rule: what identifies a source sentence.
        name: of the data set, which keeps its ids apart from those of others.
    """
    bases = {row["id"]: row["text"] for row in parts.get(rule.part or "", ())}
    keys = {part: [_key(row, rule, name, bases) for row in rows] for part, rows in parts.items()}
    linked = any(row.get(LINK) for rows in parts.values() for row in rows)
    joined = _Joined()
    for part, rows in parts.items():
        for row, key in zip(rows, keys[part], strict=True):
            joined.join(key, normalised(row["text"]))
            # What is linked to need not have a link itself.
            for other in (row["id"], row.get(LINK)) if linked else ():
                if other:
                    joined.join(key, f"\0id:{name}:{other}")
    smallest = joined.smallest(key for part in keys.values() for key in part)
    return {part: [_short_hash(smallest[joined.find(key)]) for key in found] for part, found in keys.items()}


def groups_on_two_sides(groups: Mapping[str, Sequence[str]]) -> int:
    """Count the groups that have rows in more than one part."""
    sides: dict[str, set[str]] = {}
    for part, found in groups.items():
        for group in found:
            sides.setdefault(group, set()).add(part)
    return sum(len(parts) > 1 for parts in sides.values())


def _key(row: Mapping[str, Any], rule: GroupRule, name: str, bases: Mapping[str, str]) -> str:
    """Return what the rule knows a row by; where it does not apply, the text. A null tells the others from texts."""
    if rule.rule == "column" and row.get(str(rule.column)):
        return f"\0{rule.column}:{name}:{row[str(rule.column)]}"
    # 18 digits: Python refuses to read numbers of thousands of them.
    if rule.rule == "id_pairs" and row["id"].isdecimal() and len(row["id"]) <= 18:
        return f"\0pair:{name}:{int(row['id']) // 2}"
    return normalised(bases.get(row["id"], row["text"]))


def _short_hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8")).hexdigest()[:_DIGITS]


class _Joined:
    """Sets of keys that are joined one by one (union-find with path halving)."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def find(self, key: str) -> str:
        parents = self._parents
        parents.setdefault(key, key)
        while parents[key] != key:
            parents[key] = parents[parents[key]]
            key = parents[key]
        return key

    def join(self, one: str, other: str) -> None:
        self._parents[self.find(one)] = self.find(other)

    def smallest(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the smallest of the keys in each set, by what `find` returns: it does not hang on their order."""
        found: dict[str, str] = {}
        for key in keys:
            root = self.find(key)
            found[root] = min(found.get(root, key), key)
        return found


__all__ = ["groups_on_two_sides", "source_groups"]
