"""Tiny random MMBERTs for the demonstration, in memory and as a folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import pipeline

from decloak.modeling import MMBertTextClassificationPipeline
from decloak.processing import MultimodalHateProcessor
from decloak.training.export import save_repository
from tests.tiny import tiny_model, tiny_processor

LABELS = {"id2label": {0: "not_hateful", 1: "hateful"}, "label2id": {"not_hateful": 0, "hateful": 1}}
MakeClassifier = Callable[..., Any]


@pytest.fixture(scope="session")
def make_classifier() -> MakeClassifier:
    """Make a pipeline around a tiny model of the given configuration; it reads and sees if not told otherwise."""

    def make(processor: MultimodalHateProcessor | None = None, **fields: Any) -> Any:
        settings: dict[str, Any] = {"default_modalities": ["text", "vision"], "encoders": False} | LABELS | fields
        return pipeline(
            "text-classification",
            model=tiny_model(**settings),
            processor=processor or tiny_processor(default_modalities=("text", "vision")),
            pipeline_class=MMBertTextClassificationPipeline,
            device="cpu",
        )

    return make


@pytest.fixture(scope="session", params=["add", "concat"])
def classifier(request: pytest.FixtureRequest, make_classifier: MakeClassifier) -> Any:
    """A pipeline with glyphs from a bank, once for each way to fuse the senses; do not change it."""
    return make_classifier(fusion=request.param)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model, as the Space loads it."""
    folder = tmp_path_factory.mktemp("models") / "tiny-decloak"
    model = tiny_model(encoders=False, fusion="add", default_modalities=["text", "vision"], **LABELS)
    return save_repository(model, tiny_processor(default_modalities=("text", "vision")), folder)
