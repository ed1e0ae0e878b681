"""Answers on disk while an evaluation runs, so that a killed run goes on where it was."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from decloak.evaluation.classifiers.text_classifier import TextClassifier

_CHUNK = 2048  # texts between two looks into the store; a kill loses at most the answers to as many
_COMMIT = 256  # answers between two commits


class AnswerStore:
    """Asks a classifier each distinct text once.

    Holds hashes and scores, no texts. The key of an answer has the classifier's fingerprint in it: what another
    classifier, or the same one with other settings, said is never taken.

    Attributes:
        file: the SQLite file; None keeps the answers in memory.
        found: distinct texts whose answer was there from an earlier run.
    """

    def __init__(self, classifier: TextClassifier, file: Path | None = None) -> None:
        """Open the file, or make it.

        Raises:
            ValueError: It is no SQLite file, cannot be written, or another run writes to it.
        """
        self.classifier = classifier
        self.file = file
        self.found = 0
        self._fingerprint = classifier.fingerprint().encode()
        with self._clear_errors():
            self._database = sqlite3.connect(file or ":memory:", timeout=60)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer TEXT NOT NULL)")
        self._own: set[bytes] = set()

    def __enter__(self) -> "AnswerStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def answers(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Answer texts in order, lazily; the answers are those of `TextClassifier.answers`.

        An error is not kept: it may be gone in the next run.

        Raises:
            ValueError: The file is damaged, or another run writes to it.
        """
        iterator = iter(texts)
        while chunk := list(islice(iterator, _CHUNK)):
            keys = [self._key(text) for text in chunk]
            known = self._known(set(keys))
            self.found += len(known.keys() - self._own)
            self._own |= known.keys()
            missing = {key: text for key, text in zip(keys, chunk, strict=True) if key not in known}
            known |= self._asked(missing)
            yield from (known[key] for key in keys)

    def close(self) -> None:
        """Close the file; the answers stay."""
        self._database.close()

    def remove(self) -> None:
        """Close and delete the file."""
        self.close()
        if self.file is not None:
            remove_store(self.file)

    def _key(self, text: str) -> bytes:
        return sha256(self._fingerprint + b"\0" + text.encode("utf-8", "surrogatepass")).digest()[:16]

    def _known(self, keys: set[bytes]) -> dict[bytes, dict[str, Any]]:
        found: dict[bytes, dict[str, Any]] = {}
        ordered = sorted(keys)
        for start in range(0, len(ordered), 500):
            part = ordered[start : start + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT key, answer FROM answers WHERE key IN ({marks})"  # noqa: S608  question marks alone
            with self._clear_errors():
                found |= {key: json.loads(answer) for key, answer in self._database.execute(query, part)}
        return found

    def _asked(self, missing: dict[bytes, str]) -> dict[bytes, dict[str, Any]]:
        """Ask the classifier, and keep its answers a few hundred at a time."""
        answered = {}
        given = self.classifier.answers(missing.values())
        for key, answer in zip(missing, given, strict=True):
            answered[key] = answer
            if answer["label"] is not None:
                self._keep(key, answer)
            if len(answered) % _COMMIT == 0:
                self._commit()
        self._commit()
        return answered

    def _keep(self, key: bytes, answer: dict[str, Any]) -> None:
        with self._clear_errors():
            self._database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, json.dumps(answer)))
        self._own.add(key)

    def _commit(self) -> None:
        with self._clear_errors():
            self._database.commit()

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Say what to do about a file that is damaged (`json.loads` notices some of it) or in use."""
        try:
            yield
        except (sqlite3.DatabaseError, ValueError) as error:
            if "locked" in str(error):
                raise ValueError(f"{self.file} is in use: another run writes to it; wait for it, or end it") from error
            raise ValueError(
                f"{self.file} is no store of answers ({error}); delete it, the run then starts anew"
            ) from error


def remove_store(file: Path) -> None:
    """Delete the file of a store, if there is one, and what SQLite lays beside it."""
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


__all__ = ["AnswerStore", "remove_store"]
