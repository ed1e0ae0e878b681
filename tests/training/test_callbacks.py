"""The stage callback is a pure function of the step."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from decloak.training.callbacks import StageCallback
from decloak.training.stages import StageSchedule, TrainingStage, component_of
from tests.training.builders import STAGES, bank_model

MODEL = bank_model()
SCHEDULE = StageSchedule(tuple(TrainingStage.from_dict(stage) for stage in STAGES), 12)


def frozen_after(model: nn.Module, steps: list[int]) -> dict[str, bool]:
    callback = StageCallback()
    callback.schedule = SCHEDULE
    begin(callback, model, steps[0], callback.on_train_begin)
    for step in steps:
        begin(callback, model, step, callback.on_step_begin)
    return {name: not parameter.requires_grad for name, parameter in model.named_parameters()}


def begin(callback: StageCallback, model: nn.Module, step: int, event: Any) -> None:
    event(None, SimpleNamespace(global_step=step), None, model=model)


@given(st.lists(st.integers(0, 11), min_size=1, max_size=6))
def test_what_is_frozen_follows_from_the_last_step(steps: list[int]) -> None:
    stage = SCHEDULE.stage_at(steps[-1])
    expected = {name: stage.peak_rate(component_of(name)) == 0 for name, _ in MODEL.named_parameters()}
    assert frozen_after(MODEL, steps) == expected


def test_a_second_run_freezes_again() -> None:
    callback = StageCallback()
    callback.schedule = SCHEDULE
    begin(callback, MODEL, 11, callback.on_train_begin)
    for parameter in MODEL.parameters():
        parameter.requires_grad_(True)
    begin(callback, MODEL, 11, callback.on_train_begin)
    assert not MODEL.mmbert.vision.bank.weight.requires_grad


def test_wrapped_models_have_the_same_components() -> None:
    wrapped = nn.ModuleDict({"module": MODEL})
    assert list(frozen_after(wrapped, [4]).values()) == list(frozen_after(MODEL, [4]).values())


def test_it_says_what_it_does(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="decloak.training.callbacks"):
        frozen_after(MODEL, [0, 1, 5, 5])
    stages = [record.args[1] for record in caplog.records if isinstance(record.args, tuple)]
    assert stages == ["align", "specialise-text"]


def test_without_a_schedule() -> None:
    with pytest.raises(RuntimeError, match="no schedule"):
        StageCallback().on_step_begin(
            None,
            SimpleNamespace(global_step=0),
            None,
            model=torch.nn.Linear(1, 1),  # type: ignore[arg-type]
        )
