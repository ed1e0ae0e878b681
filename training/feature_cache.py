"""A cache of features on disk, addressed by what they were made of.

Speaking and hearing a text takes seconds, training reads it many times. The cache is one SQLite file: several processes
may read and write it at once, and a killed one leaves it whole. Its entries are keyed by a namespace (engine, voice,
encoder: whatever changes the features) and the content, so that a new encoder never meets old features.
"""

import hashlib
import io
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedConfig

#: Increased whenever the stored form changes: old entries are then not found.
FORMAT = 1
WAIT_SECONDS = 60.0
AT_ONCE = 500  # SQLite takes at most 999 values a statement in old builds.

# Fields of a configuration that say nothing of what a module computes.
NO_MATTER = frozenset({"_name_or_path", "transformers_version", "architectures", "dtype", "torch_dtype"})

SCHEMA = "CREATE TABLE IF NOT EXISTS features (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"


class FeatureCache:
    """Arrays by content; see the module.

    Can be pickled and used after a fork: each process opens the file for itself. Not for a network file system, whose
    locks SQLite cannot trust.
    """

    def __init__(self, path: str | Path, namespace: str) -> None:
        """Open the file, which is made if it is missing.

        Args:
            path: the file; its folder is made.
            namespace: what the features depend on beside the content, such as an engine's and an encoder's
                fingerprints.

        Raises:
            ValueError: The file is no SQLite database.
            OSError: It cannot be opened or written, is locked for long, or is another program's database.
        """
        self.path = Path(path)
        self.namespace = namespace
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._open().execute("SELECT COUNT(*) FROM features WHERE key = x'00'").fetchone()
        except sqlite3.OperationalError as error:  # not "delete it": the file may be whole
            raise OSError(f"{self.path} cannot be used as a feature cache: {error}.") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{self.path} is no feature cache ({error}): delete it, or name another file.") from error

    def get(self, content: str) -> np.ndarray | None:
        """Return the features of a content, or None where they are not there or not whole."""
        return self.get_many([content]).get(content)

    def get_many(self, contents: Iterable[str]) -> dict[str, np.ndarray]:
        """Return the features that are there, by content."""
        keys = {self._key(content): content for content in contents}
        found: dict[str, np.ndarray] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"SELECT key, value FROM features WHERE key IN ({marks})"  # noqa: S608 - question marks alone
            for key, value in self._open().execute(query, part):
                array = _decoded(value)
                if array is not None:
                    found[keys[key]] = array
        return found

    def put(self, content: str, features: np.ndarray) -> None:
        """Keep the features of a content; those of another process that was faster are replaced."""
        self.put_many({content: features})

    def put_many(self, features: Mapping[str, np.ndarray]) -> None:
        """Keep several in one transaction: all of them or, after a kill, none."""
        rows = [(self._key(content), _encoded(array)) for content, array in features.items()]
        connection = self._open()
        with connection:
            connection.executemany("INSERT OR REPLACE INTO features VALUES (?, ?)", rows)

    def __len__(self) -> int:
        """Return the number of entries, of all namespaces."""
        return int(self._open().execute("SELECT COUNT(*) FROM features").fetchone()[0])

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        if self._connection is not None and self._owner == os.getpid():
            self._connection.close()
        self._connection = None

    def __getstate__(self) -> dict[str, object]:
        """Leave the connection out of pickles, and out of the fingerprints of `datasets.map`."""
        return {"path": self.path, "namespace": self.namespace, "_connection": None, "_owner": 0}

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or self._owner != os.getpid():
            connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(SCHEMA)
            self._connection, self._owner = connection, os.getpid()
        return self._connection

    def _key(self, content: str) -> bytes:
        text = f"{FORMAT}\0{self.namespace}\0{content}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _encoded(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array), allow_pickle=False)
    return buffer.getvalue()


def _decoded(value: bytes) -> np.ndarray | None:
    """Return an array, or None where the value was damaged on the disk: it is then made again."""
    buffer = io.BytesIO(value)
    try:
        array = np.lib.format.read_array(buffer, allow_pickle=False)
    except Exception:  # a broken header raises errors of many kinds, of the memory and of the tokenizer too
        return None
    return None if buffer.read(1) else array


def module_fingerprint(module: torch.nn.Module) -> str:
    """Return a digest of a module's class, configuration and weights: the same one means the same features."""
    digest = hashlib.sha256(type(module).__name__.encode())
    config = getattr(module, "config", None)
    if isinstance(config, PreTrainedConfig):
        values = {name: value for name, value in config.to_dict().items() if name not in NO_MATTER}
        digest.update(json.dumps(values, sort_keys=True, default=str).encode())
    for name, tensor in sorted(module.state_dict().items()):
        values = tensor.detach().cpu().contiguous()
        digest.update(f"{name}:{values.dtype}:{tuple(values.shape)}".encode())
        digest.update(values.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


__all__ = ["FeatureCache", "module_fingerprint"]
