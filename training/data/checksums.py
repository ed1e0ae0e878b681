"""Checksums of the files that a data set was prepared from."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


def sha256_of(file: Path) -> str:
    """Return the sha-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def describe_files(files: Iterable[Path], root: Path) -> list[dict[str, Any]]:
    """Return name (below the root where it is there), bytes and sha-256 of each file, without repeats."""
    described = []
    for file in dict.fromkeys(files):
        name = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
        described.append({"name": name.as_posix(), "bytes": file.stat().st_size, "sha256": sha256_of(file)})
    return described


def changed_files(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the files that had another checksum before; files of one side alone are not among them."""
    known = {file.get("name"): file.get("sha256") for file in before}
    return [file["name"] for file in now if known.get(file["name"], file["sha256"]) != file["sha256"]]


__all__ = ["changed_files", "describe_files", "sha256_of"]
