"""The processor: its settings, its senses, its batches, and what it does with bad input."""

import copy
import inspect
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from transformers import CLIPImageProcessorPil

from decloak.modeling import MMBertModel
from decloak.processing import MultimodalHateBatch, MultimodalHateProcessor, register_speech_engine
from decloak.processing.font_discovery import FontNotFoundError
from decloak.processing.glyph_rendering import characters
from tests.processing.test_audio_input import wav_bytes
from tests.processing.tone_engine import ToneEngine
from tests.tiny import CJK, MEL_BINS, RATE, tiny_processor, tiny_tokenizer, tone

PICTURE = Image.fromarray(np.full((20, 20, 3), 99, dtype=np.uint8))


register_speech_engine("tone", ToneEngine)


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> MultimodalHateProcessor:
    """A processor that draws its glyphs."""
    return tiny_processor(tmp_path_factory.mktemp("font"), bank=False, default_modalities=("text", "vision"))


@pytest.fixture
def speaking() -> MultimodalHateProcessor:
    return tiny_processor(speech_engine="tone", default_modalities=("text", "speech", "vision"))


SETTINGS: dict[str, Any] = {
    "default_modalities": ["text", "vision"],
    "senses": "bank",
    "window_tokens": 33,
    "window_overlap": 7,
    "glyph_characters": ["a", "好", "👨\u200d👩", '"'],
    "glyph_size": 31,
    "glyph_font": "f.ttf",
    "glyph_emoji_font": "e.ttf",
    "max_glyphs": 77,
    "sound_units": ["ni3", "hao3"],
    "sound_tables": {"readings": {"ni3": "你"}, "phrases": {}},
    "transcript_tables": {"unigrams": {"<unk>": 9.5}, "backoffs": {}, "bigrams": {}},
    "transcript_price": 2.5,
    "transcript_cloaked_price": 0.5,
    "speech_engine": "tone",
    "speech_model": "folder",
    "speech_voice": "v",
    "speech_version": "1",
    "speech_fallback": "espeak",
    "max_speech_tokens": 55,
    "max_speech_seconds": 6.5,
    "max_image_pixels": 4_000,
}
PARTS = ("tokenizer", "feature_extractor", "image_processor")


def test_every_setting_survives_saving(tmp_path: Path) -> None:
    """Keyword-only arguments would be lost in silence, arguments named like a part would become one."""
    parameters = inspect.signature(MultimodalHateProcessor.__init__).parameters
    assert [*parameters] == ["self", *PARTS, *SETTINGS]
    assert all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters.values())
    processor = tiny_processor(**SETTINGS)
    processor.save_pretrained(tmp_path)
    loaded = MultimodalHateProcessor.from_pretrained(tmp_path)
    for name, value in SETTINGS.items():
        default = parameters[name].default
        assert value != default, name
        assert getattr(loaded, name) == value, name
    assert loaded.feature_extractor.feature_size == MEL_BINS
    assert loaded.image_processor.crop_size == processor.image_processor.crop_size
    text = "你好 ab"
    assert loaded.tokenizer(text)["input_ids"] == processor.tokenizer(text)["input_ids"]
    assert "_tools" not in json.loads((tmp_path / "processor_config.json").read_text())
    assert MultimodalHateProcessor.from_pretrained(tmp_path, speech_model="other").speech_model == "other"


def test_saving_after_use(tmp_path: Path, speaking: MultimodalHateProcessor) -> None:
    """Tools that cannot be copied (engines, opened fonts) are left out."""
    before = speaking(text="你好")
    speaking.save_pretrained(tmp_path)
    assert speaking._tools
    after = MultimodalHateProcessor.from_pretrained(tmp_path)(text="你好")
    assert_same(before, after)


def test_pickles_and_copies(speaking: MultimodalHateProcessor) -> None:
    before = speaking(text="你好")
    for copied in (pickled(speaking), copy.deepcopy(speaking)):
        assert copied._tools == {}
        assert_same(before, copied(text="你好"))


def test_pickled_batches_keep_their_reports(speaking: MultimodalHateProcessor) -> None:
    batch = speaking(text=["你好", "a"])
    for copied in (pickled(batch), copy.copy(batch), batch.to("cpu")):
        assert isinstance(copied, MultimodalHateBatch)
        assert copied.reports == batch.reports
        assert_same(batch, copied)


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301  our own


def assert_same(one: Any, other: Any) -> None:
    assert set(one) == set(other)
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=0, atol=0)


def test_batches_are_what_the_model_takes(drawing: MultimodalHateProcessor) -> None:
    """Processor and model share no code: this is their contract."""
    drawing = copy.copy(drawing)
    drawing.speech_engine = "tone"
    bank = tiny_processor(default_modalities=("text", "speech", "vision"), speech_engine="tone")
    takes = inspect.signature(MMBertModel.forward).parameters
    names = set(drawing.model_input_names)
    seen = set()
    for processor in (bank, drawing):
        batch = processor(text=["你好", "好人坏"], modalities=["text", "speech", "vision"], images=[PICTURE, None])
        assert set(batch) <= names <= set(takes)
        seen |= set(batch)
        for name, value in batch.items():
            expected = torch.float32 if name in ("input_features", "pixel_values") else torch.int64
            assert value.dtype == expected, name
    heard = {"transcript_ids", "transcript_attention_mask", "transcript_positions"}
    assert seen | {"sound_ids"} | heard == names
    assert drawing.model_input_names[0] == "input_ids"


def test_a_batch_of_n_has_what_n_singles_have(drawing: MultimodalHateProcessor) -> None:
    processor = copy.copy(drawing)
    processor.speech_engine = "tone"
    processor.default_modalities = ["text", "speech", "vision"]
    texts = ["你好", "a", "好人坏 天气!", "😀", "!", "你" * 30]
    batch = processor(text=texts, images=[None, None, PICTURE, None, None, None])
    for row, text in enumerate(texts):
        single = processor(text=text, images=PICTURE if row == 2 else None)
        assert batch.reports[row] == single.reports[0]
        for name, value in single.items():
            if name == "pixel_values":
                continue
            if name == "pixel_ids":
                shown = single["pixel_values"][value[0]]
                torch.testing.assert_close(batch["pixel_values"][batch[name][row, : len(shown)]], shown)
            else:
                inside = tuple(slice(side) for side in value[0].shape)
                torch.testing.assert_close(batch[name][row][inside], value[0])
        for mask, name in (("attention_mask", "input_ids"), ("vision_attention_mask", "vision_positions")):
            length = single[name].shape[1] if name in single else 0
            assert batch[mask][row, length:].sum() == 0


def test_glyph_ids_name_the_glyphs_that_would_be_drawn(drawing: MultimodalHateProcessor) -> None:
    bank = tiny_processor(default_modalities=("vision",))
    text = "你好 坏人"
    ids = bank(text=text)["glyph_ids"][0]
    batch = drawing(text=text, modalities=["vision"])
    assert ids.min() > 0
    for glyph, picture in zip(ids, batch["pixel_ids"][0], strict=True):
        unit = (bank.glyph_characters or [])[int(glyph) - 1]
        expected = drawing.image_processor([drawing._draw(unit)], return_tensors="pt")["pixel_values"][0]
        torch.testing.assert_close(batch["pixel_values"][picture], expected)
    assert len({tuple(pixels.flatten().tolist()) for pixels in batch["pixel_values"]}) == 4
    assert bank(text="你💩", modalities=["vision"])["glyph_ids"].tolist()[0][1] == 0


def test_positions_point_to_the_tokens(bank_processor: MultimodalHateProcessor) -> None:
    batch = bank_processor(text="你 ab", text_pair="好", modalities=["text", "vision"])
    tokens = bank_processor.tokenizer.convert_ids_to_tokens(batch["input_ids"][0].tolist())
    assert [tokens[place].strip("#") for place in batch["vision_positions"][0]] == ["你", "a", "b", "好"]
    assert batch["token_type_ids"][0, batch["vision_positions"][0]].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"text": "你好"}, (["text"], {})),
        ({"text": "你好", "modalities": ["vision", "text", "vision"]}, (["text", "vision"], {"vision": "bank"})),
        ({"text": "你好", "modalities": "speech"}, (["speech"], {"speech": "tone"})),
        ({"text": "你好", "audio": tone(0.2)}, (["text", "speech"], {"speech": "given"})),
        ({"text": "你好", "images": PICTURE}, (["text", "vision"], {"vision": "given"})),
        ({"audio": tone(0.2)}, (["speech"], {"speech": "given"})),
        ({"images": PICTURE}, (["vision"], {"vision": "given"})),
        ({"text": "你好", "audio": tone(0.2), "modalities": ["text"]}, (["text"], {})),
        ({"text": "😀", "modalities": ["text", "speech"]}, (["text"], {})),
    ],
)
def test_reports_say_which_senses_a_row_has(
    arguments: dict[str, Any], expected: tuple[list[str], dict[str, str]]
) -> None:
    batch = tiny_processor(speech_engine="tone")(**arguments)
    report = batch.reports[0]
    assert (report["modalities"], report["sources"]) == expected
    present = {"text": "input_ids", "speech": "speech_positions", "vision": "vision_positions"}
    assert [name for name, key in present.items() if key in batch] == expected[0]


def test_a_text_is_spoken_at_the_rate_that_is_heard(speaking: MultimodalHateProcessor) -> None:
    batch = speaking(text=["你好", "好人坏天"])
    assert batch["input_features"].shape == (2, MEL_BINS, 40)  # 4 syllables of 0.1 s, a frame each 10 ms
    assert batch["feature_attention_mask"].sum(dim=1).tolist() == [20, 40]
    assert batch["speech_positions"][1].tolist() == [1, 2, 3, 4]
    assert [report["sources"]["speech"] for report in batch.reports] == ["tone", "tone"]
    speaking(text="你", text_pair="好")
    assert speaking._tools["engine"].spoken[-1] == "你 好"  # type: ignore[attr-defined]


def test_given_audio_is_heard_instead(speaking: MultimodalHateProcessor) -> None:
    given = speaking(text="你好", audio=tone(0.3))
    assert speaking._tools.get("engine") is None
    assert given["input_features"].shape[-1] == 30
    file = speaking(text="你好", audio=wav_bytes(tone(0.3, rate=8000), 8000))
    assert file["input_features"].shape == given["input_features"].shape
    samples = speaking(text="你好", audio=tone(0.3, rate=8000), sampling_rate=8000)
    torch.testing.assert_close(samples["input_features"], file["input_features"], atol=0.05, rtol=0)
    nested = speaking(text="你好", audio=tone(0.3, rate=8000), audio_kwargs={"sampling_rate": 8000})
    assert_same(samples, nested)


def test_text_settings_do_not_reach_the_sound() -> None:
    """`ProcessorMixin._merge_kwargs` would give `max_length` and `truncation` to Whisper too."""
    processor = tiny_processor()
    plain = processor(text="你好", audio=tone(1.0))
    for settings in ({"max_length": 8, "truncation": True, "padding": True}, {"text_kwargs": {"max_length": 8}}):
        assert_same(plain, processor(text="你好", audio=tone(1.0), **settings))
    assert plain["input_features"].shape[-1] == 100
    assert plain["attention_mask"].shape == (1, 4)


def test_the_engine_of_a_checkpoint_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processor = tiny_processor(speech_engine="tone", speech_model="a")
    processor(text="你好", modalities=["speech"])
    assert processor.speech_version == "tone-1-a"
    processor.speech_model = None  # a place on one machine: left out of a checkpoint
    processor.save_pretrained(tmp_path)
    monkeypatch.setenv("DECLOAK_SPEECH_MODEL", "a")
    assert "speech_positions" in MultimodalHateProcessor.from_pretrained(tmp_path)(text="你", modalities=["speech"])
    monkeypatch.setenv("DECLOAK_SPEECH_MODEL", "b")
    loaded = MultimodalHateProcessor.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match="was made with tone tone-1-a, this one is tone-1-b"):
        loaded(text="你", modalities=["speech"])
    assert loaded(text="你").reports[0]["modalities"] == ["text"]
    loaded.speech_version = None
    assert "speech_positions" in loaded(text="你", modalities=["speech"])


def test_too_long_texts_are_refused_cut_or_windowed() -> None:
    processor = tiny_processor(window_tokens=16, window_overlap=4, default_modalities=("text", "vision"))
    text = "你好" * 20
    with pytest.raises(ValueError, match="Row 1: the text makes 4 windows.*truncation=True"):
        processor(text=["你", text])
    batch = processor(text=["你", text], truncation=True)
    assert batch["input_ids"].shape == (2, 16)
    assert [report["truncated"] for report in batch.reports] == [False, True]
    windows = processor.encode_windows(text)
    assert len(windows) == 4
    assert [window["report"]["truncated"] for window in windows] == [False] * 4
    assert len(processor.encode_windows(text, max_length=64)) == 1
    assert processor.pad(windows)["glyph_ids"].shape == (4, 14)
    assert processor(text=text, text_kwargs={"truncation": True}).reports[0]["truncated"]


def test_long_words_do_not_hide_a_text() -> None:
    """One unknown word of thousands of letters is one token: it must not make a text unreadable."""
    processor = tiny_processor(default_modalities=("text", "vision"), max_glyphs=100)
    windows = processor.encode_windows("你" + "é" * 350)
    assert len(windows) == 4
    assert sum(len(window["glyph_ids"]) for window in windows) == 351
    assert len(processor.encode_windows("你" + "é" * 350, modalities=["text"])) == 1
    assert processor(text="你" + "é" * 350, truncation=True).reports[0]["truncated"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": ""}, "Row 0: The text is empty"),
        ({"text": ["你", 5]}, "Row 1: A text is a string"),
        ({"text": "你", "text_pair": " "}, "empty"),
        ({"text": [None], "text_pair": ["你"]}, "without text"),
        ({"text": "你", "modalities": ["smell"]}, "smell"),
        ({"text": "你", "modalities": []}, "choose from"),
        ({"text": "你", "modalities": ["speech"]}, "no speech_engine"),
        ({"text": "\x00", "modalities": ["vision"]}, "none of them visible"),
        ({"text": "😀", "modalities": ["speech"]}, "no speech_engine"),
        ({"text": "你", "max_length": 3}, "max_length is 3"),
        ({"audio": np.zeros(0)}, "0 samples"),
        ({"audio": np.array([np.nan] * 99)}, "NaN"),
        ({"audio": np.zeros(RATE * 200)}, "at most 120 s"),
        ({"audio": "none.wav"}, "No such file"),
        ({"images": b"corrupt"}, "cannot be opened"),
        ({"images": "none.png"}, "No such file"),
        ({"images": np.zeros((6000, 6000), dtype=np.uint8)}, "25000000 are taken"),
        ({}, "Give text"),
        ({"text": []}, "batch is empty"),
        ({"text": ["你", None], "audio": [None, tone(0.2)]}, "1 of 2 rows have a text"),
    ],
)
def test_bad_rows(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny_processor()(**arguments)


def test_misspelt_settings_are_not_ignored() -> None:
    with pytest.raises(TypeError, match="trunctation"):
        tiny_processor()(text="你", trunctation=True)  # type: ignore[call-arg]


def test_missing_parts_have_clear_errors() -> None:
    with pytest.raises(TypeError, match="feature_extractor"):
        MultimodalHateProcessor(tiny_tokenizer())  # type: ignore[call-arg]
    with pytest.raises(FontNotFoundError):
        tiny_processor(bank=False, glyph_font="none.ttf")(text="你", modalities=["vision"])


@given(st.lists(st.text(st.characters(exclude_categories=()), min_size=1, max_size=30), min_size=1, max_size=4))
def test_any_text_is_answered_or_refused_by_its_number(texts: list[str]) -> None:
    processor = tiny_processor(default_modalities=("text", "vision"))
    blank = [number for number, text in enumerate(texts) if not characters(text)]
    if blank:
        with pytest.raises(ValueError, match=f"Row {blank[0]}: The text is empty"):
            processor(text=texts)
        return
    batch = processor(text=texts)
    assert batch["input_ids"].shape == batch["attention_mask"].shape
    assert len(batch.reports) == len(texts)
    if "vision_positions" in batch:
        assert (batch["vision_positions"] < batch["attention_mask"].sum(dim=1, keepdim=True)).all()
        assert (batch["glyph_ids"] <= len(CJK)).all()


def test_other_tensors() -> None:
    processor = tiny_processor()
    assert isinstance(processor(text="你", return_tensors="np")["input_ids"], np.ndarray)
    assert np.asarray(processor(text="你", return_tensors=None)["input_ids"]).shape == (1, 3)


def test_rows_are_sorted_by_kind_and_length() -> None:
    processor = tiny_processor()
    rows = [processor.encode_windows(text)[0] for text in ("你好人", "你")] + processor.encode_windows(audio=tone(0.2))
    assert [processor.batch_key(row) for row in rows] == [(True, 5, 0), (True, 3, 0), (False, 0, 20)]


BARE = """
import sys
for name in ("decloak", "torchvision", "torchaudio", "soundfile", "scipy", "onnxruntime", "fontTools", "misaki"):
    sys.modules[name] = None
from transformers import AutoFeatureExtractor, AutoImageProcessor, AutoProcessor, AutoTokenizer
folder = sys.argv[1]
processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
assert type(processor).__module__.startswith("transformers_modules."), type(processor)
batch = processor(text=["\\u4f60\\u597d", "a"])
assert batch["glyph_ids"].shape == (2, 2)
assert processor(audio=[0.1] * 4000)["input_features"].shape[-1] == 25
for part in (AutoTokenizer, AutoFeatureExtractor, AutoImageProcessor):
    part.from_pretrained(folder)
print("loaded")
"""


def test_it_loads_on_a_bare_machine(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    tiny_processor(default_modalities=("text", "vision")).save_pretrained(folder)
    assert isinstance(tiny_processor().image_processor, CLIPImageProcessorPil)
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-c", BARE, str(folder)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "loaded", done.stderr
