from pathlib import Path

import pytest

import decloak.hub_cards
from decloak.hub_cards import default_model_path


def test_finds_the_folder_beside_the_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decloak.hub_cards, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors.*--model"):
        default_model_path()
    (tmp_path / "decloak-small").mkdir()
    (tmp_path / "decloak-small" / "model.safetensors").touch()
    assert default_model_path() == tmp_path / "decloak-small"
