"""Experiment files: data, held-out groups, variants, seeds and tests of one table, in YAML."""

import re
from pathlib import Path

import yaml
from pydantic import Field, ValidationError, model_validator

from decloak.training.data.layouts import Strict
from decloak.training.data.near_duplicates import THRESHOLD
from decloak.training.recipe import CloakingSettings

from .experiment_parts import (
    NAME,
    UNCLOAKED,
    Encoders,
    Holdout,
    MeasuredTest,
    Measuring,
    Paper,
    Source,
    Validation,
    Variant,
)

EXPERIMENTS = Path(__file__).parent / "experiments"
# What tables of held-out texts are called.
RESERVED = ("heldout", "validation")


class Experiment(Strict):
    """One table.

    Attributes:
        name: of the experiment.
        description: what it shows.
        paper: what is reproduced.
        setting: the machine that it is for, and whether it was run there.
        data: tables by name.
        train: sources that are trained on, without held-out groups and without what equals or resembles a test text.
        holdout: groups that are held out, if any are.
        near_duplicates: similarity of character trigrams from which a training text counts as a test text.
        validation: what is measured while training.
        tests: what is measured.
        cloaking: copies that variants with `cloaking` train with.
        encoders: defaults of the command's options.
        variants: what is trained.
        seeds: of each variant.
        measuring: how numbers are made.
    """

    name: str = Field(pattern=NAME)
    description: str
    paper: Paper
    setting: str
    data: dict[str, Source]
    train: list[str] = Field(min_length=1)
    holdout: Holdout | None = None
    near_duplicates: float = Field(default=THRESHOLD, gt=0, le=1)
    validation: Validation | None = None
    tests: list[MeasuredTest] = Field(min_length=1)
    cloaking: CloakingSettings | None = None
    encoders: Encoders = Field(default_factory=Encoders)
    variants: list[Variant] = Field(min_length=1)
    seeds: list[int] = Field(default_factory=lambda: [0], min_length=1)
    measuring: Measuring = Field(default_factory=Measuring)

    @model_validator(mode="after")
    def _check(self) -> "Experiment":
        _once("variants", [variant.name for variant in self.variants])
        _once("tests", [name for test in self.tests for name in (test.name, test.name + UNCLOAKED)])
        wrong = [name for name in self.data if name in RESERVED or re.match(NAME, name) is None]
        if wrong:
            raise ValueError(
                f"data has the name {wrong[0]!r}; letters, digits, . _ - are allowed, and none of {RESERVED}"
            )
        for name in sorted(self.sources_named() - set(self.data)):
            raise ValueError(f"source {name} is named, but data has only {', '.join(self.data)}")
        for test in self.tests:
            self._check_test(test)
        if self.validation is not None and self.validation.source in self.train_sources():
            raise ValueError(f"validation is {self.validation.source}, which is trained on: give a share instead")
        if sum(variant.baseline for variant in self.variants) > 1:
            raise ValueError("more than one variant is the baseline")
        known = {name for test in self.tests for name in (test.name, test.name + UNCLOAKED)}
        lost = [n for n in self.paper.numbers if n.test not in known or n.variant not in {None, *self.variant_names}]
        if lost:
            raise ValueError(f"the paper's number {lost[0].value} is of a test or variant that there is not")
        return self

    def _check_test(self, test: MeasuredTest) -> None:
        if (test.changed_only or test.uncloaked) and self.data[test.source].variant_of is None:
            raise ValueError(
                f"test {test.name} needs to know what its rows are variants of: give data.{test.source}.variant_of"
            )
        if test.rows == "heldout" and self.holdout is None:
            raise ValueError(f"test {test.name} is of held-out rows, and there is no holdout")

    def sources_named(self) -> set[str]:
        """Return every source that something in the file names."""
        named = {*self.train_sources(), *self.language_sources(), *(test.source for test in self.tests)}
        named |= {source.variant_of for source in self.data.values() if source.variant_of}
        if self.holdout is not None:
            named.add(self.holdout.source)
        if self.validation is not None and self.validation.source is not None:
            named.add(self.validation.source)
        return named

    def train_sources(self) -> list[str]:
        """Return the sources that any variant is trained on, in the order in which they are named."""
        return list(dict.fromkeys([*self.train, *(name for one in self.variants for name in one.train or [])]))

    def language_sources(self) -> list[str]:
        """Return the sources that the language model of any variant's transcript reads beside training texts."""
        return list(dict.fromkeys(name for one in self.variants for name in one.language))

    @property
    def variant_names(self) -> list[str]:
        """Names of the variants."""
        return [variant.name for variant in self.variants]


def _once(what: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what} have the name {', '.join(twice)} twice (a test also takes NAME{UNCLOAKED})")


def experiment_names() -> list[str]:
    """Return the names of the experiments that come with decloak."""
    return sorted(file.stem for file in EXPERIMENTS.glob("*.yaml"))


def experiment_file(name: str) -> Path:
    """Find an experiment: a file, or the name of one that comes with decloak.

    Raises:
        FileNotFoundError: It is neither.
    """
    if Path(name).is_file():
        return Path(name)
    if name not in experiment_names():
        raise FileNotFoundError(f"no experiment {name}: give a YAML file or one of {', '.join(experiment_names())}")
    return EXPERIMENTS / f"{name}.yaml"


def load_experiment(file: Path) -> Experiment:
    """Read an experiment file.

    Raises:
        ValueError: It is no YAML mapping, or says something that no experiment has.
    """
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeError) as error:
        raise ValueError(f"{file} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{file} holds {type(values).__name__}; an experiment is a mapping")
    try:
        return Experiment.model_validate(values)
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the whole'}: {e['msg']}" for e in error.errors())
        raise ValueError(f"{file.name} is no experiment: {places}") from error


__all__ = ["Experiment", "experiment_file", "experiment_names", "load_experiment"]
