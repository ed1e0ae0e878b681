"""Fine-tune a plain text encoder: the baseline of everything that adds to one."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from decloak.evaluation.answers import token_limit, well_formed

from .training_texts import RECORD, TrainingTexts, check_output, public_name

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, TrainingArguments

    from .repeatable_trainer import Watch

CHECKPOINTS = "checkpoints"
RUN = "run.json"


@dataclass(frozen=True)
class EncoderSettings:
    """How an encoder is fine-tuned.

    Attributes:
        epochs: Times that each text is seen.
        learning_rate: Peak; it rises over the first 6 % of the steps and falls linearly to 0.
        batch_size: Texts a step.
        max_length: Tokens that training texts are cut to.
        max_steps: Stop after as many steps, whatever `epochs` says; None is no limit.
        save_steps: A checkpoint after as many steps, from which a killed run goes on.
        bfloat16: Compute in bfloat16; only worth it where the machine does so in hardware.
    """

    epochs: float = 2.0
    learning_rate: float = 3e-5
    batch_size: int = 32
    max_length: int = 128
    max_steps: int | None = None
    save_steps: int = 200
    bfloat16: bool = False


def train_encoder(
    encoder: str,
    data: TrainingTexts,
    output: Path,
    evaluation: TrainingTexts | None = None,
    settings: EncoderSettings | None = None,
    resume: bool = False,
    watch: "Watch | None" = None,
) -> Path:
    """Fine-tune an encoder with a linear head by transformers' Trainer, and save it as an ordinary folder.

    While it runs, `output` holds `checkpoints/`, which go when the model is saved.

    Args:
        encoder: Folder or Hub id of what `AutoModelForSequenceClassification` loads, from safetensors.
        data: What to train on.
        output: Where to; empty or not there, unless `resume`.
        evaluation: Texts that are measured after each epoch; they choose nothing.
        settings: How; None is the defaults.
        resume: Go on from the last checkpoint of a run that was killed; the result is that of one that was not.
        watch: Sees each record of the log, to show progress.

    Returns:
        The folder, with `id2label` and `training_record.json`.

    Raises:
        ValueError: The encoder cannot be loaded, a setting is outside its range, the folder is in use, or there is
            nothing to resume, or it is another run.
    """
    from transformers import set_seed

    from .repeatable_trainer import RepeatableTrainer

    started = time.monotonic()
    settings = settings or EncoderSettings()
    _check_settings(settings)
    run = {"encoder": encoder, "texts": data.sha256(), "seed": data.seed} | asdict(settings)
    if not resume:
        check_output(output)
    set_seed(data.seed)
    model, tokenizer = _load(encoder, data.labels)
    checkpoint = _begin(output, run, resume)
    limit = min(settings.max_length, token_limit(model, tokenizer.model_max_length) or settings.max_length)
    rows = encoded_rows(tokenizer, data, limit)
    measured = encoded_rows(tokenizer, evaluation, limit) if evaluation is not None else None
    arguments = _arguments(output, settings, data.seed, measured is not None)
    trainer = RepeatableTrainer(model, tokenizer, arguments, rows, measured, watch)
    trainer.train(resume_from_checkpoint=checkpoint)
    history = [line for line in trainer.state.log_history if "eval_loss" in line or "loss" in line]
    facts = {"encoder": public_name(encoder), "steps": trainer.state.global_step}
    record = data.record(started, **asdict(settings), **facts, texts_cut=sum(row["cut"] for row in rows))
    return _save(model, tokenizer, output, record | {"log": history})


def encoded_rows(
    tokenizer: "PreTrainedTokenizerBase", data: TrainingTexts, max_length: int
) -> "Sequence[dict[str, Any]]":
    """Turn texts into rows of `input_ids`, `labels`, `length` and `cut`, whether a text was longer than allowed."""
    texts = [well_formed(text) for text in data.texts]
    whole = tokenizer(texts, truncation=False, verbose=False)["input_ids"]
    kept = tokenizer(texts, truncation=True, max_length=max_length)["input_ids"]
    return [
        {"input_ids": ids, "labels": label, "length": len(ids), "cut": len(all_ids) > len(ids)}
        for ids, all_ids, label in zip(kept, whole, data.classes, strict=True)
    ]


def _check_settings(settings: EncoderSettings) -> None:
    for name, value in asdict(settings).items():
        if name != "bfloat16" and value is not None and not 0 < value < float("inf"):
            raise ValueError(f"{name} is {value}; a number above 0 is needed")


def _begin(output: Path, run: dict[str, Any], resume: bool) -> str | None:
    """Note what the run is, or find the checkpoint that it goes on from (None where it was killed before the first)."""
    from transformers.trainer_utils import get_last_checkpoint

    file = output / CHECKPOINTS / RUN
    if not resume:
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")
        return None
    if not file.is_file():
        done = ": the run is finished" if (output / RECORD).is_file() else ""
        raise ValueError(f"there is nothing to resume in {output}{done}")
    earlier = json.loads(file.read_text(encoding="utf-8"))
    changed = [name for name in run if earlier.get(name) != run[name]]
    if changed:
        raise ValueError(
            f"the run in {output} had another {', '.join(changed)}: resume with the same texts and options"
        )
    return get_last_checkpoint(str(file.parent))


def _load(encoder: str, labels: Sequence[str]) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    names = dict(enumerate(labels))
    numbers = {name: index for index, name in names.items()}
    try:
        tokenizer = AutoTokenizer.from_pretrained(encoder)
        model = AutoModelForSequenceClassification.from_pretrained(
            encoder, num_labels=len(names), id2label=names, label2id=numbers, dtype=torch.float32, use_safetensors=True
        )
    except (AttributeError, ImportError, KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        # Whatever a broken config or tokenizer file makes the libraries raise, the person named this encoder.
        raise ValueError(f"cannot load the encoder {encoder}: {' '.join(str(error).split())[:500]}") from error
    return model, tokenizer


def _arguments(output: Path, settings: EncoderSettings, seed: int, measured: bool) -> "TrainingArguments":
    import torch
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=str(output / CHECKPOINTS),
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        learning_rate=settings.learning_rate,
        warmup_steps=0.06,  # below 1 it is a share of the steps
        weight_decay=0.01,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size * 2,
        eval_strategy="epoch" if measured else "no",
        save_strategy="steps",
        save_steps=settings.save_steps,
        save_total_limit=1,
        logging_steps=50,
        seed=seed,
        bf16=settings.bfloat16,
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,  # the collator takes what the model reads
        report_to="none",
        disable_tqdm=True,
    )


def _save(model: Any, tokenizer: Any, output: Path, record: dict[str, Any]) -> Path:
    broken = [name for name, tensor in model.state_dict().items() if not tensor.isfinite().all()]
    if broken:
        raise ValueError(f"{len(broken)} weights are not finite, first {broken[0]}: lower the learning rate")
    model.cpu().float().save_pretrained(output)
    for file in output.glob("*.safetensors"):
        file.chmod(0o644)  # safetensors leaves it to the owner alone
    tokenizer.save_pretrained(output)
    (output / RECORD).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    shutil.rmtree(output / CHECKPOINTS)
    return output


__all__ = ["EncoderSettings", "encoded_rows", "train_encoder"]
