"""The shipped model: complete, small enough, in step with the code, and answering."""

import json
from pathlib import Path

import pytest
from safetensors import safe_open

from decloak.hub_cards import default_model_path
from decloak.modeling import MMBertForSequenceClassification, MMBertTextClassificationPipeline
from decloak.processing import MultimodalHateProcessor
from decloak.training.export import refresh_code

ROOT = Path(__file__).parents[2]
LIMIT = 50_000_000
KIND = ("祝你今天愉快，我们一起去公园散步吧", "Thank you for the lovely dinner, see you on Friday.")


@pytest.fixture(scope="module")
def folder() -> Path:
    return default_model_path()


@pytest.fixture(scope="module")
def pipe(folder: Path) -> MMBertTextClassificationPipeline:
    return MMBertTextClassificationPipeline(
        model=MMBertForSequenceClassification.from_pretrained(folder),
        processor=MultimodalHateProcessor.from_pretrained(folder),
    )


def test_repository_is_complete_and_within_its_bytes(folder: Path) -> None:
    names = {file.name for file in folder.iterdir()}
    assert {"README.md", "config.json", "model.safetensors", "processor_config.json", "tokenizer.json"} <= names
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) <= LIMIT
    with safe_open(folder / "model.safetensors", "pt") as weights:
        assert {weights.get_slice(name).get_dtype() for name in weights.keys()} == {"F16"}
    assert json.loads((folder / "config.json").read_text())["dtype"] == "float32"


def test_remote_code_is_that_of_the_folders(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert refresh_code(tmp_path) == sorted(file.name for file in folder.glob("*.py")), "run `make code`"
    for file in tmp_path.glob("*.py"):
        assert (folder / file.name).read_bytes() == file.read_bytes(), f"{file.name} differs: run `make code`"


def test_card_states_the_measured_numbers(folder: Path) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "COLD test" in card
    assert "TF-IDF" in card
    assert json.loads((folder / "config.json").read_text())["training_record"]["recipe"]["label_meaning"] in card


def test_answers_with_both_senses_and_no_font(
    pipe: MMBertTextClassificationPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decloak.processing.processing_multimodal_hate.default_renderer", None)
    answers = pipe(list(KIND), batch_size=2, return_details=True)
    assert [answer["label"] for answer in answers] == ["not_hateful", "not_hateful"]
    assert all(answer["modalities"] == ["text", "vision"] for answer in answers)
    alone = [pipe(text, return_details=True) for text in KIND]
    assert [answer["score"] for answer in answers] == pytest.approx([answer["score"] for answer in alone], abs=1e-5)


def test_glyphs_change_the_answer(pipe: MMBertTextClassificationPipeline) -> None:
    with_glyphs, without = (pipe(KIND[0], return_details=True, modalities=m) for m in (["text", "vision"], ["text"]))
    assert with_glyphs["score"] != without["score"]


def test_hears_words_behind_emoji_and_pinyin(pipe: MMBertTextClassificationPipeline) -> None:
    answer = pipe("他们都是拉🐔", return_details=True)
    assert answer["heard"] == [{"written": "拉🐔", "heard": "垃圾"}]
    assert answer["modalities"] == ["text", "speech", "vision"]
    deaf = pipe("他们都是拉🐔", return_details=True, modalities=["text", "vision"])
    assert answer["scores"]["hateful"] > deaf["scores"]["hateful"]
    assert pipe.processor.transcribe("jintian天气很好") == "今天天气很好"


def test_is_calibrated_with_thresholds_for_both_languages(folder: Path) -> None:
    config = MMBertForSequenceClassification.from_pretrained(folder).config
    assert config.score_calibration.is_set
    for language in ("zh", "en"):
        assert set(config.score_calibration.thresholds_of(language)) == {0.01, 0.05}
