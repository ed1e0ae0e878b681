"""Fixtures: a finished repository, made once, and copies of it to spoil."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hub_cards.tiny_repository import expected_answers, save_tiny_repository

CARD = "---\nlicense: apache-2.0\n---\n\n# user/decloak-tiny\n"


@pytest.fixture(scope="session")
def tiny_repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A repository with a card, and the answers of the model that was saved."""
    folder = tmp_path_factory.mktemp("repository") / "model"
    model, processor = save_tiny_repository(folder)
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    return folder, expected_answers(model, processor)


@pytest.fixture
def repository(tiny_repository: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """A copy of the repository."""
    return Path(shutil.copytree(tiny_repository[0], tmp_path / "model"))


@pytest.fixture
def edit_json() -> Callable[..., None]:
    """Change values of a JSON file; None removes one."""

    def edit(file: Path, **changes: Any) -> None:
        values = json.loads(file.read_text(encoding="utf-8")) | changes
        kept = {key: value for key, value in values.items() if changes.get(key, value) is not None}
        file.write_text(json.dumps(kept), encoding="utf-8")

    return edit
