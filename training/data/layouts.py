"""How the files or the Hub repository of a data set are read: its parts, columns and labels, as entries state them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

# What a prepared data set may hold, in this order; the first three always, `group` unless it is switched off.
COLUMNS = (
    "text", "label", "id", "group", "target", "category", "functionality", "perturbation", "image", "audio",
    "context", "speaker", "rationale",
)  # fmt: skip
# The id of the row that a row is a variant of: it joins groups, and is no column of the result.
LINK = "link"
_MAPPED = {*COLUMNS, LINK} - {"group"}
_TABLE_SUFFIXES = tuple(f".{name}{packed}" for name in ("csv", "tsv", "jsonl", "parquet") for packed in ("", ".gz"))

Names = str | list[str]


class Strict(BaseModel):
    """A model that refuses what it does not know, and values of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LabelRule(Strict):
    """How what a source holds for a label becomes 0 or 1.

    Attributes:
        values: label of each value of the label column, written as text (a number without its `.0`); null leaves the
            rows with that value out on purpose, and they are counted. A list in the file stands for its first item.
        sum_of: numeric columns that are added up instead of reading a label column.
        least: a number, or the sum, is label 1 from here on.
        above: a number, or the sum, is label 1 if it is greater.
    """

    values: dict[str, int | None] = Field(default_factory=dict)
    sum_of: list[str] = Field(default_factory=list)
    least: float | None = None
    above: float | None = None

    @model_validator(mode="after")
    def _check(self) -> "LabelRule":
        if sum((bool(self.values), self.least is not None, self.above is not None)) != 1:
            raise ValueError("a label rule has exactly one of values, least, above")
        if self.sum_of and self.values:
            raise ValueError("sum_of goes with least or above, not with values")
        wrong = [label for label in self.values.values() if label not in (0, 1, None)]
        if wrong:
            raise ValueError(f"values lead to the labels {wrong}; allowed are 0, 1 and null")
        return self


class GroupRule(Strict):
    """What identifies the source sentence of a row, so that all its variants get the same group.

    Rows with the same normalised text are in one group under every rule, and so are a row and the one that its `link`
    column names.

    Attributes:
        rule: `text` (the normalised text); `column` (rows with the same `column`); `id_pairs` (ids 0 and 1, 2 and 3,
            ... are an original and its perturbation); `base_text` (the text that has the same id in the part `part`).
        column: one of the prepared columns, for `column`.
        part: the part that holds the originals, for `base_text`.
    """

    rule: Literal["text", "column", "id_pairs", "base_text"] = "text"
    column: str | None = None
    part: str | None = None

    @model_validator(mode="after")
    def _check(self) -> "GroupRule":
        if (self.rule == "column") != (self.column is not None) or (self.rule == "base_text") != (
            self.part is not None
        ):
            raise ValueError("column belongs to the rule column, and part to the rule base_text")
        return self


class Part(Strict):
    """One part of a data set, mostly an official split, in the files of a layout.

    Attributes:
        file: its file, or several names of which the first that exists is taken.
        beside: other files or folders that its reader needs, by role.
        reader: which reader of `decloak.training.data.source_files` reads it.
        only: keep the rows that have these values, by column of the source.
        columns: columns that differ from the layout's.
        labels: the label rule, if it differs from the layout's.
        constants: columns that have one value in all rows.
        on_request: taken only if it is asked for, such as a file that repeats the others.
    """

    file: Names
    beside: dict[str, str] = Field(default_factory=dict)
    reader: Literal["table", "json", "hatexplain", "stormfront", "olid_test", "urfunny"] = "table"
    only: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, Names] = Field(default_factory=dict)
    labels: LabelRule | None = None
    constants: dict[str, str] = Field(default_factory=dict)
    on_request: bool = False


class FileLayout(Strict):
    """How the authors publish the files.

    Attributes:
        tested: whether it was run on the real files. Where false it follows the published description.
        columns: column of the source for each of ours; a list names alternatives, of which the first that is there
            is taken; `a/0` goes into a nested value.
        suffixes: what is put behind the values of a column, such as `.jpg` behind image ids.
        labels: the label rule.
        group_by: what identifies a source sentence, if it differs from the entry's.
        parts: by name.
    """

    tested: bool
    columns: dict[str, Names]
    suffixes: dict[str, str] = Field(default_factory=dict)
    labels: LabelRule
    group_by: GroupRule | None = None
    parts: dict[str, Part]

    @field_validator("columns")
    @classmethod
    def _check_columns(cls, value: dict[str, Names]) -> dict[str, Names]:
        return check_columns(value)


class NormalisedLayout(Strict):
    """A folder of tables whose columns already have our names: `<stem>.csv`, .tsv, .jsonl or .parquet, also .gz.

    Attributes:
        parts: stem of the file of each part, or several of which the first that exists is taken.
        on_request: parts that are taken only if they are asked for.
        constants: columns that have one value in all rows of a part, by part.
        tested: whether it was run on a folder of the real data.
    """

    parts: dict[str, Names]
    on_request: list[str] = Field(default_factory=list)
    tested: bool = True
    constants: dict[str, dict[str, str]] = Field(default_factory=dict)

    def as_files(self) -> FileLayout:
        """Say the same as a layout of files."""
        parts = {
            name: Part(
                file=[stem + suffix for stem in alternatives(stems) for suffix in _TABLE_SUFFIXES],
                on_request=name in self.on_request,
                constants=self.constants.get(name, {}),
            )
            for name, stems in self.parts.items()
        }
        columns: dict[str, Names] = {name: name for name in COLUMNS if name != "group"}
        return FileLayout(tested=self.tested, columns=columns, labels=LabelRule(values={"0": 0, "1": 1}), parts=parts)


class HubPart(Strict):
    """One part of a data set on the Hub.

    Attributes:
        split: its split there.
        config: its configuration, if it differs from the entry's `hub_config`.
        data_file: the table that holds it, where the repository's tables do not have the same columns.
        constants: columns that have one value in all rows.
        on_request: taken only if it is asked for.
    """

    split: str
    config: str | None = None
    data_file: str | None = None
    constants: dict[str, str] = Field(default_factory=dict)
    on_request: bool = False


class HubLayout(Strict):
    """How the columns on the Hub are read; attributes as in `FileLayout`."""

    tested: bool
    columns: dict[str, Names]
    suffixes: dict[str, str] = Field(default_factory=dict)
    labels: LabelRule
    group_by: GroupRule | None = None
    parts: dict[str, HubPart]

    @field_validator("columns")
    @classmethod
    def _check_columns(cls, value: dict[str, Names]) -> dict[str, Names]:
        return check_columns(value)


class Layouts(Strict):
    """The ways to read a data set; at least one, but for `table`."""

    upstream: FileLayout | None = None
    normalised: NormalisedLayout | None = None
    hub: HubLayout | None = None


def alternatives(names: Names) -> list[str]:
    """Return one or several names as a list."""
    return [names] if isinstance(names, str) else names


def check_columns(columns: dict[str, Names]) -> dict[str, Names]:
    """Return a mapping of columns.

    Raises:
        ValueError: It maps a column that a prepared data set does not have.
    """
    unknown = sorted(set(columns) - _MAPPED)
    if unknown:
        known = ", ".join(name for name in (*COLUMNS, LINK) if name in _MAPPED)
        raise ValueError(f"there is no column {', '.join(unknown)} in a prepared data set; it may have {known}")
    return columns


__all__ = [
    "COLUMNS",
    "LINK",
    "FileLayout",
    "GroupRule",
    "HubLayout",
    "HubPart",
    "LabelRule",
    "Layouts",
    "Names",
    "NormalisedLayout",
    "Part",
    "Strict",
    "alternatives",
    "check_columns",
]
