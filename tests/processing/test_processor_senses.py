"""The processor's senses from banks and exact: through calls, windows, pairs, saving and pickling."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from decloak.processing import MultimodalHateProcessor
from tests.processing.hearing import TABLES, UNITS, hearing_processor, sung
from tests.tiny import MEL_BINS, tiny_processor, tone

ALL = ("text", "speech", "vision")


@pytest.fixture
def hearing() -> MultimodalHateProcessor:
    return hearing_processor()


def test_texts_are_heard_by_the_bank_if_there_is_one(hearing: MultimodalHateProcessor) -> None:
    batch = hearing(text=["你郝", "ha 人!"])
    assert batch["sound_ids"].tolist() == [[2, 1, 0], [5, 0, 0]]
    assert batch["speech_positions"].tolist() == [[1, 2, 0], [1, 2, 3]]
    assert batch["speech_attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]
    assert [report["sources"] for report in batch.reports] == [{"speech": "bank"}] * 2
    assert "engine" not in hearing._tools


def test_the_route_of_a_call_and_of_the_processor(hearing: MultimodalHateProcessor) -> None:
    exact = hearing(text="你好", senses="exact")
    assert exact["input_features"].shape == (1, MEL_BINS, 20)
    assert "sound_ids" not in exact and exact.reports[0]["sources"] == {"speech": "singing"}
    always = hearing_processor(senses="exact")
    torch.testing.assert_close(always(text="你好")["input_features"], exact["input_features"])
    assert "sound_ids" in always(text="你好", senses="bank")
    for wrong in ("Exact", "engine"):
        with pytest.raises(ValueError, match=r"senses=.*allowed are \['bank', 'exact'\]"):
            hearing(text="你好", senses=wrong)
        with pytest.raises(ValueError, match="allowed are"):
            hearing_processor(senses=wrong)


def test_every_sense_takes_its_own_route(tmp_path: Path) -> None:
    processor = hearing_processor(font_folder=tmp_path, default_modalities=ALL)
    bank = processor(text="你好", senses="bank")
    assert {"sound_ids", "glyph_ids"} <= set(bank) and "pixel_values" not in bank
    assert bank.reports[0]["sources"] == {"speech": "bank", "vision": "bank"}
    exact = processor(text="你好", senses="exact")
    assert {"input_features", "pixel_values"} <= set(exact)
    assert not {"sound_ids", "glyph_ids"} & set(exact)
    assert exact.reports[0]["sources"] == {"speech": "singing", "vision": "drawn"}


def test_banks_that_are_not_there_name_the_row() -> None:
    without = tiny_processor(bank=False, speech_engine="singing")
    for sense, name in (("speech", "sound"), ("vision", "glyph")):
        with pytest.raises(ValueError, match=f"Row 1: senses='bank' was asked for, but .* no {name} bank"):
            without(
                text=[None, "你"], images=[Image.new("RGB", (9, 9)), None], modalities=[sense, "vision"], senses="bank"
            )
    assert without(images=Image.new("RGB", (9, 9)), senses="bank").reports[0]["sources"] == {"vision": "given"}
    assert without(text="你", modalities=["text"], senses="bank").reports[0]["sources"] == {}


def test_given_audio_is_heard_instead_of_the_bank(hearing: MultimodalHateProcessor) -> None:
    batch = hearing(text=["你好", "人"], audio=[None, tone(0.3)])
    assert batch["sound_ids"].tolist() == [[2, 1], [0, 0]]
    assert batch["feature_attention_mask"].sum(dim=1).tolist() == [0, 30]
    assert [report["sources"]["speech"] for report in batch.reports] == ["bank", "given"]


def test_a_pair_is_heard_in_its_order(hearing: MultimodalHateProcessor) -> None:
    batch = hearing(text="你", text_pair="好ha")
    assert batch["sound_ids"].tolist() == [[2, 1, 5, 0]]
    tokens = hearing.tokenizer.convert_ids_to_tokens(batch["input_ids"][0].tolist())
    assert [tokens[place] for place in batch["speech_positions"][0]] == ["你", "好", "h", "##a"]
    hearing(text="你😀", text_pair="好", senses="exact")
    assert sung(hearing) == ["你你好 好"]


def test_homophones_sound_the_same(hearing: MultimodalHateProcessor) -> None:
    one, other = (hearing(text=text) for text in ("你好", "你郝"))
    assert torch.equal(one["sound_ids"], other["sound_ids"])
    assert not torch.equal(one["input_ids"], other["input_ids"])


def test_every_window_hears_its_own_part() -> None:
    processor = hearing_processor(window_tokens=12, window_overlap=2)
    text = "你好人" * 10
    windows = processor.encode_windows(text)
    assert len(windows) > 3
    for window in windows:
        ids = window["input_ids"][1:-1]
        assert window["speech_positions"] == list(range(1, len(ids) + 1))
        heard = dict(zip(ids, window["sound_ids"], strict=True))
        assert sorted(heard.values()) == [0, 1, 2]
    batch = processor.pad(windows)
    assert batch["sound_ids"].shape == (len(windows), 10)


def test_speech_splits_the_characters_of_one_token_as_vision_does() -> None:
    """An unknown word of hundreds of letters is one token: it is heard in parts."""
    processor = hearing_processor(max_glyphs=50)
    windows = processor.encode_windows("你" + "hé" * 100)
    assert len(windows) > 1
    assert sum(len(window.get("sound_ids", [])) for window in windows) == 101
    assert len(processor.encode_windows("你" + "hé" * 100, modalities=["text"])) == 1
    (cut,) = processor.encode_windows("你" + "hé" * 100, truncation=True)
    assert cut["report"]["truncated"]


def test_a_text_without_sounds_has_no_speech(hearing: MultimodalHateProcessor) -> None:
    batch = hearing(text=["?!", "你"])
    assert [report["modalities"] for report in batch.reports] == [["text"], ["text", "speech"]]
    assert batch["speech_attention_mask"].tolist() == [[0], [1]]
    assert "speech_positions" not in hearing(text="?!")
    with pytest.raises(ValueError, match="Row 1: The row has nothing for the wanted senses"):
        hearing(text=["你", "?!"], modalities=["speech"])


def test_something_else_hears_what_is_exact(hearing: MultimodalHateProcessor, tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []

    def hear(text: str, tokens: int) -> np.ndarray | None:
        asked.append((text, tokens))
        return np.full((tokens, 4), len(text), dtype=np.float16)

    hearing.hear_with(hear)
    batch = hearing(text=["你好", "人"], senses="exact")
    assert asked == [("你好", 2), ("人", 1)]
    assert batch["speech_features"].dtype == torch.float32
    assert batch["speech_features"][:, :, 0].tolist() == [[2, 2], [1, 0]]
    assert [report["sources"]["speech"] for report in batch.reports] == ["cache", "cache"]
    assert "sound_ids" in hearing(text="你好") and len(asked) == 2  # the bank is not exact
    hearing.save_pretrained(tmp_path)
    saved = MultimodalHateProcessor.from_pretrained(tmp_path)
    for other in (saved, pickle.loads(pickle.dumps(hearing))):  # noqa: S301  our own
        assert "input_features" in other(text="你好", senses="exact")
    hearing.hear_with(None)
    assert "input_features" in hearing(text="你好", senses="exact")
    assert len(asked) == 2


def test_the_bank_survives_saving(hearing: MultimodalHateProcessor, tmp_path: Path) -> None:
    hearing.save_pretrained(tmp_path)
    loaded: Any = MultimodalHateProcessor.from_pretrained(tmp_path)
    assert loaded.sound_units == UNITS
    assert loaded.sound_tables == TABLES
    text = ["你郝ha😀", "ha 5"]
    before, after = hearing(text=text), loaded(text=text)
    for name in before:
        assert torch.equal(before[name], after[name]), name


def test_unknown_characters_are_drawn_where_that_is_asked_for(tmp_path: Path) -> None:
    processor = tiny_processor(tmp_path, default_modalities=("vision",))
    (row,) = processor.encode_windows("你a", draw_unknown=True)
    assert row["glyphs"] == [None, "a"]
    batch = processor.pad([row])
    assert batch["pixel_values"].shape[0] == 1
    assert batch["pixel_ids"].tolist() == [[-1, 0]]
    assert batch["glyph_ids"][0, 0] > 0 and batch["glyph_ids"][0, 1] == 0
    assert "pixel_values" not in processor.pad(processor.encode_windows("你", draw_unknown=True))
    assert "glyphs" not in processor.encode_windows("你a")[0]
