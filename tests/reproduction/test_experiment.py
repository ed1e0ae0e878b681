from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from decloak.reproduction.experiment import (
    EXPERIMENTS,
    Experiment,
    experiment_file,
    experiment_names,
    load_experiment,
)
from decloak.reproduction.planning import chosen_variants, planned_runs
from decloak.training.data.catalogue import load_entry
from tests.reproduction.tiny_experiment import experiment_values


@pytest.mark.parametrize("name", ["toxicn-small", "toxicn-folds", "cold-small", "paper"])
def test_shipped_experiments_are_whole(name: str) -> None:
    experiment = load_experiment(experiment_file(name))
    assert experiment.name == name and name in experiment_names()
    for source in experiment.data.values():
        assert source.part in load_entry(str(source.entry)).splits
    runs = planned_runs(experiment, {})
    assert len(runs) == sum(len(variant.seeds or experiment.seeds) for variant in experiment.variants)
    assert sum(variant.baseline for variant in experiment.variants) == 1
    assert "ot run" in experiment.setting if name == "paper" else "CPU" in experiment.setting


def test_the_attacks_of_shipped_tests_are_not_those_of_training() -> None:
    for name in experiment_names():
        experiment = load_experiment(experiment_file(name))
        if experiment.cloaking is None:
            continue
        trained = {*experiment.cloaking.chinese, *experiment.cloaking.english}
        assert not trained & {attack for test in experiment.tests if test.attacks for attack in test.attacks.names}


def changed(**changes: Any) -> dict[str, Any]:
    return experiment_values() | changes


def with_test(**changes: Any) -> dict[str, Any]:
    return changed(tests=[{"name": "toxicn", "source": "toxicn_test", **changes}])


def with_variant(**changes: Any) -> dict[str, Any]:
    values = experiment_values()
    values["variants"].append({"name": "more", "recipe": "tiny.yaml", **changes})
    return values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (changed(colour="red"), "colour"),
        (changed(seeds=["0"]), "seeds.0"),
        (changed(train=["nowhere"]), "source nowhere is named, but data has only base, emoji"),
        (changed(name="../out"), "name"),
        (changed(holdout={"source": "base"}), "exactly one of rows, share and folds"),
        (changed(holdout={"source": "base", "folds": 3, "fold": 3}), "of 3 folds it is 0 to 2"),
        (changed(validation={}), "one of share and source"),
        (changed(validation={"source": "toxicn_train"}), "which is trained on"),
        (with_test(changed_only=True), "data.toxicn_test.variant_of"),
        ({**with_test(rows="heldout"), "holdout": None, "paper": {"source": "a", "table": "b"}}, "there is no holdout"),
        (with_test(attacks={"names": ["nothing"]}), "there is no attack nothing"),
        (with_variant(name="all"), "variants have the name all twice"),
        (with_variant(name="a/b"), "name"),
        (with_variant(senses=["speech"]), "text and any of"),
        (with_variant(senses=["text", "smell"]), "text and any of"),
        (with_variant(baseline=True), "more than one variant is the baseline"),
        (changed(data={**experiment_values()["data"], "heldout": {}}), "data has the name 'heldout'"),
        (changed(data={**experiment_values()["data"], "own": {"entry": "toxicn"}}), "entry and part belong together"),
        (changed(paper={"source": "a", "table": "b", "numbers": [{"test": "x", "value": 0.1}]}), "number 0.1"),
    ],
)
def test_what_is_no_experiment_says_why(values: dict[str, Any], message: str, tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load_experiment(tmp_path / "e.yaml")


@given(st.one_of(st.text(max_size=60), st.binary(max_size=60)))
def test_any_file_is_an_experiment_or_a_clear_error(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    file = tmp_path_factory.mktemp("any") / "e.yaml"
    file.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    with pytest.raises(ValueError, match="e.yaml"):
        load_experiment(file)


def test_an_experiment_survives_its_own_dump() -> None:
    for name in experiment_names():
        experiment = load_experiment(EXPERIMENTS / f"{name}.yaml")
        assert Experiment.model_validate(yaml.safe_load(yaml.safe_dump(experiment.model_dump()))) == experiment


def test_names_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match="no experiment nothing: .* cold-small, paper, toxicn-folds, toxicn-small"
    ):
        experiment_file("nothing")
    experiment = Experiment.model_validate(experiment_values())
    assert chosen_variants(experiment, []) == ["text", "broken", "all"]
    with pytest.raises(ValueError, match="--only is nothing; tiny has text, broken, all"):
        chosen_variants(experiment, ["text", "nothing"])
