"""Entries of `.eval_results/*.yaml`: taken from an evaluation's folder into a repository, and checked there."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .card_facts import is_hub_id

FOLDER = ".eval_results"


def copy_eval_results(source: Path, repository: Path) -> list[Path]:
    """Copy the entries that lie beside a report into a repository; those of the same name are replaced.

    Args:
        source: Folder of a report; one without entries is no error.
        repository: Where they go.

    Returns:
        The copies.

    Raises:
        ValueError: An entry is none; nothing is copied then.
    """
    files = sorted((source / FOLDER).glob("*.yaml"))
    if source.resolve() == repository.resolve() or not files:
        return []
    if problems := [problem for file in files for problem in eval_result_problems(file)]:
        raise ValueError(f"The results in {source / FOLDER} cannot be copied: {'; '.join(problems)}.")
    (repository / FOLDER).mkdir(exist_ok=True)
    return [Path(shutil.copyfile(file, repository / FOLDER / file.name)) for file in files]


def eval_result_problems(file: Path) -> Iterator[str]:
    """Find what is wrong with a file of entries, in sentences for a list."""
    import yaml

    try:
        entries = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        yield f"{file.name} is no YAML: {error}"
        return
    if not isinstance(entries, list) or not entries:
        yield f"{file.name} holds {type(entries).__name__}, not a list of results"
        return
    for number, entry in enumerate(entries, start=1):
        if problem := _problem(entry):
            yield f"{file.name}, result {number}: {problem}"


def _problem(entry: Any) -> str | None:
    from huggingface_hub import parse_eval_result_entries

    try:
        (result,) = parse_eval_result_entries([entry])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return f"it cannot be read ({type(error).__name__}: {error}); dataset.id, dataset.task_id and value are needed"
    if not is_hub_id(result.dataset_id):
        return f"{result.dataset_id!r} is no data set on the Hub, which reads user/name"
    if isinstance(result.value, bool) or not isinstance(result.value, (int, float)):
        return f"its value is {result.value!r}, no number"
    return None


__all__ = ["FOLDER", "copy_eval_results", "eval_result_problems"]
