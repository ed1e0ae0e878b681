"""The pipeline's senses: from banks or exact, where each came from, and characters that a bank lacks."""

from pathlib import Path
from typing import Any

import pytest
import torch

from decloak.modeling import MMBertTextClassificationPipeline
from tests.processing.hearing import hearing_processor
from tests.processing.test_processor_transcript import transcribing
from tests.tiny import tiny_model

ALL = ["text", "speech", "vision"]


@pytest.fixture(scope="module")
def pipe(tmp_path_factory: pytest.TempPathFactory) -> MMBertTextClassificationPipeline:
    """Encoders and banks for both senses; do not change it."""
    processor = hearing_processor(font_folder=tmp_path_factory.mktemp("font"))
    return MMBertTextClassificationPipeline(model=tiny_model(), processor=processor, modalities=ALL)


def details(pipe: MMBertTextClassificationPipeline, row: Any, **settings: Any) -> dict[str, Any]:
    answer = pipe(row, return_details=True, **settings)
    assert isinstance(answer, dict)
    return answer


def test_answers_say_where_each_sense_came_from(pipe: MMBertTextClassificationPipeline) -> None:
    bank = details(pipe, "你好")
    assert bank["sources"] == {"speech": "bank", "vision": "bank"}
    assert details(pipe, "你好", senses="bank") == bank
    exact = details(pipe, "你好", senses="exact")
    assert exact["sources"] == {"speech": "singing", "vision": "drawn"}
    assert exact["modalities"] == bank["modalities"] == ALL
    assert exact["scores"] != pytest.approx(bank["scores"], abs=1e-4)
    assert details(pipe, "你好", modalities=["text"])["sources"] == {}
    assert details(pipe, "!", modalities=["text", "speech"])["sources"] == {}
    with pytest.raises(ValueError, match="senses='drawn'; allowed are"):
        pipe("你好", senses="drawn")


def test_lists_take_the_route_too(pipe: MMBertTextClassificationPipeline) -> None:
    texts = ["你好", "人", "a 好"]
    for route in ("bank", "exact"):
        answers = pipe(texts, senses=route, return_details=True, batch_size=2)
        for text, answer in zip(texts, answers, strict=True):
            single = details(pipe, text, senses=route)
            assert answer["sources"] == single["sources"]
            assert answer["scores"] == pytest.approx(single["scores"], abs=1e-5)


def test_characters_that_the_bank_lacks_are_drawn_if_the_model_can_see(
    pipe: MMBertTextClassificationPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`a` is in the font and not in the bank; without the encoder it is the unknown glyph."""
    batches: list[dict[str, torch.Tensor]] = []
    forward = type(pipe)._forward

    def recorded(self: Any, model_inputs: Any, **settings: Any) -> Any:
        batches.append(model_inputs)
        return forward(self, model_inputs, **settings)

    monkeypatch.setattr(type(pipe), "_forward", recorded)
    vision = ["text", "vision"]
    details(pipe, "你a", modalities=vision)
    assert batches[-1]["pixel_ids"].tolist() == [[-1, 0]]
    assert batches[-1]["glyph_ids"][0, 1] == 0
    details(pipe, "你好", modalities=vision)
    assert "pixel_values" not in batches[-1]
    blind = MMBertTextClassificationPipeline(model=tiny_model(encoders=False), processor=pipe.processor)
    blind("你a", modalities=vision)
    assert "pixel_values" not in batches[-1] and batches[-1]["glyph_ids"].shape == (1, 2)


def test_the_bank_of_a_missing_processor_bank_is_an_error_of_its_row(tmp_path: Path) -> None:
    processor = hearing_processor(font_folder=tmp_path, sound_units=None)
    pipe = MMBertTextClassificationPipeline(model=tiny_model(), processor=processor, modalities=["text", "speech"])
    bad, good = pipe(["你", {"text": "好", "audio": [0.1, 0.2] * 2000}], senses="bank")
    assert "no sound bank: build one" in bad["error"]
    assert good["label"] is not None


def test_answers_say_what_was_heard() -> None:
    processor = transcribing(window_tokens=8, window_overlap=2)
    pipe = MMBertTextClassificationPipeline(model=tiny_model(transcript=True), processor=processor)
    answer = details(pipe, "怀仁", modalities=["text", "speech"])
    assert answer["heard"] == [{"written": "怀仁", "heard": "坏人"}]
    assert "heard" not in details(pipe, "你好", modalities=["text", "speech"])
    assert "heard" not in details(pipe, "怀仁", modalities=["text"])
    long = details(pipe, "怀仁天" * 6, modalities=["text", "speech"])
    assert long["windows"] > 1 and {"written": "怀仁", "heard": "坏人"} in long["heard"]
    assert len({str(word) for word in long["heard"]}) == len(long["heard"]), "each word once"
