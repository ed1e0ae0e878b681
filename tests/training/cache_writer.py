"""Writes a feature cache; run as a program by `test_feature_cache`.

Arguments: the file, the first letter of the contents, how many, and `kill` to die as `kill -9` does in a transaction
of 40 MB, or `fingerprint` to print what `datasets.map` takes a callable with a cache for.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

from decloak.training.feature_cache import FeatureCache

NAMESPACE = "tests"


def features_of(content: str) -> np.ndarray:
    """What is kept of a content such as `a7`."""
    return np.full((2, 3), int(content[1:]), dtype=np.float16)


class Hearing:
    """A callable for `datasets.map` that holds a cache."""

    def __init__(self, cache: FeatureCache) -> None:
        self.cache = cache

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"known": self.cache.get(row["text"]) is not None}


def die_while_writing(cache: FeatureCache) -> None:
    """Write 40 MB, more than SQLite keeps in memory, and die before the transaction ends."""
    connection = cache._open()
    connection.execute("PRAGMA cache_size=10")
    connection.execute("BEGIN IMMEDIATE")
    for number in range(50):
        connection.execute("INSERT INTO features VALUES (?, ?)", (cache._key(f"z{number}"), bytes(800_000)))
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """See the module."""
    path, letter, count, how = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    cache = FeatureCache(path, NAMESPACE)
    if how == "fingerprint":
        from datasets.fingerprint import Hasher

        assert cache.get(f"{letter}0") is not None
        print(Hasher.hash(Hearing(cache)))  # noqa: T201  read by the test
        return
    for number in range(count):
        cache.put(f"{letter}{number}", features_of(f"{letter}{number}"))
        cache.put(f"x{number}", features_of(f"x{number}"))  # by all
    if how == "kill":
        die_while_writing(cache)


if __name__ == "__main__":
    main()
