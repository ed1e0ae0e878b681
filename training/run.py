"""`decloak train mmbert`: from a recipe, tables and encoders to a finished model."""

import json
import logging
import os
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import transformers
from transformers import set_seed
from transformers.trainer_utils import get_last_checkpoint

from decloak.modeling import MMBertConfig, MMBertForSequenceClassification
from decloak.processing import MultimodalHateProcessor

from .collator import EncodedDataset, MultimodalCollator
from .cross_hearing import cross_hearing
from .data.cloaked_copies import add_cloaked_copies
from .data.language_texts import load_language_texts
from .data.mixture import Mixture, class_id, load_mixture, load_texts
from .data.tables import table_rows
from .export import save_repository
from .initial_model import Encoders, make_initial
from .mmbert_trainer import MMBertTrainer
from .mmbert_training_arguments import MMBertTrainingArguments
from .recipe import Recipe, load_recipe

logger = logging.getLogger(__name__)


def train_mmbert(
    recipe: Path,
    data: dict[str, Path],
    output: Path,
    eval_data: Path | None = None,
    text_encoder: str | None = None,
    speech_encoder: str | None = None,
    vision_encoder: str | None = None,
    banks: Path | None = None,
    init: Path | None = None,
    resume: bool = False,
    overrides: dict[str, str] | None = None,
) -> Path:
    """Train an MMBERT as a recipe says.

    `output` gets `initial/` (the untrained model, from which a killed run goes on), `checkpoints/`, `log.jsonl` and
    `model/`, the finished repository.

    Args:
        recipe: the YAML file.
        data: training and excluded tables by the recipe's names.
        output: folder of the run.
        eval_data: table with `text` and `label` that is measured as the recipe's `eval_strategy` says; its texts are
            excluded from training. Without it nothing is measured.
        text_encoder: a BERT, needed unless `init` is given.
        speech_encoder: a Whisper, or None.
        vision_encoder: an image encoder; also what a glyph bank is built with.
        banks: folder of ready banks; what `decloak build-banks` made.
        init: a decloak model to train on from, instead of encoders.
        resume: go on from the last checkpoint.
        overrides: values of the recipe by dotted key.

    Returns:
        The folder of the finished model.

    Raises:
        ValueError: The recipe, the data or the encoders do not fit together.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ValueError(
            "decloak train mmbert runs in one process, and every process would write the same folder. For several, "
            "start a script of your own with torchrun that makes an MMBertTrainer."
        )
    started = time.monotonic()
    settings = load_recipe(recipe, overrides)
    set_seed(settings.seed)
    mixture = read_data(settings, data, eval_data)
    initial = output / "initial"
    checkpoint = last_checkpoint(output, resume)
    if not resume and init is not None:
        save_repository(*load_initial(settings, init), initial, torch.float32)
    elif not resume:
        encoders = Encoders(text_encoder, speech_encoder, vision_encoder, banks)
        make_initial(settings, mixture.rows, encoders, initial, mixture.language_texts)
    model, processor = load_initial(settings, initial)
    prepared = time.monotonic()
    trainer = make_trainer(settings, model, processor, mixture, eval_data, output / "checkpoints")
    trainer.train(resume_from_checkpoint=checkpoint)
    record = run_record(settings, mixture, trainer, prepared - started, time.monotonic() - prepared)
    write_log(trainer.state.log_history, output / "log.jsonl")
    model.cpu().eval()
    model.set_attn_implementation({"": "sdpa"})  # not the sense encoders, which may know no other than their own
    return save_repository(model, processor, output / "model", getattr(torch, settings.dtype), record)


def last_checkpoint(output: Path, resume: bool) -> str | None:
    """Return the checkpoint that a run goes on from; None at the start, and where it was killed before the first.

    Raises:
        ValueError: There is nothing to resume, or an earlier run in the way of a new one.
    """
    folder = output / "checkpoints"
    checkpoint = get_last_checkpoint(folder) if folder.is_dir() else None
    if resume and not (output / "initial" / "config.json").exists():
        raise ValueError(f"There is nothing to resume in {output}: it has no initial model.")
    if not resume and checkpoint is not None:
        raise ValueError(f"{output} holds an earlier run: pass --resume to go on with it, or name another --output.")
    return checkpoint


def load_initial(recipe: Recipe, folder: str | Path) -> tuple[MMBertForSequenceClassification, MultimodalHateProcessor]:
    """Load the model that training starts from, and its processor.

    Raises:
        ValueError: Its labels are not those of the recipe.
    """
    model = MMBertForSequenceClassification.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation=recipe.training.get("attn_implementation"),
        use_safetensors=True,
    )
    labels = [model.config.id2label[index] for index in range(model.config.num_labels)]
    if labels != recipe.labels:
        raise ValueError(f"{folder} has the labels {labels}, the recipe {recipe.labels}: they must be the same.")
    drop_calibration(model.config)
    return model, MultimodalHateProcessor.from_pretrained(folder)


def drop_calibration(config: MMBertConfig) -> None:
    """Take a calibration out of a configuration: it is of the weights before training."""
    config.temperature = 1.0
    config.isotonic = config.thresholds = config.positive_labels = config.calibration_record = None


def read_data(recipe: Recipe, data: dict[str, Path], eval_data: Path | None) -> Mixture:
    """Read the training texts, without those of test suites, of the excluded tables and of the evaluation table.

    Raises:
        ValueError: A table that the recipe excludes was not given, or a training table is a test suite.
    """
    _check_given(recipe, data)
    excluded = load_texts(eval_data) if eval_data is not None else set()
    for name in recipe.exclude:
        excluded |= load_texts(data[name])
    paths = {name: path for name, path in data.items() if name not in {*recipe.exclude, *recipe.language_texts}}
    mixture = load_mixture(recipe.data, paths, excluded, recipe.labels, recipe.seed, recipe.leaks.near_duplicates)
    spoken = {name: data[name] for name in recipe.language_texts}
    load_language_texts(mixture, spoken, excluded, recipe.leaks.near_duplicates)
    if recipe.cloaking is not None:
        add_cloaked_copies(mixture, recipe.cloaking, excluded, recipe.seed)
        logger.info("cloaked copies: %s", mixture.cloaked)
    for name, counts in mixture.counts.items():
        logger.info("%s: %s", name, counts)
    return mixture


def _check_given(recipe: Recipe, data: dict[str, Path]) -> None:
    missing = [name for name in recipe.exclude if name not in data]
    if missing:
        raise ValueError(
            f"The recipe keeps the texts of {missing} out of training: pass --data NAME=PATH for each, or name fewer "
            "with --set exclude=[...]."
        )
    missing = [name for name in recipe.language_texts if name not in data]
    if missing:
        raise ValueError(
            f"The language model of the recipe's transcript reads {missing}: pass --data NAME=PATH for each, or name "
            "fewer with --set transcript.texts=[...]."
        )


def make_trainer(
    recipe: Recipe,
    model: MMBertForSequenceClassification,
    processor: MultimodalHateProcessor,
    mixture: Mixture,
    eval_data: Path | None,
    folder: Path,
) -> MMBertTrainer:
    """Encode the data and set the trainer up."""
    given = {name: value for name, value in recipe.training.items() if name != "attn_implementation"}
    fields = {"bf16": fast_bfloat16(), "use_cpu": not torch.cuda.is_available()} | given
    if eval_data is None:
        fields["eval_strategy"] = "no"
    arguments = MMBertTrainingArguments(output_dir=str(folder), seed=recipe.seed, stages=recipe.stages, **fields)
    texts, labels = [row.text for row in mixture.rows], [row.label for row in mixture.rows]
    hearing = None
    if recipe.transcript is not None:
        hearing = cross_hearing(processor, mixture.rows, recipe.transcript, mixture.language_texts)
    train = EncodedDataset(processor, texts, labels, max_length=recipe.max_length, processor_of=hearing)
    evaluation = None
    if eval_data is not None:
        rows = [row for row in table_rows(eval_data, ["text", "label"]) if not row.error]
        wanted = [class_id(row.values["label"], recipe.labels, f"{eval_data}, row {row.number}") for row in rows]
        eval_texts = [row.values["text"] for row in rows]
        evaluation = EncodedDataset(processor, eval_texts, wanted, max_length=recipe.max_length)
    return MMBertTrainer(
        model,
        arguments,
        train_dataset=train,
        eval_dataset=evaluation,
        data_collator=MultimodalCollator(processor),
        processing_class=processor,
        compute_metrics=classification_scores,
    )


def fast_bfloat16() -> bool:
    """Tell whether this machine computes bfloat16 in hardware; in software it is far slower than float32."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in checks)


def classification_scores(prediction: transformers.EvalPrediction) -> dict[str, float]:
    """Return macro-F1 and accuracy of an evaluation during training."""
    from sklearn.metrics import accuracy_score, f1_score

    predicted = np.asarray(prediction.predictions).argmax(axis=-1)
    return {
        "macro_f1": float(f1_score(prediction.label_ids, predicted, average="macro")),
        "accuracy": float(accuracy_score(prediction.label_ids, predicted)),
    }


def run_record(
    recipe: Recipe, mixture: Mixture, trainer: MMBertTrainer, preparing: float, training: float
) -> dict[str, Any]:
    """Return what the model card says of the run."""
    train = cast(EncodedDataset, trainer.train_dataset)
    return {
        "recipe": recipe.model_dump(),
        "data": mixture.counts,
        "cloaked": mixture.cloaked,
        "language_texts": mixture.language_counts,
        "texts": len(train),
        "texts_cut": train.truncated,
        "texts_left_out": len(train.errors),
        "steps": trainer.state.global_step,
        "seconds": {"preparing": round(preparing), "training": round(training)},
        "threads": torch.get_num_threads(),
        "bf16": trainer.args.bf16,
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }


def write_log(history: list[dict[str, Any]], path: Path) -> None:
    """Write the trainer's log, a line a record."""
    path.write_text("".join(json.dumps(line) + "\n" for line in history), encoding="utf-8")


__all__ = ["train_mmbert"]
