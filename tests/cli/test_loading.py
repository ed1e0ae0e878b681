from pathlib import Path

import pytest

import decloak.hub_cards
from decloak.cli.loading import load_classifier, model_name


def test_the_default_is_the_installed_model(tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decloak.hub_cards, "default_model_path", lambda: tiny_bert)
    assert load_classifier().model.name_or_path == str(tiny_bert)


def test_names_in_results() -> None:
    assert model_name(None, None) == "decloak-small"
    assert model_name("user/model", "abc") == "user/model@abc"
