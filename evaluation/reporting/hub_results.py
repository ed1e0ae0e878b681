"""Results as the Hub shows them: entries of `.eval_results/*.yaml` (hub-docs, "Evaluation Results").

An entry names a data set on the Hub that is registered as a benchmark, and one of its tasks. Nothing is made up: data
without an id on the Hub has no entry, and a revision is written only where it is known.
"""

import hashlib
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .headline import interval_of, level_text
from .measure_sections import value_of
from .number_text import MEASURES, between, count, decimal, defined

if TYPE_CHECKING:
    from huggingface_hub import EvalResultEntry

logger = logging.getLogger(__name__)

FOLDER = ".eval_results"
DIGITS = 4
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
# Named beside the value, which can be only one.
NOTED = ("macro_f1", "mcc", "auroc", "recall_at_fpr_0.01", "ece")


def eval_result_entries(
    report: Mapping[str, Any],
    dataset_id: str | None = None,
    revision: str | None = None,
    task_id: str = "default",
    measure: str = "macro_f1",
    source_url: str | None = None,
    source_name: str | None = None,
) -> "list[EvalResultEntry]":
    """Make the Hub's entries of a report.

    Args:
        report: A report; of several data sets one entry each. Its `dataset` may hold `hub_id` and `revision`.
        dataset_id: The data set on the Hub, for a report of one; that of the report if None.
        revision: Commit of the data set, 40 hexadecimal digits; that of the report if None.
        task_id: Task of the benchmark, as its `eval.yaml` names it.
        measure: Which one is the value; the main others are in the notes.
        source_url: Where the report can be read.
        source_name: What the link is called; needs `source_url`.

    Returns:
        At most one entry a data set. One without an id on the Hub, or whose measure is undefined, has none; the log
        says so.

    Raises:
        ValueError: An id or revision is none, the measure is unknown, a name of a source has no address, or one id
            is given for several data sets.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure is {measure!r}; choose from {', '.join(MEASURES)}")
    found = []
    for one in _reports(report, dataset_id, revision):
        dataset = one.get("dataset") or {}
        name, commit = dataset_id or dataset.get("hub_id"), revision or dataset.get("revision")
        if name is None:
            logger.warning("%s has no id on the Hub, so there is no entry for it; give dataset_id.", one.get("data"))
        elif (value := defined(value_of(one, measure))) is None:
            logger.warning("%s on %s is undefined, so there is no entry for it.", MEASURES[measure], one.get("data"))
        else:
            check_dataset(name, commit)
            source = {"source_url": source_url, "source_name": source_name}
            found.append(
                _entry(one, value, measure, dataset_id=name, dataset_revision=commit, task_id=task_id, **source)
            )
    return found


def _entry(report: Mapping[str, Any], value: float, measure: str, **fields: Any) -> "EvalResultEntry":
    from huggingface_hub import EvalResultEntry

    date = str(report["created"]) if report.get("created") else None
    return EvalResultEntry(value=round(value, DIGITS), date=date, notes=describe(report, measure), **fields)


def write_eval_results(report: Mapping[str, Any], folder: Path, **choices: Any) -> list[Path]:
    """Write the Hub's entries of a report, one file a data set: `folder/.eval_results/<data>.yaml`.

    Args:
        report: A report; of several data sets, too.
        folder: A repository, or a report's folder, whose `.eval_results` `decloak card` copies along.
        **choices: The other arguments of `eval_result_entries`.

    Returns:
        The files, none if there is no entry; then no folder is made either.

    Raises:
        ValueError: See `eval_result_entries`.
        OSError: A file cannot be written.
    """
    import yaml
    from huggingface_hub import eval_result_entries_to_yaml

    texts: dict[str, str] = {}
    for one in _reports(report, choices.get("dataset_id"), choices.get("revision")):
        if entries := eval_result_entries(one, **choices):
            name = file_name(str(one.get("data") or entries[0].dataset_id))
            texts[_free(name, entries[0].dataset_id, texts)] = yaml.safe_dump(
                eval_result_entries_to_yaml(entries), allow_unicode=True, sort_keys=False
            )
    files = []
    for name, text in texts.items():
        file = folder / FOLDER / name
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f".{name}.partial")
        partial.write_text(text, encoding="utf-8")
        files.append(partial.replace(file))
    return files


def describe(report: Mapping[str, Any], measure: str) -> str:
    """Say what the value is and how it was measured, in one line."""
    ends = between(interval_of(report, measure))
    first = MEASURES[measure] + (f" ({level_text(report)} bootstrap interval {ends})" if ends else "")
    parts = [f"{first}, {count(report.get('n'))} texts"]
    if report.get("errors"):
        parts[0] += f", {count(report['errors'])} left out"
    parts += [
        f"{MEASURES[name]} {decimal(value_of(report, name))}"
        for name in NOTED
        if name != measure and defined(value_of(report, name)) is not None
    ]
    version = (report.get("versions") or {}).get("decloak")
    return "; ".join([*parts, *([f"decloak {version}"] if version else [])])


def check_dataset(dataset_id: str, revision: str | None) -> None:
    """Check the name and the commit of a data set on the Hub.

    Raises:
        ValueError: One of them cannot be.
    """
    if not HUB_ID.fullmatch(str(dataset_id)):
        raise ValueError(f"{dataset_id!r} is no data set on the Hub; an id reads user/name, such as cais/hle")
    if revision is not None and not COMMIT.fullmatch(str(revision)):
        raise ValueError(f"revision is {revision!r}; a commit has 40 hexadecimal digits (`decloak data pin` finds it)")


def file_name(data: str) -> str:
    """Return a file name for data of any name; a short hash stands in for what a name cannot hold."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", data).strip("-.")[:80]
    return f"{name}.yaml" if name and name == data else f"{name}-{_hash(data)}.yaml".lstrip("-")


def _free(name: str, dataset_id: str, taken: Mapping[str, str]) -> str:
    return f"{name.removesuffix('.yaml')}-{_hash(f'{dataset_id}{len(taken)}')}.yaml" if name in taken else name


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _reports(report: Mapping[str, Any], dataset_id: str | None, revision: str | None) -> list[Mapping[str, Any]]:
    reports = report.get("reports") if report.get("kind") == "cross-dataset" else None
    if reports is None:
        return [report]
    if dataset_id or revision:
        raise ValueError(
            f"the report has {len(reports)} data sets, to which one dataset_id or revision cannot apply; "
            "write each report by itself, or name hub_id in the `dataset` of each"
        )
    return list(reports)


__all__ = ["FOLDER", "check_dataset", "describe", "eval_result_entries", "file_name", "write_eval_results"]
