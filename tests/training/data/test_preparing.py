from pathlib import Path
from typing import Any

import pytest
from datasets import Value

from decloak.training.data.preparing import PreparedData, TableColumns, prepare_dataset
from tests.training.data.upstream_samples import SAMPLES, write_table


def table(folder: Path, rows: list[dict[str, Any]], name: str = "all.csv", **options: Any) -> PreparedData:
    write_table(folder / name, rows)
    return prepare_dataset("table", folder / name, **options)


def cloaked(folder: Path, sentences: int) -> Path:
    """Write a normalised ToxiCloakCN of invented sentences."""
    for part in ("base", "homophone", "homophone_keyword", "emoji", "emoji_keyword"):
        rows = [{"id": f"t{n}", "text": f"{part} 第{n}句", "label": n % 2} for n in range(sentences)]
        write_table(folder / f"{part}.csv", rows)
    return folder


def test_columns_types_and_empty_values(tmp_path: Path) -> None:
    rows = [{"text": "a", "label": "1", "id": "x", "target": ""}, {"text": "b", "label": "0", "id": "y", "target": "t"}]
    data = table(tmp_path, [{**row, "rationale": "", "mood": "m"} for row in rows]).dataset["all"]
    assert data.column_names == ["text", "label", "id", "group", "target"]
    assert data.features["label"] == Value("int64")
    assert all(data.features[name] == Value("string") for name in data.column_names if name != "label")
    assert data["target"][:] == [None, "t"]


def test_rows_without_use_are_in_the_account_with_their_lines(tmp_path: Path) -> None:
    prepared = table(tmp_path, [{"text": "a", "label": 1}, {"text": "", "label": 1}, {"text": "b", "label": 7}])
    assert prepared.accounts["all"].lost == {"text is empty": [3], "the label is '7'; known are 0, 1": [4]}
    assert prepared.preparation["parts"]["all"]["lost"] == prepared.accounts["all"].lost
    assert prepared.preparation["splits"] == {"all": {"rows": 1, "labels": {"0": 0, "1": 1}, "groups": 1}}
    with pytest.raises(ValueError, match="table, none: no row can be used. 1 rows: the label is 'x'"):
        table(tmp_path, [{"text": "a", "label": "x"}], "none.csv")


def test_the_preparation_says_where_it_is_from(tmp_path: Path) -> None:
    SAMPLES["cold"](tmp_path)
    found = prepare_dataset("cold", tmp_path).preparation
    assert [file["name"] for file in found["files"]] == [f"COLDataset/{name}.csv" for name in ("train", "dev", "test")]
    assert found["dataset"] == "cold" and found["layout"] == "upstream" and found["decloak"]
    assert (found["hub_id"], found["revision"], found["seed"], found["shares"]) == (None, None, None, None)


def test_groups_hold_variants_together_and_can_be_left_out(tmp_path: Path) -> None:
    folder = cloaked(tmp_path, 4)
    prepared = prepare_dataset("toxicloakcn", folder)
    groups = {split: rows["group"][:] for split, rows in prepared.dataset.items()}
    assert len({tuple(group) for group in groups.values()}) == 1 and len(set(groups["base"])) == 4
    alone = prepare_dataset("toxicloakcn", folder, splits=["emoji"])
    assert list(alone.dataset) == ["emoji"] and alone.dataset["emoji"]["group"][:] == groups["base"]
    assert list(alone.accounts) == ["emoji"]
    without = prepare_dataset("toxicloakcn", folder, group=False)
    assert "group" not in without.dataset["base"].column_names and without.preparation["group_by"] is None


def test_a_missing_base_is_told(tmp_path: Path) -> None:
    folder = cloaked(tmp_path, 2)
    (folder / "base.csv").unlink()
    notes = prepare_dataset("toxicloakcn", folder).notes
    assert "not there and left out: base" in notes
    assert "base is not there, so that groups are of each part's own texts" in notes


@pytest.mark.parametrize("seed", [0, 1])
def test_new_splits_never_share_a_group(tmp_path: Path, seed: int) -> None:
    folder = cloaked(tmp_path, 40)
    shares = {"train": 0.8, "validation": 0.1, "test": 0.1}
    prepared = prepare_dataset("toxicloakcn", folder, shares=shares, seed=seed)
    sides = {split: set(rows["group"]) for split, rows in prepared.dataset.items()}
    assert list(sides) == list(shares)
    assert not (
        sides["train"] & sides["test"] or sides["train"] & sides["validation"] or sides["test"] & sides["validation"]
    )
    assert {split: len(rows) for split, rows in prepared.dataset.items()} == {
        "train": 160,
        "validation": 20,
        "test": 20,
    }
    ids = [name for rows in prepared.dataset.values() for name in rows["id"]]
    assert len(set(ids)) == len(ids) == 200 and "emoji-t0" in ids
    assert prepared.preparation["seed"] == seed and prepared.preparation["shares"] == shares
    again = prepare_dataset("toxicloakcn", folder, shares=shares, seed=seed)
    assert again.dataset["test"].to_list() == prepared.dataset["test"].to_list()


def test_seeds_make_other_splits(tmp_path: Path) -> None:
    folder = cloaked(tmp_path, 40)
    one, other = (
        prepare_dataset("toxicloakcn", folder, shares={"a": 0.5, "b": 0.5}, seed=seed).dataset["a"]["id"][:]
        for seed in (0, 1)
    )
    assert one != other


def test_where_a_new_split_may_not_be_made(tmp_path: Path) -> None:
    halves = {"train": 0.5, "test": 0.5}
    SAMPLES["cold"](tmp_path / "cold")
    with pytest.raises(ValueError, match=r"official split \(train, dev, test\): leave --split out"):
        prepare_dataset("cold", tmp_path / "cold", shares=halves)
    part = prepare_dataset("cold", tmp_path / "cold", shares=halves, splits=["train"])
    assert {split: len(rows) for split, rows in part.dataset.items()} == {"train": 1, "test": 1}
    SAMPLES["hatecheck"](tmp_path / "check")
    with pytest.raises(ValueError, match="hatecheck is a test suite: it is not split"):
        prepare_dataset("hatecheck", tmp_path / "check", shares=halves)
    with pytest.raises(ValueError, match="1 rows are too few groups for the shares"):
        table(tmp_path, [{"text": "a", "label": 1}], shares=halves)


def test_leaks_and_sizes_that_differ_are_told(tmp_path: Path) -> None:
    for name in ("train", "dev", "test"):
        write_table(tmp_path / f"{name}.csv", [{"text": "The Same", "label": 1}])
    notes = prepare_dataset("cold", tmp_path).notes
    assert "1 groups have rows in more than one split: they leak if you train on one of them" in notes
    assert "dev: 1 rows, where the catalogue knows 6,431" in notes
    SAMPLES["swsr"](tmp_path)
    assert any("was not run on the real data" in note for note in prepare_dataset("swsr", tmp_path).notes)


def test_pictures_and_sounds_are_looked_for(tmp_path: Path) -> None:
    SAMPLES["harmeme"](tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "m0.png").write_bytes(b"x")
    prepared = prepare_dataset("harmeme", tmp_path, images=tmp_path / "images", splits=["val"])
    assert prepared.dataset["val"]["image"][:] == [str((tmp_path / "images/m0.png").resolve()), "m1.png"]
    assert prepared.accounts["val"].missing_media == {"image": [2]}
    SAMPLES["mustard"](tmp_path)
    (tmp_path / "images" / "1_2.wav").write_bytes(b"x")
    sounds = prepare_dataset("mustard", tmp_path, audio=tmp_path / "images").dataset["all"]
    assert sounds["audio"][0] == "1_1.wav" and sounds["audio"][1].endswith("/images/1_2.wav")
    assert sounds["context"][0] == "one\ntwo"
    with pytest.raises(FileNotFoundError, match="no such folder"):
        prepare_dataset("harmeme", tmp_path, images=tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("none", {}, "data set 'none' is unknown"),
        ("table", {}, "a table needs --source"),
        ("cold", {"layout": "zip"}, "layout is 'zip'; allowed are upstream, normalised and hub"),
        ("cold", {"layout": "upstream"}, "say with --source where they are"),
        ("cold", {"source": ".", "layout": "hub"}, "leave --source out"),
        ("cold", {"source": ".", "revision": "a" * 40}, "leave --source out"),
        ("cold", {"source": ".", "table": TableColumns()}, "cold knows its own"),
        ("cold", {"pins": {"cold": {"hub_id": "a/b", "revision": "a" * 40}}}, "pinned for a/b"),
    ],
)
def test_what_does_not_go_together_is_told(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prepare_dataset(name, **options)
