"""Texts without labels that a language model reads: tables of which one column is taken."""

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from .mixture import Mixture
from .near_duplicates import NearDuplicateIndex
from .tables import table_rows
from .test_suites import check_test_suites
from .text_identity import normalised

REASONS = ("read", "unusable", "test_suite", "excluded", "near_duplicate", "duplicate")


def load_language_texts(
    mixture: Mixture, paths: Mapping[str, Path], excluded: Collection[str], near_duplicates: float | None
) -> None:
    """Add the texts of tables to a mixture, without those of test suites and without what must not be trained on.

    A model that has read a test text restores it better than it would a new one: what is excluded counts here as it
    does for training texts. What a training row says already is left out, too.

    Args:
        mixture: gets the texts, in the order of the tables, and an account of them.
        paths: file of each table, by name; it has a column `text`.
        excluded: normalised texts that must not be read.
        near_duplicates: similarity from which texts like an excluded one are left out, too; None for equal ones alone.

    Raises:
        ValueError: A table is a test suite, or has no column `text`.
    """
    near = None if near_duplicates is None or not paths else NearDuplicateIndex(sorted(excluded), near_duplicates)
    seen = {normalised(row.text) for row in mixture.rows}
    for name, path in paths.items():
        counts = Counter(dict.fromkeys(REASONS, 0))
        texts = []
        for text in _usable(path, counts):
            key = normalised(text)
            if key in excluded:
                counts["excluded"] += 1
            elif key in seen:
                counts["duplicate"] += 1
            else:
                seen.add(key)
                texts.append(text)
        similar = near.closest(texts) if near is not None else [None] * len(texts)
        kept = [text for text, closest in zip(texts, similar, strict=True) if closest is None]
        counts["near_duplicate"] = len(texts) - len(kept)
        mixture.language_texts += kept
        mixture.language_counts[name] = {**counts, "kept": len(kept)}


def _usable(path: Path, counts: Counter[str]) -> list[str]:
    """Return the texts of a table that are no test suite's."""
    texts, numbers = [], []
    for row in table_rows(path, ["text"]):
        counts["read"] += 1
        text = row.values.get("text")
        if row.error or not isinstance(text, str) or not text.strip():
            counts["unusable"] += 1
            continue
        texts.append(text)
        numbers.append(row.number)
    suites = check_test_suites(str(path), texts, numbers)
    counts["test_suite"] = sum(suite is not None for suite in suites)
    return [text for text, suite in zip(texts, suites, strict=True) if suite is None]


__all__ = ["load_language_texts"]
