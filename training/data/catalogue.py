"""The catalogue of data sets: one YAML file each, that says what a set is and how it is read."""

import re
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, field_validator

from .layouts import GroupRule, Layouts, Strict

ENTRIES = Path(__file__).parent / "entries"
# The entry that stands for any table of the user's own: it fixes no columns and no files.
TABLE = "table"
COMMIT = re.compile("[0-9a-f]{40}")


class Licence(Strict):
    """What may be done with the data; null where nothing says so.

    Attributes:
        name: SPDX identifier, or words.
        redistribution: whether copies may be passed on.
        commercial: whether commercial use is allowed.
    """

    name: str
    redistribution: bool | None
    commercial: bool | None


class Split(Strict):
    """Size of a split, where it is known."""

    rows: int | None = None
    positives: int | None = None


class LabelMeaning(Strict):
    """What label 1 and label 0 mean."""

    one: str
    zero: str


class Entry(Strict):
    """A data set.

    Attributes:
        name: what the command line calls it; the name of its file.
        title: what people call it.
        task: what the label is about.
        languages: ISO 639 codes.
        licence: what may be done with it.
        homepage: where the authors publish it.
        paper: address of the paper, or None.
        hub_id: its repository on the Hub, or None if it has none that loads without a script.
        hub_config: the configuration there.
        revision: commit on the Hub. Null in decloak's own entries: users pin what they have seen.
        label_meaning: of the two labels.
        official_split: whether the parts are a train and test split by the authors.
        splits: sizes of the parts.
        role: `train`, or `test_suite` for what must never be trained on.
        group_by: what identifies a source sentence.
        leaks: overlaps inside the set and with others, in words.
        notes: what else one must know, in words.
        layouts: how it is read.
    """

    name: str
    title: str
    task: Literal["hate", "toxicity", "offensiveness", "sarcasm", "humour", "harmfulness", "any"]
    languages: list[str]
    licence: Licence
    homepage: str
    paper: str | None
    hub_id: str | None
    hub_config: str | None = None
    revision: str | None
    label_meaning: LabelMeaning
    official_split: bool
    splits: dict[str, Split]
    role: Literal["train", "test_suite"]
    group_by: GroupRule = Field(default_factory=GroupRule)
    leaks: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    layouts: Layouts

    @field_validator("revision")
    @classmethod
    def _check_revision(cls, value: str | None) -> str | None:
        return None if value is None else check_commit(value)

    @property
    def rows(self) -> int | None:
        """Rows of all splits, or None if one is unknown."""
        sizes = [split.rows for split in self.splits.values()]
        return sum(size for size in sizes if size is not None) if sizes and None not in sizes else None


def check_commit(value: str) -> str:
    """Return a commit id.

    Raises:
        ValueError: It is something else, such as a branch, which may change.
    """
    if not COMMIT.fullmatch(value):
        raise ValueError(f"revision is {value!r}; a whole commit id is needed: 40 characters of 0-9 and a-f")
    return value


def entry_names() -> list[str]:
    """Return the names of all entries, sorted; `table`, which is no data set, is last."""
    names = sorted(file.stem for file in ENTRIES.glob("*.yaml"))
    return [*(name for name in names if name != TABLE), TABLE]


def load_entry(name: str) -> Entry:
    """Load the entry of a data set.

    Raises:
        ValueError: There is none of this name.
    """
    if name not in entry_names():
        raise ValueError(
            f"data set {name!r} is unknown; known are {', '.join(entry_names())}. Any other file or Hub data set is "
            f"read as {TABLE!r}, with --text-column and --label-column."
        )
    values: Any = yaml.safe_load((ENTRIES / f"{name}.yaml").read_text(encoding="utf-8"))
    return Entry.model_validate(values)


__all__ = ["TABLE", "Entry", "Licence", "check_commit", "entry_names", "load_entry"]
