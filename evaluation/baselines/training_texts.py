"""What a baseline is trained on, and the record of it that travels with the baseline."""

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from decloak import __version__
from decloak.training.data.checksums import sha256_of
from decloak.training.data.mixture import Mixture

LABELS = ("not_hateful", "hateful")
RECORD = "training_record.json"


@dataclass(frozen=True)
class TrainingTexts:
    """Labelled texts to train a baseline on.

    Attributes:
        texts: The texts.
        classes: Class id of each.
        labels: Names of the classes, by id.
        counts: Rows read and left out, with the reason, by table.
        files: Name, use and SHA-256 of each file that was read.
        seed: That chose and ordered them.
    """

    texts: list[str]
    classes: list[int]
    labels: list[str] = field(default_factory=lambda: list(LABELS))
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    files: list[dict[str, str]] = field(default_factory=list)
    seed: int = 0

    def __post_init__(self) -> None:
        """Check that every class occurs.

        Raises:
            ValueError: The lengths differ, a class is outside the labels, or one does not occur.
        """
        if len(self.texts) != len(self.classes):
            raise ValueError(f"{len(self.texts)} texts but {len(self.classes)} classes: one for each text is needed")
        outside = sorted(set(self.classes) - set(range(len(self.labels))))
        if outside:
            raise ValueError(f"classes are {outside[:5]}; allowed are 0 ... {len(self.labels) - 1}")
        absent = [name for index, name in enumerate(self.labels) if index not in set(self.classes)]
        if absent:
            raise ValueError(f"none of the {len(self.texts)} texts is {', '.join(absent)}: give texts of each class")

    @classmethod
    def of_mixture(
        cls, mixture: Mixture, labels: Sequence[str], files: Mapping[str, Iterable[Path]], seed: int
    ) -> "TrainingTexts":
        """Take the texts of a mixture; `files` are those that it was read from, by use (`train`, `exclude`)."""
        records = [file_record(file, use) for use, group in files.items() for file in group]
        texts, classes = [row.text for row in mixture.rows], [row.label for row in mixture.rows]
        return cls(texts, classes, list(labels), mixture.counts, records, seed)

    def record(self, started: float, **settings: Any) -> dict[str, Any]:
        """Say how a baseline was made.

        Args:
            started: `time.monotonic()` of when.
            settings: Of the training.

        Returns:
            `texts` (how many), `by_label`, `data` (counts by table), `files`, `seed`, `seconds`, `settings` and
            `decloak` (its version).
        """
        return {
            "texts": len(self.texts),
            "by_label": {name: self.classes.count(index) for index, name in enumerate(self.labels)},
            "data": self.counts,
            "files": self.files,
            "seed": self.seed,
            "seconds": round(time.monotonic() - started, 1),
            "settings": settings,
            "decloak": __version__,
        }

    def sha256(self) -> str:
        """Hash texts and classes, in their order."""
        digest = hashlib.sha256()
        for text, label in zip(self.texts, self.classes, strict=True):
            digest.update(f"{label}\t{text}\0".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def file_record(file: Path, use: str) -> dict[str, str]:
    """Return the name (without its folders, which are nobody's business), the use and the SHA-256 of a file."""
    return {"name": file.name, "use": use, "sha256": sha256_of(file)}


def public_name(model: str) -> str:
    """Name a model in a record: a Hub id as it is, a folder without those that it lies in."""
    return Path(model).resolve().name if Path(model).exists() else model


def check_output(folder: Path) -> None:
    """Check that a baseline can be written to a folder: the files of two in one folder would be read as one.

    Raises:
        ValueError: The folder holds something, or is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--output {folder} is a file; a folder is needed")
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(f"--output {folder} is not empty: name another folder, or remove it")


__all__ = ["LABELS", "RECORD", "TrainingTexts", "check_output", "file_record", "public_name"]
