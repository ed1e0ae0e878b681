"""The file that says what a folder of a baseline holds: `decloak_baseline.json`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FILE = "decloak_baseline.json"
FORMAT = 1
KINDS = ("tfidf", "lexicon")


def write_manifest(
    folder: Path, kind: str, labels: Sequence[str], settings: Mapping[str, Any], training: Mapping[str, Any]
) -> None:
    """Write what a baseline is.

    Args:
        folder: Where its other files are.
        kind: One of `KINDS`.
        labels: Names of its classes, by id.
        settings: What loading needs.
        training: How it was made.
    """
    content = {"format": FORMAT, "kind": kind, "labels": list(labels), "settings": settings, "training": training}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    (folder / FILE).write_text(text, encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what a baseline is.

    Returns:
        The keys `format`, `kind`, `labels`, `settings` and `training`.

    Raises:
        ValueError: The file is missing or damaged, or of a later decloak.
    """
    file = folder / FILE
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"cannot read {file}, which decloak baseline writes: {error}") from error
    if not isinstance(content, dict) or content.get("kind") not in KINDS:
        kind = content.get("kind") if isinstance(content, dict) else content
        raise ValueError(f"{file} names the kind {kind!r}; allowed are {', '.join(KINDS)}")
    if content.get("format") != FORMAT:
        raise ValueError(f"{file} has the format {content.get('format')!r}, this decloak reads {FORMAT}: update it")
    _check_content(file, content)
    return content


def _check_content(file: Path, content: dict[str, Any]) -> None:
    labels = content.get("labels")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError(f"{file}: labels are {labels!r}; a list of names is needed")
    if len(labels) < 2 or len(set(labels)) != len(labels):
        raise ValueError(f"{file}: labels are {labels}; two or more different names are needed")
    if not isinstance(content.get("settings"), dict):
        raise ValueError(f"{file} has no settings: the folder is no whole baseline")


__all__ = ["FILE", "KINDS", "read_manifest", "write_manifest"]
