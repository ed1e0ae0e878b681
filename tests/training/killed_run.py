"""Trains until a checkpoint is saved, and is then killed; run as a program by `test_mmbert_trainer`.

Arguments: the folder, the step after whose checkpoint the process dies, and the checkpoint to go on from, or "".
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerState

from decloak.training import MMBertTrainer
from tests.training.builders import make_trainer

STEPS = 12
SAVES = {"save_strategy": "steps", "save_steps": 2, "max_steps": STEPS, "per_device_train_batch_size": 4}


class Kill(TrainerCallback):
    """Kills its own process as `kill -9` does."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_save(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        if state.global_step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


def resumable_trainer(folder: Path) -> MMBertTrainer:
    """A trainer of 12 steps in three epochs (20 rows, 4 at a time), with dropout and rows grouped by length."""
    trainer = make_trainer(folder, **SAVES)
    assert trainer.model is not None
    assert trainer.model.config.hidden_dropout_prob > 0
    assert trainer.args.train_sampling_strategy == "group_by_length"
    return trainer


if __name__ == "__main__":
    trainer = resumable_trainer(Path(sys.argv[1]))
    trainer.add_callback(Kill(int(sys.argv[2])))
    trainer.train(resume_from_checkpoint=sys.argv[3] or None)
