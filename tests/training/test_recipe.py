"""Recipes: bases, overrides, and errors before anything is computed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from decloak.training import recipes
from decloak.training.recipe import Recipe, TranscriptSettings, load_recipe

MINIMAL: dict[str, Any] = {"name": "a", "data": [{"name": "x"}]}


def write(folder: Path, stem: str = "a", /, **values: Any) -> Path:
    path = folder / f"{stem}.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(Path(recipes.__file__).parent.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_recipes(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert recipe.labels in (["not_hateful", "hateful"], ["not_toxic", "toxic"])
    assert all(source.license and source.language and source.label_meaning for source in recipe.data)
    assert not {source.name for source in recipe.data} & set(recipe.exclude)


def test_defaults(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, **MINIMAL))
    assert recipe.labels == ["not_hateful", "hateful"]
    assert recipe.data[0].text_column == "text"
    assert recipe.stages is None


def test_bases_are_laid_under(tmp_path: Path) -> None:
    write(tmp_path, "low", **MINIMAL, seed=3, training={"max_steps": 5, "save_steps": 7}, exclude=["t"])
    write(tmp_path, "middle", base="low", name="b", training={"max_steps": 6})
    recipe = load_recipe(write(tmp_path, "top", base="middle", exclude=["u"], glyph_bank={"dimension": 4}))
    assert (recipe.name, recipe.seed, recipe.exclude) == ("b", 3, ["u"])
    assert recipe.training == {"max_steps": 6, "save_steps": 7}
    assert recipe.glyph_bank is not None
    assert recipe.glyph_bank.dimension == 4


def test_overrides(tmp_path: Path) -> None:
    path = write(tmp_path, **MINIMAL, training={"max_steps": 5})
    overrides = {
        "seed": "4",
        "max_steps": "9",
        "training.save_steps": "2",
        "glyph_bank.dimension": "8",
        "exclude": "[t, u]",
        "model.fusion": "add",
        "eval_strategy": "no",
    }
    recipe = load_recipe(path, overrides)
    assert (recipe.seed, recipe.exclude, recipe.model) == (4, ["t", "u"], {"fusion": "add"})
    assert recipe.training == {"max_steps": 9, "save_steps": 2, "eval_strategy": "no"}
    assert recipe.glyph_bank is not None
    assert recipe.glyph_bank.dimension == 8


@pytest.mark.parametrize(
    ("values", "overrides", "message"),
    [
        ({"colour": 1}, {}, "colour"),
        ({"data": [{"name": "x", "colum": "y"}]}, {}, "colum"),
        ({"data": [{"name": "x"}, {"name": "x"}]}, {}, "names a table twice"),
        ({"data": [{"name": "x", "limit": 0}]}, {}, "limit"),
        ({"transcript": {"price": -1}}, {}, "price"),
        ({"transcript": {"price": float("inf")}}, {}, "price"),
        ({"transcript": {"least_pair_count": 0}}, {}, "least_pair_count"),
        ({"transcript": {"prise": 1}}, {}, "prise"),
        ({"transcript": {"texts": ["all"]}, "data": [{"name": "all"}]}, {}, "transcript.texts names all"),
        ({"transcript": {"texts": ["test"]}, "exclude": ["test"]}, {}, "transcript.texts names test"),
        ({"transcript": {"texts": ["x", "x"]}}, {}, "transcript.texts names x"),
        ({"labels": ["one"]}, {}, "two or more"),
        ({"labels": ["one", "one"]}, {}, "two or more"),
        ({"model": {"fusoin": "add"}}, {}, "model has no setting \\['fusoin'\\]"),
        ({"processor": {"window_token": 9}}, {}, "processor has no setting"),
        ({"training": {"max_step": 9}}, {}, "training has no setting"),
        ({"training": {"output_dir": "here"}}, {}, "training has no setting"),
        ({"training": None}, {}, "training"),
        ({"stages": [{"name": "a"}]}, {}, "lacks"),
        ({"dtype": "int8"}, {}, "dtype"),
        ({}, {"sead": "1"}, "sead"),
        ({}, {"name.first": "1"}, "name is no mapping"),
        ({}, {"seed": "["}, "--set seed is not YAML"),
    ],
)
def test_bad_recipes(tmp_path: Path, values: dict[str, Any], overrides: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_recipe(write(tmp_path, **(MINIMAL | values)), overrides)


def test_a_transcript_is_no_part_unless_it_is_named(tmp_path: Path) -> None:
    assert load_recipe(write(tmp_path, **MINIMAL)).transcript is None
    found = load_recipe(write(tmp_path, **MINIMAL, transcript={"least_pair_count": 2}), {"transcript.price": "0.5"})
    assert found.transcript == TranscriptSettings(price=0.5, least_pair_count=2)
    assert TranscriptSettings() == TranscriptSettings(price=4.0, cloaked_price=1.0, least_pair_count=1)


@pytest.mark.parametrize("text", ["", "- a\n", "a: [", "just words"])
def test_files_that_are_no_recipe(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="a.yaml"):
        load_recipe(tmp_path / "a.yaml")


def test_a_recipe_survives_being_recorded() -> None:
    recipe = Recipe.model_validate(
        MINIMAL | {"stages": [{"name": "a", "share": 1, "learning_rates": {"default": 1e-3}}]}
    )
    assert Recipe.model_validate(recipe.model_dump()) == recipe
