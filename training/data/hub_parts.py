"""The parts of a data set on the Hub, at a commit; loading runs no code of the repository."""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .catalogue import TABLE, Entry
from .columns import RowMapping
from .hub_pins import current_commit
from .layouts import HubPart
from .source_parts import Source, SourcePart, TableColumns, select_parts, table_part_rows
from .tables import TableRow

if TYPE_CHECKING:
    from datasets import Dataset

logger = logging.getLogger(__name__)

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def hub_source(entry: Entry, revision: str | None, wanted: Sequence[str] | None) -> Source:
    """Load the parts of an entry from the Hub.

    Args:
        entry: the data set.
        revision: the commit; None takes what the repository holds now.
        wanted: the parts to load; None for all that are not on request.

    Raises:
        ValueError: The entry has no repository or no such part, or it cannot be loaded.
    """
    layout = entry.layouts.hub
    if layout is None or entry.hub_id is None:
        raise ValueError(
            f"{entry.name} is not on the Hub in a form that loads without a script. Download it from {entry.homepage} "
            "and pass the folder with --source."
        )
    revision = revision or _current_commit(entry.hub_id)
    parts: dict[str, SourcePart] = {}
    for name in select_parts({name: part.on_request for name, part in layout.parts.items()}, wanted, entry.name):
        mapping = RowMapping(layout.columns, layout.labels, layout.suffixes, layout.parts[name].constants)
        parts[name] = _hub_part(entry, name, layout.parts[name], revision, mapping)
    group_by = layout.group_by or entry.group_by
    return Source("hub", layout.tested, parts, (), group_by, entry.hub_id, revision)


def hub_table_source(
    entry: Entry, hub_id: str, config: str | None, revision: str | None, table: TableColumns
) -> Source:
    """Load all splits of any data set on the Hub.

    Raises:
        ValueError: It cannot be loaded, or a split does not have the columns.
    """
    mapping = table.mapping()
    revision = revision or _current_commit(hub_id)
    data = _load(hub_id, config, revision, None)
    parts = {name: SourcePart(name, mapping, partial(_rows, split, mapping)) for name, split in data.items()}
    return Source(TABLE, True, parts, (), entry.group_by, hub_id, revision)


def _hub_part(entry: Entry, name: str, part: HubPart, revision: str | None, mapping: RowMapping) -> SourcePart:
    """Load a part; a file of its own is fetched and read here, for datasets cannot do that again without a network."""
    hub_id = str(entry.hub_id)
    if part.data_file is not None:
        file = _fetch(hub_id, part.data_file, revision)
        return SourcePart(name, mapping, partial(table_part_rows, file, mapping), (file,))
    data = _load(hub_id, part.config or entry.hub_config, revision, part.split)
    return SourcePart(name, mapping, partial(_rows, data, mapping))


def _fetch(hub_id: str, name: str, revision: str | None) -> Path:
    from huggingface_hub import hf_hub_download

    with _clear_hub_errors(hub_id, revision):
        return Path(hf_hub_download(hub_id, name, repo_type="dataset", revision=revision))


def _load(hub_id: str, config: str | None, revision: str | None, split: str | None) -> Any:
    """Call `load_dataset`; scripts are refused by datasets 4 and later, and `trust_remote_code` is never passed."""
    from datasets import load_dataset

    with _clear_hub_errors(hub_id, revision):
        return load_dataset(hub_id, name=config, revision=revision, split=split)


@contextmanager
def _clear_hub_errors(hub_id: str, revision: str | None) -> Iterator[None]:
    """Turn what the Hub, its client and datasets raise into one clear error."""
    import httpx
    from datasets.exceptions import DatasetsError
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    raised = (DatasetsError, HfHubHTTPError, OfflineModeIsEnabled, httpx.HTTPError, OSError, RuntimeError, ValueError)
    try:
        yield
    except raised as error:
        raise ValueError(
            f"{hub_id} cannot be loaded from the Hub at {revision or 'its current commit'}: {error}. Without a network "
            "(HF_HUB_OFFLINE=1) only what was loaded before is there, by its commit; or pass files with --source."
        ) from error


def _rows(data: "Dataset", mapping: RowMapping) -> Iterator[TableRow]:
    """Read the columns that are looked at; pictures and sounds of other columns are never decoded."""
    present = list(data.column_names)
    missing = [" or ".join(names) for names in mapping.needed() if not set(names) & set(present)]
    if missing:
        raise ValueError(f"there is no column {', '.join(missing)}; the columns are: {', '.join(present)}")
    wanted = {name for names in mapping.needed() for name in names} | set(mapping.optional())
    columns = [name for name in present if name in wanted]
    for number, record in enumerate(data.select_columns(columns), 1):
        yield TableRow(number, dict(record))


def _current_commit(hub_id: str) -> str | None:
    """Return the commit that is read, so that it can be written down; None if only this machine's cache is there."""
    try:
        return current_commit(hub_id)
    except ValueError as error:
        logger.info("%s", error)
        return None


__all__ = ["HUB_ID", "hub_source", "hub_table_source"]
