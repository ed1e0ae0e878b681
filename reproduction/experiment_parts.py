"""What an experiment file is made of: sources, held-out groups, tests and variants."""

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from decloak.modeling import MODALITIES
from decloak.processing.cloaking import available_attacks
from decloak.training.data.layouts import Strict

UNCLOAKED = "-uncloaked"
# Names become folders and files.
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"

Normalization = Literal["none", "light", "full", "emoji_names"]


class PaperNumber(Strict):
    """A number of the paper, shown beside ours; it need not be of the same rows.

    Attributes:
        test: the test that it stands beside.
        variant: the variant that it stands beside; None puts it under the whole test.
        value: in the unit of the measure, 0 to 1.
        measure: what was measured.
        note: where it is from, and how it differs.
    """

    test: str
    variant: str | None = None
    value: float
    measure: str = "macro_f1"
    note: str = ""


class Paper(Strict):
    """What is reproduced: the source, which table, its numbers, and what one must know about them."""

    source: str
    table: str
    notes: list[str] = Field(default_factory=list)
    numbers: list[PaperNumber] = Field(default_factory=list)


class Source(Strict):
    """A table that is read.

    Attributes:
        entry: data set of the catalogue; None for a table that `--data NAME=PATH` must name.
        part: its part, such as an official split.
        variant_of: source with the same ids whose texts these are variants of; all variants of a row are one group.
    """

    entry: str | None = None
    part: str | None = None
    variant_of: str | None = None

    @model_validator(mode="after")
    def _check(self) -> "Source":
        if (self.entry is None) != (self.part is None):
            raise ValueError("entry and part belong together: give both, or neither for a table of your own")
        return self


class Holdout(Strict):
    """Groups that are tested and never trained on; exactly one of `rows`, `share` and `folds` says how many.

    Attributes:
        source: whose rows are divided; its variants go where it goes.
        rows: held-out rows. Groups stay whole, so that it may be met but for a few.
        share: held-out share of the rows.
        folds: number of equal parts, of which `fold` (from 0) is held out.
        fold: which.
        seed: of the division.
    """

    source: str
    rows: int | None = Field(default=None, gt=0)
    share: float | None = Field(default=None, gt=0, lt=1)
    folds: int | None = Field(default=None, ge=2)
    fold: int = Field(default=0, ge=0)
    seed: int = 0

    @model_validator(mode="after")
    def _check(self) -> "Holdout":
        if sum(value is not None for value in (self.rows, self.share, self.folds)) != 1:
            raise ValueError("a holdout has exactly one of rows, share and folds")
        if self.folds is not None and self.fold >= self.folds:
            raise ValueError(f"fold is {self.fold}; of {self.folds} folds it is 0 to {self.folds - 1}")
        return self


class Validation(Strict):
    """What is measured while training; nothing is chosen by it.

    Attributes:
        share: of the training rows, by group.
        seed: of that split.
        source: a table of its own instead.
    """

    share: float | None = Field(default=None, gt=0, lt=1)
    seed: int = 0
    source: str | None = None

    @model_validator(mode="after")
    def _check(self) -> "Validation":
        if (self.share is None) == (self.source is None):
            raise ValueError("validation has one of share and source")
        return self


class MeasuredAttacks(Strict):
    """Attacks on the texts of a test (`decloak attack --list`); an attack that a variant trains with is marked.

    Attributes:
        names: of the attacks.
        strengths: shares of the places that change.
        rows: that are attacked, drawn by class; 0 for all.
        seed: of the draw and of the attacks.
    """

    names: list[str] = Field(min_length=1)
    strengths: list[float] = Field(default_factory=lambda: [0.3], min_length=1)
    rows: int = Field(default=1000, ge=0)
    seed: int = 0

    @field_validator("names")
    @classmethod
    def _check_names(cls, value: list[str]) -> list[str]:
        unknown = [name for name in value if name not in available_attacks()]
        if unknown:
            raise ValueError(f"there is no attack {', '.join(unknown)}; there are {', '.join(available_attacks())}")
        return value


class MeasuredTest(Strict):
    """A table that every variant is measured on.

    Attributes:
        name: what results call it.
        source: whose rows.
        rows: all, or those of held-out groups.
        changed_only: only rows whose text is not that of the row that they are a variant of, before normalisation.
        uncloaked: measure the texts that these rows are variants of, too, so that the drop is of the same rows.
        attacks: on its texts.
    """

    name: str = Field(pattern=NAME)
    source: str
    rows: Literal["all", "heldout"] = "all"
    changed_only: bool = False
    uncloaked: bool = False
    attacks: MeasuredAttacks | None = None


class Variant(Strict):
    """A model that is trained, once for each seed.

    Attributes:
        name: what results call it.
        description: one sentence for people.
        recipe: a recipe that comes with decloak, or a YAML file beside the experiment's.
        set: changes to the recipe by dotted key, as in `--set`.
        senses: what it reads the text with. Encoders, banks and stages of other senses are left out.
        without_stages: stages of the recipe that are left out; the others share the steps.
        normalization: of training and test texts: `emoji_names` writes emoji as words and changes nothing else.
        cloaking: whether training texts get cloaked copies: the experiment's `cloaking`, else the recipe's.
        text_encoder: `random` starts from the encoder's shape with weights drawn anew.
        train: sources that it is trained on instead of the experiment's.
        language: sources whose texts, without their labels, the language model of its transcript reads, too.
        baseline: whether the other variants are compared with it.
        seeds: instead of the experiment's.
    """

    name: str = Field(pattern=NAME)
    description: str = ""
    recipe: str
    set: dict[str, Any] = Field(default_factory=dict)
    senses: list[str] = Field(default_factory=lambda: list(MODALITIES), min_length=1)
    without_stages: list[str] = Field(default_factory=list)
    normalization: Normalization = "none"
    cloaking: bool = False
    text_encoder: Literal["pretrained", "random"] = "pretrained"
    train: list[str] | None = None
    language: list[str] = Field(default_factory=list)
    baseline: bool = False
    seeds: list[int] | None = Field(default=None, min_length=1)

    @field_validator("senses")
    @classmethod
    def _check_senses(cls, value: list[str]) -> list[str]:
        if "text" not in value or not set(value) <= set(MODALITIES):
            raise ValueError(f"senses are {value}; text and any of {list(MODALITIES)} are allowed")
        return value


class Measuring(Strict):
    """How numbers are made: bootstrap resamples for each seed, their level, and the seed of the draws."""

    resamples: int = Field(default=2000, gt=0)
    level: float = Field(default=0.95, gt=0, lt=1)
    seed: int = 0
    batch_size: int = Field(default=32, gt=0)


class Encoders(Strict):
    """Encoders that are taken where the command line names none: Hub ids."""

    text: str | None = None
    speech: str | None = None
    vision: str | None = None


__all__ = [
    "NAME",
    "UNCLOAKED",
    "Encoders",
    "Holdout",
    "MeasuredAttacks",
    "MeasuredTest",
    "Measuring",
    "Normalization",
    "Paper",
    "PaperNumber",
    "Source",
    "Validation",
    "Variant",
]
