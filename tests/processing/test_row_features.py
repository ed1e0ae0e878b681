"""Which sense comes from where, and what the report says of it."""

from typing import Any

import numpy as np
import pytest

from decloak.processing.row_features import RowFeatures, RowSenses, check_route
from decloak.processing.speech_inputs import SpeechInputs
from decloak.processing.text_windows import TextWindow, split_windows
from tests.processing.hearing import TABLES, UNITS, SingingEngine
from tests.processing.test_speech_inputs import HEARING
from tests.tiny import CJK, MEL_BINS, tiny_tokenizer

GLYPHS = {unit: row for row, unit in enumerate(CJK, start=1)}
SPEECH, VISION = ["speech"], ["vision"]
MEL = np.zeros((MEL_BINS, 40), dtype=np.float32)


def window(text: str) -> TextWindow:
    return split_windows(tiny_tokenizer(), text, None, 64, 8, False)[0]


def make(banks: bool = True) -> RowFeatures:
    parts: dict[str, Any] = {"units": UNITS, "tables": TABLES} if banks else {}
    return RowFeatures(SpeechInputs(SingingEngine, HEARING, 9, **parts), GLYPHS if banks else None, 99, 9)


@pytest.mark.parametrize(
    ("banks", "wanted", "route", "key", "source"),
    [
        (True, SPEECH, None, "sound_ids", "bank"),
        (True, SPEECH, "bank", "sound_ids", "bank"),
        (True, SPEECH, "exact", "input_features", "singing"),
        (False, SPEECH, None, "input_features", "singing"),
        (False, SPEECH, "exact", "input_features", "singing"),
        (True, VISION, None, "glyph_ids", "bank"),
        (True, VISION, "bank", "glyph_ids", "bank"),
        (True, VISION, "exact", "glyphs", "drawn"),
        (False, VISION, None, "glyphs", "drawn"),
        (False, VISION, "exact", "glyphs", "drawn"),
    ],
)
def test_routes(banks: bool, wanted: list[str], route: str | None, key: str, source: str) -> None:
    features = make(banks)(window("你好"), RowSenses(wanted, route))
    kinds = {"sound_ids", "input_features", "speech_features", "glyph_ids", "glyphs"}
    assert kinds & set(features) == {key}
    assert features["report"] == {"modalities": wanted, "sources": {wanted[0]: source}, "truncated": False}


def test_given_audio_and_pictures_come_before_every_route() -> None:
    for route in (None, "bank", "exact"):
        for banks in (True, False):
            heard = make(banks)(None, RowSenses(SPEECH, route, mel=MEL))
            assert heard["report"]["sources"] == {"speech": "given"}
            shown = make(banks)(None, RowSenses(VISION, route, pictures=["photo"]))
            assert shown["report"]["sources"] == {"vision": "given"}
            assert shown["images"] == ["photo"]
    both = make()(window("你"), RowSenses(VISION, "bank", pictures=["photo"]))
    assert both["glyph_ids"] == [0, GLYPHS["你"]]
    assert both["report"]["sources"] == {"vision": "given"}


def test_a_bank_that_is_not_there() -> None:
    for wanted, name in ((SPEECH, "sound"), (VISION, "glyph")):
        with pytest.raises(ValueError, match=f"no {name} bank: build one .decloak build-banks., or use senses='exact'"):
            make(banks=False)(window("你"), RowSenses(wanted, "bank"))
    assert make(banks=False)(window("你"), RowSenses(["text"], "bank"))["report"]["sources"] == {}


def test_what_cannot_be_heard_is_left_out() -> None:
    for route in ("bank", "exact"):
        features = make()(window("!?"), RowSenses(["text", "speech"], route))
        assert features["report"] == {"modalities": ["text"], "sources": {}, "truncated": False}
        assert "speech_positions" not in features
        with pytest.raises(ValueError, match=r"nothing for the wanted senses \['speech'\]"):
            make()(window("!?"), RowSenses(SPEECH, route))


def transcribing(transcript: list[int], banks: bool = True, engine: bool = True) -> RowFeatures:
    """Hears every window as these tokens, all at token 1."""
    made = {"transcript_ids": transcript, "transcript_positions": [1] * len(transcript)}
    parts: dict[str, Any] = {"units": UNITS, "tables": TABLES} if banks else {}
    speech = SpeechInputs(SingingEngine, HEARING, 9, **parts, speaks=engine)
    return RowFeatures(speech, None, 99, 9, lambda _: made)


@pytest.mark.parametrize(
    ("banks", "engine", "route", "key", "source"),
    [
        (True, True, None, "sound_ids", "bank"),
        (True, True, "exact", "input_features", "singing"),
        (False, True, None, "input_features", "singing"),
        (False, False, None, None, "transcript"),
    ],
)
@pytest.mark.parametrize("transcript", [[7, 8], []])
def test_a_transcript_goes_with_every_route(
    banks: bool, engine: bool, route: str | None, key: str | None, source: str, transcript: list[int]
) -> None:
    features = transcribing(transcript, banks, engine)(window("你好"), RowSenses(["text", "speech"], route))
    assert features.get("transcript_ids", []) == transcript
    assert len(features.get("transcript_positions", [])) == len(transcript)
    assert {"sound_ids", "input_features", "speech_features"} & set(features) == ({key} if key else set())
    heard = key is not None or bool(transcript)
    assert features["report"]["sources"] == ({"speech": source} if heard else {})
    assert features["report"]["modalities"] == (["text", "speech"] if heard else ["text"])


@pytest.mark.parametrize(("banks", "engine"), [(True, True), (False, True), (False, False)])
def test_an_empty_transcript_is_nothing_to_hear(banks: bool, engine: bool) -> None:
    with pytest.raises(ValueError, match=r"nothing for the wanted senses \['speech'\]"):
        transcribing([], banks, engine)(window("!?"), RowSenses(SPEECH))
    alone = transcribing([7], banks, engine)(window("!?"), RowSenses(SPEECH))
    assert alone["report"]["sources"] == {"speech": "transcript"} and alone["transcript_ids"] == [7]


def test_given_audio_and_other_senses_have_no_transcript() -> None:
    for senses, mel in ((["text"], None), (["text", "vision"], None), (["text", "speech"], MEL)):
        features = transcribing([7])(window("你好"), RowSenses(senses, mel=mel))
        assert not {"transcript_ids", "transcript_positions"} & set(features)
    with pytest.raises(ValueError, match="build one .decloak build-banks."):
        transcribing([7], banks=False, engine=False)(window("你"), RowSenses(SPEECH, "bank"))


def test_routes_have_two_names() -> None:
    assert [check_route(route) for route in ("bank", "exact", None)] == ["bank", "exact", None]
    for wrong in ("Bank", "", "drawn"):
        with pytest.raises(ValueError, match=r"senses='.*'; allowed are \['bank', 'exact'\], or None"):
            check_route(wrong)
