"""Stages: what they train, when, and at which rates."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from decloak.modeling import MODALITIES, MMBertForSequenceClassification
from decloak.training.stages import (
    COMPONENTS,
    StageSchedule,
    TrainingStage,
    component_of,
    paper_stages,
    trained_components,
)
from tests.tiny import tiny_config

RATES = {"default": 1e-3}
stages = st.builds(
    TrainingStage,
    name=st.just("a"),
    share=st.floats(1e-3, 1e3),
    learning_rates=st.dictionaries(
        st.sampled_from([*COMPONENTS, "default"]), st.just(0.0) | st.floats(1e-9, 1), min_size=1
    ),
    warmup=st.floats(0, 0.99),
    schedule=st.sampled_from(["linear", "cosine", "constant"]),
)
schedules = st.lists(stages, min_size=1, max_size=6).flatmap(
    lambda chosen: st.integers(len(chosen), 100).map(lambda steps: StageSchedule(tuple(chosen), steps))
)


@given(schedules)
def test_every_stage_has_steps_and_they_follow_each_other(schedule: StageSchedule) -> None:
    assert len(schedule.ends) == len(schedule.stages)
    assert schedule.ends[-1] == schedule.total_steps
    assert all(one < other for one, other in zip((0, *schedule.ends), schedule.ends, strict=False))
    found = [schedule.index_at(step) for step in range(schedule.total_steps)]
    assert found == sorted(found)
    assert set(found) == set(range(len(schedule.stages)))
    assert schedule.index_at(schedule.total_steps + 5) == len(schedule.stages) - 1
    assert schedule.stage_at(0) is schedule.stages[0]


@given(schedules)
def test_rates_stay_between_zero_and_the_peak(schedule: StageSchedule) -> None:
    again = StageSchedule(schedule.stages, schedule.total_steps)
    for component in ("text_expert", "sense_encoders", "encoder"):
        reached = [0.0] * len(schedule.stages)
        for step in range(schedule.total_steps + 2):
            peak = schedule.stage_at(step).peak_rate(component)
            rate = schedule.learning_rate(component, step)
            assert 0 <= rate <= peak
            assert rate == again.learning_rate(component, step)
            if step < schedule.total_steps:
                assert (rate > 0) == (peak > 0)
            reached[schedule.index_at(step)] = max(reached[schedule.index_at(step)], rate)
        for stage, highest in zip(schedule.stages, reached, strict=True):
            assert highest >= stage.peak_rate(component) / 2.001


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("linear", [0.5, 1.0, 2 / 3, 1 / 3, 0.0]),
        ("cosine", [0.5, 1.0, 0.75, 0.25, 0.0]),
        ("constant", [0.5, 1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_shapes_of_the_schedules(kind: Any, expected: list[float]) -> None:
    schedule = StageSchedule((TrainingStage("a", 1, {"default": 1.0}, warmup=0.25, schedule=kind),), 4)
    found = [schedule.learning_rate("encoder", step) for step in range(5)]
    assert found == pytest.approx(expected)


def test_shares_are_relative() -> None:
    schedule = StageSchedule(tuple(TrainingStage("a", share, RATES) for share in (1, 2, 7)), 100)
    assert schedule.ends == (10, 30, 100)


def test_too_few_steps() -> None:
    with pytest.raises(ValueError, match="3 stages need"):
        StageSchedule(tuple(TrainingStage("a", 1, RATES) for _ in range(3)), 2)
    with pytest.raises(ValueError, match="0 stages need"):
        StageSchedule((), 5)


@pytest.mark.parametrize("scope", ["intermediate", "ffn"])
@pytest.mark.parametrize("shared", [True, False])
def test_every_parameter_has_the_component_of_its_place(scope: Any, shared: bool) -> None:
    fields: dict[str, Any] = {"shared_expert": shared, "expert_layers": [1], "speech_feature_size": 4}
    config = tiny_config(expert_scope=scope, transcript=True, **fields)
    with torch.device("meta"):
        model = MMBertForSequenceClassification(config)
    base = model.mmbert
    found: dict[str, set[int]] = {name: set() for name in COMPONENTS}
    for name, parameter in model.named_parameters():
        found[component_of(name)].add(id(parameter))
        assert component_of(f"module.{name}") == component_of(name)

    def parameters(*modules: Any) -> set[int]:
        return {id(parameter) for module in modules for parameter in module.parameters()}

    routed = base.layers[1].feed_forward
    senses = (base.speech, base.vision)
    aligners = parameters(base.speech.aligner, base.vision.aligner)
    heard = parameters(base.transcript)
    expected = {
        "speech_aligner": parameters(base.speech.aligner) | heard,
        "vision_aligner": parameters(base.vision.aligner),
        "sense_encoders": parameters(*senses) - aligners,
        **{f"{name}_expert": parameters(routed.experts[name]) for name in MODALITIES},
        "shared_expert": parameters(routed.shared) if shared else set(),
        "router": parameters(base.layers[1].router),
        "classifier": parameters(model.classifier, base.pooler),
        "embeddings": parameters(base.embeddings),
    }
    expected["encoder"] = parameters(model) - set().union(*expected.values())
    assert found == expected
    assert all(expected[name] for name in expected if name != "shared_expert")
    assert {id(base.speech.projection.weight), id(base.vision.bank.weight)} <= found["sense_encoders"]


def test_peak_rates() -> None:
    stage = TrainingStage("a", 1, {"default": 1e-3, "router": 1e-2, "embeddings": 0})
    rates = {name: stage.peak_rate(name) for name in COMPONENTS}
    assert rates["router"] == 1e-2
    assert rates["embeddings"] == rates["sense_encoders"] == 0
    assert rates["encoder"] == rates["vision_expert"] == 1e-3
    assert trained_components([stage]) == [name for name in COMPONENTS if name not in ("embeddings", "sense_encoders")]


def test_numbers_of_yaml_and_lists_are_read() -> None:
    """YAML 1.1 reads 5e-5, without a dot, as a string."""
    stage = TrainingStage.from_dict(
        {"name": "a", "share": "2", "learning_rates": {"default": "5e-5"}, "modalities": ["text"], "experts": "vision"}
    )
    assert stage.learning_rates == {"default": 5e-5}
    assert (stage.share, stage.modalities, stage.experts) == (2.0, ("text",), ("vision",))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"learning_rates": {}}, "names nothing"),
        ({"learning_rates": {"rooter": 1}}, "names \\['rooter'\\]"),
        ({"learning_rates": {"default": -1}}, "rate of default is -1"),
        ({"learning_rates": {"default": "fast"}}, "'fast'"),
        ({"learning_rates": {"default": math.nan}}, "nan"),
        ({"learning_rates": {"default": None}}, "None"),
        ({"share": 0}, "share=0"),
        ({"share": math.inf}, "share is inf"),
        ({"warmup": 1}, "warmup=1"),
        ({"warmup": -0.1}, "warmup is -0.1"),
        ({"objective": "guess"}, "objective='guess'"),
        ({"alignment_target": "stars"}, "alignment_target='stars'"),
        ({"schedule": "steep"}, "schedule='steep'"),
        ({"modalities": ["sight"]}, "modalities=\\('sight',\\)"),
        ({"modalities": []}, "modalities=\\(\\)"),
        ({"experts": ["text", "sound"]}, "experts"),
        ({"objective": "alignment", "modalities": ["text"]}, "alignment needs speech or vision"),
        ({"sense_dropout": 1.5}, "sense_dropout=1.5"),
        ({"objective": "alignment", "sense_dropout": 0.1}, "0 in alignment"),
        ({"colour": 1}, "A stage has the keys"),
    ],
)
def test_bad_stages_fail_before_the_run(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingStage.from_dict({"name": "a", "share": 1, "learning_rates": RATES} | fields)


def test_missing_keys() -> None:
    with pytest.raises(ValueError, match="lacks \\['learning_rates', 'share'\\]"):
        TrainingStage.from_dict({"name": "a"})


@given(st.integers(0, 10_000), st.integers(0, 99), st.sets(st.sampled_from(MODALITIES)), st.floats(0, 1))
def test_sense_dropout_takes_at_most_one_sense(step: int, seed: int, available: set[str], part: float) -> None:
    stage = TrainingStage("a", 1, RATES, sense_dropout=part, modalities=("text", "vision"))
    wanted = [name for name in MODALITIES if name in available and name != "speech"]
    found = stage.senses_at(step, seed, [name for name in MODALITIES if name in available])
    assert found == stage.senses_at(step, seed, [name for name in MODALITIES if name in available])
    assert set(found) <= set(wanted)
    assert len(wanted) - len(found) <= int(len(wanted) > 1)
    assert found or not wanted


def test_sense_dropout_takes_the_part_that_it_says() -> None:
    stage = TrainingStage("a", 1, RATES, sense_dropout=0.3)
    dropped = [len(stage.senses_at(step, 0, MODALITIES)) == 2 for step in range(2000)]
    assert sum(dropped) / 2000 == pytest.approx(0.3, abs=0.04)


def test_stages_of_the_paper() -> None:
    chosen = paper_stages()
    assert [stage.name for stage in chosen] == [
        "align",
        "specialise-text",
        "specialise-speech",
        "specialise-vision",
        "joint",
    ]
    assert chosen[0].objective == "alignment"
    assert chosen[0].learning_rates == {"speech_aligner": 1e-3, "vision_aligner": 1e-3}
    assert [stage.peak_rate(f"{name}_expert") for name, stage in zip(MODALITIES, chosen[1:4], strict=True)] == [
        5e-6,
        5e-5,
        5e-5,
    ]
    assert chosen[1].peak_rate("vision_aligner") == 0 < chosen[3].peak_rate("vision_aligner")
    for stage in chosen:  # BERT itself stays frozen
        assert stage.peak_rate("encoder") == stage.peak_rate("embeddings") == 0
    assert chosen[4].peak_rate("router") == 5e-5
