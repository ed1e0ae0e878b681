"""`train_mmbert` from tables and encoders to a repository, and on after a kill."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoProcessor, CLIPImageProcessorPil

from decloak.modeling import MMBertConfig
from decloak.training import initial_model
from decloak.training.run import drop_calibration, fast_bfloat16, train_mmbert
from tests.tiny import PICTURE, tiny_tokenizer
from tests.training import tiny_run
from tests.training.test_mmbert_trainer import ROOT, environment
from tests.training.tiny_run import RECIPE, encoder_arguments, use_tiny_font, write_inputs


@pytest.fixture(scope="module")
def encoders(encoder_folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT with its tokenizer and an image encoder with its image processor."""
    folder = tmp_path_factory.mktemp("encoders")
    for name in ("bert", "clip_vision"):
        shutil.copytree(encoder_folders[name], folder / name)
    tiny_tokenizer().save_pretrained(folder / "bert")
    side = {"height": PICTURE, "width": PICTURE}
    CLIPImageProcessorPil(size={"shortest_edge": PICTURE}, crop_size=side).save_pretrained(folder / "clip_vision")
    return folder


@pytest.fixture(scope="module")
def run(encoders: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A finished run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    default_renderer = initial_model.default_renderer  # type: ignore[attr-defined]
    folder = tmp_path_factory.mktemp("whole")
    use_tiny_font(folder)
    arguments = write_inputs(folder)
    model = train_mmbert(**arguments, **encoder_arguments(encoders), output=folder / "run")
    yield {"folder": folder, "arguments": arguments, "model": model}
    initial_model.default_renderer = default_renderer  # type: ignore[attr-defined]
    torch.set_num_threads(threads)


def record(run: dict[str, Any]) -> dict[str, Any]:
    config = json.loads((run["model"] / "config.json").read_text(encoding="utf-8"))
    return {**config["training_record"], "config": config}


def test_the_model_loads_with_the_auto_classes(run: dict[str, Any]) -> None:
    assert run["model"] == run["folder"] / "run" / "model"
    processor = AutoProcessor.from_pretrained(run["model"], trust_remote_code=True)
    model = AutoModelForSequenceClassification.from_pretrained(run["model"], trust_remote_code=True).eval()
    batch = processor(text=["你好坏", "人今天"])
    assert "glyph_ids" in batch
    assert batch["glyph_ids"].max() < model.config.glyph_bank_size == len(processor.glyph_characters) + 1
    with torch.no_grad():
        assert model(**batch).logits.shape == (2, 2)
    assert model.config.id2label == {0: "not_hateful", 1: "hateful"}
    assert model.config.num_hidden_layers == 1
    assert model.config.vocab_size == len(processor.tokenizer) == 80
    assert model.config.cls_token_id == processor.tokenizer.cls_token_id
    assert model.config.pad_token_id == processor.tokenizer.pad_token_id
    assert model.config._attn_implementation == "sdpa"


def test_the_bank_of_the_model_is_the_one_that_was_built(run: dict[str, Any]) -> None:
    models = [
        AutoModelForSequenceClassification.from_pretrained(run["folder"] / "run" / name, trust_remote_code=True)
        for name in ("initial", "model")
    ]
    first, last = (model.mmbert.vision.bank.weight for model in models)
    torch.testing.assert_close(first, last, atol=2e-3, rtol=2e-3)
    assert not first[0].any()
    assert first[1:].any(dim=1).all()
    trained = [model.classifier.weight for model in models]
    assert not torch.equal(*trained)


def test_the_record_says_what_was_done(run: dict[str, Any]) -> None:
    found = record(run)
    assert found["recipe"]["name"] == "tiny"
    assert found["recipe"]["training"] == RECIPE["training"]
    kept = {name: counts["kept"] for name, counts in found["data"].items()}
    assert set(kept) == {"all", "more"}
    assert kept["more"] == 6
    assert found["data"]["more"]["over_limit"] == 4
    assert found["texts"] == 2 * kept["all"] + kept["more"]
    assert found["texts_cut"] > 0
    assert found["texts_left_out"] == 0
    assert found["steps"] == 2 * -(-found["texts"] // 8)
    assert found["bf16"] is False
    assert set(found["versions"]) == {"torch", "transformers"}


def test_the_log_has_losses_and_scores(run: dict[str, Any]) -> None:
    lines = [json.loads(line) for line in (run["folder"] / "run" / "log.jsonl").read_text().splitlines()]
    assert {line["stage"] for line in lines if "stage" in line} == {0, 1, 2, 3}
    scores = [line for line in lines if "eval_macro_f1" in line]
    assert scores
    assert all(0 <= line["eval_macro_f1"] <= 1 and np.isfinite(line["eval_loss"]) for line in scores)


def test_a_killed_run_gives_the_same_model(run: dict[str, Any], encoders: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(Path(tiny_run.__file__)), str(encoders), str(tmp_path), "9"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (tmp_path / "run" / "model").exists()
    model = train_mmbert(**write_inputs(tmp_path), output=tmp_path / "run", resume=True)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (model, run["model"])]
    assert weights[0] == weights[1]


def test_a_run_killed_before_its_first_checkpoint_goes_on(run: dict[str, Any], tmp_path: Path) -> None:
    shutil.copytree(run["folder"] / "run" / "initial", tmp_path / "run" / "initial")
    model = train_mmbert(**run["arguments"], output=tmp_path / "run", resume=True)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (model, run["model"])]
    assert weights[0] == weights[1]


def test_training_on_from_a_model(run: dict[str, Any], tmp_path: Path) -> None:
    overrides = {"max_steps": "1", "stages": "[{name: a, share: 1, learning_rates: {classifier: 1.0e-3}}]"}
    arguments = run["arguments"] | {"output": tmp_path / "run", "overrides": overrides}
    model = train_mmbert(**arguments, init=run["model"])
    assert (tmp_path / "run" / "initial" / "config.json").exists()
    assert (model / "model.safetensors").read_bytes() != (run["model"] / "model.safetensors").read_bytes()
    with pytest.raises(ValueError, match="labels \\['not_hateful', 'hateful'\\], the recipe \\['a', 'b'\\]"):
        train_mmbert(**(arguments | {"output": tmp_path / "b", "overrides": {"labels": "[a, b]"}}), init=run["model"])


def test_a_pickle_is_refused(run: dict[str, Any], tmp_path: Path) -> None:
    shutil.copytree(run["model"], tmp_path / "pickled", ignore=shutil.ignore_patterns("*.safetensors"))
    torch.save({}, tmp_path / "pickled" / "pytorch_model.bin")
    with pytest.raises(OSError, match="safetensors"):
        train_mmbert(**run["arguments"], output=tmp_path / "run", init=tmp_path / "pickled")


def test_runs_that_cannot_begin(run: dict[str, Any], encoders: Path, tmp_path: Path) -> None:
    arguments = run["arguments"]
    cases: list[tuple[dict[str, Any], str]] = [
        ({"resume": True}, "nothing to resume"),
        ({}, "--text-encoder"),
        ({"text_encoder": str(encoders / "bert")}, "--vision-encoder"),
        ({"data": {"all": arguments["data"]["all"]}}, "keeps the texts of \\['test'\\] out of training"),
        ({"data": {**arguments["data"], "other": "x.csv"}}, "not in the recipe: \\['other'\\]"),
        ({"output": run["folder"] / "run"}, "holds an earlier run"),
    ]
    for changes, message in cases:
        with pytest.raises(ValueError, match=message):
            train_mmbert(**(arguments | {"output": tmp_path / "run"} | changes))


def test_bad_labels_of_the_evaluation_table_name_their_row(run: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "dev.csv").write_text("text,label\n你好,0\n坏,maybe\n", encoding="utf-8")
    arguments = run["arguments"] | {"eval_data": tmp_path / "dev.csv", "output": tmp_path / "run"}
    with pytest.raises(ValueError, match="dev.csv, row 3: the label is 'maybe'"):
        train_mmbert(**arguments, init=run["model"])


def test_texts_of_the_excluded_and_the_evaluation_table_are_not_trained_on(run: dict[str, Any], tmp_path: Path) -> None:
    arguments = run["arguments"] | {"output": tmp_path / "run", "overrides": {"max_steps": "4"}}
    arguments["data"] = arguments["data"] | {"test": arguments["data"]["all"]}
    arguments["eval_data"] = None
    model = train_mmbert(**arguments, init=run["model"])
    found = json.loads((model / "config.json").read_text(encoding="utf-8"))["training_record"]["data"]
    assert found["all"]["kept"] == 0
    assert found["all"]["excluded"] == found["all"]["read"] == 24


def test_bfloat16_is_only_used_where_it_is_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: False, raising=False)
    assert fast_bfloat16() is False
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True, raising=False)
    assert fast_bfloat16() is True


def test_a_calibration_does_not_outlive_its_weights() -> None:
    config = MMBertConfig(temperature=2.0, thresholds={"zh": {"0.01": 0.9}}, calibration_record={"n": 1})
    drop_calibration(config)
    assert (config.temperature, config.thresholds, config.calibration_record) == (1.0, None, None)
    assert not config.score_calibration.is_set
