"""What one window of text looks and sounds like: unpadded sense features of a row.

A row's features are a dict. Text: `input_ids`, `token_type_ids`. Vision: `glyphs` (units to draw) or `glyph_ids`
(rows of the bank), or both, `glyphs` being None where the bank has a row; `images` (real pictures, in front);
`vision_positions`. Speech: `input_features` (mel bins, frames), `sound_ids` (rows of the bank) or `speech_features`
(tokens, width), and `speech_positions`; `transcript_ids` (words as they are heard, see `transcript_inputs`) and
`transcript_positions`. Positions are indices of the window's tokens.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .glyph_rendering import characters, glyph_id
from .sound_units import sound_id
from .text_windows import TextWindow

TOKENS_PER_SECOND = 5  # Syllables of ordinary speech; how many speech tokens an audio without text gets.


def glyph_units(window: TextWindow, table: Mapping[str, int] | None) -> tuple[list[str], list[int]]:
    """Return the units of a window that have a glyph, and the token that each belongs to.

    Args:
        window: a window of a text or a pair.
        table: the bank's units, if there is one: sequences that it lacks are split into their parts.
    """
    return placed_units(window, lambda text: ((offset, unit) for offset, _, unit in characters(text, table)))


def placed_units(window: TextWindow, split: Callable[[str], Iterable[tuple[int, str]]]) -> tuple[list[str], list[int]]:
    """Return the units of a window's texts, and the token that each belongs to.

    A unit belongs to the last token that starts at or before it: characters that the tokenizer drops belong to
    the token before them.

    Args:
        window: a window of a text or a pair.
        split: a text to its units, each with its offset.
    """
    units: list[str] = []
    positions: list[int] = []
    for source, text, start in ((0, window.text, window.start), (1, window.text_pair, window.pair_start)):
        if not text:
            continue
        tokens = [i for i, (which, _, _) in enumerate(window.spans) if which == source]
        starts = [window.spans[i][1] for i in tokens]
        for offset, unit in split(text):
            units.append(unit)
            positions.append(tokens[max(bisect_right(starts, start + offset) - 1, 0)] if tokens else 0)
    return units, positions


def vision_features(
    units: list[str],
    positions: list[int],
    images: list[Any],
    table: Mapping[str, int] | None,
    limit: int,
    draw_unknown: bool = False,
) -> dict[str, Any]:
    """Return the vision part of a row: real pictures first, then its glyphs, at most `limit` of them.

    Args:
        units: characters that have a glyph.
        positions: the token that each belongs to.
        images: real pictures.
        table: rows of the bank by unit; None to draw every unit.
        limit: most units.
        draw_unknown: draw the units that the bank lacks, for a model that has the bank's encoder.

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
        return features
    ids = [glyph_id(unit, table) for unit in units]
    features["glyph_ids"] = [0] * len(images) + ids
    if draw_unknown and 0 in ids:
        features["glyphs"] = [None if row else unit for unit, row in zip(units, ids, strict=True)]
    return features


def bank_speech(units: Sequence[str], positions: list[int], table: Mapping[str, int]) -> dict[str, Any]:
    """Return the speech part of a row from the sound bank: one token a unit."""
    return {"sound_ids": [sound_id(unit, table) for unit in units], "speech_positions": positions}


def speech_features(
    mel: np.ndarray, window: TextWindow | None, limit: int, places: Sequence[int] | None = None
) -> dict[str, Any]:
    """Return the speech part of a row: the spectrogram, and one speech token for each place.

    Args:
        mel: (mel bins, frames of 10 ms).
        window: the text that is heard. Without a text there are five speech tokens a second.
        limit: most speech tokens; with more places each speech token spans several.
        places: the tokens of `window` that the sounds belong to, in order; its word tokens, if None.
    """
    frames = mel.shape[1]
    words = list(places if places is not None else window.word_tokens) if window is not None else []
    wanted = len(words) or round(frames / 100 * TOKENS_PER_SECOND)
    count = max(1, min(wanted, limit, (frames + 1) // 2))
    last = len(window.input_ids) - 1 if window is not None else count
    return {"input_features": mel, "speech_positions": speech_places(words, last, count)}


def speech_places(places: Sequence[int], last: int, limit: int) -> list[int]:
    """Return the token that each speech token belongs to, at most `limit` of them, spread evenly over `places`.

    Args:
        places: tokens, in order; with none, the tokens from 1 on.
        last: the last token of the row.
        limit: most speech tokens.
    """
    places = places or [min(place, last) for place in range(1, limit + 1)]
    count = min(len(places), limit)
    return [places[order * len(places) // count] for order in range(count)]


__all__ = ["bank_speech", "glyph_units", "placed_units", "speech_features", "speech_places", "vision_features"]
