"""A Trainer for rows of tokens whose order does not change when a run is killed and resumed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler
from transformers import (
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer_pt_utils import LengthGroupedSampler

Watch = Callable[[dict[str, Any]], None]


class RepeatableTrainer(Trainer):
    """Fine-tunes a sequence classifier on encoded rows, batches of like length together.

    The sampler of transformers draws each epoch's order from the global random state, which a resumed run has not
    moved as far; here the order is a function of seed and epoch.

    Args:
        model: The classifier.
        tokenizer: Its tokenizer, for padding.
        arguments: The arguments; `remove_unused_columns` is False.
        rows: With `input_ids`, `labels` and `length`.
        measured: Rows that are measured, or None.
        watch: Sees each record of the log, with `step` and `steps`.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        arguments: TrainingArguments,
        rows: Sequence[dict[str, Any]],
        measured: Sequence[dict[str, Any]] | None = None,
        watch: Watch | None = None,
    ) -> None:
        padded = DataCollatorWithPadding(tokenizer)

        def collate(batch: list[dict[str, Any]]) -> Any:
            return padded([{name: row[name] for name in ("input_ids", "labels")} for row in batch])

        self.lengths = [row["length"] for row in rows]
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=rows,
            eval_dataset=measured,
            data_collator=collate,
            processing_class=tokenizer,
            compute_metrics=_measures,
        )
        self.remove_callback(PrinterCallback)  # it prints its log on stdout, where data goes
        if watch is not None:
            self.add_callback(_LogWatcher(watch))

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler:
        return _EpochSampler(
            self.args.train_batch_size, self.lengths, self.args.seed, lambda: int(self.state.epoch or 0)
        )


class _EpochSampler(LengthGroupedSampler):
    def __init__(self, batch_size: int, lengths: list[int], seed: int, epoch: Callable[[], int]) -> None:
        super().__init__(batch_size, lengths=lengths, generator=torch.Generator())
        self.seed = seed
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        self.generator.manual_seed(self.seed + self.epoch())
        return super().__iter__()


class _LogWatcher(TrainerCallback):
    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        self.watch({"step": state.global_step, "steps": state.max_steps} | (logs or {}))


def _measures(prediction: Any) -> dict[str, float]:
    from sklearn.metrics import accuracy_score, f1_score

    predicted = np.asarray(prediction.predictions).argmax(axis=-1)
    return {
        "macro_f1": float(f1_score(prediction.label_ids, predicted, average="macro")),
        "accuracy": float(accuracy_score(prediction.label_ids, predicted)),
    }


__all__ = ["RepeatableTrainer", "Watch"]
