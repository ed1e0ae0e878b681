"""A tiny run of `train_mmbert` on generated data; as a program, one that is killed after a checkpoint.

Arguments of the program: the folder of the encoders, the folder of the run, the step after whose checkpoint it dies.
"""

import csv
import sys
from pathlib import Path
from typing import Any

import torch
import yaml

from decloak.processing.glyph_rendering import GlyphRenderer
from decloak.training import MMBertTrainer, initial_model
from decloak.training.run import train_mmbert
from tests.tiny import CJK, LATIN
from tests.tiny_font import write_font
from tests.training.builders import ALIGN, TEXT, VISION, texts_and_labels
from tests.training.killed_run import Kill

RECIPE: dict[str, Any] = {
    "name": "tiny",
    "data": [{"name": "all", "repeat": 2}, {"name": "more", "label_column": "hate", "limit": 6}],
    "exclude": ["test"],
    "text_encoder": {"keep_layers": [1], "vocabulary_size": 80, "min_character_count": 1},
    "glyph_bank": {"dimension": 4, "limit": 60, "min_count": 1},
    "model": {
        "fusion": "add",
        "shared_expert": False,
        "aligner_hidden_size": 8,
        "default_modalities": ["text", "vision"],
    },
    "processor": {"default_modalities": ["text", "vision"], "window_overlap": 4},
    "max_length": 12,
    "stages": [
        ALIGN | {"learning_rates": {"vision_aligner": "1e-2"}},
        TEXT,
        VISION,
        {"name": "joint", "share": 2, "learning_rates": {"default": 1e-3}, "sense_dropout": 0.3},
    ],
    "training": {
        "num_train_epochs": 2,
        "per_device_train_batch_size": 8,
        "per_device_eval_batch_size": 8,
        "logging_steps": 2,
        "save_steps": 3,
        "eval_strategy": "steps",
        "eval_steps": 6,
        "attn_implementation": "eager",
        "bf16": False,
        "use_cpu": True,
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    },
}


def write_inputs(folder: Path) -> dict[str, Any]:
    """Write recipe and tables; return the arguments of `train_mmbert` that name them."""
    (folder / "tiny.yaml").write_text(yaml.safe_dump(RECIPE), encoding="utf-8")
    sizes = {"all": (24, 1, "label"), "more": (10, 2, "hate"), "test": (5, 3, "label"), "dev": (6, 4, "label")}
    for name, (count, seed, label) in sizes.items():
        texts, labels = texts_and_labels(count, seed=seed, shortest=6, longest=20)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", label), *zip(texts, labels, strict=True)])
    data = {name: folder / f"{name}.csv" for name in ("all", "more", "test")}
    return {"recipe": folder / "tiny.yaml", "data": data, "eval_data": folder / "dev.csv"}


def use_tiny_font(folder: Path) -> None:
    """Draw the glyph bank with a font made here."""
    renderer = GlyphRenderer(write_font(folder / "tiny.ttf", CJK + LATIN))
    initial_model.default_renderer = lambda: renderer  # type: ignore[attr-defined]


def encoder_arguments(encoders: Path) -> dict[str, str]:
    return {"text_encoder": str(encoders / "bert"), "vision_encoder": str(encoders / "clip_vision")}


def main(encoders: Path, folder: Path, step: int) -> None:
    torch.set_num_threads(1)
    use_tiny_font(folder)
    train = MMBertTrainer.train

    def killed(self: MMBertTrainer, *args: Any, **kwargs: Any) -> Any:
        self.add_callback(Kill(step))
        return train(self, *args, **kwargs)

    MMBertTrainer.train = killed  # type: ignore[method-assign]
    train_mmbert(**write_inputs(folder), **encoder_arguments(encoders), output=folder / "run")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
