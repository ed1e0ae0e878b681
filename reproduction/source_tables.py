"""The tables of an experiment, read from where a person says that they are."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from decloak.training.data.catalogue import TABLE, load_entry
from decloak.training.data.preparing import prepare_dataset

from .experiment import Experiment
from .experiment_parts import Source


@dataclass(frozen=True)
class SourceRow:
    """A row: its text, its label (0 or 1), and its id, which variants of it share."""

    text: str
    label: int
    id: str


@dataclass(frozen=True)
class SourceTable:
    """A table and where it is from.

    Attributes:
        rows: that can be used.
        account: files with their checksums, revision, and rows that were left out with reasons; ready for JSON.
        facts: `source`, `license`, `language` and `label_meaning`, for model cards.
    """

    rows: list[SourceRow]
    account: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Places:
    """Where data are.

    Attributes:
        named: file or folder by the name of a source or of its data set.
        root: folder with a folder for each data set, `<entry>/<part>.csv.gz` or as its authors publish it.
    """

    named: Mapping[str, Path] = field(default_factory=dict)
    root: Path | None = None


def read_sources(experiment: Experiment, places: Places) -> dict[str, SourceTable]:
    """Read every source that the experiment names, once each.

    A folder is read as the catalogue says, a file as a table with `text`, `label` and, where there is one, `id`. What
    is at no place is loaded from the Hub, if its data set is there.

    Raises:
        FileNotFoundError: There is nothing at a place.
        ValueError: A place is of no source, a source has no place, or a table cannot be read.
    """
    known = {*experiment.data, *(source.entry for source in experiment.data.values() if source.entry)}
    unknown = sorted(set(places.named) - known)
    if unknown:
        raise ValueError(f"--data names {', '.join(unknown)}; {experiment.name} has {', '.join(sorted(known))}")
    wanted = [name for name in experiment.data if name in experiment.sources_named()]
    return {name: read_source(name, experiment.data[name], places) for name in wanted}


def read_source(name: str, source: Source, places: Places) -> SourceTable:
    """Read a source; see `read_sources`."""
    place = _place(name, source, places)
    if source.entry is None and place is not None and place.is_dir():
        raise ValueError(f"--data {name}={place} is a folder: {name} is of no known data set, so name one file")
    as_table = source.entry is None or (place is not None and place.is_file())
    entry = load_entry(TABLE if as_table else str(source.entry))
    part = None if as_table else [str(source.part)]
    prepared = prepare_dataset(entry.name, place, splits=part, group=False)
    (rows,) = prepared.dataset.values()
    kept = ("layout", "hub_id", "revision", "files", "notes")
    account: dict[str, Any] = {key: prepared.preparation[key] for key in kept}
    (of_part,) = prepared.accounts.values()
    counts = asdict(of_part)
    account |= {"entry": source.entry, "part": source.part, "rows": len(rows), "read": counts["read"]}
    account["lost"] = {reason: len(numbers) for reason, numbers in counts["lost"].items()}
    return SourceTable([SourceRow(row["text"], row["label"], row["id"]) for row in rows], account, _facts(source))


def _place(name: str, source: Source, places: Places) -> Path | None:
    """Find where a source is; None for the Hub.

    Raises:
        ValueError: Nobody said.
    """
    for given in (name, source.entry):
        if given is not None and given in places.named:
            return places.named[given]
    if places.root is not None and source.entry is not None and (places.root / source.entry).is_dir():
        return places.root / source.entry
    if source.entry is not None and load_entry(source.entry).hub_id is not None and places.root is None:
        return None
    where = f"a folder {source.entry} in --data-root, or " if source.entry else ""
    raise ValueError(f"source {name} is nowhere: give {where}--data {name}=PATH")


def _facts(source: Source) -> dict[str, str]:
    """Return what model cards say of a data set."""
    if source.entry is None:
        return {}
    entry = load_entry(source.entry)
    facts = {"source": entry.homepage, "license": entry.licence.name, "label_meaning": entry.label_meaning.one}
    return facts | ({"language": entry.languages[0]} if len(entry.languages) == 1 else {})


__all__ = ["Places", "SourceRow", "SourceTable", "read_source", "read_sources"]
