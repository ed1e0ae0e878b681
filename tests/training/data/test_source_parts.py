"""Every layout of the catalogue against files in that form."""

import gzip
import shutil
from pathlib import Path

import pytest

from decloak.training.data.catalogue import TABLE, entry_names, load_entry
from decloak.training.data.preparing import prepare_dataset
from decloak.training.data.source_parts import TableColumns, find_file, local_source, source_checksums
from tests.training.data.upstream_samples import SAMPLES, write_table


def test_every_published_form_has_a_sample() -> None:
    assert set(SAMPLES) == {name for name in entry_names() if load_entry(name).layouts.upstream is not None}


@pytest.mark.parametrize("name", SAMPLES)
def test_published_files_are_read(tmp_path: Path, name: str) -> None:
    expected = SAMPLES[name](tmp_path)
    prepared = prepare_dataset(name, tmp_path)
    assert prepared.preparation["layout"] == "upstream"
    assert {split: rows["label"][:] for split, rows in prepared.dataset.items()} == expected
    for rows in prepared.dataset.values():
        assert rows.column_names[:4] == ["text", "label", "id", "group"]
        assert len(set(rows["id"])) == len(rows)


@pytest.mark.parametrize("name", [name for name in entry_names() if name != TABLE])
def test_normalised_tables_are_read(tmp_path: Path, name: str) -> None:
    layout = load_entry(name).layouts.normalised
    assert layout is not None
    rows = [{"id": f"{n}", "text": f"a day {n}", "label": n % 2, "target": "x"} for n in range(3)]
    for stems in layout.parts.values():
        stem = stems if isinstance(stems, str) else stems[0]
        write_table(tmp_path / f"{stem}.csv", rows)
    (tmp_path / "unrelated.txt").write_text("no table", encoding="utf-8")
    prepared = prepare_dataset(name, tmp_path)
    assert prepared.preparation["layout"] == "normalised"
    assert list(prepared.dataset) == [part for part in layout.parts if part not in layout.on_request]
    assert all(split["text"][:] == ["a day 0", "a day 1", "a day 2"] for split in prepared.dataset.values())


def test_packed_tables_are_read_as_they_are(tmp_path: Path) -> None:
    write_table(tmp_path / "all.csv", [{"text": "one", "label": 1}])
    packed = gzip.compress((tmp_path / "all.csv").read_bytes())
    (tmp_path / "all.csv").unlink()
    (tmp_path / "all.csv.gz").write_bytes(packed)
    assert prepare_dataset("swsr", tmp_path).dataset["all"]["text"][:] == ["one"]


def test_a_single_file_is_enough(tmp_path: Path) -> None:
    SAMPLES["davidson"](tmp_path)
    assert len(prepare_dataset("davidson", tmp_path / "data" / "labeled_data.csv").dataset["all"]) == 3


def test_a_clone_below_the_folder_is_found_and_two_are_an_error(tmp_path: Path) -> None:
    SAMPLES["cold"](tmp_path / "clone")
    assert find_file(tmp_path, ["COLDataset/train.csv"]) == tmp_path / "clone/COLDataset/train.csv"
    shutil.copytree(tmp_path / "clone", tmp_path / "another")
    with pytest.raises(ValueError, match="there 2 times below"):
        find_file(tmp_path, ["COLDataset/train.csv"])


def test_what_is_read_only_on_request(tmp_path: Path) -> None:
    SAMPLES["toxigen"](tmp_path)
    assert prepare_dataset("toxigen", tmp_path, splits=["all"]).dataset["all"].to_list()[0]["text"] == "b"
    with pytest.raises(ValueError, match="no part dev here; it has train, test, all"):
        prepare_dataset("toxigen", tmp_path, splits=["dev"])


def test_errors_name_each_layout_and_why_it_does_not_fit(tmp_path: Path) -> None:
    write_table(tmp_path / "train.csv", [{"sentence": "one", "label": 1}])
    with pytest.raises(ValueError, match="as normalised, .*no column text.*; as upstream, .*no column TEXT") as error:
        prepare_dataset("cold", tmp_path)
    assert "Read it as 'table'" in str(error.value)
    with pytest.raises(ValueError, match="none of its files is there"):
        prepare_dataset("swsr", tmp_path)
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        prepare_dataset("swsr", tmp_path / "none")


def test_a_file_that_belongs_to_another_is_asked_for(tmp_path: Path) -> None:
    SAMPLES["olid"](tmp_path)
    (tmp_path / "labels-levela.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"testset-levela.tsv is not enough: .*labels-levela.csv"):
        prepare_dataset("olid", tmp_path)


def test_checksums_cover_what_is_read(tmp_path: Path) -> None:
    SAMPLES["hatexplain"](tmp_path)
    files = source_checksums(load_entry("hatexplain"), tmp_path)
    assert [file["name"] for file in files] == ["Data/dataset.json", "Data/post_id_divisions.json"]


def test_a_table_with_columns_of_its_own(tmp_path: Path) -> None:
    content = "comment,hate,who\n天气,yes,a\n好,no,b\n"
    (tmp_path / "posts.csv").write_bytes(content.encode("gb18030"))
    table = TableColumns({"text": "comment", "label": "hate", "target": "who"}, {"yes": 1, "no": 0}, "gb18030")
    rows = prepare_dataset("table", tmp_path / "posts.csv", table=table).dataset["posts"].to_list()
    assert [(row["text"], row["label"], row["target"]) for row in rows] == [("天气", 1, "a"), ("好", 0, "b")]


def test_a_folder_of_tables_is_read_part_by_part(tmp_path: Path) -> None:
    for name in ("train.csv", "test.tsv"):
        write_table(tmp_path / name, [{"text": name, "label": 0}])
    entry = load_entry(TABLE)
    assert list(local_source(entry, tmp_path, None, TableColumns()).parts) == ["test", "train"]
    write_table(tmp_path / "test.csv", [{"text": "again", "label": 0}])
    with pytest.raises(ValueError, match="two tables called test: test.csv and test.tsv"):
        local_source(entry, tmp_path, None, TableColumns())
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ValueError, match="holds no table"):
        local_source(entry, empty, None, TableColumns())
    with pytest.raises(ValueError, match="no column emotion in a prepared data set"):
        local_source(entry, tmp_path / "train.csv", None, TableColumns({"emotion": "x"}))
