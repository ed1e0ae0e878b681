"""An experiment's rows as csv files, the same bytes for the same rows."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .experiment_data import HELD_OUT, VALIDATION, ExperimentTables, GroupedRow
from .experiment_parts import Normalization
from .text_normalization import text_normalizer

ACCOUNT = "account.json"


@dataclass(frozen=True)
class TrainingFiles:
    """The files of one normalisation.

    Attributes:
        train: table of each source.
        language: table of each source that language models read.
        excluded: texts that must not be trained on.
        validation: rows that are measured while training, or None.
        sha256: of each file, by its name.
    """

    train: dict[str, Path]
    language: dict[str, Path]
    excluded: Path
    validation: Path | None
    sha256: dict[str, str]


@dataclass(frozen=True)
class MeasuredFile:
    """The rows of a test, as people wrote them."""

    name: str
    file: Path
    sha256: str


def write_training(tables: ExperimentTables, normalization: Normalization, folder: Path) -> TrainingFiles:
    """Write training, validation and excluded texts, normalised, into `<folder>/<normalization>/`."""
    normalized = text_normalizer(normalization)
    place = folder / normalization
    named = {f"train-{name}": _lines(rows, normalization) for name, rows in tables.train.items()}
    named |= {f"language-{name}": _lines(rows, normalization) for name, rows in tables.language.items()}
    named[HELD_OUT] = [[normalized(text), "0", "", ""] for text in tables.excluded]
    if tables.validation:
        named[VALIDATION] = _lines(tables.validation, normalization)
    digests = {name: _write(place / f"{name}.csv", lines) for name, lines in named.items()}
    train = {name: place / f"train-{name}.csv" for name in tables.train}
    language = {name: place / f"language-{name}.csv" for name in tables.language}
    validation = place / f"{VALIDATION}.csv" if tables.validation else None
    return TrainingFiles(train, language, place / f"{HELD_OUT}.csv", validation, digests)


def write_tests(tables: ExperimentTables, folder: Path) -> dict[str, MeasuredFile]:
    """Write the tests into `<folder>/tests/`, and the account of all rows into `<folder>/account.json`."""
    files = {}
    for name, rows in tables.tests.items():
        file = folder / "tests" / f"{name}.csv"
        files[name] = MeasuredFile(name, file, _write(file, _lines(rows, "none")))
    account = {**tables.account, "tests_sha256": {name: file.sha256 for name, file in files.items()}}
    text = json.dumps(account, ensure_ascii=False, indent=1) + "\n"
    _replace(folder / ACCOUNT, text.encode("utf-8"))
    return files


def _lines(rows: Iterable[GroupedRow], normalization: Normalization) -> list[list[str]]:
    normalized = text_normalizer(normalization)
    return [[normalized(one.row.text), str(one.row.label), one.row.id, one.group] for one in rows]


def _write(file: Path, lines: Iterable[list[str]]) -> str:
    """Write a table; return the SHA-256 of its bytes."""
    written = io.StringIO(newline="")
    # All quoted: a lone carriage return in a text would end its row otherwise.
    table = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n")
    table.writerow(["text", "label", "id", "group"])
    table.writerows(lines)
    content = written.getvalue().encode("utf-8")
    _replace(file, content)
    return hashlib.sha256(content).hexdigest()


def _replace(file: Path, content: bytes) -> None:
    """Write a file at once; one that has this content already is left alone."""
    if file.is_file() and file.read_bytes() == content:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.partial")
    partial.write_bytes(content)
    partial.replace(file)


__all__ = ["MeasuredFile", "TrainingFiles", "write_tests", "write_training"]
