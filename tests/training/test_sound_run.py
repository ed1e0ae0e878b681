"""`train_mmbert` with ready banks: a model that hears by a bank, from encoders to a repository."""

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from transformers import AutoModelForSequenceClassification, AutoProcessor

from decloak.modeling import MMBertTextClassificationPipeline
from decloak.training.banks import transcript_tables
from decloak.training.banks.feature_bank import FeatureBank, make_bank
from decloak.training.banks.installing import Banks
from decloak.training.banks.sound_bank import build_sound_bank
from decloak.training.initial_model import Encoders, read_banks
from decloak.training.recipe import Recipe
from decloak.training.run import train_mmbert
from tests.tiny import CJK, tiny_tokenizer
from tests.training.banks.fake_hearing import WIDTH, FakeHearing
from tests.training.builders import TEXT
from tests.training.tiny_run import RECIPE, write_inputs

TABLES = {
    "readings": {"ni3": "你", "hao3": "好郝", "huai4": "坏", "ren2": "人", "jin1": "今", "tian1": "天", "qi4": "气"},
    "phrases": {},
    "words": {"hat": "hæt"},
}
UNITS = 7 + 7 + 3
STAGES = [
    {"name": "align", "share": 1, "objective": "alignment", "learning_rates": {"speech_aligner": 1e-2}},
    TEXT,
    {
        "name": "specialise-speech",
        "share": 1,
        "modalities": ["speech"],
        "experts": ["speech"],
        "learning_rates": {"speech_expert": 1e-3, "speech_aligner": 1e-3, "classifier": 1e-2},
    },
    {"name": "joint", "share": 1, "learning_rates": {"default": 1e-3}, "sense_dropout": 0.3},
]


def sound_bank(dimension: int = 4) -> FeatureBank:
    return build_sound_bank(TABLES, FakeHearing(), dimension)


def glyph_bank(dimension: int = 4) -> FeatureBank:
    features = np.random.default_rng(0).normal(size=(8, WIDTH))
    return make_bank(list("你好坏人今天气很"), features, dimension)


def sound_recipe(**changes: Any) -> dict[str, Any]:
    recipe = copy.deepcopy(RECIPE)
    senses = ["text", "speech", "vision"]
    recipe["model"] |= {"default_modalities": senses}
    recipe["processor"] |= {"default_modalities": senses}
    training = recipe["training"] | {
        "num_train_epochs": 1,
        "logging_steps": 1,
        "eval_strategy": "no",
        "save_strategy": "no",
    }
    return recipe | {"sound_bank": {"dimension": 4}, "stages": STAGES, "training": training} | changes


@pytest.fixture(scope="module")
def run(encoder_folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A finished run: neither an image encoder nor a Whisper is given, the banks are."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("sound")
    bert = Path(shutil.copytree(encoder_folders["bert"], folder / "bert"))
    tiny_tokenizer().save_pretrained(bert)
    Banks(glyph_bank(), sound_bank(), TABLES).save(folder / "banks")
    arguments = write_inputs(folder)
    arguments["recipe"].write_text(yaml.safe_dump(sound_recipe()), encoding="utf-8")
    arguments |= {"text_encoder": str(bert), "banks": folder / "banks"}
    model = train_mmbert(**arguments, output=folder / "run")
    yield {"folder": folder, "arguments": arguments, "model": model}
    torch.set_num_threads(threads)


def test_a_model_that_was_trained_with_a_transcript_hears_one_again(
    run: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the recipe to the loaded repository: its map is trained, its processor hears, and so does the pipeline."""
    monkeypatch.setattr(transcript_tables, "_dictionary", lambda _: {"你好": 90, "坏人": 60, "天气": 40, "人": 30})
    file = tmp_path / "heard.yaml"
    transcript = {"price": 0.5, "texts": ["read"]}
    file.write_text(yaml.safe_dump(sound_recipe(transcript=transcript)), encoding="utf-8")
    (tmp_path / "read.csv").write_text("text\n今天人\n", encoding="utf-8")
    rows = [f"{character}nihao,{number % 2}" for number, character in enumerate(CJK[:40])]
    (tmp_path / "all.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    data = run["arguments"]["data"] | {"all": tmp_path / "all.csv"}
    with pytest.raises(ValueError, match=r"transcript reads \['read'\]: pass --data"):
        train_mmbert(**(run["arguments"] | {"recipe": file, "data": data}), output=tmp_path / "none")
    data |= {"read": tmp_path / "read.csv"}
    folder = train_mmbert(**(run["arguments"] | {"recipe": file, "data": data}), output=tmp_path / "run")
    processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
    model = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True).eval()
    assert (model.config.transcript, processor.transcript_price) == (True, 0.5)
    assert {name: processor.sound_tables[name] for name in TABLES} == TABLES
    assert set(processor.sound_tables) == {*TABLES, "emoji_characters"}
    assert "你好" in processor.transcript_tables["unigrams"]
    assert any(pair.endswith("人") and "天" in pair for pair in processor.transcript_tables["bigrams"])
    assert model.config.training_record["language_texts"]["read"]["kept"] == 1
    trained = model.mmbert.transcript.aligner.weight.float()
    assert torch.isfinite(trained).all() and not torch.equal(trained, torch.eye(len(trained)))
    batch = processor(text="你郝")
    assert processor.tokenizer.decode(batch["transcript_ids"][0]).endswith("好")
    quiet = {name: value for name, value in batch.items() if not name.startswith("transcript")}
    with torch.no_grad():
        scores = model(**batch).logits.softmax(dim=-1)[0]
        assert not torch.allclose(scores, model(**quiet).logits.softmax(dim=-1)[0], atol=1e-5)
    pipe = MMBertTextClassificationPipeline(model=model, processor=processor)
    answer = pipe("你郝", top_k=None)
    assert sorted(one["score"] for one in answer) == pytest.approx(sorted(scores.tolist()), abs=1e-4)


def test_the_saved_model_hears_by_its_bank(run: dict[str, Any]) -> None:
    processor = AutoProcessor.from_pretrained(run["model"], trust_remote_code=True)
    model = AutoModelForSequenceClassification.from_pretrained(run["model"], trust_remote_code=True).eval()
    assert model.config.sound_bank_size == UNITS + 1 and model.config.glyph_bank_size == 9
    assert (model.config.speech_feature_size, model.config.speech_encoder_size) == (4, WIDTH)
    assert processor.sound_tables == TABLES and len(processor.sound_units) == UNITS
    batch = processor(text=["你郝坏", "很hat"])
    assert [report["sources"] for report in batch.reports] == [{"speech": "bank", "vision": "bank"}] * 2
    assert (batch["sound_ids"][batch["speech_attention_mask"].bool()] > 0).all()
    with torch.no_grad():
        whole = model(**batch).logits
        quiet = model(**{name: value for name, value in batch.items() if not name.startswith(("sou", "spe"))}).logits
        homophones = [model(**processor(text=text, modalities=["speech"])).logits for text in ("你好", "你郝")]
    assert torch.isfinite(whole).all() and not torch.allclose(whole, quiet, atol=1e-4)
    torch.testing.assert_close(*homophones)


def test_the_bank_stays_frozen_and_its_aligner_learns(run: dict[str, Any]) -> None:
    first, last = (
        AutoModelForSequenceClassification.from_pretrained(run["folder"] / "run" / name, trust_remote_code=True)
        for name in ("initial", "model")
    )
    np.testing.assert_allclose(first.mmbert.speech.bank.weight.detach(), sound_bank().features, atol=1e-6)
    for part in ("bank.weight", "projection.weight", "projection.bias"):
        one, other = (model.mmbert.speech.get_parameter(part) for model in (first, last))
        torch.testing.assert_close(one, other, atol=5e-4, rtol=1e-3)
    for part in ("speech.aligner.input.weight", "layers.0.feed_forward.experts.speech.weight"):
        one, other = (model.mmbert.get_parameter(part) for model in (first, last))
        assert (one - other).abs().max() > 1e-3, part


def test_all_stages_were_trained(run: dict[str, Any]) -> None:
    lines = [json.loads(line) for line in (run["folder"] / "run" / "log.jsonl").read_text().splitlines()]
    losses = [line for line in lines if "loss" in line]
    assert {line["stage"] for line in losses} == {0, 1, 2, 3}
    assert all(np.isfinite(line["loss"]) for line in losses)
    record = json.loads((run["model"] / "config.json").read_text(encoding="utf-8"))["training_record"]
    assert record["recipe"]["sound_bank"] == {"dimension": 4}
    assert record["texts_left_out"] == 0


def recipe(**changes: Any) -> Recipe:
    return Recipe.model_validate(sound_recipe(**changes))


def test_banks_that_the_recipe_wants(run: dict[str, Any], tmp_path: Path) -> None:
    ready = Encoders(banks=run["folder"] / "banks")
    both = read_banks(recipe(), [], ready)
    assert both.glyphs is not None and both.sounds is not None and both.sound_tables == TABLES
    silent = read_banks(recipe(sound_bank=None), [], ready)
    assert silent.glyphs is not None and (silent.sounds, silent.sound_tables) == (None, None)
    blind = read_banks(recipe(glyph_bank=None), [], ready)
    assert blind.glyphs is None and blind.sounds is not None
    none = read_banks(recipe(glyph_bank=None, sound_bank=None), [], Encoders())
    assert (none.glyphs, none.sounds) == (None, None)


def test_banks_that_do_not_fit(run: dict[str, Any], tmp_path: Path) -> None:
    Banks(glyph_bank()).save(tmp_path / "glyphs alone")
    Banks(glyph_bank(3), sound_bank(), TABLES).save(tmp_path / "narrow")
    cases: list[tuple[Encoders, str]] = [
        (Encoders(), "The recipe builds a glyph bank: give --vision-encoder"),
        (Encoders(banks=tmp_path / "glyphs alone"), "The recipe has a sound bank.*decloak build-banks.*--banks"),
        (Encoders(banks=tmp_path / "narrow"), "The glyph bank has 3 numbers a unit, the recipe wants 4"),
    ]
    for encoders, message in cases:
        with pytest.raises(ValueError, match=message):
            read_banks(recipe(), [], encoders)
    with pytest.raises(FileNotFoundError, match="has no banks"):
        read_banks(recipe(), [], Encoders(banks=tmp_path / "nowhere"))
    arguments = run["arguments"] | {"banks": None, "output": tmp_path / "run"}
    with pytest.raises(ValueError, match="give --vision-encoder"):
        train_mmbert(**arguments)
