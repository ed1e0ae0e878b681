"""Models that several tests of this folder read."""

from pathlib import Path

import pytest

from tests.evaluation.classifiers.tiny_sentence_encoder import save_sentence_encoder


@pytest.fixture(scope="session")
def sentence_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of sentence-transformers without a head; not to be written to."""
    return save_sentence_encoder(tmp_path_factory.mktemp("sentences"))
