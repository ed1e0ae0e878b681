"""From a window of a row to its features: which sense comes from where."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .sense_inputs import glyph_units, speech_features, vision_features
from .speech_inputs import SpeechInputs
from .text_windows import TextWindow

BANK, EXACT = ROUTES = ("bank", "exact")
TRANSCRIPT = "transcript"


@dataclass(frozen=True)
class RowSenses:
    """What the windows of one row are to be made of.

    Attributes:
        wanted: senses.
        route: `"bank"`, `"exact"`, or None for the bank of each sense that has one.
        mel: spectrogram (mel bins, frames) of audio that was given, or None.
        pictures: pictures that were given.
        draw_unknown: draw the characters that the glyph bank lacks.
    """

    wanted: list[str]
    route: str | None = None
    mel: np.ndarray | None = None
    pictures: list[Any] = field(default_factory=list)
    draw_unknown: bool = False


class RowFeatures:
    """Makes the features of windows, each with a report of the senses that it has and where they came from."""

    def __init__(
        self,
        speech: SpeechInputs,
        glyph_table: Mapping[str, int] | None,
        max_glyphs: int,
        max_speech_tokens: int,
        transcribe: Callable[[TextWindow], dict[str, Any]] | None = None,
    ) -> None:
        """Keep the parts.

        Args:
            speech: makes sounds.
            glyph_table: rows of the glyph bank by character, if there is one.
            max_glyphs: most glyphs of a window.
            max_speech_tokens: most speech tokens of given audio.
            transcribe: makes the transcript of a window (see `transcript_features`), if there is one.
        """
        self.transcribe = transcribe
        self.speech = speech
        self.glyph_table = glyph_table
        self.max_glyphs = max_glyphs
        self.max_speech_tokens = max_speech_tokens

    def __call__(self, window: TextWindow | None, row: RowSenses) -> dict[str, Any]:
        """Make one window's features and its report.

        Raises:
            ValueError: The row has nothing that the wanted senses could use, or there is no bank where one is asked
                for.
        """
        features: dict[str, Any] = {}
        used: list[str] = []
        sources: dict[str, str] = {}
        if window is not None and "text" in row.wanted:
            features |= {"input_ids": window.input_ids, "token_type_ids": window.token_type_ids}
            used.append("text")
        for sense, make in (("speech", self._speech), ("vision", self._vision)):
            if sense not in row.wanted:
                continue
            made, source = make(window, row)
            if made:
                features |= made
                used.append(sense)
                sources[sense] = source
        if not features:
            raise ValueError(
                f"The row has nothing for the wanted senses {row.wanted}: give a text, audio or a picture."
            )
        report: dict[str, Any] = {"modalities": used, "sources": sources, "truncated": bool(window and window.cut)}
        if words := features.pop("heard", []):
            report["heard"] = words
        return features | {"report": report}

    def _speech(self, window: TextWindow | None, row: RowSenses) -> tuple[dict[str, Any], str]:
        """Return the speech part and its source; no part where nothing can be heard (no text, punctuation alone)."""
        if row.mel is not None:
            return speech_features(row.mel, window, self.max_speech_tokens), "given"
        if window is None:
            return {}, ""
        written = self.transcribe(window) if self.transcribe is not None else {}
        if row.route == BANK or (row.route is None and self.speech.has_bank):
            heard, source = self.speech.from_bank(window), BANK
        elif row.route is None and written and not self.speech.has_engine:
            heard, source = {}, TRANSCRIPT
        else:
            heard, source = self.speech.from_engine(window)
        if not heard and not written.get("transcript_ids"):
            return {}, ""
        return heard | written, source if heard else TRANSCRIPT

    def _vision(self, window: TextWindow | None, row: RowSenses) -> tuple[dict[str, Any], str]:
        """Return the vision part and its source; no part where there is neither a text nor a picture."""
        if row.route == BANK and self.glyph_table is None and window is not None:
            raise ValueError(
                "senses='bank' was asked for, but this processor has no glyph bank: build one (decloak build-banks), "
                "or use senses='exact'."
            )
        table = None if row.route == EXACT else self.glyph_table
        units, positions = glyph_units(window, table) if window is not None else ([], [])
        if not units and not row.pictures:
            return {}, ""
        made = vision_features(units, positions, row.pictures, table, self.max_glyphs, row.draw_unknown)
        if row.pictures:
            return made, "given"
        return made, BANK if table is not None else "drawn"


def check_route(route: str | None) -> str | None:
    """Return the route of the senses.

    Raises:
        ValueError: It is neither `"bank"` nor `"exact"` nor None.
    """
    if route is not None and route not in ROUTES:
        raise ValueError(f"senses={route!r}; allowed are {list(ROUTES)}, or None for each bank that there is.")
    return route


__all__ = ["RowFeatures", "RowSenses", "check_route"]
