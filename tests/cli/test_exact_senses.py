"""`--senses` and its encoders, on both verbs that run a model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import Result

from decloak.modeling import MMBertForSequenceClassification
from decloak.training.export import save_repository
from tests.processing.hearing import hearing_processor
from tests.tiny import WIDTH, tiny_config

Run = Callable[..., Result]
Folders = dict[str, Path]


@pytest.fixture(scope="module")
def hearing_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model that hears by a bank, whose engine sings."""
    torch.manual_seed(0)
    config = tiny_config(encoders=False, speech_feature_size=4, speech_encoder_size=WIDTH)
    return save_repository(
        MMBertForSequenceClassification(config), hearing_processor(), tmp_path_factory.mktemp("hearing") / "model"
    )


def answered(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_text_is_heard_by_the_bank_or_exactly(
    run_decloak: Run, hearing_model: Path, encoder_folders: Folders
) -> None:
    verb = ["classify", "--model", hearing_model, "--format", "jsonl", "--modalities", "text,speech"]
    (bank,) = answered(run_decloak(*verb, "你好"))
    (same,) = answered(run_decloak(*verb, "--senses", "bank", "你好"))
    exactly = ["--senses", "exact", "--speech-encoder", encoder_folders["whisper_encoder"]]
    (exact,) = answered(run_decloak(*verb, *exactly, "你好"))
    assert bank["sources"] == same["sources"] == {"speech": "bank"}
    assert bank["scores"] == same["scores"]
    assert exact["sources"] == {"speech": "singing"}
    assert abs(exact["score"] - bank["score"]) > 1e-6


def test_a_cache_gives_the_same_answers(
    run_decloak: Run, hearing_model: Path, encoder_folders: Folders, tmp_path: Path
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("text,label\n你好,0\n好人,1\n你,0\n", encoding="utf-8")
    verb = ["evaluate", "--model", hearing_model, "--data", table, "--format", "json", "--modalities", "text,speech"]
    exactly = ["--senses", "exact", "--speech-encoder", encoder_folders["whisper_encoder"]]
    cache = ["--speech-cache", tmp_path / "deep" / "heard.sqlite"]
    reports = [answered(run_decloak(*verb, *exactly, *more))[0] for more in ([], cache, cache)]
    assert (tmp_path / "deep" / "heard.sqlite").is_file()
    assert reports[0]["n"] == 3
    assert reports[0]["confusion"] == reports[1]["confusion"] == reports[2]["confusion"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--senses", "exact"], "no speech encoder"),
        (["--speech-cache", "heard.sqlite"], "give --speech-encoder"),
        (["--speech-encoder", "{bert}"], "MMBERT takes whisper"),
    ],
)
def test_what_is_missing_is_said(
    run_decloak: Run, hearing_model: Path, encoder_folders: Folders, options: list[str], message: str
) -> None:
    given = [option.format(**encoder_folders) for option in options]
    result = run_decloak("classify", "--model", hearing_model, "--modalities", "text,speech", *given, "你好")
    assert result.exit_code == 1
    assert message in result.stderr + result.stdout


def test_a_model_of_text_alone_has_no_senses(run_decloak: Run, tmp_path: Path) -> None:
    from tests.tiny_text_classifiers import save_tiny_bert

    result = run_decloak("classify", "--model", save_tiny_bert(tmp_path / "bert"), "--senses", "exact", "hello")
    assert result.exit_code == 1
    assert "this one reads text" in result.stderr
