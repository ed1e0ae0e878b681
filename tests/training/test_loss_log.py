"""Averages of losses and of the experts' loads."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from decloak.modeling import MODALITIES
from decloak.training.loss_log import LossLog, warn_of_collapse

CPU = torch.device("cpu")


def outputs(logits: list[torch.Tensor] | None = None, ids: list[list[int]] | None = None, **losses: float) -> Any:
    values = {name: torch.tensor(value, requires_grad=True) for name, value in losses.items()}
    named = dict.fromkeys(("ce_loss", "aux_loss", "alignment_mse")) | values
    modality_ids = None if ids is None else torch.tensor(ids)
    return SimpleNamespace(
        loss=torch.tensor(0.0),
        router_logits=None if logits is None else tuple(logits),
        modality_ids=modality_ids,
        **named,
    )


def same(sums: torch.Tensor) -> torch.Tensor:
    return sums


def test_losses_are_averaged_over_the_batches_that_have_them() -> None:
    log = LossLog([0], MODALITIES)
    log.add(outputs(ce_loss=1.0, aux_loss=4.0))
    log.add(outputs(ce_loss=2.0))
    log.add(outputs(alignment_mse=7.0))
    log.add(outputs())
    assert log.pop(same, CPU) == {"ce_loss": 1.5, "aux_loss": 4.0, "alignment_mse": 7.0}
    assert log.pop(same, CPU) == {}


def test_loads_are_mean_weights_of_the_tokens_of_a_modality() -> None:
    strong = 100.0
    logits = torch.zeros(1, 4, 3)
    logits[0, 0, 0] = strong  # a text token that takes the text expert
    logits[0, 1, 2] = strong  # another that takes the vision expert
    logits[0, 3, 1] = strong  # padding
    log = LossLog([3], MODALITIES)
    log.add(outputs([logits], [[0, 0, 2, -1]], ce_loss=1.0))
    found = log.pop(same, CPU)
    prefix = "expert_load/layer_3"
    assert {name: value for name, value in found.items() if name != "ce_loss"} == pytest.approx(
        {
            f"{prefix}/text/text": 0.5, f"{prefix}/text/speech": 0.0, f"{prefix}/text/vision": 0.5,
            f"{prefix}/vision/text": 1 / 3, f"{prefix}/vision/speech": 1 / 3, f"{prefix}/vision/vision": 1 / 3,
        }
    )  # fmt: skip


def test_loads_are_averaged_over_tokens_not_batches() -> None:
    log = LossLog([0], MODALITIES)
    text = torch.tensor([[[100.0, 0.0, 0.0]]])
    log.add(outputs([text], [[0]], ce_loss=1.0))
    log.add(outputs([torch.tensor([[[0.0, 100.0, 0.0]] * 3])], [[0, 0, 0]], ce_loss=1.0))
    assert log.pop(same, CPU)["expert_load/layer_0/text/text"] == pytest.approx(0.25)


def test_processes_are_summed_also_those_that_saw_nothing() -> None:
    one, other = LossLog([0], MODALITIES), LossLog([0], MODALITIES)
    one.add(outputs([torch.zeros(1, 1, 3)], [[0]], ce_loss=3.0))
    sent: list[torch.Tensor] = []
    other.pop(lambda sums: sent.append(sums) or sums, CPU)  # type: ignore[func-returns-value]
    found = one.pop(lambda sums: sums + sent[0], CPU)
    assert found["ce_loss"] == 3.0
    assert found["expert_load/layer_0/text/text"] == pytest.approx(1 / 3)


def test_nothing_keeps_a_graph() -> None:
    log = LossLog([], MODALITIES)
    log.add(outputs(ce_loss=1.0))
    assert log._sums is not None
    assert not log._sums.requires_grad


@pytest.mark.parametrize(("load", "expected"), [(0.9, 0), (0.91, 1)])
def test_warnings_name_layer_modality_and_expert(load: float, expected: int, caplog: pytest.LogCaptureFixture) -> None:
    logs = {"expert_load/layer_2/speech/vision": load, "expert_load/layer_2/speech/text": 1 - load, "ce_loss": 5.0}
    found = warn_of_collapse(logs, 0.9)
    assert len(found) == len(caplog.records) == expected
    if expected:
        assert found == ["expert_load/layer_2/speech/vision"]
        assert "layer_2 the speech tokens give the vision expert 91.0 %" in caplog.text
        assert "router_aux_loss_coef" in caplog.text
