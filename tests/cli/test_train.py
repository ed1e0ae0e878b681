import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import Result

from decloak.cli.options import pairs
from decloak.cli.train import mmbert, recipe_path
from decloak.training.run import train_mmbert

Run = Callable[..., Result]


def test_options_reach_the_training_run(run_decloak: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("seed: 1\n", encoding="utf-8")
    calls: list[dict[str, Any]] = []
    fake = ModuleType("decloak.training.run")
    fake.train_mmbert = lambda **arguments: calls.append(arguments) or tmp_path / "model"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "decloak.training.run", fake)
    options = ["--recipe", recipe, "--data", "a=x=1.csv", "--data", "b=y.csv", "--eval-data", "dev.csv"]
    result = run_decloak(
        "train", "mmbert", *options, "--output", tmp_path, "--set", "seed=2", "--set", "url=a=b", "--resume"
    )
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"{tmp_path / 'model'}\n"
    assert calls == [
        {
            "recipe": recipe,
            "data": {"a": Path("x=1.csv"), "b": Path("y.csv")},
            "eval_data": Path("dev.csv"),
            "text_encoder": None,
            "speech_encoder": None,
            "vision_encoder": None,
            "banks": None,
            "init": None,
            "output": tmp_path,
            "resume": True,
            "overrides": {"seed": "2", "url": "a=b"},
        }
    ]


@pytest.mark.parametrize("value", ["noequals", "=x", "x=", ""])
def test_broken_pairs(run_decloak: Run, tmp_path: Path, value: str) -> None:
    result = run_decloak("train", "mmbert", "--recipe", __file__, "--output", tmp_path, "--data", value)
    assert result.exit_code == 1
    assert f"--data is {value!r}" in result.stderr


def test_a_name_twice() -> None:
    with pytest.raises(ValueError, match="names a twice"):
        pairs("--data", ["a=1", "a=2"])


words = st.text(st.characters(exclude_characters="="), min_size=1)


@given(st.dictionaries(words, st.text(min_size=1)))
def test_pairs_are_split_at_the_first_equals_sign(values: dict[str, str]) -> None:
    assert pairs("--set", [f"{name}={value}" for name, value in values.items()]) == values


def test_unknown_recipe() -> None:
    with pytest.raises(FileNotFoundError, match="no recipe nothing-like-it"):
        recipe_path("nothing-like-it")


def test_recipes_go_by_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import decloak.training.recipes

    (tmp_path / "mine.yaml").touch()
    monkeypatch.setattr(decloak.training.recipes, "__file__", str(tmp_path / "__init__.py"))
    assert recipe_path("mine") == tmp_path / "mine.yaml"


def test_the_options_are_those_of_the_training_run() -> None:
    """The verb and the function that it calls must not drift apart."""
    wanted = inspect.signature(train_mmbert).parameters
    given = inspect.signature(mmbert).parameters
    assert set(wanted) == {"overrides" if name == "set_" else name for name in given}
