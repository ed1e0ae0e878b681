"""The processor's transcript: through calls, windows, pairs, saving, pickling and workers."""

import json
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.processing import MultimodalHateProcessor
from tests.processing.hearing import UNITS
from tests.tiny import tiny_processor

SOUNDS = {
    "readings": {"hao3": "好郝", "ni3": "你妮", "ren2": "人仁", "huai4": "坏怀", "nv3": "女", "tian1": "天"},
    "simplified": {"壞": "坏"},
    "emoji_zh": {"😀": "你好"},
}
TRANSCRIPT = {
    "unigrams": {"<unk>": 12.0, "你": 4.0, "好": 4.0, "坏人": 5.0, "人": 5.0, "你好": 4.0, "天": 5.0},
    "backoffs": {"<s>": 0.5},
    "bigrams": {"你 好": 1.0},
}
NAMES = ["transcript_attention_mask", "transcript_ids", "transcript_positions"]


def transcribing(**changes: Any) -> MultimodalHateProcessor:
    banks = {"sound_units": UNITS, "sound_tables": SOUNDS, "transcript_tables": TRANSCRIPT}
    return tiny_processor(**(banks | {"default_modalities": ("text", "speech")} | changes))


@pytest.fixture(scope="module")
def hearing() -> MultimodalHateProcessor:
    """Do not change it."""
    return transcribing()


def heard(processor: MultimodalHateProcessor, batch: Any) -> list[str]:
    """The transcript of each row, its tokens joined."""
    rows = zip(batch["transcript_ids"], batch["transcript_attention_mask"].bool(), strict=True)
    return ["".join(processor.tokenizer.convert_ids_to_tokens(ids[mask].tolist())) for ids, mask in rows]


def test_words_are_heard_at_their_tokens(hearing: MultimodalHateProcessor) -> None:
    batch = hearing(text=["好怀仁", "你好", "天huairen"])
    assert heard(hearing, batch) == ["坏人", "", "坏" * 7 + "人" * 7]
    assert batch["transcript_positions"][0, :2].tolist() == [2, 3]
    assert [report["sources"] for report in batch.reports] == [{"speech": "bank"}] * 3
    first, second, third = (report.get("heard") for report in batch.reports)
    assert first == [{"written": "怀仁", "heard": "坏人"}] and second is None
    assert third == [{"written": "huairen", "heard": "坏人"}]
    assert hearing(text="怀仁", modalities=["text"]).reports[0].get("heard") is None


def test_pairs(hearing: MultimodalHateProcessor) -> None:
    batch = hearing(text="怀仁", text_pair="天怀仁")
    assert heard(hearing, batch) == ["坏人坏人"]
    assert batch["transcript_positions"].tolist() == [[1, 2, 5, 6]]


def test_windows_with_overlap_hear_their_own_parts() -> None:
    processor = transcribing(window_tokens=12, window_overlap=2)
    windows = processor.encode_windows("怀仁天" * 12)
    assert len(windows) > 3
    for window in windows:
        assert max(window["transcript_positions"]) < len(window["input_ids"]) - 1
        read = processor.tokenizer.convert_ids_to_tokens(window["input_ids"])
        for token, place in zip(window["transcript_ids"], window["transcript_positions"], strict=True):
            assert read[place] == "[UNK]" and processor.tokenizer.convert_ids_to_tokens(token) in "坏人"


def test_rows_in_which_nothing_is_heard(hearing: MultimodalHateProcessor) -> None:
    batch = hearing(text=["你好", "?!"])
    assert not batch["transcript_attention_mask"].any()
    assert batch.reports[1]["modalities"] == ["text"] and batch.reports[1]["sources"] == {}
    assert not set(NAMES) & set(hearing(text="?!"))
    assert not set(NAMES) & set(hearing(text="怀仁", modalities=["text", "vision"]))
    with pytest.raises(ValueError, match="Row 1: The row has nothing for the wanted senses"):
        hearing(text=["你", "?!"], modalities=["speech"])


def test_speech_alone(hearing: MultimodalHateProcessor) -> None:
    batch = hearing(text="怀仁", modalities=["speech"])
    assert "input_ids" not in batch and heard(hearing, batch) == ["坏人"]


def test_a_transcript_without_a_bank_or_an_engine() -> None:
    processor = transcribing(sound_units=None)
    batch = processor(text=["怀仁", "你好"])
    assert [report["sources"] for report in batch.reports] == [{"speech": "transcript"}, {}]
    assert "speech_positions" not in batch and heard(processor, batch) == ["坏人", ""]
    with pytest.raises(ValueError, match="Row 0: .* no sound bank"):
        processor(text="怀仁", senses="bank")
    with pytest.raises(ValueError, match="no speech_engine"):
        processor(text="怀仁", senses="exact")


def test_it_survives_saving_and_pickling(hearing: MultimodalHateProcessor, tmp_path: Path) -> None:
    texts = ["好怀仁", "你好", "壞仁😀"]
    before = hearing(text=texts)
    assert "transcriber" in hearing._tools
    hearing.save_pretrained(tmp_path)
    loaded: Any = MultimodalHateProcessor.from_pretrained(tmp_path)
    assert loaded.transcript_tables == TRANSCRIPT and loaded.transcript_price == 4.0
    copied = pickle.loads(pickle.dumps(hearing))  # noqa: S301  our own
    assert copied._tools == {}
    for other in (loaded, copied):
        after = other(text=texts)
        assert all(torch.equal(before[name], after[name]) for name in before)


def test_its_settings_can_be_copied_and_written(hearing: MultimodalHateProcessor) -> None:
    hearing(text="怀仁")
    settings = hearing.to_dict()
    assert settings["transcript_tables"] == TRANSCRIPT and settings["transcript_tables"] is not TRANSCRIPT
    assert "_tools" not in settings and "transcriber" in hearing._tools
    assert json.loads(hearing.to_json_string())["transcript_price"] == 4.0
    assert "transcript_price" in repr(hearing)


def read_elsewhere(processor: MultimodalHateProcessor, text: str) -> list[int]:
    return processor.encode_windows(text)[0]["transcript_ids"]


def test_workers_hear_the_same(hearing: MultimodalHateProcessor) -> None:
    here = hearing.encode_windows("好怀仁")[0]["transcript_ids"]
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(read_elsewhere, hearing, "好怀仁").result() == here != []


def test_the_price() -> None:
    dear = transcribing(transcript_price=100.0)
    assert heard(dear, dear(text=["怀仁", "壞人"])) == ["", "坏人"]


def test_the_words_are_indexed_when_they_are_first_needed() -> None:
    """That takes a second of a large table; a text that is only read must not wait for it."""
    processor = transcribing()
    processor(text="怀仁", modalities=["text"])
    assert "transcriber" not in processor._tools
    first = processor._transcriber()
    processor(text="怀仁")
    assert processor._transcriber() is first


def test_a_person_can_read_what_is_heard(hearing: MultimodalHateProcessor) -> None:
    assert hearing.transcribe("坏仁") == "坏人"
    assert hearing.transcribe("abc") == "abc"
    with pytest.raises(ValueError, match="hears no words: it has no transcript_tables"):
        transcribing(transcript_tables=None).transcribe("坏仁")
    with pytest.raises(ValueError, match="The text is empty"):
        hearing.transcribe(" ")


def test_tables_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="transcript_tables without sound_tables"):
        transcribing(sound_tables=None, sound_units=None)(text="你")
    with pytest.raises(ValueError, match="Row 0: The transcript's tables are"):
        transcribing(transcript_tables={})(text="你")
    with pytest.raises(ValueError, match="Row 0: price=-1"):
        transcribing(transcript_price=-1)(text="你")


def test_the_batch_keys_are_inputs_of_the_model(hearing: MultimodalHateProcessor) -> None:
    assert set(NAMES) <= set(hearing.model_input_names)
    assert set(hearing(text="怀仁")) <= set(hearing.model_input_names)


hostile = st.text(st.sampled_from("好怀仁壞😀\u200b\u200d\ufe0f\u0301hua iren'v5，\ud83d龘\U00020000"), max_size=60)


@settings(deadline=None)
@given(hostile | st.text(st.characters(exclude_categories=()), max_size=30), hostile)
def test_any_text_makes_a_batch(text: str, pair: str) -> None:
    processor = PROCESSOR
    text, pair = f"好{text}", f"好{pair}"
    rows = processor.encode_windows(text, truncation=True) + processor.encode_windows(text[:20], pair[:20])
    for row in rows:
        assert len(row["transcript_ids"]) == len(row["transcript_positions"])
        assert all(0 <= place < len(row["input_ids"]) for place in row["transcript_positions"])
    batch = processor.pad(rows)
    assert batch["transcript_ids"].shape == batch["transcript_attention_mask"].shape


PROCESSOR = transcribing()


def test_a_text_of_ten_thousand_characters_is_heard_whole(hearing: MultimodalHateProcessor) -> None:
    windows = hearing.encode_windows("怀仁" * 5000)
    assert all("transcript_ids" in window for window in windows)
    assert sum(len(window["transcript_ids"]) for window in windows) >= 10_000
