"""Training stages of MMBERT: align, specialise, joint (arXiv 2508.00760, section 3).

A stage says what is trained, at which rates, with which senses and experts, and on which loss. Which stage a step
belongs to is a pure function of the step, so that a run that was killed goes on exactly as it would have.
"""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from itertools import accumulate
from typing import Any, Literal, get_args

from decloak.modeling import MODALITIES

COMPONENTS = {
    "speech_aligner": r"\b(speech\.aligner|transcript)\.",
    "vision_aligner": r"\bvision\.aligner\.",
    "sense_encoders": r"(?<!\bexperts\.)\b(speech|vision)\.",
    "text_expert": r"\bexperts\.text\.",
    "speech_expert": r"\bexperts\.speech\.",
    "vision_expert": r"\bexperts\.vision\.",
    "shared_expert": r"\bfeed_forward\.shared\.",
    "router": r"\brouter\.",
    "classifier": r"\b(classifier|pooler)\.",
    "embeddings": r"\bembeddings\.",
    "encoder": r"",
}
Objective = Literal["classification", "alignment"]
AlignmentTarget = Literal["embeddings", "encoder"]
Schedule = Literal["linear", "cosine", "constant"]


def component_of(parameter: str) -> str:
    """Return the component that a parameter belongs to: the first of `COMPONENTS` whose pattern its name has."""
    return next(name for name, pattern in COMPONENTS.items() if re.search(pattern, parameter))


@dataclass(frozen=True)
class TrainingStage:
    """One stage.

    Attributes:
        name: shown in logs.
        share: its part of all steps, relative to the other stages' shares.
        learning_rates: peak rate of each component that is trained (`COMPONENTS`; `"default"` for all components
            but the frozen encoders that are not named). What is not named is frozen.
        objective: `"classification"`, or `"alignment"` of sense tokens with text tokens.
        alignment_target: `"embeddings"` or `"encoder"` (see `MMBertModel.forward`).
        modalities: senses that the model gets; all that the batch has, if None.
        experts: experts that the routers may use; all, if None.
        warmup: part of the stage's steps in which the rates rise from 0.
        schedule: how they fall after that: to 0 linearly or as a cosine, or not at all.
        sense_dropout: part of the steps that go without one of the senses of their batch, chosen at random, so that
            the model learns to do without any of them (ours, not the paper's).
    """

    name: str
    share: float
    learning_rates: dict[str, float]
    objective: Objective = "classification"
    alignment_target: AlignmentTarget = "embeddings"
    modalities: tuple[str, ...] | None = None
    experts: tuple[str, ...] | None = None
    warmup: float = 0.1
    schedule: Schedule = "linear"
    sense_dropout: float = 0.0

    def __post_init__(self) -> None:
        """Check the fields, so that a bad stage fails before the run; lists become tuples, numeric strings numbers."""
        unknown = sorted(set(self.learning_rates) - {*COMPONENTS, "default"})
        if unknown or not self.learning_rates:
            raise ValueError(
                f"Stage {self.name}: learning_rates names {unknown or 'nothing'}; "
                f"components are {sorted(COMPONENTS)} and 'default'."
            )
        rates = {name: self._number(f"the rate of {name}", rate) for name, rate in self.learning_rates.items()}
        object.__setattr__(self, "learning_rates", rates)
        for name in ("share", "warmup", "sense_dropout"):
            object.__setattr__(self, name, self._number(name, getattr(self, name)))
        if not self.share > 0 or not self.warmup < 1:
            raise ValueError(f"Stage {self.name}: share={self.share} must be above 0, 0 <= warmup={self.warmup} < 1.")
        if self.sense_dropout > 1 or (self.sense_dropout and self.objective == "alignment"):
            raise ValueError(
                f"Stage {self.name}: sense_dropout={self.sense_dropout} is a part of the steps, and 0 in alignment."
            )
        for name, kind in (("objective", Objective), ("alignment_target", AlignmentTarget), ("schedule", Schedule)):
            if getattr(self, name) not in get_args(kind):
                raise ValueError(f"Stage {self.name}: {name}={getattr(self, name)!r}; allowed are {get_args(kind)}.")
        for name in ("modalities", "experts"):
            object.__setattr__(self, name, self._names(name))
        if self.objective == "alignment" and self.modalities == ("text",):
            raise ValueError(f"Stage {self.name}: alignment needs speech or vision; modalities={self.modalities}.")

    def _number(self, what: str, value: Any) -> float:
        """Return a number that is finite and not below 0; YAML reads `5e-5` (without a dot) as a string."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not 0 <= number < math.inf:
            raise ValueError(f"Stage {self.name}: {what} is {value!r}; it is a number, 0 or above.")
        return number

    def _names(self, what: str) -> tuple[str, ...] | None:
        value = getattr(self, what)
        if value is None:
            return None
        names = (value,) if isinstance(value, str) else tuple(value)
        if not names or not set(names) <= set(MODALITIES):
            raise ValueError(f"Stage {self.name}: {what}={names}; choose from {MODALITIES}.")
        return names

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainingStage":
        """Make a stage of a recipe's mapping.

        Raises:
            ValueError: It has a key that no stage has, or lacks one.
        """
        known = {item.name for item in fields(cls)}
        missing = {"name", "share", "learning_rates"} - set(values)
        if missing or not set(values) <= known:
            raise ValueError(
                f"A stage has the keys {sorted(known)}; this has {sorted(values)}, lacks {sorted(missing)}."
            )
        return cls(**values)

    def senses_at(self, step: int, seed: int, available: Sequence[str]) -> list[str]:
        """Return the senses that a step uses, of those that its batch has; a pure function of its arguments."""
        senses = [name for name in available if self.modalities is None or name in self.modalities]
        chance = random.Random(f"{seed}:{step}")  # noqa: S311  not a secret; equal on every process and after a resume
        if len(senses) > 1 and chance.random() < self.sense_dropout:
            senses.remove(chance.choice(senses))
        return senses

    def peak_rate(self, component: str) -> float:
        """Return the peak learning rate of a component; 0 where it is frozen."""
        default = 0.0 if component == "sense_encoders" else self.learning_rates.get("default", 0.0)
        return self.learning_rates.get(component, default)


@dataclass(frozen=True)
class StageSchedule:
    """Stages laid out over a number of steps.

    Attributes:
        stages: in order.
        total_steps: optimiser steps of the whole run.
    """

    stages: tuple[TrainingStage, ...]
    total_steps: int
    ends: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Compute the step at which each stage ends; every stage has at least one."""
        if not self.stages or self.total_steps < len(self.stages):
            raise ValueError(f"{len(self.stages)} stages need at least as many steps; there are {self.total_steps}.")
        whole = sum(stage.share for stage in self.stages)
        ends = [round(self.total_steps * part / whole) for part in accumulate(stage.share for stage in self.stages)]
        for index in range(len(ends)):
            remaining = len(ends) - index - 1
            first = ends[index - 1] + 1 if index else 1
            ends[index] = min(max(ends[index], first), self.total_steps - remaining)
        object.__setattr__(self, "ends", tuple(ends))

    def index_at(self, step: int) -> int:
        """Return the index of the stage that the step (from 0) belongs to; the last one after the end."""
        return next((index for index, end in enumerate(self.ends) if step < end), len(self.stages) - 1)

    def stage_at(self, step: int) -> TrainingStage:
        """Return the stage that the step (from 0) belongs to."""
        return self.stages[self.index_at(step)]

    def learning_rate(self, component: str, step: int) -> float:
        """Return the learning rate of a component at a step."""
        index = self.index_at(step)
        stage = self.stages[index]
        start = self.ends[index - 1] if index else 0
        length = self.ends[index] - start
        warmup = math.ceil(stage.warmup * length)
        done = min(step - start, length)
        if done < warmup:
            return stage.peak_rate(component) * (done + 1) / (warmup + 1)
        left = (length - done) / max(1, length - warmup)
        factor = {"linear": left, "cosine": (1 - math.cos(math.pi * left)) / 2, "constant": 1.0}[stage.schedule]
        return stage.peak_rate(component) * factor


def trained_components(stages: Sequence[TrainingStage]) -> list[str]:
    """Return the components that any of the stages trains, in the order of `COMPONENTS`."""
    return [name for name in COMPONENTS if any(stage.peak_rate(name) > 0 for stage in stages)]


def paper_stages() -> tuple[TrainingStage, ...]:
    """Return the paper's three stages, the second once for each expert (arXiv 2508.00760; rates of its code).

    The paper's rate for the joint stage is 5e-4, its predecessor's code has 5e-5, which is taken here.
    """
    experts = {"text": 5e-6, "speech": 5e-5, "vision": 5e-5}
    aligners = {"speech_aligner": 1e-3, "vision_aligner": 1e-3}
    align = TrainingStage("align", 0.2, aligners, objective="alignment", alignment_target="encoder")
    specialise = []
    for name, rate in experts.items():
        rates = {f"{name}_expert": rate, "classifier": rate}
        if name != "text":
            rates[f"{name}_aligner"] = rate
        specialise.append(TrainingStage(f"specialise-{name}", 0.1, rates, modalities=(name,), experts=(name,)))
    joint = dict.fromkeys(
        ("text_expert", "speech_expert", "vision_expert", "router", "classifier", "speech_aligner", "vision_aligner"),
        5e-5,
    )
    return (align, *specialise, TrainingStage("joint", 0.5, joint))


__all__ = ["COMPONENTS", "StageSchedule", "TrainingStage", "component_of", "paper_stages", "trained_components"]
