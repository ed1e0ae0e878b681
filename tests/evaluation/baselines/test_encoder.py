import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

from decloak.evaluation.baselines.encoder import EncoderSettings, encoded_rows, train_encoder
from decloak.evaluation.baselines.training_texts import TrainingTexts
from decloak.evaluation.classifiers.opening import open_classifier
from tests.evaluation.baselines.labelled import labelled_texts
from tests.tiny import tiny_tokenizer

FAST = EncoderSettings(epochs=12, learning_rate=1e-2, batch_size=8, max_length=16)


class KilledError(Exception):
    """Stands for the kill."""


def kill_at(step: int) -> Any:
    def watch(record: dict[str, Any]) -> None:
        if record["step"] >= step:
            raise KilledError

    return watch


def test_it_learns_and_saves_an_ordinary_folder(tmp_path: Path, tiny_bert: Path) -> None:
    records: list[dict[str, Any]] = []
    data, held_out = labelled_texts(), labelled_texts(40, seed=1)
    folder = train_encoder(str(tiny_bert), data, tmp_path / "x", held_out, FAST, watch=records.append)
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    assert model.config.id2label == {0: "not_hateful", 1: "hateful"}
    got = [one["label"] for one in open_classifier(str(folder)).answers(held_out.texts)]
    right = sum(label == held_out.labels[true] for label, true in zip(got, held_out.classes, strict=True))
    assert right >= 32
    assert max(record.get("eval_macro_f1", 0) for record in records) > 0.8
    record = json.loads((folder / "training_record.json").read_text(encoding="utf-8"))
    assert (record["texts"], record["settings"]["encoder"], record["settings"]["steps"]) == (60, tiny_bert.name, 96)
    assert not (folder / "checkpoints").exists()


def test_a_run_that_was_killed_goes_on_to_the_same_weights(tmp_path: Path, tiny_bert: Path) -> None:
    data = labelled_texts(24)
    settings = EncoderSettings(epochs=4, learning_rate=1e-3, batch_size=4, save_steps=5)
    whole = train_encoder(str(tiny_bert), data, tmp_path / "whole", labelled_texts(4), settings)
    # 24 steps; the log of the evaluation at step 18 is where the run dies, after the checkpoint of step 15.
    killed: list[Any] = [str(tiny_bert), data, tmp_path / "killed", labelled_texts(4), settings]
    with pytest.raises(KilledError):
        train_encoder(*killed, watch=kill_at(18))
    with pytest.raises(ValueError, match="not empty"):
        train_encoder(*killed)
    resumed = train_encoder(*killed, resume=True)
    first, second = (load_file(folder / "model.safetensors") for folder in (whole, resumed))
    assert all(torch.equal(first[name], second[name]) for name in first)
    with pytest.raises(ValueError, match="the run is finished"):
        train_encoder(*killed, resume=True)


def test_only_the_same_run_is_resumed(tmp_path: Path, tiny_bert: Path) -> None:
    with pytest.raises(ValueError, match="nothing to resume"):
        train_encoder(str(tiny_bert), labelled_texts(8), tmp_path / "x", resume=True)
    with pytest.raises(KilledError):
        train_encoder(str(tiny_bert), labelled_texts(8), tmp_path / "x", labelled_texts(4), watch=kill_at(1))
    other = EncoderSettings(learning_rate=1.0)
    with pytest.raises(ValueError, match="had another texts, seed, learning_rate"):
        train_encoder(str(tiny_bert), labelled_texts(8, seed=1), tmp_path / "x", None, other, resume=True)


def test_texts_that_are_cut_are_counted() -> None:
    rows = encoded_rows(tiny_tokenizer(), TrainingTexts(["a" * 6, "a" * 7, "\ud800"], [0, 1, 0]), 8)
    assert [(row["length"], row["cut"], row["labels"]) for row in rows] == [(8, False, 0), (8, True, 1), (2, False, 0)]


@pytest.mark.parametrize("change", [{"epochs": 0}, {"learning_rate": float("nan")}, {"max_steps": -1}])
def test_settings_outside_their_range(tmp_path: Path, tiny_bert: Path, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(change))} is"):
        train_encoder(str(tiny_bert), labelled_texts(8), tmp_path / "x", settings=EncoderSettings(**change))


def test_an_encoder_that_cannot_be_loaded_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="cannot load the encoder"):
        train_encoder(str(tmp_path / "empty"), labelled_texts(8), tmp_path / "x")
    assert not (tmp_path / "x").exists()
