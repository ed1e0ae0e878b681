"""What a leak report finds, counts and leaves out."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.evaluation.leaks import SplitRows, has_leaks, leak_report, read_split
from decloak.training.data.near_duplicates import near_duplicates
from decloak.training.data.test_suites import suite_hashes

WALK = "we walked through the old park on sunday and fed the ducks"
TRAIN = SplitRows(
    "train",
    [WALK, "Lunch is at noon", "the train was late today", WALK.upper(), "nobody knows this one"],
    numbers=[2, 3, 4, 5, 6],
    ids=["a", "b", "c", "d", None],
    groups=["g1", "g2", "g3", "g1", None],
    labels=["1", "0", "0", "1", "0"],
)
TEST = SplitRows(
    "test",
    [f"{WALK}!", "lunch is  at NOON", "quite another remark", "the ｔrain was late today", "alone"],
    numbers=[2, 3, 4, 5, 6],
    ids=["t1", "t2", "t3", "t4", "t5"],
    groups=["g9", "g2", "g3", "g8", None],
    labels=["1", "1", "0", "0", "1"],
)


def pair(report: dict[str, Any], first: str, second: str) -> dict[str, Any]:
    (found,) = [one for one in report["pairs"] if (one["first"], one["second"]) == (first, second)]
    return found


def test_rows_are_counted_by_what_they_share() -> None:
    found = pair(leak_report([TRAIN, TEST]), "train", "test")
    counts = {key: value for key, value in found.items() if key != "rows"}
    assert counts == {
        "first": "train", "second": "test", "exact": 2, "near": 1, "cloaked": 0, "group": 2, "leaking": 4,
        "share": 0.8, "shared_texts": 2, "identical_texts": 0, "conflicting_labels": 1,
    }  # fmt: skip
    assert found["rows"][0] == {
        "row": 2,
        "id": "t1",
        "label": "1",
        "group": None,
        "kind": "near",
        "similarity": pytest.approx(1, abs=0.05),
        "siblings": {"text": 2, "group": 0},
        "conflicting_label": False,
        "closest": {"row": 2, "id": "a", "label": "1"},
    }
    assert [(row["row"], row["kind"], row["group"], row["conflicting_label"]) for row in found["rows"][1:]] == [
        (3, "exact", "g2", True),
        (4, "group", "g3", False),
        (5, "exact", None, False),
    ]


def test_both_directions_are_reported_in_the_order_of_the_splits() -> None:
    third = SplitRows("dev", ["nothing of this is anywhere else"])
    report = leak_report([TRAIN, TEST, third])
    names = [(one["first"], one["second"]) for one in report["pairs"]]
    assert names == [
        ("train", "test"),
        ("train", "dev"),
        ("test", "train"),
        ("test", "dev"),
        ("dev", "train"),
        ("dev", "test"),
    ]
    assert pair(report, "test", "train")["leaking"] == 4
    assert pair(report, "dev", "test") | {"rows": []} == pair(report, "dev", "test")
    assert has_leaks(report) and not has_leaks(leak_report([TRAIN, third]))


def test_texts_are_in_the_report_only_on_request() -> None:
    silent = json.dumps(leak_report([TRAIN, TEST]))
    assert not any(text in silent for text in (*TRAIN.texts, *TEST.texts))
    row = pair(leak_report([TRAIN, TEST], texts=True), "train", "test")["rows"][1]
    assert (row["text"], row["closest"]["text"]) == ("lunch is  at NOON", "Lunch is at noon")


def test_a_split_is_looked_into_too() -> None:
    split = SplitRows("train", ["A b", "ab", WALK, f"{WALK}!", "it rains"], labels=["1", "0", "1", "1", None])
    report = leak_report([split], suites=suite_hashes({"ours": ["It rains"]}))
    assert report["pairs"] == []
    assert report["splits"]["train"] == {
        "path": None,
        "rows": 5,
        "unusable": [],
        "texts": 4,
        "repeated": {"exact": 1, "similar": 1},
        "conflicting_labels": 1,
        "test_suites": {"ours": 1},
    }
    assert has_leaks(report)
    assert not has_leaks({**report, "splits": {"test": report["splits"]["train"]}})


def test_cloaked_siblings_are_found_on_request() -> None:
    hidden = SplitRows("test", [WALK.replace("a", "\u0430").replace("o", "0")])
    assert pair(leak_report([TRAIN, hidden]), "train", "test")["leaking"] == 0
    found = pair(leak_report([TRAIN, hidden], cloaked=True), "train", "test")
    assert (found["cloaked"], found["exact"], found["leaking"]) == (1, 0, 1)


def test_the_threshold_decides() -> None:
    assert pair(leak_report([TRAIN, TEST], threshold=1.0), "train", "test")["near"] == 0


def test_labels_that_are_unknown_do_not_conflict() -> None:
    one, other = (
        SplitRows("train", ["a b", "a b"], labels=["1", None]),
        SplitRows("test", ["ab", "ab"], labels=[None, "1"]),
    )
    assert pair(leak_report([one, other]), "train", "test")["conflicting_labels"] == 0
    other.labels = ["0", "1"]
    assert pair(leak_report([one, other]), "train", "test")["conflicting_labels"] == 1


texts = st.lists(st.text(st.sampled_from("abc 天好"), max_size=8), max_size=8)


@given(texts, texts)
@settings(max_examples=50)
def test_a_report_agrees_with_the_pairs(first: list[str], second: list[str]) -> None:
    report = leak_report([SplitRows("a", first), SplitRows("b", second)])
    pairs = near_duplicates(first, second)
    found = pair(report, "a", "b")
    assert [row["row"] - 1 for row in found["rows"]] == sorted({one.index_b for one in pairs})
    assert sum(row["siblings"]["text"] for row in found["rows"]) == len(pairs)
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("splits", [[], [TRAIN, TRAIN]])
def test_splits_need_names_of_their_own(splits: list[SplitRows]) -> None:
    with pytest.raises(ValueError, match="each with a name of its own"):
        leak_report(splits)


def test_lists_must_be_as_long_as_the_texts() -> None:
    with pytest.raises(ValueError, match="split 'x' has 2 texts"):
        SplitRows("x", ["a", "b"], ids=["1"])


def test_an_empty_split_leaks_nothing() -> None:
    report = leak_report([TRAIN, SplitRows("test", [])])
    assert pair(report, "train", "test")["share"] == 0.0
    assert not has_leaks(report)


def test_a_table_is_read_and_its_bad_rows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("id", "comment", "label", "family"), ("r1", "a", "1.0", "7"), ("r2", " ", "0", "7"), ("", "b", "", "")]
        )
    split = read_split("train", path, "comment", "family")
    assert (list(split.texts), list(split.numbers), split.unusable) == (["a", "b"], [2, 4], [3])
    assert (list(split.ids), list(split.groups), list(split.labels)) == (["r1", None], ["7", None], ["1", None])
    assert split.path == str(path)
    assert list(read_split("train", path, "comment", id_column="no").ids) == [None, None]
    with pytest.raises(ValueError, match="no column kin"):
        read_split("train", path, "comment", "kin")
