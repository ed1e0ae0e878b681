"""What one window of text looks and sounds like: unpadded sense features of a row.

A row's features are a dict. Text: `input_ids`, `token_type_ids`. Vision: `glyphs` (units to draw) or `glyph_ids`
(rows of the bank), `images` (real pictures, in front), `vision_positions`. Speech: `input_features` (mel bins, frames),
`speech_positions`; `sound_ids` has its place in a batch, but nothing makes it of a text yet. Positions are indices of
the window's tokens.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

import numpy as np

from .glyph_rendering import characters, glyph_id
from .text_windows import TextWindow

TOKENS_PER_SECOND = 5  # Syllables of ordinary speech; how many speech tokens an audio without text gets.


def glyph_units(window: TextWindow, table: Mapping[str, int] | None) -> tuple[list[str], list[int]]:
    """Return the units of a window that have a glyph, and the token that each belongs to.

    A unit belongs to the last token that starts at or before it: characters that the tokenizer drops belong to
    the token before them.

    Args:
        window: a window of a text or a pair.
        table: the bank's units, if there is one: sequences that it lacks are split into their parts.
    """
    units: list[str] = []
    positions: list[int] = []
    for source, text, start in ((0, window.text, window.start), (1, window.text_pair, window.pair_start)):
        if not text:
            continue
        tokens = [i for i, (which, _, _) in enumerate(window.spans) if which == source]
        starts = [window.spans[i][1] for i in tokens]
        for offset, _, unit in characters(text, table):
            units.append(unit)
            positions.append(tokens[max(bisect_right(starts, start + offset) - 1, 0)] if tokens else 0)
    return units, positions


def vision_features(
    units: list[str],
    positions: list[int],
    images: list[Any],
    table: Mapping[str, int] | None,
    limit: int,
) -> dict[str, Any]:
    """Return the vision part of a row: real pictures first, then its glyphs, at most `limit` of them.

    Raises:
        ValueError: There are more glyphs than `limit`: both texts of a pair are that long.
    """
    if len(units) > limit:
        raise ValueError(f"A window has {len(units)} characters to look at; at most {limit} are taken (max_glyphs).")
    features: dict[str, Any] = {"vision_positions": [0] * len(images) + positions}
    if images:
        features["images"] = images
    if table is None:
        features["glyphs"] = units
    else:
        features["glyph_ids"] = [0] * len(images) + [glyph_id(unit, table) for unit in units]
    return features


def speech_features(mel: np.ndarray, window: TextWindow | None, limit: int) -> dict[str, Any]:
    """Return the speech part of a row: the spectrogram, and one speech token for each word token.

    Args:
        mel: (mel bins, frames of 10 ms).
        window: the text that is heard, whose word tokens the speech tokens belong to, in order. Without a text
            there are five speech tokens a second.
        limit: most speech tokens; with more word tokens each speech token spans several.
    """
    frames = mel.shape[1]
    words = window.word_tokens if window is not None else []
    wanted = len(words) or round(frames / 100 * TOKENS_PER_SECOND)
    count = max(1, min(wanted, limit, (frames + 1) // 2))
    last = len(window.input_ids) - 1 if window is not None else count
    places = words or [min(place, last) for place in range(1, count + 1)]
    positions = [places[order * len(places) // count] for order in range(count)]
    return {"input_features": mel, "speech_positions": positions}


__all__ = ["glyph_units", "speech_features", "vision_features"]
