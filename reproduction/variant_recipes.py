"""From a variant to the recipe that it is trained by."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

import decloak.training.recipes
from decloak.training.recipe import Recipe, load_recipe
from decloak.training.stages import TrainingStage, paper_stages

from .experiment import Experiment
from .experiment_parts import Variant
from .held_out import HELD_OUT

SENSE_PARTS = {"speech": ("sound_bank", "transcript"), "vision": ("glyph_bank",)}


def variant_recipe(
    experiment: Experiment,
    variant: Variant,
    seed: int,
    facts: Mapping[str, Mapping[str, str]],
    overrides: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Recipe:
    """Return the recipe of a variant: its own, with its changes, senses, stages, cloaking and data.

    Args:
        experiment: whose variant it is.
        variant: the variant.
        seed: of everything random in training.
        facts: what model cards say of each source.
        overrides: further changes by dotted key, as of `--set`; the last word.
        folder: where recipes that do not come with decloak are; the experiment file's folder.

    Raises:
        FileNotFoundError: There is no such recipe.
        ValueError: The recipe cannot have the changes, has no stage, transcript or cloaking that the variant names, or
            has other than two labels.
    """
    file = _recipe_file(variant.recipe, folder)
    changes = {key: yaml.safe_dump(value, default_flow_style=True) for key, value in variant.set.items()}
    recipe = load_recipe(file, {**changes, **(overrides or {})})
    if len(recipe.labels) != 2:
        raise ValueError(f"recipe {recipe.name} has the labels {recipe.labels}; experiments have two classes")
    values = recipe.model_dump(mode="json")
    values |= {"seed": seed, "exclude": [HELD_OUT], "name": f"{experiment.name}-{variant.name}"}
    values["description"] = variant.description or recipe.description
    values["data"] = [{"name": name, **facts.get(name, {})} for name in variant.train or experiment.train]
    values["leaks"] = {"near_duplicates": experiment.near_duplicates}
    values["cloaking"] = _cloaking(experiment, variant, values)
    _keep_senses(values, variant.senses)
    if variant.language and values["transcript"] is None:
        raise ValueError(f"variant {variant.name} names language texts, but has no transcript that reads them")
    if values["transcript"] is not None:
        values["transcript"]["texts"] = list(variant.language)
    values["stages"] = _stages(recipe, variant)
    return Recipe.model_validate(values)


def write_recipe(recipe: Recipe, file: Path) -> None:
    """Write a recipe as the file that `decloak train mmbert --recipe` takes."""
    text = yaml.safe_dump(recipe.model_dump(mode="json"), allow_unicode=True, sort_keys=False)
    file.write_text(text, encoding="utf-8")


def _recipe_file(name: str, folder: Path | None) -> Path:
    shipped = Path(decloak.training.recipes.__file__).parent
    if folder is not None and (folder / name).is_file():
        return folder / name
    if (shipped / f"{name}.yaml").is_file():
        return shipped / f"{name}.yaml"
    known = ", ".join(sorted(file.stem for file in shipped.glob("*.yaml")))
    raise FileNotFoundError(f"no recipe {name}: give a YAML file beside the experiment's, or one of {known}")


def _cloaking(experiment: Experiment, variant: Variant, values: Mapping[str, Any]) -> dict[str, Any] | None:
    if not variant.cloaking:
        return None
    if experiment.cloaking is not None:
        return experiment.cloaking.model_dump(mode="json")
    if values["cloaking"] is None:
        raise ValueError(f"variant {variant.name} has cloaking, but neither the experiment nor its recipe says which")
    return dict(values["cloaking"])


def _keep_senses(values: dict[str, Any], senses: Sequence[str]) -> None:
    """Leave out the banks of other senses, and make the ones that stay the default."""
    for sense, parts in SENSE_PARTS.items():
        if sense not in senses:
            values |= dict.fromkeys(parts)
    for part in ("model", "processor"):
        given = values[part].get("default_modalities") or list(senses)
        values[part]["default_modalities"] = [sense for sense in given if sense in senses]


def _stages(recipe: Recipe, variant: Variant) -> list[dict[str, Any]]:
    """Return the stages that are left; the others' share of the steps falls to them."""
    written = recipe.stages or [dataclasses.asdict(stage) for stage in paper_stages()]
    names = [stage["name"] for stage in written]
    unknown = [name for name in variant.without_stages if name not in names]
    if unknown:
        raise ValueError(f"variant {variant.name} leaves out the stages {unknown}; its recipe has {names}")
    kept = [stage for stage in written if stage["name"] not in variant.without_stages]
    kept = [stage for stage in kept if _possible(TrainingStage.from_dict(stage), variant.senses)]
    if not kept:
        raise ValueError(f"variant {variant.name} leaves out every stage of its recipe: {names}")
    return [{key: list(v) if isinstance(v, tuple) else v for key, v in stage.items()} for stage in kept]


def _possible(stage: TrainingStage, senses: Sequence[str]) -> bool:
    """Tell whether a stage can be trained with some senses: one that is of another sense, or aligns none, cannot."""
    if stage.objective == "alignment" and set(senses) == {"text"}:
        return False
    return stage.modalities is None or bool(set(stage.modalities) & set(senses))


__all__ = ["SENSE_PARTS", "variant_recipe", "write_recipe"]
