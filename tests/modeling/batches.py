"""Batches of rows for the tiny model: every sense raw, as bank ids and as features, of different lengths."""

from typing import Any

import numpy as np
import torch

from decloak.processing.batching import pad_batch
from tests.tiny import CJK, MEL_BINS, PICTURE, WIDTH

SPEECH = ("raw", "ids", "features")
VISION = ("raw", "ids", "features")
Row = dict[str, Any]


def make_row(length: int, seed: int, speech: str | None = None, vision: str | None = None, text: bool = True) -> Row:
    """The unpadded features of one row, as a processor makes them; features go in after padding."""
    generator = np.random.default_rng(seed)
    row: Row = {}
    if text:
        row["input_ids"] = [2, *generator.integers(5, 60, length - 2).tolist(), 3]
        row["token_type_ids"] = [0] * length
    if speech:
        tokens = max(1, length // 2)
        row["speech_positions"] = sorted(generator.integers(0, length, tokens).tolist())
        if speech == "raw":
            row["input_features"] = generator.normal(size=(MEL_BINS, 7 * length)).astype(np.float32)
        elif speech == "ids":
            row["sound_ids"] = generator.integers(0, 6, tokens).tolist()
        else:
            row["speech_features"] = generator.normal(size=(tokens, WIDTH)).astype(np.float32)
    if vision:
        row["vision_positions"] = list(range(1, length - 1))
        if vision == "raw":
            row["glyphs"] = [chr(0x4E00 + int(i)) for i in generator.integers(0, 30, length - 2)]
        elif vision == "ids":
            row["glyph_ids"] = generator.integers(0, len(CJK), length - 2).tolist()
        else:
            row["vision_features"] = generator.normal(size=(length - 2, WIDTH)).astype(np.float32)
    return row


def make_batch(rows: list[Row]) -> dict[str, torch.Tensor]:
    """Pad rows with the processor's own code, and the features that it knows nothing of likewise."""
    arrays = pad_batch(rows, 0, lambda unit: unit, draw_all)
    for name in ("speech", "vision"):
        parts = [row.get(f"{name}_features") for row in rows]
        if any(part is not None for part in parts):
            padded = np.full((*arrays[f"{name}_positions"].shape, WIDTH), 5.0, dtype=np.float32)
            for index, part in enumerate(parts):
                if part is not None:
                    padded[index, : len(part)] = part
            arrays[f"{name}_features"] = padded
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def draw_all(units: list[str]) -> np.ndarray:
    """A picture of noise for each unit, always the same."""
    return np.stack(
        [np.random.default_rng(ord(unit)).normal(size=(3, PICTURE, PICTURE)).astype(np.float32) for unit in units]
    )


def mel(frames: int, seed: int = 0) -> torch.Tensor:
    """A spectrogram of noise: (1, mel bins, frames)."""
    return torch.randn(1, MEL_BINS, frames, generator=torch.Generator().manual_seed(seed))


def pad_mels(mels: list[torch.Tensor], filler: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Stack spectrograms of different lengths, with a mask; what is padded is `filler`."""
    longest = max(part.shape[-1] for part in mels)
    stacked = torch.full((len(mels), MEL_BINS, longest), filler)
    mask = torch.zeros(len(mels), longest, dtype=torch.bool)
    for row, part in enumerate(mels):
        stacked[row, :, : part.shape[-1]] = part[0]
        mask[row, : part.shape[-1]] = True
    return stacked, mask
