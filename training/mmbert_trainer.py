"""`MMBertTrainer`: the Trainer of transformers with stages, rates by component, and logs of each loss."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, Dataset, Sampler
from transformers import PreTrainedModel, Trainer

from decloak.modeling import MODALITIES

from .callbacks import StageCallback
from .loss_log import LossLog, warn_of_collapse
from .mmbert_training_arguments import MMBertTrainingArguments
from .sampling import LengthGroupedEpochSampler, row_length
from .stages import StageSchedule, TrainingStage, component_of, trained_components

ROWS_LOOKED_AT = 256
SENSE_KEYS = {
    "speech": ("speech_", "sound_", "input_features", "transcript_"),
    "vision": ("vision_", "glyph", "pixel_"),
}


def senses_of(batch: Mapping[str, Any]) -> list[str]:
    """Return the senses that a batch or an encoded row has."""
    senses = ["text"] if "input_ids" in batch or "inputs_embeds" in batch else []
    return senses + [name for name, keys in SENSE_KEYS.items() if any(key.startswith(keys) for key in batch)]


class MMBertTrainer(Trainer):
    """Trains MMBERT in stages (arXiv 2508.00760).

    Each component has its own learning rate in each stage; the rates and the stage are pure functions of the step.
    All parameter groups exist from the start, also those of components that a later stage trains: optimiser states
    with other groups could not be loaded on resume.
    """

    loss_is_scaled_for_ga = False  # The losses are means; Trainer divides them by the accumulation steps.
    args: MMBertTrainingArguments

    def __init__(self, model: PreTrainedModel, args: MMBertTrainingArguments, **kwargs: Any) -> None:
        """Set the trainer up.

        Args:
            model: an `MMBertForSequenceClassification`.
            args: its arguments.
            kwargs: everything else that `Trainer` takes; `processing_class` is saved in each checkpoint.
        """
        self.stages = args.training_stages()
        self.stage_callback = StageCallback()
        self.schedule: StageSchedule | None = None
        config = model.config
        layers = [layer for layer in range(config.num_hidden_layers) if config.has_experts(layer)]
        self.loss_log = LossLog(layers, MODALITIES)
        super().__init__(model=model, args=args, **kwargs)
        self.add_callback(self.stage_callback)

    @property
    def stage(self) -> TrainingStage:
        """The stage of the current step."""
        if self.schedule is None:
            raise RuntimeError("The stage is known only once training has begun.")
        return self.schedule.stage_at(self.state.global_step)

    @property
    def _unwrapped(self) -> PreTrainedModel:
        return cast(PreTrainedModel, self.model)

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """Make the optimiser with one group for each component, decayed or not.

        This runs before the model is wrapped: everything that any stage trains must take part in the gradient then,
        or DistributedDataParallel would never share its gradient. The stage callback freezes it again.
        """
        model = self._unwrapped if model is None else model
        wanted = trained_components(self.stages)
        trained = {name: value for name, value in model.named_parameters() if component_of(name) in wanted}
        for parameter in trained.values():
            parameter.requires_grad_(True)
        if self.optimizer is None:
            decayed = set(self.get_decay_parameter_names(model))
            groups: dict[tuple[str, bool], list[nn.Parameter]] = {}
            for name, parameter in trained.items():
                groups.setdefault((component_of(name), name in decayed), []).append(parameter)
            optimizer_class, optimizer_kwargs = self.get_optimizer_cls_and_kwargs(self.args, self._unwrapped)
            self.optimizer = optimizer_class(
                [
                    {
                        "params": parameters,
                        "weight_decay": self.args.weight_decay if decays else 0.0,
                        "component": component,
                    }
                    for (component, decays), parameters in groups.items()
                ],
                **optimizer_kwargs,
            )
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None) -> LambdaLR:
        """Lay the stages out over the steps, and make the scheduler that follows them."""
        if self.lr_scheduler is None:
            self.schedule = self.stage_callback.schedule = StageSchedule(self.stages, num_training_steps)
            optimizer = self.create_optimizer() if optimizer is None else optimizer
            self.lr_scheduler = LambdaLR(optimizer, [self._factor(g["component"]) for g in optimizer.param_groups])
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def _factor(self, component: str) -> Any:
        """Return the function of the step that LambdaLR multiplies the base rate by."""
        schedule, base = cast(StageSchedule, self.schedule), self.args.learning_rate
        return lambda step: schedule.learning_rate(component, step) / base

    def get_train_dataloader(self) -> DataLoader:
        """Return the batches, once it is sure that the data has the senses that the stages ask for.

        Raises:
            ValueError: A stage asks for a sense that none of the first rows has.
        """
        rows: Any = self.train_dataset
        if hasattr(rows, "__len__"):
            self._check_senses([rows[index] for index in range(min(ROWS_LOOKED_AT, len(rows)))])
        return super().get_train_dataloader()

    def _check_senses(self, rows: list[dict[str, Any]]) -> None:
        present = {sense for row in rows for sense in senses_of(row)} - {"text"}
        for stage in self.stages:
            missing = sorted(set(stage.modalities or ()) - {"text"} - present)
            if not missing and stage.objective == "alignment" and not present:
                missing = sorted(SENSE_KEYS)
            if missing:
                raise ValueError(
                    f"Stage {stage.name} trains {missing}, but none of the first {len(rows)} rows has any. "
                    f"Give the processor that sense (default_modalities), or leave the stage out."
                )

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler | None:
        """Return the order of the rows, which after a resume is the order that it was (see `sampling`)."""
        rows: Any = self.train_dataset if train_dataset is None else train_dataset
        if self.args.train_sampling_strategy != "group_by_length" or not hasattr(rows, "__len__"):
            return super()._get_train_sampler(train_dataset)
        seed = self.args.seed if self.args.data_seed is None else self.args.data_seed
        batch_size = self.args.train_batch_size * self.args.gradient_accumulation_steps
        lengths = [row_length(rows[index]) for index in range(len(rows))]
        return LengthGroupedEpochSampler(lengths, batch_size, seed, lambda: int(self.state.epoch or 0))

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, Any]:
        """Compute the stage's loss in training, the classification loss in evaluation."""
        if not model.training:
            outputs = model(**inputs)
            return (outputs.loss, outputs) if return_outputs else outputs.loss
        stage = self.stage
        senses = stage.senses_at(self.state.global_step, self.args.seed, senses_of(inputs))
        inputs = {**inputs, "modalities": senses or stage.modalities, "experts": stage.experts}
        if stage.objective == "alignment":
            outputs = model(**inputs, alignment_target=stage.alignment_target)
        else:
            # Loads say something only where the router chooses.
            outputs = model(**inputs, output_router_logits=stage.experts is None)
        self.loss_log.add(outputs)
        return (outputs.loss, outputs) if return_outputs else outputs.loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log; training lines get the stage, each loss, the experts' loads and the components' rates."""
        if "loss" in logs and self.schedule is not None:
            step = max(0, self.state.global_step - 1)
            extra = self.loss_log.pop(lambda sums: self.accelerator.reduce(sums, "sum"), self.args.device)
            warn_of_collapse(extra, self.args.router_collapse_threshold)
            rates = {
                f"learning_rate/{name}": self.schedule.learning_rate(name, step)
                for name in trained_components(self.stages)
            }
            logs |= {"stage": self.schedule.index_at(step), **extra, **rates}
        super().log(logs, start_time)

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Keep a card that is there: Trainer's own would overwrite it."""
        if not Path(self.args.output_dir or ".", "README.md").exists():
            super().create_model_card(*args, **kwargs)


__all__ = ["MMBertTrainer"]
