import json
from pathlib import Path

import pytest
from datasets import load_dataset, load_from_disk

from decloak.training.data.preparation_files import FORMATS, PREPARATION, earlier_preparation, write_prepared
from decloak.training.data.preparing import PreparedData, prepare_dataset
from decloak.training.data.tables import read_table
from tests.training.data.upstream_samples import write_table

ROWS = [{"text": 'rain, "today"\n雨', "label": 1, "target": ""}, {"text": "sun", "label": 0, "target": "t"}]


def prepared(folder: Path, *names: str) -> PreparedData:
    folder.mkdir(exist_ok=True)
    for name in names or ("train", "test"):
        write_table(folder / f"{name}.csv", ROWS)
    return prepare_dataset("table", folder)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_read_again(tmp_path: Path, form: str) -> None:
    data = prepared(tmp_path / "in")
    assert write_prepared(data, tmp_path / "new" / "out", form) == []
    out = tmp_path / "new" / "out"
    content = json.loads((out / PREPARATION).read_text(encoding="utf-8"))
    assert content["format"] == form and content["splits"]["train"]["rows"] == 2
    assert all((out / file["name"]).stat().st_size == file["bytes"] for file in content["outputs"])
    if form == "arrow":
        assert load_from_disk(str(out))["train"].to_list() == data.dataset["train"].to_list()
        return
    assert {file.name for file in out.iterdir()} == {PREPARATION, f"train.{form}", f"test.{form}"}
    columns = ["text", "label", "id", "group"]
    expected = data.dataset["train"].select_columns(columns).to_list()
    assert read_table(out / f"train.{form}", columns).to_list() == expected


def test_prepared_tables_are_prepared_and_loaded_like_any_others(tmp_path: Path) -> None:
    data = prepared(tmp_path / "in")
    write_prepared(data, tmp_path / "out", "jsonl")
    again = prepare_dataset("table", tmp_path / "out")
    assert again.dataset["train"].to_list() == data.dataset["train"].to_list()
    loaded = load_dataset("json", data_files=str(tmp_path / "out/train.jsonl"), cache_dir=str(tmp_path / "cache"))
    assert loaded["train"]["text"][:] == data.dataset["train"]["text"][:]


def test_other_files_of_the_same_name_are_told_and_stale_ones_go(tmp_path: Path) -> None:
    write_prepared(prepared(tmp_path / "in"), tmp_path / "out", "csv")
    (tmp_path / "out" / "mine.txt").write_text("kept", encoding="utf-8")
    assert write_prepared(prepared(tmp_path / "in"), tmp_path / "out", "csv") == []
    (tmp_path / "in" / "test.csv").unlink()
    write_table(tmp_path / "in" / "train.csv", ROWS[:1])
    notes = write_prepared(prepare_dataset("table", tmp_path / "in"), tmp_path / "out", "parquet")
    assert notes == ["train.csv is another file than in the earlier preparation (checksums differ)"]
    assert {file.name for file in (tmp_path / "out").iterdir()} == {PREPARATION, "train.parquet", "mine.txt"}


def test_arrow_folders_are_replaced_whole(tmp_path: Path) -> None:
    write_prepared(prepared(tmp_path / "in"), tmp_path / "out", "arrow")
    write_prepared(prepared(tmp_path / "in"), tmp_path / "out", "csv")
    assert {file.name for file in (tmp_path / "out").iterdir()} == {PREPARATION, "train.csv", "test.csv"}


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    data = prepared(tmp_path / "in")
    with pytest.raises(ValueError, match="holds other files and no preparation.json of ours"):
        write_prepared(data, tmp_path / "in")
    for content in ("[]", "{", "{}", '{"outputs": [{"name": 1}]}', '{"outputs": 1}'):
        (tmp_path / "other").mkdir(exist_ok=True)
        (tmp_path / "other" / PREPARATION).write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match="name a new folder"):
            earlier_preparation(tmp_path / "other")
    with pytest.raises(ValueError, match="is a file; --output names a folder"):
        write_prepared(data, tmp_path / "in" / "train.csv")
    with pytest.raises(ValueError, match="format is 'xlsx'; allowed are parquet, csv, jsonl, arrow"):
        write_prepared(data, tmp_path / "new", "xlsx")


def test_a_forged_preparation_removes_nothing_outside(tmp_path: Path) -> None:
    data = prepared(tmp_path / "in")
    write_prepared(data, tmp_path / "out", "csv")
    content = json.loads((tmp_path / "out" / PREPARATION).read_text(encoding="utf-8"))
    content["outputs"] += [{"name": "../in/train.csv"}, {"name": str(tmp_path / "in/test.csv")}, {"name": "none"}]
    (tmp_path / "out" / PREPARATION).write_text(json.dumps(content), encoding="utf-8")
    write_prepared(data, tmp_path / "out", "csv")
    assert {file.name for file in (tmp_path / "in").iterdir()} == {"train.csv", "test.csv"}


def test_another_data_set_in_the_folder_is_told(tmp_path: Path) -> None:
    write_prepared(prepared(tmp_path / "in", "all"), tmp_path / "out", "csv")
    notes = write_prepared(prepare_dataset("swsr", tmp_path / "in"), tmp_path / "out", "csv")
    assert notes == ["the folder held table; it is replaced by swsr"]
