"""The callback that runs the stages."""

import logging
from typing import Any

from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from .stages import StageSchedule, component_of

logger = logging.getLogger(__name__)


class StageCallback(TrainerCallback):
    """Freezes and unfreezes parameters as the stage of the current step says.

    It keeps no state: the stage follows from `state.global_step`, so that a resumed run is the same run. It acts
    from `on_train_begin` on, after the model was wrapped: parameters that are frozen before DistributedDataParallel
    wraps the model would drift apart once they are trained.
    """

    def __init__(self) -> None:
        """Start without a schedule; the trainer sets it when it knows the number of steps."""
        self.schedule: StageSchedule | None = None
        self._applied: int | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Apply the stage of the first step, which after a resume is not the first stage."""
        self._applied = None
        self._apply(kwargs["model"], state.global_step)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Apply the stage of the step that begins."""
        self._apply(kwargs["model"], state.global_step)

    def _apply(self, model: nn.Module, step: int) -> None:
        if self.schedule is None:
            raise RuntimeError("StageCallback has no schedule; MMBertTrainer sets it in create_scheduler.")
        index = self.schedule.index_at(step)
        if index == self._applied:
            return
        stage = self.schedule.stages[index]
        trained = 0
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(stage.peak_rate(component_of(name)) > 0)
            trained += parameter.numel() if parameter.requires_grad else 0
        self._applied = index
        logger.info("step %d: stage %s trains %.1fM parameters", step, stage.name, trained / 1e6)


__all__ = ["StageCallback"]
