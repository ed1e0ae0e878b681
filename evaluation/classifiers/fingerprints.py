"""Short hashes of what a classifier's answers depend on, so that two reports can be told to be of the same one."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from decloak import __version__
from decloak.training.data.checksums import sha256_of

LENGTH = 16


def fingerprint(settings: Mapping[str, Any], files: Iterable[Path] = ()) -> str:
    """Hash settings, files and the version of decloak.

    Args:
        settings: What JSON can hold; the order of keys does not matter.
        files: Weights and tables; their names and bytes count, not the folder that they lie in, nor their order.

    Returns:
        16 hexadecimal digits of a SHA-256.

    Raises:
        OSError: A file cannot be read.
    """
    parts = sorted(f"{file.name}:{sha256_of(file)}" for file in files)
    text = json.dumps([__version__, settings, parts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def text_fingerprint(text: str) -> str:
    """Hash a text, which may hold other fingerprints, and the version of decloak; 16 hexadecimal digits."""
    return fingerprint({"text": text})


def folder_fingerprint(folder: str | Path) -> str:
    """Hash the weights, settings and tokenizer files of a model's folder.

    Returns:
        16 hexadecimal digits.

    Raises:
        OSError: A file cannot be read.
    """
    return fingerprint({}, model_files(Path(folder)))


def model_files(folder: Path) -> list[Path]:
    """List what a model's answers depend on in its folder and the folders inside; cards and records do not matter."""
    kinds = (".safetensors", ".json", ".txt", ".model", ".py", ".jinja")
    skipped = ("training_record.json",)
    return sorted(file for file in folder.rglob("*") if file.suffix in kinds and file.name not in skipped)


__all__ = ["fingerprint", "folder_fingerprint", "model_files", "text_fingerprint"]
