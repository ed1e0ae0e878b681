"""Trains on two processes; run by torchrun from `test_mmbert_trainer`. Argument: the folder of the answers."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import torch

from decloak.training import MMBertTrainer
from tests.training.builders import JOINT, STAGES, make_trainer, step_logs, weights

# The bank is frozen when the model is made: a late stage that trains it shows whether its gradient is shared.
LAST = JOINT | {"learning_rates": {"default": 1e-2, "sense_encoders": 1e-2}}


def main(folder: Path) -> None:
    trainer = make_trainer(folder / "run", [*STAGES[:3], LAST], max_steps=8, per_device_train_batch_size=2)
    assert trainer.model is not None
    before = weights(trainer.model)
    seen: list[dict[str, float]] = []
    add = trainer.loss_log.add

    def record(outputs: Any) -> None:
        losses = {name: getattr(outputs, name) for name in ("ce_loss", "aux_loss", "alignment_mse")}
        seen.append({name: float(value.detach()) for name, value in losses.items() if value is not None})
        add(outputs)

    trainer.loss_log.add = record  # type: ignore[method-assign]
    trainer.train()
    after = weights(trainer.model)
    answer = {
        "world": trainer.args.world_size,
        "digest": digest(after),
        "changed": sorted(name for name in after if not torch.equal(before[name], after[name])),
        "seen": seen,
        "order": list(trainer._get_train_sampler() or []),
        "logs": step_logs(trainer),
    }
    (folder / f"rank{trainer.args.process_index}.json").write_text(json.dumps(answer), encoding="utf-8")
    finish(trainer)


def digest(values: dict[str, torch.Tensor]) -> str:
    hashed = hashlib.sha256()
    for name in sorted(values):
        hashed.update(values[name].numpy().tobytes())
    return hashed.hexdigest()


def finish(trainer: MMBertTrainer) -> None:
    """Leave together: a process that goes first can abort the other."""
    trainer.accelerator.wait_for_everyone()
    trainer.accelerator.end_training()
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
