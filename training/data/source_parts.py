"""The parts of a data set in a file or folder: found, matched to a layout, and ready to be read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from .catalogue import TABLE, Entry
from .checksums import describe_files
from .columns import RowMapping
from .layouts import COLUMNS, FileLayout, GroupRule, LabelRule, Names, Part, alternatives, check_columns
from .source_readers import hatexplain_rows, json_rows, olid_test_rows, stormfront_rows, urfunny_rows
from .tables import TableRow, table_rows

_SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")


@dataclass(frozen=True)
class SourcePart:
    """A part that can be read.

    Attributes:
        name: of the part.
        mapping: how its rows are read.
        rows: opens it and yields the source's rows.
        files: what it is read from, for checksums; empty on the Hub.
        on_request: whether it is taken only if it is asked for.
    """

    name: str
    mapping: RowMapping
    rows: Callable[[], Iterator[TableRow]]
    files: tuple[Path, ...] = ()
    on_request: bool = False


@dataclass(frozen=True)
class Source:
    """What a data set is read from.

    Attributes:
        layout: `upstream`, `normalised`, `hub` or `table`.
        tested: whether decloak's authors ran this layout on the real data.
        parts: those that were found, by name.
        absent: parts that the layout knows and that are not there.
        group_by: what identifies a source sentence.
        hub_id: the repository, on the Hub.
        revision: the commit there, as far as it is known.
    """

    layout: str
    tested: bool
    parts: Mapping[str, SourcePart]
    absent: Sequence[str]
    group_by: GroupRule
    hub_id: str | None = None
    revision: str | None = None


@dataclass(frozen=True)
class TableColumns:
    """How a table of the user's own is read.

    Attributes:
        columns: column of the table for each of ours; the others are looked for under our own names.
        labels: 0 or 1 for each value of the label column; numbers 0 and 1 if it is empty.
        encoding: of csv, tsv and jsonl files; None finds out.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    encoding: str | None = None

    def mapping(self) -> RowMapping:
        """Return it as a mapping of rows.

        Raises:
            ValueError: A column or a label is unknown.
        """
        check_columns(dict(self.columns))
        columns: dict[str, Names] = {name: self.columns.get(name, name) for name in COLUMNS if name != "group"}
        columns |= {name: column for name, column in self.columns.items() if name not in columns}
        return RowMapping(columns, LabelRule(values=dict(self.labels) or {"0": 0, "1": 1}))


def local_source(entry: Entry, path: Path, layout: str | None, table: TableColumns) -> Source:
    """Find a data set in a file or folder.

    Args:
        entry: the data set.
        path: where it is.
        layout: `upstream` or `normalised`; None takes the one that fits.
        table: how a table of the user's own is read; used by the entry `table` alone.

    Raises:
        FileNotFoundError: There is nothing at the path.
        ValueError: No layout fits, or the data set does not have the layout.
    """
    if not path.exists():
        raise FileNotFoundError(f"no such file or folder: {path}")
    if entry.name == TABLE:
        return _table_source(entry, path, table)
    layouts = _file_layouts(entry)
    if layout is not None and layout not in layouts:
        raise ValueError(f"{entry.name} has no layout {layout!r} of files; it has {', '.join(layouts)}")
    misfits = {}
    for name, known in layouts.items():
        if layout in (None, name):
            parts = _found_parts(path, known)
            misfits[name] = _misfit(known, parts)
            if misfits[name] is None:
                absent = [part for part in known.parts if part not in parts and not known.parts[part].on_request]
                return Source(name, known.tested, parts, absent, known.group_by or entry.group_by)
    raise ValueError(
        f"{path} does not hold {entry.name}: "
        + "; ".join(f"as {name}, {misfit}" for name, misfit in misfits.items())
        + f". Read it as {TABLE!r} and name the columns, if it has another form"
    )


def source_checksums(entry: Entry, path: Path) -> list[dict[str, Any]]:
    """Return name, bytes and sha-256 of each file that a data set would be read from.

    Raises:
        FileNotFoundError: There is nothing at the path.
        ValueError: It does not hold the data set. Of a table the columns are not looked at.
    """
    found = local_source(entry, path, None, TableColumns())
    files = [file for part in found.parts.values() for file in part.files]
    return describe_files(files, path if path.is_dir() else path.parent)


def select_parts(known: Mapping[str, bool], wanted: Sequence[str] | None, name: str) -> list[str]:
    """Choose parts of a data set.

    Args:
        known: its parts, and whether each is taken only on request.
        wanted: those asked for; None for all that are not on request, or all if all are.
        name: of the data set.

    Raises:
        ValueError: One is unknown or not there.
    """
    if wanted is None:
        return [part for part, on_request in known.items() if not on_request] or list(known)
    unknown = [part for part in wanted if part not in known]
    if unknown or not wanted:
        raise ValueError(f"{name} has no part {', '.join(unknown) or '(none named)'} here; it has {', '.join(known)}")
    return list(dict.fromkeys(wanted))


def _file_layouts(entry: Entry) -> dict[str, FileLayout]:
    """List the layouts of files, the one first whose columns have our names: it is the stricter."""
    layouts = {}
    if entry.layouts.normalised is not None:
        layouts["normalised"] = entry.layouts.normalised.as_files()
    if entry.layouts.upstream is not None:
        layouts["upstream"] = entry.layouts.upstream
    return layouts


def _misfit(layout: FileLayout, parts: Mapping[str, SourcePart]) -> str | None:
    """Say why the files do not fit a layout, or None if they do: of the first part a row is read."""
    if not parts:
        wanted = ", ".join(alternatives(part.file)[0] for part in layout.parts.values())
        return f"none of its files is there ({wanted})"
    try:
        next(next(iter(parts.values())).rows(), None)
    except (FileNotFoundError, ValueError) as error:
        return str(error)
    return None


def _found_parts(source: Path, layout: FileLayout) -> dict[str, SourcePart]:
    parts = {}
    for name, part in layout.parts.items():
        file = find_file(source, alternatives(part.file))
        if file is not None:
            mapping = RowMapping(
                part.columns or layout.columns, part.labels or layout.labels, layout.suffixes, part.constants, part.only
            )
            beside = {role: _beside(file, value) for role, value in part.beside.items() if role != "split"}
            files = (file, *(found for found in beside.values() if found.is_file()))
            rows = partial(_part_rows, file, part, mapping, beside)
            parts[name] = SourcePart(name, mapping, rows, files, part.on_request)
    return parts


def find_file(source: Path, names: Sequence[str]) -> Path | None:
    """Find the first of several names in a folder, or in the folders below if it is not at its place.

    Args:
        source: a folder, or a file, which must have one of the names itself.
        names: paths inside the folder.

    Raises:
        ValueError: Folders below hold it more than once.
    """
    if source.is_file():
        return source if source.name in {Path(name).name for name in names} else None
    for name in names:
        if (source / name).is_file():
            return source / name
    # A name alone, such as train.csv, says too little to be taken out of just any folder.
    for name in names:
        found = [file for file in source.glob(f"*/{name}") if file.is_file()] if "/" in name else []
        if len(found) > 1:
            raise ValueError(f"{name} is there {len(found)} times below {source}; name the folder that holds it")
        if found:
            return found[0]
    return None


def _beside(file: Path, name: str) -> Path:
    """Find a file or folder that belongs to another: beside it, or one folder up."""
    upwards = file.parent.parent / name
    return upwards if upwards.exists() and not (file.parent / name).exists() else file.parent / name


def _part_rows(file: Path, part: Part, mapping: RowMapping, beside: Mapping[str, Path]) -> Iterator[TableRow]:
    missing = [str(path) for path in beside.values() if not path.exists()]
    if missing:
        raise FileNotFoundError(f"{file.name} is not enough: {', '.join(missing)} must be there, too")
    split = part.beside.get("split", "")
    if part.reader == "json":
        return json_rows(file)
    if part.reader == "hatexplain":
        return hatexplain_rows(file, beside["divisions"], split)
    if part.reader == "stormfront":
        return stormfront_rows(file, beside["texts"])
    if part.reader == "olid_test":
        return olid_test_rows(file, beside["labels"])
    if part.reader == "urfunny":
        return urfunny_rows(file, beside["labels"], beside["folds"], split)
    return table_part_rows(file, mapping)


def table_part_rows(file: Path, mapping: RowMapping, encoding: str | None = None) -> Iterator[TableRow]:
    """Read the columns of a table that a mapping looks at.

    Raises:
        ValueError: A needed column is missing under all its names, or the file cannot be read.
    """
    needed = [_present(file, names, encoding) for names in mapping.needed()]
    optional = [name for name in mapping.optional() if name not in needed]
    return table_rows(file, list(dict.fromkeys(needed)), encoding, optional=list(dict.fromkeys(optional)))


def _present(file: Path, names: Sequence[str], encoding: str | None) -> str:
    """Return the first of a column's names that the table has.

    Raises:
        ValueError: It has none; the message names the columns that there are.
    """
    failures = []
    for name in names:
        try:
            table_rows(file, [name], encoding)
        except ValueError as error:
            failures.append(error)
        else:
            return name
    raise failures[0]


def _table_source(entry: Entry, path: Path, table: TableColumns) -> Source:
    files = [path] if path.is_file() else sorted(file for file in path.iterdir() if _is_table(file))
    if not files:
        raise ValueError(f"{path} holds no table; wanted are files that end in {', '.join(_SUFFIXES)}, also with .gz")
    mapping = table.mapping()
    parts: dict[str, SourcePart] = {}
    for file in files:
        name = file.name.split(".")[0]
        if name in parts:
            raise ValueError(f"{path} holds two tables called {name}: {parts[name].files[0].name} and {file.name}")
        rows = partial(table_part_rows, file, mapping, table.encoding)
        parts[name] = SourcePart(name, mapping, rows, (file,))
    return Source(TABLE, True, parts, (), entry.group_by)


def _is_table(file: Path) -> bool:
    return file.is_file() and file.name.lower().removesuffix(".gz").endswith(_SUFFIXES)


__all__ = [
    "Source",
    "SourcePart",
    "TableColumns",
    "find_file",
    "local_source",
    "select_parts",
    "source_checksums",
    "table_part_rows",
]
