"""Tiny data, models and trainers for the tests of training."""

import random
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset

from decloak.modeling import MMBertForSequenceClassification
from decloak.processing import MultimodalHateProcessor
from decloak.training import EncodedDataset, MMBertTrainer, MMBertTrainingArguments, MultimodalCollator
from tests.tiny import tiny_model, tiny_processor

SOUNDS = 5  # rows of the sound bank of `tiny_model`, but the first
ALIGN = {
    "name": "align",
    "share": 1,
    "objective": "alignment",
    "learning_rates": {"speech_aligner": 1e-2, "vision_aligner": 1e-2},
}
TEXT = {
    "name": "specialise-text",
    "share": 1,
    "modalities": ["text"],
    "experts": ["text"],
    "learning_rates": {"text_expert": 1e-3, "classifier": 1e-2},
}
VISION = {
    "name": "specialise-vision",
    "share": 1,
    "modalities": ["vision"],
    "experts": ["vision"],
    "learning_rates": {"vision_expert": 1e-3, "vision_aligner": 1e-3, "classifier": 1e-2},
}
JOINT = {"name": "joint", "share": 1, "learning_rates": {"default": 1e-3, "router": 1e-2}}
STAGES = [ALIGN, TEXT, VISION, JOINT]


def texts_and_labels(count: int, seed: int = 0, shortest: int = 1, longest: int = 12) -> tuple[list[str], list[int]]:
    """Random texts; the label says whether there is a 坏 in it."""
    chance = random.Random(seed)
    texts = ["".join(chance.choices("你好坏人今天气很", k=chance.randint(shortest, longest))) for _ in range(count)]
    return texts, [int("坏" in text) for text in texts]


class Rows(Dataset[dict[str, Any]]):
    """Encoded rows that read, see by the glyph bank, and hear by the sound bank."""

    def __init__(self, processor: MultimodalHateProcessor, count: int, sound: bool = True, **texts: Any) -> None:
        self.encoded = EncodedDataset(processor, *texts_and_labels(count, **texts), modalities=["text", "vision"])
        if sound:
            for row in self.encoded.rows:
                row["speech_positions"] = row["vision_positions"]
                row["sound_ids"] = [1 + glyph % SOUNDS for glyph in row["glyph_ids"]]

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.encoded[index]


def bank_model(**fields: Any) -> MMBertForSequenceClassification:
    """A classifier whose speech and vision come from banks."""
    return tiny_model(encoders=False, banks=True, **fields)


def make_trainer(
    folder: Path,
    stages: list[dict[str, Any]] | None = None,
    rows: Any = None,
    model: MMBertForSequenceClassification | None = None,
    eval_rows: Any = None,
    **arguments: Any,
) -> MMBertTrainer:
    """A trainer on the CPU, with one thread, so that sums have one order."""
    torch.set_num_threads(1)
    processor = tiny_processor()
    settings: dict[str, Any] = {
        "output_dir": str(folder),
        "stages": STAGES if stages is None else stages,
        "max_steps": 12,
        "per_device_train_batch_size": 4,
        "logging_steps": 1,
        "save_strategy": "no",
        "use_cpu": True,
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }
    return MMBertTrainer(
        bank_model() if model is None else model,
        MMBertTrainingArguments(**(settings | arguments)),
        train_dataset=Rows(processor, 20) if rows is None else rows,
        eval_dataset=eval_rows,
        data_collator=MultimodalCollator(processor),
        processing_class=processor,
    )


def step_logs(trainer: MMBertTrainer) -> list[dict[str, Any]]:
    """The training lines of a trainer's log."""
    return [line for line in trainer.state.log_history if "loss" in line]


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A copy of a model's weights."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
