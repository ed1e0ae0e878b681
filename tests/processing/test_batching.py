"""Padding rows to a batch."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing import batching
from decloak.processing.batching import pad_batch, pad_ids


def draw(unit: str) -> str:
    return f"drawn {unit}"


def to_pixels(pictures: list[Any]) -> np.ndarray:
    to_pixels.seen = list(pictures)  # type: ignore[attr-defined]
    return np.zeros((len(pictures), 3, 2, 2), dtype=np.float32)


def text_row(length: int) -> dict[str, Any]:
    return {"input_ids": list(range(1, length + 1)), "token_type_ids": [0] * length}


@given(st.lists(st.lists(st.integers(-(2**40), 2**40)), max_size=6), st.integers(-5, 5))
def test_pad_ids(rows: list[list[int]], fill: int) -> None:
    padded = pad_ids(rows, fill)
    assert padded.dtype == np.int64
    assert padded.shape == (len(rows), max([1, *map(len, rows)]))
    for values, row in zip(padded.tolist(), rows, strict=True):
        assert values == row + [fill] * (len(values) - len(row))


def test_text() -> None:
    batch = pad_batch([text_row(2), text_row(3)], 9, draw, to_pixels)
    assert {name: value.tolist() for name, value in batch.items()} == {
        "input_ids": [[1, 2, 9], [1, 2, 3]],
        "attention_mask": [[1, 1, 0], [1, 1, 1]],
        "token_type_ids": [[0, 0, 0], [0, 0, 0]],
    }


def test_each_distinct_glyph_is_drawn_once_and_pictures_come_first() -> None:
    rows = [
        text_row(2) | {"glyphs": ["a", "b", "a"], "vision_positions": [1, 1, 1]},
        text_row(2) | {"images": ["photo"], "glyphs": ["b"], "vision_positions": [0, 1]},
        text_row(2),
    ]
    batch = pad_batch(rows, 0, draw, to_pixels)
    assert to_pixels.seen == ["drawn a", "drawn b", "photo"]  # type: ignore[attr-defined]
    assert batch["pixel_values"].shape == (3, 3, 2, 2)
    assert batch["pixel_ids"].tolist() == [[0, 1, 0], [2, 1, -1], [-1, -1, -1]]
    assert batch["vision_positions"].tolist() == [[1, 1, 1], [0, 1, 0], [0, 0, 0]]
    assert batch["vision_attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0], [0, 0, 0]]


def test_bank_rows_with_a_picture_among_them() -> None:
    rows = [
        text_row(2) | {"glyph_ids": [5, 6], "vision_positions": [1, 1]},
        text_row(2) | {"images": ["photo"], "glyph_ids": [0, 7], "vision_positions": [0, 1]},
    ]
    batch = pad_batch(rows, 0, draw, to_pixels)
    assert batch["glyph_ids"].tolist() == [[5, 6], [0, 7]]
    assert batch["pixel_ids"].tolist() == [[-1, -1], [0, -1]]
    assert to_pixels.seen == ["photo"]  # type: ignore[attr-defined]


def test_no_pixels_without_pictures() -> None:
    batch = pad_batch([text_row(1) | {"glyph_ids": [1], "vision_positions": [0]}], 0, draw, to_pixels)
    assert set(batch) & {"pixel_values", "pixel_ids"} == set()


def test_speech_of_some_rows() -> None:
    mel = np.ones((4, 6), dtype=np.float32)
    rows = [
        text_row(2),
        text_row(2) | {"input_features": mel, "speech_positions": [1, 1, 1]},
        text_row(2) | {"input_features": mel[:, :2], "speech_positions": [1]},
    ]
    batch = pad_batch(rows, 0, draw, to_pixels)
    assert batch["input_features"].shape == (3, 4, 6)
    assert batch["input_features"].sum(axis=(1, 2)).tolist() == [0, 24, 8]
    assert batch["feature_attention_mask"].sum(axis=1).tolist() == [0, 6, 2]
    assert batch["speech_attention_mask"].sum(axis=1).tolist() == [0, 3, 1]


def test_sound_ids() -> None:
    rows = [text_row(2) | {"sound_ids": [3, 4], "speech_positions": [1, 1]}, text_row(2)]
    batch = pad_batch(rows, 0, draw, to_pixels)
    assert batch["sound_ids"].tolist() == [[3, 4], [0, 0]]
    assert "input_features" not in batch


def test_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        pad_batch([], 0, draw, to_pixels)
    with pytest.raises(ValueError, match="1 of 2 rows have a text"):
        pad_batch([text_row(1), {"glyph_ids": [1], "vision_positions": [0]}], 0, draw, to_pixels)


def test_a_row_with_audio_beside_one_of_the_bank() -> None:
    """Its tokens have ids, too, though it may have the most tokens of the batch."""
    mel = np.ones((4, 6), dtype=np.float32)
    rows = [
        text_row(2) | {"sound_ids": [3], "speech_positions": [1]},
        text_row(2) | {"input_features": mel, "speech_positions": [1, 1, 1]},
        text_row(2),
    ]
    batch = pad_batch(rows, 0, draw, to_pixels)
    assert batch["sound_ids"].tolist() == [[3, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert batch["speech_attention_mask"].tolist() == [[1, 0, 0], [1, 1, 1], [0, 0, 0]]
    assert batch["feature_attention_mask"].sum(axis=1).tolist() == [0, 6, 0]


def test_speech_that_was_encoded_already() -> None:
    """Beside rows with audio and rows without speech; not beside the bank's."""
    heard = np.arange(6, dtype=np.float16).reshape(2, 3)
    rows = [
        text_row(2) | {"speech_features": heard, "speech_positions": [0, 1]},
        text_row(2) | {"input_features": np.ones((4, 6), dtype=np.float32), "speech_positions": [1, 1, 1]},
        text_row(2) | {"speech_features": heard[:1], "speech_positions": [1]},
        text_row(2),
    ]
    batch = pad_batch(rows, 0, draw, to_pixels)
    assert batch["speech_features"].dtype == np.float32
    assert batch["speech_features"].shape == (4, 3, 3)
    assert batch["speech_features"][0].tolist() == [[0, 1, 2], [3, 4, 5], [0, 0, 0]]
    assert batch["speech_features"][2].tolist() == [[0, 1, 2], [0, 0, 0], [0, 0, 0]]
    assert not batch["speech_features"][[1, 3]].any()
    assert batch["speech_attention_mask"].sum(axis=1).tolist() == [2, 3, 1, 0]
    with pytest.raises(ValueError, match="speech_features and some sound_ids"):
        pad_batch([rows[0], text_row(2) | {"sound_ids": [3], "speech_positions": [1]}], 0, draw, to_pixels)


def test_units_that_the_bank_lacks_are_drawn() -> None:
    rows = [
        text_row(2) | {"glyph_ids": [5, 0, 0], "glyphs": [None, "b", "c"], "vision_positions": [0, 1, 1]},
        text_row(2)
        | {"images": ["photo"], "glyph_ids": [0, 0, 7], "glyphs": ["c", None], "vision_positions": [0, 0, 1]},
        text_row(2) | {"glyph_ids": [8], "vision_positions": [1]},
    ]
    batch = pad_batch(rows, 0, draw, to_pixels)
    assert to_pixels.seen == ["drawn b", "drawn c", "photo"]  # type: ignore[attr-defined]
    assert batch["pixel_ids"].tolist() == [[-1, 0, 1], [2, 1, -1], [-1, -1, -1]]
    assert batch["glyph_ids"].tolist() == [[5, 0, 0], [0, 0, 7], [8, 0, 0]]


def test_drawn_rows_beside_those_of_a_bank() -> None:
    """The drawn row has the most tokens: the bank's ids must be as many."""
    rows = [
        text_row(2) | {"glyph_ids": [5], "vision_positions": [1]},
        text_row(2) | {"glyphs": ["a", "b"], "vision_positions": [0, 1]},
    ]
    batch = pad_batch(rows, 0, draw, to_pixels)
    assert batch["glyph_ids"].tolist() == [[5, 0], [0, 0]]
    assert batch["pixel_ids"].tolist() == [[-1, -1], [0, 1]]


def test_the_table_of_the_contract_names_what_is_made() -> None:
    every = text_row(2) | {
        "images": ["photo"],
        "glyph_ids": [0, 7],
        "vision_positions": [0, 1],
        "input_features": np.ones((4, 6), dtype=np.float32),
        "sound_ids": [3],
        "speech_positions": [1],
        "transcript_ids": [3],
        "transcript_positions": [1],
    }
    heard = text_row(2) | {"speech_features": np.ones((1, 6), dtype=np.float32), "speech_positions": [1]}
    batch = pad_batch([every], 0, draw, to_pixels) | pad_batch([heard], 0, draw, to_pixels)
    rows = [line for line in str(batching.__doc__).splitlines() if line.startswith("| `")]
    table: dict[str, tuple[int, str]] = {}
    for row in rows:
        keys, shape, dtype = (cell.strip() for cell in row.strip("|").split("|"))
        table |= {key: (shape.count(",") + 1, dtype) for key in re.findall("`(\\w+)`", re.sub(r"\(.*?\)", "", keys))}
    assert {name: (value.ndim, str(value.dtype)) for name, value in batch.items()} == table


def test_transcripts_of_some_rows() -> None:
    """Beside speech of another length, empty ones, and rows without; ids are padded as a text's are."""
    rows = [
        text_row(2) | {"transcript_ids": [5, 6, 7], "transcript_positions": [1, 1, 0]},
        text_row(2) | {"transcript_ids": [], "transcript_positions": [], "sound_ids": [3], "speech_positions": [1]},
        text_row(2),
    ]
    batch = pad_batch(rows, 9, draw, to_pixels)
    assert batch["transcript_ids"].tolist() == [[5, 6, 7], [9, 9, 9], [9, 9, 9]]
    assert batch["transcript_positions"].tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert batch["transcript_attention_mask"].tolist() == [[1, 1, 1], [0, 0, 0], [0, 0, 0]]
    assert batch["speech_attention_mask"].tolist() == [[0], [1], [0]]
    empty = pad_batch(rows[1:], 9, draw, to_pixels)
    assert empty["transcript_ids"].tolist() == [[9], [9]] and not empty["transcript_attention_mask"].any()
    assert not any(name.startswith("transcript") for name in pad_batch(rows[2:], 9, draw, to_pixels))
    alone = pad_batch([{"transcript_ids": [5], "transcript_positions": [2]}], 9, draw, to_pixels)
    assert set(alone) == {"transcript_ids", "transcript_positions", "transcript_attention_mask"}
