import hashlib
import time
from pathlib import Path

import pytest

from decloak.evaluation.baselines.training_texts import TrainingTexts, check_output, file_record, public_name
from decloak.training.data.mixture import LabelledText, Mixture


def test_a_mixture_becomes_texts_with_an_account_of_its_files(tmp_path: Path) -> None:
    table, test = tmp_path / "train.csv", tmp_path / "test.csv"
    table.write_text("a")
    test.write_text("b")
    mixture = Mixture([LabelledText("x", 1, "t"), LabelledText("y", 0, "t")], {"t": {"read": 3, "kept": 2}})
    texts = TrainingTexts.of_mixture(mixture, ["no", "yes"], {"train": [table], "exclude": [test]}, 7)
    record = texts.record(time.monotonic(), epochs=2)
    assert (record["texts"], record["by_label"], record["seed"]) == (2, {"no": 1, "yes": 1}, 7)
    assert record["data"] == {"t": {"read": 3, "kept": 2}}
    assert record["settings"] == {"epochs": 2}
    assert record["files"] == [
        {"name": "train.csv", "use": "train", "sha256": hashlib.sha256(b"a").hexdigest()},
        {"name": "test.csv", "use": "exclude", "sha256": hashlib.sha256(b"b").hexdigest()},
    ]
    assert str(tmp_path) not in str(record)


def test_texts_that_cannot_be_trained_on() -> None:
    with pytest.raises(ValueError, match="2 texts but 1 classes"):
        TrainingTexts(["a", "b"], [0])
    with pytest.raises(ValueError, match="classes are"):
        TrainingTexts(["a", "b"], [0, 2])
    with pytest.raises(ValueError, match="is hateful: give texts"):
        TrainingTexts(["a", "b"], [0, 0])


def test_the_hash_follows_texts_classes_and_order() -> None:
    pairs = [(["a", "b"], [0, 1]), (["b", "a"], [0, 1]), (["a", "b"], [1, 0]), (["a", "\ud800"], [0, 1])]
    assert len({TrainingTexts(texts, classes).sha256() for texts, classes in pairs}) == 4
    assert TrainingTexts(["a", "b"], [0, 1]).sha256() == TrainingTexts(["a", "b"], [0, 1], seed=3).sha256()


def test_folders_in_use_are_not_written_to(tmp_path: Path) -> None:
    check_output(tmp_path)
    check_output(tmp_path / "new")
    (tmp_path / "a").touch()
    with pytest.raises(ValueError, match="is not empty"):
        check_output(tmp_path)
    with pytest.raises(ValueError, match="is a file"):
        check_output(tmp_path / "a")


def test_records_name_no_folder_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    assert public_name(str(tmp_path / "model")) == "model"
    assert public_name("someone/model") == "someone/model"
    (tmp_path / "a").write_text("1")
    assert file_record(tmp_path / "a", "words")["name"] == "a"
