"""`decloak build-banks`: banks in a folder, and in a model."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoProcessor, BertModel, CLIPImageProcessorPil
from typer.testing import Result

from decloak.modeling import MMBertForSequenceClassification
from decloak.training.banks import building
from decloak.training.banks.installing import Banks
from decloak.training.export import save_repository
from tests.tiny import CJK, LATIN, PICTURE, tiny_bert_config, tiny_processor
from tests.tiny_font import write_font
from tests.training.banks.singing import add_feature_extractor, few_tables

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def inputs(encoder_folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Encoders, a font, a table and a model."""
    folder = tmp_path_factory.mktemp("inputs")
    for name in ("whisper_encoder", "clip_vision"):
        shutil.copytree(encoder_folders[name], folder / name)
    add_feature_extractor(folder / "whisper_encoder")
    side = {"height": PICTURE, "width": PICTURE}
    CLIPImageProcessorPil(size={"shortest_edge": PICTURE}, crop_size=side).save_pretrained(folder / "clip_vision")
    write_font(folder / "tiny.ttf", CJK + LATIN)
    (folder / "texts.csv").write_text("text\n你你好好\n今今\n", encoding="utf-8")
    torch.manual_seed(0)
    model = MMBertForSequenceClassification.from_encoders_pretrained(BertModel(tiny_bert_config()))
    save_repository(model, tiny_processor(bank=False), folder / "model")
    return folder


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak a few syllables instead of all."""
    monkeypatch.setattr(building, "make_sound_tables", few_tables)


def seeing(inputs: Path) -> list[object]:
    fonts = ["--font", inputs / "tiny.ttf", "--emoji-font", inputs / "tiny.ttf"]
    return ["--vision-encoder", inputs / "clip_vision", "--texts", inputs / "texts.csv", "--characters", 96, *fonts]


def hearing(inputs: Path) -> list[object]:
    return ["--speech-encoder", inputs / "whisper_encoder", "--speech-engine", "singing"]


def test_both_banks_and_a_model(run_decloak: Run, inputs: Path, tmp_path: Path) -> None:
    output = tmp_path / "new" / "banks"
    options = [*seeing(inputs), *hearing(inputs), "--dimension", 3, "--model", inputs / "model"]
    result = run_decloak("build-banks", output, *options)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == str(output)
    assert "glyphs: 96 characters, 0 that no font has" in result.stderr
    assert "sounds: 16 units, 10 that could not be spoken" in result.stderr
    assert {path.name for path in output.iterdir()} == {"glyphs", "sounds", "heard.sqlite", "model"}
    banks = Banks.load(output)
    assert banks.glyphs is not None and banks.sounds is not None
    assert set(banks.glyphs.units[94:]) < set("你好今")
    assert banks.glyphs.features.shape == (97, 3) and banks.sounds.features.shape == (17, 3)
    assert banks.sound_tables == few_tables()
    processor = AutoProcessor.from_pretrained(output / "model", trust_remote_code=True)
    model = AutoModelForSequenceClassification.from_pretrained(output / "model", trust_remote_code=True).eval()
    batch = processor(text="你好", modalities=["text", "speech", "vision"])
    assert model.config.sound_bank_size == 17 and batch["sound_ids"].min() > 0
    assert model(**batch).logits.shape == (1, 2)


def test_one_bank_after_the_other(run_decloak: Run, inputs: Path, tmp_path: Path) -> None:
    for options in (seeing(inputs), hearing(inputs)):
        result = run_decloak("build-banks", tmp_path, *options, "--dimension", 2)
        assert result.exit_code == 0, result.output
    banks = Banks.load(tmp_path)
    assert banks.glyphs is not None and banks.sounds is not None
    assert not (tmp_path / "model").exists()


def test_the_encoders_own_width(run_decloak: Run, inputs: Path, tmp_path: Path) -> None:
    result = run_decloak("build-banks", tmp_path, *seeing(inputs), "--dimension", 0, "--model", inputs / "model")
    assert result.exit_code == 0, result.output
    glyphs = Banks.load(tmp_path).glyphs
    assert glyphs is not None and glyphs.features.shape[1] == len(glyphs.mean)
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model", trust_remote_code=True)
    kept = model.mmbert.vision.bank.weight.detach().numpy()
    np.testing.assert_allclose(kept, glyphs.raw_features + glyphs.mean, atol=1e-2, rtol=1e-2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "nothing to build: give --vision-encoder (glyphs), --speech-encoder (sounds), or both"),
        (["--speech-encoder", "{}/whisper_encoder", "--speech-engine", "hum"], "speech engine 'hum' is unknown"),
        (["--speech-encoder", "{}/clip_vision", "--speech-engine", "singing"], "speech encoder is a clip"),
        (["--vision-encoder", "{}/clip_vision", "--texts", "{}/none.csv"], "none.csv"),
        (
            ["--speech-encoder", "{}/whisper_encoder", "--speech-engine", "singing", "--dimension", "999"],
            "dimension=999",
        ),
    ],
)
def test_what_cannot_be_built(run_decloak: Run, inputs: Path, tmp_path: Path, options: list[str], message: str) -> None:
    result = run_decloak("build-banks", tmp_path, *(option.format(inputs) for option in options))
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
