"""Rows to batches; bad rows are left out and counted."""

from typing import Any

import pytest
import torch

from decloak.training import EncodedDataset, MultimodalCollator
from tests.processing.test_audio_input import wav_bytes
from tests.tiny import tiny_processor, tone

PROCESSOR = tiny_processor(default_modalities=("text", "vision"), window_tokens=16)


def test_bad_rows_are_left_out_with_their_reasons() -> None:
    texts: list[Any] = [
        "你好",
        "",
        None,
        float("nan"),
        5,
        {"text": "好", "audio": b"corrupt"},
        {"words": "好"},
        "\ud800",
        "\ud800好",
    ]
    data = EncodedDataset(PROCESSOR, texts, list(range(9)))
    assert len(data) == 2
    assert [row["labels"] for row in data.rows] == [0, 8]
    assert set(data.errors) == {1, 2, 3, 4, 5, 6, 7}
    assert "empty" in data.errors[1]
    assert "nothing for the wanted senses" in data.errors[2]
    assert "a string" in data.errors[3]
    assert "decoded" in data.errors[5]
    assert "words" in data.errors[6]
    assert "none of them visible" in data.errors[7]


def test_long_texts_are_cut_and_counted() -> None:
    data = EncodedDataset(PROCESSOR, ["你" * 30, "你" * 14, "你"], [0, 0, 0])
    assert data.truncated == 1
    assert len(data[0]["input_ids"]) == 16
    assert EncodedDataset(PROCESSOR, ["你" * 14], [0], max_length=8).truncated == 1


def test_rows_may_be_mappings() -> None:
    rows = [{"text": "你", "text_pair": "好"}, {"text": "你", "audio": wav_bytes(tone(0.2))}]
    data = EncodedDataset(PROCESSOR, rows, [0, 1])
    assert data[0]["token_type_ids"] == [0, 0, 0, 1, 1]
    assert data[1]["report"]["modalities"] == ["text", "speech", "vision"]
    assert EncodedDataset(PROCESSOR, rows, [0, 1], modalities=["text"])[0]["report"]["modalities"] == ["text"]


def test_nothing_encoded_is_an_error() -> None:
    with pytest.raises(ValueError, match="None of the 2 rows can be encoded; the first: Speech was asked for"):
        EncodedDataset(PROCESSOR, ["你", "好"], [0, 1], modalities=["speech"])
    with pytest.raises(ValueError, match="2 texts and 1 labels"):
        EncodedDataset(PROCESSOR, ["你", "好"], [0])
    assert len(EncodedDataset(PROCESSOR, [], [])) == 0


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [
        ([0, 1], torch.int64),
        ([0.5, 1.0], torch.float32),
        ([[0.0, 1.0], [1.0, 1.0]], torch.float32),
        ([True, False], torch.int64),
    ],
)
def test_batches(labels: list[Any], dtype: torch.dtype) -> None:
    data = EncodedDataset(PROCESSOR, ["你好", "你好人"], labels)
    batch = MultimodalCollator(PROCESSOR)([data[0], data[1]])
    assert type(batch) is dict
    assert batch["labels"].dtype == dtype
    assert batch["labels"].tolist() == labels
    assert batch["input_ids"].shape == (2, 5)
    assert all(isinstance(value, torch.Tensor) for value in batch.values())
    assert "report" not in batch
