import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decloak.training.data.source_readers import (
    hatexplain_rows,
    json_rows,
    olid_test_rows,
    stormfront_rows,
    urfunny_rows,
)
from tests.training.data.upstream_samples import SAMPLES, write_json, write_table

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def test_lists_and_objects_of_objects(tmp_path: Path) -> None:
    write_json(tmp_path / "list.json", [{"a": 1}, 2])
    rows = list(json_rows(tmp_path / "list.json"))
    assert rows[0].values == {"a": 1}
    assert (rows[1].number, rows[1].error) == (2, "a JSON object is needed, this is int")
    write_json(tmp_path / "object.json", {"x": {"a": 1}, "y": {"id": "own"}, "z": []})
    rows = list(json_rows(tmp_path / "object.json"))
    assert [row.values.get("id") for row in rows] == ["x", "own", None]
    assert rows[2].error


@pytest.mark.parametrize("content", [b"", b"{", b"[1", b"\xff\xfe", b"7", b'"text"', b"[" * 100_000])
def test_what_is_no_json_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="a.json (cannot be read|holds)"):
        list(json_rows(path))


@given(anything)
@same_folder
def test_any_json_gives_rows_or_one_clear_error(tmp_path: Path, content: Any) -> None:
    write_json(tmp_path / "a.json", content)
    for read in (json_rows, lambda path: hatexplain_rows(path, path, "train"), lambda p: urfunny_rows(p, p, p, "")):
        try:
            rows = list(read(tmp_path / "a.json"))
        except ValueError as error:
            assert "a.json" in str(error)
        else:
            assert [row.number for row in rows] == list(range(1, len(rows) + 1))


@given(anything)
@same_folder
def test_a_damaged_post_never_loses_the_others(tmp_path: Path, damage: Any) -> None:
    SAMPLES["hatexplain"](tmp_path)
    file, divisions = tmp_path / "Data/dataset.json", tmp_path / "Data/post_id_divisions.json"
    posts = json.loads(file.read_text(encoding="utf-8"))
    posts["2_gab"]["post_tokens" if isinstance(damage, list) else "annotators"] = damage
    write_json(file, posts)
    rows = list(hatexplain_rows(file, divisions, "train"))
    assert [row.number for row in rows] == [1, 2, 3]
    assert rows[0].values["text"] == rows[2].values["text"] == "a wet grey day"


def test_majorities_targets_and_rationales(tmp_path: Path) -> None:
    SAMPLES["hatexplain"](tmp_path)
    rows = list(hatexplain_rows(tmp_path / "Data/dataset.json", tmp_path / "Data/post_id_divisions.json", "train"))
    assert [row.values["category"] for row in rows] == ["offensive", "undecided", "normal"]
    assert rows[0].values["target"] == ["Y"]
    assert rows[0].values["rationale"] == "wet grey day"  # grey and day were marked by one of two
    with pytest.raises(ValueError, match="has no list 'none'"):
        list(hatexplain_rows(tmp_path / "Data/dataset.json", tmp_path / "Data/post_id_divisions.json", "none"))


def test_runs_of_marked_tokens_are_apart(tmp_path: Path) -> None:
    annotator = {"label": "normal", "target": []}
    post = {"annotators": [annotator] * 3, "rationales": [[1, 0, 1, 1]], "post_tokens": list("abcde")}
    write_json(tmp_path / "a.json", {"p": post, "q": {**post, "rationales": []}, "train": ["p", "q", "gone"]})
    rows = list(hatexplain_rows(tmp_path / "a.json", tmp_path / "a.json", "train"))
    assert [row.values.get("rationale") for row in rows] == ["a;c d", "", None]
    assert rows[2].error == "the post is not in the data file, or has another form"


def test_sentences_of_files_stay_in_their_folder(tmp_path: Path) -> None:
    SAMPLES["stormfront"](tmp_path)
    (tmp_path / "outside.txt").write_text("secret", encoding="utf-8")
    rows = [{"file_id": name, "label": "hate"} for name in ("7_1", "../outside", "7_9")]
    write_table(tmp_path / "annotations_metadata.csv", rows)
    read = list(stormfront_rows(tmp_path / "annotations_metadata.csv", tmp_path / "all_files"))
    assert [(row.number, row.values["text"]) for row in read] == [(2, "mist 1")]


def test_labels_beside_the_texts(tmp_path: Path) -> None:
    SAMPLES["olid"](tmp_path)
    (tmp_path / "labels-levela.csv").write_text("5,OFF\nbroken\n", encoding="utf-8")
    rows = list(olid_test_rows(tmp_path / "testset-levela.tsv", tmp_path / "labels-levela.csv"))
    assert [row.values["subtask_a"] for row in rows] == ["OFF", None]


def test_sentences_that_no_file_has(tmp_path: Path) -> None:
    SAMPLES["urfunny"](tmp_path)
    files = [tmp_path / name for name in ("language_sdk.json", "humor_label_sdk.json", "data_folds.json")]
    write_json(files[2], {"train": [0, 99]})
    rows = list(urfunny_rows(*files, "train"))
    assert rows[0].values["label"] == 1 and rows[0].values["context_sentences"] == ["a", "b"]
    assert rows[1].error == "the sentence is not in the data file"
