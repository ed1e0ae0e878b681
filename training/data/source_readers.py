"""Readers of the published files that are no plain tables. Each yields rows; nothing is unpickled or unpacked."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .tables import TableRow, table_rows

# Half of the annotators who marked anything must have marked a token.
_MARKED = 0.5


def json_rows(path: Path) -> Iterator[TableRow]:
    """Read a list of objects, or an object whose keys are ids, one row each; an own `id` goes before the key.

    Raises:
        ValueError: The file is no JSON, or something else.
    """
    content = load_json(path)
    if isinstance(content, dict):
        content = [{"id": key, **value} if isinstance(value, dict) else value for key, value in content.items()]
    if not isinstance(content, list):
        raise ValueError(f"{path} holds {type(content).__name__}; a list of objects is needed, or an object of objects")
    for number, record in enumerate(content, 1):
        if isinstance(record, dict):
            yield TableRow(number, record)
        else:
            yield TableRow(number, error=f"a JSON object is needed, this is {type(record).__name__}")


def load_json(path: Path) -> Any:
    """Load a JSON file.

    Raises:
        ValueError: It is no JSON, or no UTF-8.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read (damaged, or no JSON): {error}") from error


def load_json_object(path: Path) -> dict[str, Any]:
    """Load a JSON file that must hold an object.

    Raises:
        ValueError: It holds something else.
    """
    content = load_json(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds {type(content).__name__}; an object is needed")
    return content


def hatexplain_rows(path: Path, divisions: Path, split: str) -> Iterator[TableRow]:
    """Read HateXplain's posts of a split: `id`, `text`, `category` by majority, `target`, `rationale`.

    Text is the tokens joined by blanks, target the groups that two annotators or more name, joined by |. Rationale is
    the runs of tokens that at least half of the annotators with a rationale marked, joined by ;.

    Raises:
        ValueError: A file is no JSON object, or has no such split.
    """
    posts, wanted = load_json_object(path), load_json_object(divisions).get(split)
    if not isinstance(wanted, list):
        raise ValueError(f"{divisions} has no list {split!r}")
    for number, name in enumerate(wanted, 1):
        try:
            yield TableRow(number, {"id": name, **_hatexplain_post(posts[name])})
        except (KeyError, IndexError, TypeError, AttributeError):
            yield TableRow(number, error="the post is not in the data file, or has another form")


def _hatexplain_post(post: Mapping[str, Any]) -> dict[str, Any]:
    annotators = post["annotators"]
    label, votes = Counter(annotator["label"] for annotator in annotators).most_common(1)[0]
    targets = Counter(target for annotator in annotators for target in dict.fromkeys(annotator["target"]))
    return {
        "text": " ".join(post["post_tokens"]),
        "category": label if votes > 1 else "undecided",
        "target": [target for target, count in targets.items() if count > 1 and target != "None"],
        "rationale": ";".join(_marked_runs(post["post_tokens"], post.get("rationales") or [])),
    }


def _marked_runs(tokens: list[str], rationales: list[list[int]]) -> Iterator[str]:
    run: list[str] = []
    for place, token in enumerate(tokens):
        marks = [rationale[place] for rationale in rationales if place < len(rationale)]
        if marks and sum(marks) >= _MARKED * len(marks):
            run.append(token)
        elif run:
            yield " ".join(run)
            run = []
    if run:
        yield " ".join(run)


def stormfront_rows(path: Path, texts: Path) -> Iterator[TableRow]:
    """Read the metadata table with the text of each sentence, `<file_id>.txt`, out of a folder.

    The metadata are of all sentences, so rows without a text in the folder are not of its part.
    """
    present = {file.stem for file in texts.glob("*.txt")}
    for row in table_rows(path, ["file_id", "label"]):
        name = row.values.get("file_id")
        if row.error:
            yield row
        elif name in present:
            text = (texts / f"{name}.txt").read_text(encoding="utf-8", errors="surrogateescape")
            yield TableRow(row.number, {**row.values, "text": text})


def olid_test_rows(path: Path, labels: Path) -> Iterator[TableRow]:
    """Read OLID's test texts, with labels out of a csv file without a header (id, label)."""
    with labels.open(encoding="utf-8-sig", newline="") as file:
        known = {cells[0].strip(): cells[1].strip() for cells in csv.reader(file) if len(cells) > 1}
    for row in table_rows(path, ["id", "tweet"]):
        yield row if row.error else TableRow(row.number, {**row.values, "subtask_a": known.get(row.values["id"])})


def urfunny_rows(path: Path, labels: Path, folds: Path, split: str) -> Iterator[TableRow]:
    """Read UR-FUNNY's sentences of a split out of JSON copies of its three files.

    Raises:
        ValueError: A file is no JSON object, or there is no such split.
    """
    texts, known, wanted = load_json_object(path), load_json_object(labels), load_json_object(folds).get(split)
    if not isinstance(wanted, list):
        raise ValueError(f"{folds} has no list {split!r}")
    for number, name in enumerate(map(str, wanted), 1):
        if isinstance(texts.get(name), dict):
            yield TableRow(number, {**texts[name], "id": name, "label": known.get(name)})
        else:
            yield TableRow(number, error="the sentence is not in the data file")


__all__ = ["hatexplain_rows", "json_rows", "olid_test_rows", "stormfront_rows", "urfunny_rows"]
