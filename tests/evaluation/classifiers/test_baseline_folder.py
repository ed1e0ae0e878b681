import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.classifiers.baseline_folder import FILE, read_manifest, write_manifest

GOOD: dict[str, Any] = {"format": 1, "kind": "tfidf", "labels": ["a", "b"], "settings": {}, "training": {}}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_manifest(tmp_path, "lexicon", ["不", "是"], {"entries": 3}, {"seed": 1})
    got = read_manifest(tmp_path)
    assert (got["kind"], got["labels"], got["settings"], got["training"]) == (
        "lexicon",
        ["不", "是"],
        {"entries": 3},
        {"seed": 1},
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "pickle"}, "allowed are tfidf, lexicon"),
        ({"format": 2}, "this decloak reads 1"),
        ({"labels": ["a"]}, "two or more"),
        ({"labels": ["a", "a"]}, "two or more"),
        ({"labels": "ab"}, "a list of names"),
        ({"labels": [0, 1]}, "a list of names"),
        ({"settings": None}, "no settings"),
    ],
)
def test_wrong_content(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    (tmp_path / FILE).write_text(json.dumps(GOOD | change), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_manifest(tmp_path)


def test_a_folder_without_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="decloak baseline writes"):
        read_manifest(tmp_path)


@given(data=st.binary(max_size=40))
def test_garbage_is_one_clear_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("garbage")
    (folder / FILE).write_bytes(data)
    with pytest.raises(ValueError, match=FILE):
        read_manifest(folder)
