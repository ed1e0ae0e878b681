"""A tiny experiment's inputs, and one run of it that many tests read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from decloak.reproduction.running import reproduce
from tests.reproduction.tiny_experiment import request as make_request
from tests.reproduction.tiny_experiment import write_inputs


@pytest.fixture(scope="session")
def inputs(encoder_folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of data, encoder, banks, recipe and experiment; do not change it."""
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder, encoder_folders["bert"])
    return folder


@pytest.fixture(scope="session")
def finished(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The experiment, run once: `folder`, `results` and what was `said`; do not change it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("runs") / "out"
    said: list[str] = []
    yield {"folder": folder, "results": reproduce(make_request(inputs), folder, said.append), "said": said}
    torch.set_num_threads(threads)
