import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import decloak.processing.speech_engines as speech_engines
from decloak.processing.glyph_rendering import characters
from decloak.processing.speech_engine_base import SpeechEngine
from decloak.spaces.demo.explanation import (
    MAX_CHARACTERS,
    Explanation,
    available_modalities,
    explain,
    load_classifier,
)
from tests.processing.hearing import hearing_processor
from tests.processing.test_processor_transcript import transcribing
from tests.spaces.demo.conftest import MakeClassifier
from tests.tiny import tiny_processor

TEXT = "你好a🙂Ａ人"
LONG_TEXT = "今天气很好人" * 30
SENSES = (["text"], ["vision"], ["text", "vision"], None)


class ToneEngine(SpeechEngine):
    """A tenth of a second of sound a letter."""

    name, voice, sampling_rate, version = "tone", "one", 16_000, "1"

    def __init__(self, model: str | None, voice: str | None) -> None:
        pass

    def speak(self, text: str) -> np.ndarray:
        letters = sum(map(str.isalpha, text))
        return np.sin(np.arange(1600 * letters) / 7).astype(np.float32)


def check(explanation: Explanation) -> None:
    """Check what holds for every explanation."""
    json.dumps(explanation.as_dict(), allow_nan=False, ensure_ascii=False).encode()
    assert explanation.score == max(explanation.scores.values())
    for window in explanation.windows:
        assert window.weights.shape == (len(explanation.layers), len(window.tokens), len(explanation.experts))
        np.testing.assert_allclose(window.weights.sum(axis=-1), 1, atol=1e-5)
        assert {token.modality for token in window.tokens} <= set(explanation.experts)


@pytest.mark.parametrize("text", [TEXT, LONG_TEXT])
@pytest.mark.parametrize("modalities", SENSES)
def test_the_answer_is_the_pipelines_own(classifier: Any, text: str, modalities: list[str] | None) -> None:
    explanation = explain(classifier, text, modalities)
    expected = classifier(text, modalities=modalities, return_details=True)
    expected = expected[0] if isinstance(expected, list) else expected
    check(explanation)
    assert explanation.label == expected["label"]
    assert explanation.scores == pytest.approx(expected["scores"], abs=1e-6)
    assert list(explanation.modalities) == expected["modalities"]
    assert (len(explanation.windows), explanation.joined) == (expected["windows"], expected["joined"])
    assert explanation.windows[explanation.deciding].scores == pytest.approx(explanation.scores, abs=1e-6)


def test_the_weights_are_the_routers(classifier: Any) -> None:
    explanation = explain(classifier, TEXT, ["text", "vision"])
    batch = classifier.processor(text=TEXT, modalities=["text", "vision"])
    with torch.inference_mode():
        logits = classifier.model(**batch, output_router_logits=True).router_logits
    window = explanation.windows[0]
    np.testing.assert_allclose(window.weights, torch.stack(logits)[:, 0].softmax(dim=-1), atol=1e-6)
    np.testing.assert_allclose(window.layer_weights()[1], window.token_weights(1).mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(window.token_weights(), window.weights.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("fusion", ["add", "concat"])
def test_heard_words_are_named_and_have_their_places(make_classifier: MakeClassifier, fusion: str) -> None:
    senses = ["text", "speech"]
    processor = transcribing(sound_units=None)
    classifier = make_classifier(processor, fusion=fusion, transcript=True, banks=False, default_modalities=senses)
    assert available_modalities(classifier) == senses
    explanation = explain(classifier, "好怀仁", senses)
    check(explanation)
    (window,) = explanation.windows
    assert window.words == (("怀仁", "坏人"),)
    assert explanation.as_dict()["windows"][0]["heard"] == [{"written": "怀仁", "heard": "坏人"}]
    behind = [(token.text, token.modality) for token in window.tokens][5:]
    assert behind == ([("坏", "speech"), ("人", "speech")] if fusion == "concat" else [])
    assert explain(classifier, "好怀仁", ["text"]).windows[0].words == ()


def test_glyphs_are_those_of_the_bank(classifier: Any) -> None:
    glyphs = explain(classifier, TEXT, ["text", "vision"]).windows[0].glyphs
    assert "".join(glyph.character for glyph in glyphs) == TEXT
    assert [glyph.known for glyph in glyphs] == [True, True, False, False, False, True]


def test_a_glyph_may_be_seen_as_a_simpler_one(make_classifier: MakeClassifier) -> None:
    processor = tiny_processor(glyph_characters=["A", "好"])
    glyphs = explain(make_classifier(processor), "Ａ好", ["vision"]).windows[0].glyphs
    assert [(glyph.character, glyph.seen_as) for glyph in glyphs] == [("Ａ", "A"), ("好", "好")]


def test_without_vision_nothing_is_seen(classifier: Any) -> None:
    explanation = explain(classifier, TEXT, ["text"])
    assert explanation.windows[0].glyphs == ()
    assert explanation.modalities == ("text",)


def test_tokens_name_the_characters_that_they_stand_for(make_classifier: MakeClassifier) -> None:
    tokens = explain(make_classifier(fusion="concat"), "好 ab人", ["text", "vision"]).windows[0].tokens
    words = [(token.text, token.special) for token in tokens if token.modality == "text"]
    assert words == [("[CLS]", True), ("好", False), ("a", False), ("b", False), ("人", False), ("[SEP]", True)]
    assert [token.text for token in tokens if token.modality == "vision"] == ["好", "a", "b", "人"]


def test_what_is_only_seen_is_not_read(make_classifier: MakeClassifier) -> None:
    tokens = explain(make_classifier(fusion="concat"), "好人", ["vision"]).windows[0].tokens
    assert [(token.text, token.modality) for token in tokens] == [("[CLS]", "text"), ("好", "vision"), ("人", "vision")]


@pytest.mark.parametrize("fusion", ["add", "concat"])
def test_speech_is_explained_where_the_model_has_it(
    make_classifier: MakeClassifier, monkeypatch: pytest.MonkeyPatch, fusion: str
) -> None:
    monkeypatch.setitem(speech_engines._FACTORIES, "tone", ToneEngine)
    classifier = make_classifier(tiny_processor(speech_engine="tone"), encoders=True, fusion=fusion)
    assert available_modalities(classifier) == ["text", "speech", "vision"]
    explanation = explain(classifier, "好人", ["speech", "vision"])
    check(explanation)
    assert explanation.modalities == ("speech", "vision")
    heard = [token.text for token in explanation.windows[0].tokens if token.modality == "speech"]
    assert heard == (["好", "人"] if fusion == "concat" else [])


def test_what_the_bank_lets_it_hear_is_shown(make_classifier: MakeClassifier) -> None:
    classifier = make_classifier(hearing_processor(), encoders=False)
    assert available_modalities(classifier) == ["text", "speech", "vision"]
    explanation = explain(classifier, "你好人", ["text", "speech"])
    check(explanation)
    assert explanation.windows[0].sounds == ("ni3", "hao3", "?")
    assert explain(classifier, "你好", ["text"]).windows[0].sounds == ()


def test_senses_that_a_text_cannot_have_are_not_offered(
    make_classifier: MakeClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(speech_engines._FACTORIES, "tone", ToneEngine)
    speaking, drawing = tiny_processor(speech_engine="tone"), tiny_processor(bank=False)
    assert available_modalities(make_classifier(encoders=True)) == ["text", "vision"]
    assert available_modalities(make_classifier(speaking)) == ["text", "vision"]
    assert available_modalities(make_classifier(banks=False)) == ["text"]
    assert available_modalities(make_classifier(drawing)) == ["text"]
    assert available_modalities(make_classifier(drawing, encoders=True, banks=False)) == ["text", "vision"]


@pytest.mark.parametrize(("expert_layers", "expected"), [([1], (1,)), ([], ()), (None, (0, 1))])
def test_only_layers_with_experts_are_shown(
    make_classifier: MakeClassifier, expert_layers: list[int] | None, expected: tuple[int, ...]
) -> None:
    explanation = explain(make_classifier(expert_layers=expert_layers), TEXT)
    assert explanation.layers == expected
    check(explanation)


def test_a_long_text_is_explained_window_by_window(classifier: Any) -> None:
    explanation = explain(classifier, LONG_TEXT)
    windows = explanation.windows
    assert len(windows) > 1
    assert (windows[0].start, windows[-1].end) == (0, len(LONG_TEXT))
    assert all(before.end >= after.start for before, after in zip(windows, windows[1:], strict=False))
    for window in windows:
        assert "".join(glyph.character for glyph in window.glyphs) == LONG_TEXT[window.start : window.end]
    harmless = [window.scores["not_hateful"] for window in windows]
    assert explanation.deciding == harmless.index(min(harmless))


@pytest.mark.parametrize(
    ("text", "modalities", "problem"),
    [
        ("", ["text"], "no text to classify"),
        (" \n\t", ["text"], "no text to classify"),
        (None, ["text"], "no text to classify"),
        (5, ["text"], "no text to classify"),
        ("好" * (MAX_CHARACTERS + 1), ["text"], "10,001 characters; this page takes at most 10,000"),
        ("好", [], r"chosen are \[\]. Choose a list of at least one of those of this model: text, vision"),
        ("好", ["text", "speech"], "chosen are .*'speech'.*: text, vision"),
        ("好", "text", "Choose a list"),
        ("好", [["text"]], "Choose a list"),
        ("好", 3, "Choose a list"),
        ("\u200b\u200b", ["vision"], "no text to classify"),
    ],
)
def test_bad_requests_say_what_is_allowed(classifier: Any, text: Any, modalities: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        explain(classifier, text, modalities)


def test_the_longest_text_is_answered(make_classifier: MakeClassifier) -> None:
    explanation = explain(make_classifier(fusion="add"), "好" * MAX_CHARACTERS)
    assert explanation.windows[-1].end == MAX_CHARACTERS


@pytest.mark.parametrize("modalities", SENSES)
def test_a_token_of_many_characters_is_explained_in_parts(
    make_classifier: MakeClassifier, modalities: list[str] | None
) -> None:
    """An unknown word is one token, however long; what is seen of it comes in windows of `max_glyphs`."""
    classifier = make_classifier(tiny_processor(max_glyphs=100))
    explanation = explain(classifier, "\ue000" * 250, modalities or ["text", "vision"])
    check(explanation)
    assert len(explanation.windows) == (1 if modalities == ["text"] else 3)
    assert explanation.windows[-1].end == 250


def test_windows_fit_the_positions_of_the_model(make_classifier: MakeClassifier) -> None:
    classifier = make_classifier(tiny_processor(window_tokens=40), max_position_embeddings=16)
    explanation = explain(classifier, LONG_TEXT)
    check(explanation)
    assert len(explanation.windows) == classifier(LONG_TEXT, return_details=True)["windows"]


def test_damaged_weights_are_an_error(make_classifier: MakeClassifier) -> None:
    classifier = make_classifier()
    torch.nn.init.constant_(classifier.model.classifier.weight, float("nan"))
    with pytest.raises(ValueError, match="not finite numbers; its weights may be damaged"):
        explain(classifier, TEXT)


@settings(max_examples=60)
@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=90))
def test_any_text_is_explained_or_refused(classifier: Any, text: str) -> None:
    try:
        explanation = explain(classifier, text, ["text", "vision"])
    except ValueError as error:
        assert not characters(text), error
        return
    check(explanation)


def test_a_saved_model_is_loaded(model_folder: Path) -> None:
    assert available_modalities(load_classifier(str(model_folder))) == ["text", "vision"]


def test_other_models_are_refused(tiny_bert: Path) -> None:
    with pytest.raises(ValueError, match="is a bert model; the demonstration shows glyphs and experts"):
        load_classifier(str(tiny_bert))


def test_a_missing_model_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="no such model folder: ./nowhere"):
        load_classifier("./nowhere")
