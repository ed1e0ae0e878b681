"""A prepared data set as files, with `preparation.json` beside them that says how it came to be."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from .checksums import changed_files, describe_files
from .preparing import PreparedData

FORMATS = ("parquet", "csv", "jsonl", "arrow")
PREPARATION = "preparation.json"


def write_prepared(prepared: PreparedData, output: Path, form: str = "parquet") -> list[str]:
    """Write a prepared data set into a folder: `<split>.<form>` for each, or for `arrow` what `load_from_disk` reads.

    Args:
        prepared: the data set.
        output: a new or empty folder, or one that was written here before, whose data are replaced.
        form: one of `FORMATS`.

    Returns:
        What a person should know: files of the source that were other ones in the earlier preparation.

    Raises:
        ValueError: The format is unknown, or the folder holds something else.
    """
    if form not in FORMATS:
        raise ValueError(f"format is {form!r}; allowed are {', '.join(FORMATS)}")
    before = earlier_preparation(output)
    notes = _compare(before, prepared.preparation)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".writing-") as folder:
        new = Path(folder)
        _write(prepared, new, form)
        outputs = describe_files(sorted(file for file in new.rglob("*") if file.is_file()), new)
        for stale in before.get("outputs", []):
            _remove(output, stale["name"])
        for file in outputs:
            (output / file["name"]).parent.mkdir(parents=True, exist_ok=True)
            os.replace(new / file["name"], output / file["name"])
        # Last, and at once: a preparation that was cut short never looks like a whole one.
        content = {**prepared.preparation, "format": form, "outputs": outputs}
        (new / PREPARATION).write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        os.replace(new / PREPARATION, output / PREPARATION)
    return notes


def earlier_preparation(output: Path) -> dict[str, Any]:
    """Return what an earlier preparation left in a folder; nothing if the folder is new or empty.

    Raises:
        ValueError: It is a file, or the folder holds something else, which is left alone.
    """
    if output.exists() and not output.is_dir():
        raise ValueError(f"{output} is a file; --output names a folder")
    if not output.exists() or not any(output.iterdir()):
        return {}
    try:
        content = json.loads((output / PREPARATION).read_text(encoding="utf-8"))
        known = isinstance(content, dict) and all(isinstance(file["name"], str) for file in content["outputs"])
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise ValueError(f"{output} holds other files and no {PREPARATION} of ours; name a new folder")
    return content


def _compare(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    if not before:
        return []
    if before.get("dataset") != now["dataset"]:
        return [f"the folder held {before.get('dataset')}; it is replaced by {now['dataset']}"]
    notes = [
        f"{name} is another file than in the earlier preparation (checksums differ)"
        for name in changed_files(before.get("files") or [], now["files"])
    ]
    if before.get("revision") != now["revision"]:
        notes.append(f"the earlier preparation was of revision {before.get('revision')}, this is of {now['revision']}")
    return notes


def _write(prepared: PreparedData, folder: Path, form: str) -> None:
    if form == "arrow":
        prepared.dataset.save_to_disk(str(folder))
        return
    for split, data in prepared.dataset.items():
        file = str(folder / f"{split}.{form}")
        if form == "parquet":
            data.to_parquet(file)
        elif form == "csv":
            data.to_csv(file)
        else:
            data.to_json(file, force_ascii=False)


def _remove(output: Path, name: str) -> None:
    """Remove a file that an earlier preparation wrote; a name that leads elsewhere is left alone."""
    file = output / name
    inside = file.resolve().is_relative_to(output.resolve())
    if inside and file.is_file() and not file.is_symlink():
        file.unlink()
        if file.parent != output and not any(file.parent.iterdir()):
            shutil.rmtree(file.parent)


__all__ = ["FORMATS", "PREPARATION", "earlier_preparation", "write_prepared"]
