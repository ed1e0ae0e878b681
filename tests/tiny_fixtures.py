"""Fixtures made with `tests.tiny`: what many tests read and none changes is made once."""

from pathlib import Path

import pytest

from decloak.modeling import MMBertForSequenceClassification
from decloak.processing import MultimodalHateProcessor


@pytest.fixture(scope="session")
def tiny_classifier() -> MMBertForSequenceClassification:
    """A classifier with all senses, encoders and banks (`fusion="concat"`); do not change it."""
    from tests.tiny import tiny_model

    return tiny_model()


@pytest.fixture(scope="session")
def bank_processor() -> MultimodalHateProcessor:
    """A processor whose glyphs come from the bank of `tiny_classifier`; do not change it."""
    from tests.tiny import tiny_processor

    return tiny_processor()


@pytest.fixture(scope="session")
def encoder_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Saved tiny encoders: bert, roberta, whisper (whole), whisper_encoder, clip (whole), clip_vision, dinov2."""
    from tests.tiny_encoders import save_encoders

    return save_encoders(tmp_path_factory.mktemp("encoders"))
