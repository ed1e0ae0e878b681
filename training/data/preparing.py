"""Data sets with clean columns: from the Hub, from the files that their authors publish, or from normalised tables."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from decloak import __version__

from .catalogue import TABLE, Entry, check_commit, load_entry
from .checksums import describe_files
from .columns import Account, map_rows, resolve_media
from .hub_parts import HUB_ID, hub_source, hub_table_source
from .hub_pins import Pins, pinned_revision
from .layouts import COLUMNS
from .source_groups import groups_on_two_sides, source_groups
from .source_parts import Source, TableColumns, local_source, select_parts

if TYPE_CHECKING:
    from datasets import DatasetDict

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class PreparedData:
    """A data set and how it came to be.

    Attributes:
        dataset: `text` (str), `label` (int), `id` (str, unique in a split), `group` (str) and the columns of
            `layouts.COLUMNS` for which the source has values (str or None), by split.
        accounts: what became of the rows, by part of the source.
        preparation: source, checksums, commit, counts, version and seed, ready for JSON.
        notes: what a person should know about this preparation.
    """

    dataset: "DatasetDict"
    accounts: dict[str, Account]
    preparation: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def prepare_dataset(
    name: str,
    source: str | Path | None = None,
    layout: str | None = None,
    revision: str | None = None,
    *,
    group: bool = True,
    splits: Sequence[str] | None = None,
    shares: Mapping[str, float] | None = None,
    seed: int = 0,
    images: Path | None = None,
    audio: Path | None = None,
    table: TableColumns | None = None,
    hub_config: str | None = None,
    pins: Pins | None = None,
) -> PreparedData:
    """Prepare a data set of the catalogue, or a table of your own.

    Args:
        name: an entry of the catalogue; `table` for anything else.
        source: folder or file; None loads it from the Hub. `table` also takes the id of a Hub data set.
        layout: `upstream`, `normalised` or `hub`; None takes what fits.
        revision: commit on the Hub; None takes the pinned one, else what is there now.
        group: whether to add the column `group`.
        splits: parts to take, by name; None takes all but those that repeat others.
        shares: share of each split to be made, such as train 0.8 and test 0.2, where the authors made none. No group
            is on two sides.
        seed: of these splits.
        images: folder of the pictures that the column `image` names.
        audio: folder of the sounds that the column `audio` names.
        table: columns and labels of a table of your own.
        hub_config: configuration of a Hub data set of your own.
        pins: commits of Hub data sets, as `hub_pins.load_pins` reads them.

    Raises:
        FileNotFoundError: There is nothing at the source, or a file is not there.
        ValueError: The data set, layout, split or a column is unknown, a part has no row that can be used, or new
            splits are asked for where they may not be made.
    """
    entry = load_entry(name)
    if table is not None and entry.name != TABLE:
        raise ValueError(f"columns, labels and encoding are given for {TABLE!r} alone; {entry.name} knows its own")
    revision = _revision(entry, source, revision, pins or {})
    found = _open(entry, source, layout, revision, splits, table or TableColumns(), hub_config)
    taken = select_parts({part.name: part.on_request for part in found.parts.values()}, splits, entry.name)
    _check_shares(entry, taken, shares)
    rows, accounts = _read(entry, found, taken)
    notes = _notes(entry, found, rows, taken, splits)
    _add_groups(rows, found, entry)
    rows = {part: rows[part] for part in taken}
    for column, folder in (("image", images), ("audio", audio)):
        if folder is not None:
            _resolve(rows, accounts, column, folder)
    if shares is None:
        notes += _shared_groups(rows)
    else:
        rows = _split_anew(rows, shares, seed)
    preparation = {
        **_where_from(entry, found, taken, source),
        "seed": None if shares is None else seed,
        "shares": None if shares is None else dict(shares),
        "group_by": found.group_by.model_dump(exclude_none=True) if group else None,
        "splits": {split: _counts(content) for split, content in rows.items()},
        "parts": {part: asdict(account) for part, account in accounts.items()},
        "notes": notes,
    }
    return PreparedData(_as_dataset(rows, group), accounts, preparation, notes)


def _revision(entry: Entry, source: str | Path | None, revision: str | None, pins: Pins) -> str | None:
    """Choose the commit: the one that was given, the pinned one, the entry's; none for files."""
    hub_id = str(source) if entry.name == TABLE and source is not None else entry.hub_id
    if revision is not None:
        return check_commit(revision)
    if hub_id is None or (source is not None and Path(source).exists()):
        return None
    return pinned_revision(entry.name, hub_id, pins) or entry.revision


def _open(
    entry: Entry,
    source: str | Path | None,
    layout: str | None,
    revision: str | None,
    splits: Sequence[str] | None,
    table: TableColumns,
    hub_config: str | None,
) -> Source:
    if layout not in (None, "upstream", "normalised", "hub"):
        raise ValueError(f"layout is {layout!r}; allowed are upstream, normalised and hub")
    if source is None and entry.name == TABLE:
        raise ValueError("a table needs --source: a file, a folder of tables, or the id of a Hub data set")
    if source is None:
        if layout not in (None, "hub"):
            raise ValueError(f"the layout {layout} is one of files: say with --source where they are")
        return hub_source(entry, revision, splits)
    if entry.name == TABLE and not Path(source).exists() and HUB_ID.fullmatch(str(source)):
        return hub_table_source(entry, str(source), hub_config, revision, table)
    if layout == "hub" or revision is not None:
        raise ValueError("the layout hub and a revision are for the Hub: leave --source out, or leave them out")
    return local_source(entry, Path(source), layout, table)


def _check_shares(entry: Entry, taken: Sequence[str], shares: Mapping[str, float] | None) -> None:
    if shares is None:
        return
    if entry.role == "test_suite":
        raise ValueError(f"{entry.name} is a test suite: it is not split, for nothing of it may be trained on")
    if entry.official_split and len(taken) > 1:
        raise ValueError(
            f"{entry.name} has an official split ({', '.join(taken)}): leave --split out, or name with --splits the "
            "one part that is to be split"
        )


def _read(entry: Entry, source: Source, taken: Sequence[str]) -> tuple[Rows, dict[str, Account]]:
    """Read the parts, and the one that the others' groups are known by."""
    names = list(taken)
    if source.group_by.part in source.parts and source.group_by.part not in names:
        names.append(str(source.group_by.part))
    rows, accounts = {}, {}
    for name in names:
        part = source.parts[name]
        rows[name], accounts[name] = map_rows(name, part.rows(), part.mapping)
        if not rows[name]:
            reasons = "; ".join(f"{len(lost)} rows: {reason}" for reason, lost in accounts[name].lost.items())
            raise ValueError(f"{entry.name}, {name}: no row can be used. {reasons or 'There are none'}")
    return rows, {name: accounts[name] for name in taken}


def _notes(entry: Entry, source: Source, rows: Rows, taken: Sequence[str], splits: Sequence[str] | None) -> list[str]:
    notes = []
    if not source.tested:
        notes.append(f"the layout {source.layout} follows the published description and was not run on the real data")
    if source.absent and splits is None:
        notes.append(f"not there and left out: {', '.join(source.absent)}")
    if source.hub_id and not source.revision:
        notes.append(
            f"{source.hub_id} was read at an unknown commit, for the Hub did not answer: name one with --revision"
        )
    if source.group_by.part and source.group_by.part not in rows:
        notes.append(f"{source.group_by.part} is not there, so that groups are of each part's own texts")
    for part in taken:
        known = entry.splits.get(part)
        if known is not None and known.rows is not None and known.rows != len(rows[part]):
            notes.append(f"{part}: {len(rows[part]):,} rows, where the catalogue knows {known.rows:,}")
    return notes


def _add_groups(rows: Rows, source: Source, entry: Entry) -> None:
    groups = source_groups(rows, source.group_by, entry.name)
    for part, content in rows.items():
        for row, key in zip(content, groups[part], strict=True):
            row["group"] = key


def _shared_groups(rows: Rows) -> list[str]:
    shared = groups_on_two_sides({part: [row["group"] for row in content] for part, content in rows.items()})
    return [f"{shared:,} groups have rows in more than one split: they leak if you train on one of them"] * (shared > 0)


def _resolve(rows: Rows, accounts: Mapping[str, Account], column: str, folder: Path) -> None:
    if not folder.is_dir():
        raise FileNotFoundError(f"no such folder: {folder}")
    for part, content in rows.items():
        missing = [index + 1 for index in resolve_media(content, column, folder)]
        if missing:
            accounts[part].missing_media[column] = missing


def _split_anew(parts: Rows, shares: Mapping[str, float], seed: int) -> Rows:
    """Pool the parts and divide them by group; the ids of pooled parts say which part they are from."""
    from .group_splits import split_groups

    pooled = [
        {**row, "id": f"{part}-{row['id']}" if len(parts) > 1 else row["id"]}
        for part, rows in parts.items()
        for row in rows
    ]
    sides = split_groups([row["group"] for row in pooled], shares, seed, [row["label"] for row in pooled])
    split: Rows = {name: [] for name in shares}
    for row, side in zip(pooled, sides, strict=True):
        split[side].append(row)
    empty = [name for name, rows in split.items() if not rows]
    if empty:
        raise ValueError(f"{len(pooled)} rows are too few groups for the shares {dict(shares)}: {empty[0]} got none")
    return split


def _where_from(entry: Entry, found: Source, taken: Sequence[str], source: str | Path | None) -> dict[str, Any]:
    root = Path(source or "")
    files = [file for name in taken for file in found.parts[name].files]
    return {
        "dataset": entry.name,
        "decloak": __version__,
        "licence": entry.licence.model_dump(),
        "role": entry.role,
        "layout": found.layout,
        "hub_id": found.hub_id,
        "revision": found.revision,
        "files": describe_files(files, root if root.is_dir() else root.parent),
    }


def _counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    positives = sum(row["label"] for row in rows)
    groups = len({row["group"] for row in rows})
    return {"rows": len(rows), "labels": {"0": len(rows) - positives, "1": positives}, "groups": groups}


def _as_dataset(parts: Rows, group: bool) -> "DatasetDict":
    from datasets import Dataset, DatasetDict, Features, Value

    used = {column for rows in parts.values() for row in rows for column, value in row.items() if value is not None}
    columns = [column for column in COLUMNS if column in used and (group or column != "group")]
    features = Features({column: Value("int64" if column == "label" else "string") for column in columns})
    return DatasetDict(
        {
            name: Dataset.from_dict({column: [row.get(column) for row in rows] for column in columns}, features)
            for name, rows in parts.items()
        }
    )


__all__ = ["PreparedData", "TableColumns", "prepare_dataset"]
