from pathlib import Path
from typing import Any

import pytest
import yaml

from decloak.reproduction.experiment import Experiment, experiment_file, load_experiment
from decloak.reproduction.experiment_parts import Variant
from decloak.reproduction.planning import planned_runs
from decloak.reproduction.variant_recipes import variant_recipe, write_recipe
from decloak.training.recipe import Recipe, load_recipe
from decloak.training.stages import paper_stages
from tests.reproduction.tiny_experiment import experiment_values

SMALL = load_experiment(experiment_file("toxicn-small"))


def recipe(overrides: dict[str, str] | None = None, experiment: Experiment = SMALL, **variant: Any) -> Recipe:
    given = Variant.model_validate({"name": "v", "recipe": "mmbert-small", **variant})
    return variant_recipe(experiment, given, 7, {"toxicn_train": {"license": "MIT"}}, overrides)


def stage_names(found: Recipe) -> list[str]:
    return [stage["name"] for stage in found.stages or []]


@pytest.mark.parametrize("experiment", ["toxicn-small", "cold-small", "paper"])
def test_text_alone_is_the_same_backbone_on_the_same_data(experiment: str) -> None:
    runs = {run.variant.name: run.recipe for run in planned_runs(load_experiment(experiment_file(experiment)), {}, [0])}
    text, whole = runs["text-only"], runs["all"]
    for name in ("text_encoder", "data", "exclude", "leaks", "seed", "max_length", "training", "labels", "cloaking"):
        assert getattr(text, name) == getattr(whole, name), name
    differing = {"expert_layers", "default_modalities"}
    shared = {**text.model, **whole.model}.keys() - differing
    assert all(text.model[name] == whole.model[name] for name in shared)
    assert text.model["expert_layers"] == [] and text.model["default_modalities"] == ["text"]
    assert (text.glyph_bank, text.sound_bank) == (None, None)


def test_senses_that_are_left_out_take_their_banks_and_stages_along() -> None:
    heard, seen, read = (recipe(senses=senses) for senses in (["text", "speech"], ["text", "vision"], ["text"]))
    assert heard.sound_bank and not heard.glyph_bank and seen.glyph_bank and not seen.sound_bank
    assert stage_names(heard) == ["align", "specialise-text", "specialise-speech", "joint"]
    assert stage_names(seen) == ["align", "specialise-text", "specialise-vision", "joint"]
    assert stage_names(read) == ["specialise-text", "joint"]
    for found, senses in ((heard, ["text", "speech"]), (read, ["text"])):
        assert found.model["default_modalities"] == found.processor["default_modalities"] == senses


def test_a_transcript_stays_and_goes_with_speech() -> None:
    overrides = {"transcript.price": "2.0"}
    heard, seen, read = (recipe(overrides, senses=["text", *more]) for more in (["speech"], ["vision"], []))
    assert heard.transcript is not None and heard.transcript.price == 2.0
    assert seen.transcript is None and read.transcript is None
    assert recipe(senses=["text", "speech"]).transcript is None


def test_a_language_model_reads_what_the_variant_names() -> None:
    heard = recipe({"transcript.price": "2.0"}, senses=["text", "speech"], language=["cold_train"])
    assert heard.language_texts == ["cold_train"]
    with pytest.raises(ValueError, match="variant v names language texts, but has no transcript"):
        recipe(senses=["text"], language=["cold_train"])


def test_stages_are_left_out_by_name() -> None:
    assert stage_names(recipe(without_stages=["align", "joint"]))[0] == "specialise-text"
    paper = variant_recipe(SMALL, Variant(name="v", recipe="mmbert-paper", without_stages=["align"]), 0, {})
    assert stage_names(paper) == [stage.name for stage in paper_stages()][1:]
    with pytest.raises(ValueError, match=r"leaves out the stages \['alin'\]; its recipe has \['align', "):
        recipe(without_stages=["alin"])
    with pytest.raises(ValueError, match="leaves out every stage"):
        recipe(recipe="mmbert-small-text", without_stages=["fine-tune"])


def test_the_command_line_has_the_last_word() -> None:
    changes = {"training.weight_decay": 1e-5, "training.num_train_epochs": 2, "text_encoder.keep_layers": [0]}
    found = recipe({"num_train_epochs": "9", "max_steps": "5"}, set=changes)
    assert found.training["weight_decay"] == 1e-5
    assert (found.training["num_train_epochs"], found.training["max_steps"]) == (9, 5)
    assert found.text_encoder.keep_layers == [0]
    assert found.seed == 7 and found.exclude == ["heldout"] and found.data[0].license == "MIT"


def test_cloaking_is_the_experiments_or_the_recipes_or_none() -> None:
    assert recipe().cloaking is None
    assert recipe(cloaking=True).cloaking == SMALL.cloaking
    bare = Experiment.model_validate(experiment_values())
    hearing = {"recipe": "decloak-small-hearing", "cloaking": True}
    assert recipe(experiment=bare, **hearing).cloaking is not None
    assert recipe(experiment=bare, recipe="decloak-small-hearing").cloaking is None
    with pytest.raises(ValueError, match="variant v has cloaking, but neither the experiment nor its recipe says"):
        recipe(experiment=bare, cloaking=True)


def test_a_written_recipe_is_read_back(tmp_path: Path) -> None:
    found = recipe(cloaking=True, set={"training.save_strategy": "no"})
    write_recipe(found, tmp_path / "recipe.yaml")
    assert load_recipe(tmp_path / "recipe.yaml") == found


def test_recipes_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no recipe nothing: give a YAML file beside .* mmbert-small"):
        recipe(recipe="nothing")
    with pytest.raises(ValueError, match="no setting"):
        recipe(set={"model.colour": 1})
    (tmp_path / "three.yaml").write_text(yaml.safe_dump({"name": "x", "data": [], "labels": ["a", "b", "c"]}))
    with pytest.raises(ValueError, match="experiments have two classes"):
        variant_recipe(SMALL, Variant(name="v", recipe="three.yaml"), 0, {}, folder=tmp_path)
