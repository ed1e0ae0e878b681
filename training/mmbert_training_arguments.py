"""Arguments of `MMBertTrainer`."""

from dataclasses import dataclass, field
from typing import Any

from transformers import TrainingArguments

from .stages import TrainingStage, paper_stages


@dataclass
class MMBertTrainingArguments(TrainingArguments):
    """`TrainingArguments` with stages.

    Changed defaults: `remove_unused_columns=False` (the collator makes the columns), `logging_steps=50`,
    `save_total_limit=2`, `report_to="none"`, `label_names=["labels"]`, `train_sampling_strategy="group_by_length"`.
    `learning_rate`, `lr_scheduler_type` and the warm-up have no effect: the stages set the rates.

    Attributes:
        stages: `TrainingStage`s or mappings of their fields; the paper's three stages if None.
        router_collapse_threshold: warn when one expert's mean weight in a layer is above this.
    """

    remove_unused_columns: bool = False
    logging_steps: float = 50
    save_total_limit: int | None = 2
    report_to: None | str | list[str] = "none"
    label_names: list[str] | None = field(default_factory=lambda: ["labels"])
    train_sampling_strategy: str = "group_by_length"
    stages: list[dict[str, Any]] | None = field(default=None, metadata={"help": "Stages; the paper's if not given."})
    router_collapse_threshold: float = field(
        default=0.9, metadata={"help": "Warn when one expert's mean weight in a layer is above this."}
    )

    def __post_init__(self) -> None:
        """Check the stages early: a bad recipe must not fail after hours."""
        super().__post_init__()
        if not 0 < self.router_collapse_threshold <= 1:
            raise ValueError(f"router_collapse_threshold={self.router_collapse_threshold}; it is in (0, 1].")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate={self.learning_rate}; it must be above 0 (the stages set the rates).")
        self.training_stages()

    def training_stages(self) -> tuple[TrainingStage, ...]:
        """Return the stages as objects."""
        if self.stages is None:
            return paper_stages()
        return tuple(
            stage if isinstance(stage, TrainingStage) else TrainingStage.from_dict(stage) for stage in self.stages
        )


__all__ = ["MMBertTrainingArguments"]
