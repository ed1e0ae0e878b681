"""Padding rows to a batch: the contract between processor and model.

| key | shape | dtype |
|---|---|---|
| `input_ids`, `attention_mask`, `token_type_ids` | (batch, length) | int64 |
| `input_features` | (batch, mel bins, frames) | float32 |
| `feature_attention_mask` | (batch, frames) | int64 |
| `speech_features` (already encoded; training) | (batch, speech tokens, width) | float32 |
| `sound_ids`, `speech_attention_mask`, `speech_positions` | (batch, speech tokens) | int64 |
| `transcript_ids`, `transcript_attention_mask`, `transcript_positions` | (batch, tokens heard otherwise) | int64 |
| `pixel_values` | (distinct pictures, 3, height, width) | float32 |
| `pixel_ids` (-1: none), `glyph_ids`, `vision_attention_mask`, `vision_positions` | (batch, vision tokens) | int64 |

Padding is on the right. A key is there if any row has the sense.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

PicturesToPixels = Callable[[list[Any]], np.ndarray]


def pad_batch(
    rows: Sequence[dict[str, Any]], pad_token_id: int, draw: Callable[[str], Any], to_pixels: PicturesToPixels
) -> dict[str, np.ndarray]:
    """Pad the features of rows (see `sense_inputs`) to the arrays of a batch.

    Args:
        rows: features of each row.
        pad_token_id: fills `input_ids`.
        draw: picture of a unit, for rows with `glyphs`.
        to_pixels: pixel values (pictures, 3, height, width) of pictures.

    Raises:
        ValueError: There are no rows, or some have a text and some have none.
    """
    if not rows:
        raise ValueError("The batch is empty: there is no row to pad.")
    with_text = sum("input_ids" in row for row in rows)
    if with_text not in (0, len(rows)):
        raise ValueError(f"{with_text} of {len(rows)} rows have a text; rows with and without do not share a batch.")
    batch: dict[str, np.ndarray] = {}
    if with_text:
        batch["input_ids"] = pad_ids([row["input_ids"] for row in rows], pad_token_id)
        batch["attention_mask"] = pad_ids([[1] * len(row["input_ids"]) for row in rows])
        batch["token_type_ids"] = pad_ids([row["token_type_ids"] for row in rows])
    if any("vision_positions" in row for row in rows):
        batch |= _pad_vision(rows, draw, to_pixels)
    if any("speech_positions" in row for row in rows):
        batch |= _pad_speech(rows)
    if any("transcript_positions" in row for row in rows):
        batch |= _sense(rows, "transcript")
        batch["transcript_ids"] = pad_ids([row.get("transcript_ids", []) for row in rows], pad_token_id)
    return batch


def pad_ids(rows: Sequence[Sequence[int]], fill: int = 0) -> np.ndarray:
    """Pad lists of integers on the right to (rows, longest), at least one column."""
    length = max(1, *(len(row) for row in rows)) if rows else 1
    padded = np.full((len(rows), length), fill, dtype=np.int64)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = row
    return padded


def _sense(rows: Sequence[dict[str, Any]], name: str) -> dict[str, np.ndarray]:
    positions = [row.get(f"{name}_positions", []) for row in rows]
    return {
        f"{name}_positions": pad_ids(positions),
        f"{name}_attention_mask": pad_ids([[1] * len(row) for row in positions]),
    }


def _bank_ids(rows: Sequence[dict[str, Any]], name: str, key: str) -> np.ndarray:
    """Pad the rows of a bank; 0 for each token of a row that comes from elsewhere, which may have the most tokens."""
    return pad_ids([row.get(key, [0] * len(row.get(f"{name}_positions", []))) for row in rows])


def _pad_vision(
    rows: Sequence[dict[str, Any]], draw: Callable[[str], Any], to_pixels: PicturesToPixels
) -> dict[str, np.ndarray]:
    """Pad vision tokens; each distinct glyph of the batch is drawn and encoded once."""
    batch = _sense(rows, "vision")
    if any("glyph_ids" in row for row in rows):
        batch["glyph_ids"] = _bank_ids(rows, "vision", "glyph_ids")
    pictures: list[Any] = []
    drawn: dict[str, int] = {}
    pixel_ids = []
    for row in rows:
        ids = list(range(len(pictures), len(pictures) + len(row.get("images", []))))
        pictures += row.get("images", [])
        for unit in row.get("glyphs", []):
            if unit is not None and unit not in drawn:
                drawn[unit] = len(pictures)
                pictures.append(draw(unit))
            ids.append(drawn[unit] if unit is not None else -1)
        pixel_ids.append(ids + [-1] * (len(row.get("vision_positions", [])) - len(ids)))
    if pictures:
        batch["pixel_values"] = to_pixels(pictures)
        batch["pixel_ids"] = pad_ids(pixel_ids, -1)
    return batch


def _pad_speech(rows: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Pad speech tokens; a row with audio has no use for the bank."""
    batch = _sense(rows, "speech")
    if any("sound_ids" in row for row in rows):
        batch["sound_ids"] = _bank_ids(rows, "speech", "sound_ids")
    heard = [row.get("speech_features") for row in rows]
    if any(features is not None for features in heard):
        if "sound_ids" in batch:
            raise ValueError("Some rows have speech_features and some sound_ids: they do not share a batch.")
        batch["speech_features"] = _pad_features(heard, batch["speech_positions"].shape[1])
    mels = [row.get("input_features") for row in rows]
    if any(mel is not None for mel in mels):
        longest = max(mel.shape[1] for mel in mels if mel is not None)
        transposed = _pad_features([None if mel is None else mel.T for mel in mels], longest)
        batch["input_features"] = np.ascontiguousarray(transposed.transpose(0, 2, 1))
        batch["feature_attention_mask"] = pad_ids([[1] * (0 if mel is None else mel.shape[1]) for mel in mels])
    return batch


def _pad_features(rows: Sequence[np.ndarray | None], length: int) -> np.ndarray:
    """Pad arrays (tokens, width) to (rows, length, width) float32; a row that is None is all zeros."""
    width = next(row.shape[1] for row in rows if row is not None)
    padded = np.zeros((len(rows), length, width), dtype=np.float32)
    for index, row in enumerate(rows):
        if row is not None:
            padded[index, : len(row)] = row
    return padded


__all__ = ["pad_batch", "pad_ids"]
