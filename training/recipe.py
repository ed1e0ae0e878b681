"""Recipes: everything that a training run is, in one YAML file."""

import dataclasses
import inspect
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from decloak.modeling import MMBertConfig
from decloak.processing import MultimodalHateProcessor
from decloak.processing.cloaking import available_attacks

from .data.near_duplicates import THRESHOLD
from .mmbert_training_arguments import MMBertTrainingArguments
from .stages import TrainingStage


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DataSource(_Strict):
    """One table of training texts.

    Attributes:
        name: what `--data NAME=PATH` calls it.
        text_column: column of the texts.
        label_column: column of the labels.
        only: keep rows that have these values, by column.
        limit: most rows, chosen by the run's seed.
        repeat: times that each row is seen in an epoch.
        source: Hub id, address or name of the data set, for the model card.
        license: its licence, for the model card.
        language: its language, for the model card.
        label_meaning: what its label 1 means, for the model card.
    """

    name: str
    text_column: str = "text"
    label_column: str = "label"
    only: dict[str, str] = Field(default_factory=dict)
    limit: int | None = Field(default=None, gt=0)
    repeat: int = Field(default=1, ge=1)
    source: str | None = None
    license: str | None = None
    language: str | None = None
    label_meaning: str | None = None


class TextEncoderSettings(_Strict):
    """What is done to the text encoder before training.

    Attributes:
        keep_layers: its layers that stay; all, if None.
        vocabulary_size: pieces that stay, chosen on the training texts; all, if None.
        min_character_count: characters seen as often stay whatever their rank.
    """

    keep_layers: list[int] | None = None
    vocabulary_size: int | None = None
    min_character_count: int = 2


class GlyphBankSettings(_Strict):
    """The glyph bank that is built before training, if there is one.

    Attributes:
        dimension: width of its vectors.
        limit: most characters.
        min_count: a character of the training texts is in it if it is seen as often.
    """

    dimension: int = Field(default=64, gt=0)
    limit: int = Field(default=10_000, gt=0)
    min_count: int = Field(default=2, ge=1)


class SoundBankSettings(_Strict):
    """The sound bank that the model hears with, if there is one; it is made beforehand (`decloak build-banks`).

    Attributes:
        dimension: width of its vectors.
    """

    dimension: int = Field(default=64, gt=0)


class TranscriptSettings(_Strict):
    """The transcript that the model hears with, if there is one: its language model is made of the training texts.

    Attributes:
        price: what a character costs that is heard otherwise than it is written (`processing.transcription`).
        cloaked_price: the same in a text of which much is heard otherwise.
        least_pair_count: pairs of words that the texts have less often are left out: a smaller file, which hears a
            little worse.
        parts: of the training texts. Each is heard by a model of the other parts, as a new text would be: a model that
            has seen a text restores its cloaked copy nearly always, and the classifier would learn to trust it too
            far. 1 hears all of them with the model that is shipped.
        texts: names of tables that the language model reads beside the training texts; only their column `text` is
            read, and what is excluded from training is left out.
    """

    price: float = Field(default=4.0, ge=0, allow_inf_nan=False)
    cloaked_price: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    least_pair_count: int = Field(default=1, ge=1)
    parts: int = Field(default=4, ge=1, le=100)
    texts: list[str] = Field(default_factory=list)


class CloakingSettings(_Strict):
    """Cloaked copies of training texts (`decloak attack --list` has the attacks).

    Attributes:
        share: of the texts that get a copy.
        strength: least and greatest share of a copy's places that change.
        chinese: attacks on texts with Han characters.
        english: attacks on all others.
    """

    share: float = Field(gt=0, le=1)
    strength: tuple[float, float] = (0.1, 0.6)
    chinese: list[str]
    english: list[str]

    @field_validator("strength")
    @classmethod
    def _check_strength(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 < value[0] <= value[1] <= 1:
            raise ValueError(f"strength={list(value)}; it is two numbers, 0 < least <= greatest <= 1.")
        return value

    @field_validator("chinese", "english")
    @classmethod
    def _check_attacks(cls, value: list[str], info: ValidationInfo) -> list[str]:
        allowed = available_attacks({"chinese": "zh", "english": "en"}[str(info.field_name)])
        unknown = [name for name in value if name not in allowed]
        if unknown or not value:
            raise ValueError(f"{info.field_name} has the attacks {value}; some of {allowed} are needed.")
        return value


class LeakSettings(_Strict):
    """What is left out of training beside the texts that are excluded.

    Attributes:
        near_duplicates: Jaccard similarity of character trigrams from which a text counts as one of the excluded ones;
            None leaves out equal texts alone.
    """

    near_duplicates: float | None = Field(default=THRESHOLD, gt=0, le=1)


class Recipe(_Strict):
    """A training run.

    Attributes:
        name: of the recipe.
        description: one sentence for people.
        seed: of everything random.
        base_model: Hub id of what the text encoder is from, for the model card.
        data: training tables.
        exclude: names of tables whose texts are taken out of training (test and development sets).
        leaks: how near to those a text may be.
        text_encoder: what is done to the text encoder.
        glyph_bank: the bank to build, or None.
        sound_bank: the bank to take, or None.
        transcript: the transcript to hear with, or None.
        cloaking: cloaked copies that training texts get, or None.
        model: `MMBertConfig` fields.
        processor: `MultimodalHateProcessor` settings.
        max_length: tokens that training texts are cut to.
        labels: names of the classes, in the order of their ids.
        label_meaning: what the labels mean over all data, for the model card.
        stages: training stages; the paper's, if None.
        training: `MMBertTrainingArguments` fields.
        dtype: number format in which the finished weights are stored.
    """

    name: str
    description: str = ""
    seed: int = 0
    base_model: str | None = None
    data: list[DataSource]
    exclude: list[str] = Field(default_factory=list)
    leaks: LeakSettings = Field(default_factory=LeakSettings)
    text_encoder: TextEncoderSettings = Field(default_factory=TextEncoderSettings)
    glyph_bank: GlyphBankSettings | None = None
    sound_bank: SoundBankSettings | None = None
    transcript: TranscriptSettings | None = None
    cloaking: CloakingSettings | None = None
    model: dict[str, Any] = Field(default_factory=dict)
    processor: dict[str, Any] = Field(default_factory=dict)
    max_length: int | None = None
    labels: list[str] = Field(default_factory=lambda: ["not_hateful", "hateful"])
    label_meaning: str = ""
    stages: list[dict[str, Any]] | None = None
    training: dict[str, Any] = Field(default_factory=dict)
    dtype: Literal["float16", "float32"] = "float16"

    @field_validator("data")
    @classmethod
    def _check_data(cls, value: list[DataSource]) -> list[DataSource]:
        names = [source.name for source in value]
        if len(set(names)) != len(names):
            raise ValueError(f"data names a table twice: {names}.")
        return value

    @field_validator("labels")
    @classmethod
    def _check_labels(cls, value: list[str]) -> list[str]:
        if len(value) < 2 or len(set(value)) != len(value):
            raise ValueError(f"labels={value}; two or more different names are needed.")
        return value

    @field_validator("model", "processor", "training")
    @classmethod
    def _check_names(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        """Refuse misspelt settings: a configuration would take them in silence, the trainer fail after the encoding."""
        allowed = {
            "model": {item.name for item in dataclasses.fields(MMBertConfig)},
            "processor": set(inspect.signature(MultimodalHateProcessor).parameters),
            "training": {item.name for item in dataclasses.fields(MMBertTrainingArguments) if item.init}
            - {"output_dir", "seed", "stages"}
            | {"attn_implementation"},
        }[str(info.field_name)]
        unknown = sorted(set(value) - allowed)
        if unknown:
            raise ValueError(f"{info.field_name} has no setting {unknown}; it has {sorted(allowed)}.")
        return value

    @model_validator(mode="after")
    def _check_language_texts(self) -> "Recipe":
        taken = {source.name for source in self.data} | set(self.exclude)
        wrong = [name for name in self.language_texts if name in taken or self.language_texts.count(name) > 1]
        if wrong:
            raise ValueError(
                f"transcript.texts names {wrong[0]}, which is named twice, trained on (the language model reads those "
                "texts anyway) or excluded."
            )
        return self

    @property
    def language_texts(self) -> list[str]:
        """Names of the tables that the language model of a transcript reads beside the training texts."""
        return self.transcript.texts if self.transcript is not None else []

    @field_validator("stages")
    @classmethod
    def _check_stages(cls, value: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        for stage in value or []:
            TrainingStage.from_dict(stage)
        return value


def load_recipe(path: Path, overrides: dict[str, str] | None = None) -> Recipe:
    """Read a recipe; one with `base: NAME` takes over the recipe of that name beside it where it says nothing.

    Args:
        path: the YAML file.
        overrides: values by dotted key (`training.max_steps`), read as YAML. A key without a dot that the recipe
            does not have itself is one of `training`.

    Raises:
        ValueError: The file is no mapping, or a field is unknown or has a wrong value.
    """
    values = _read(path)
    for key, text in (overrides or {}).items():
        parts = key.split(".")
        if len(parts) == 1 and key not in Recipe.model_fields:
            parts = ["training", key]
        target = values
        for part in parts[:-1]:
            target = target.setdefault(part, {})
            if not isinstance(target, dict):
                raise ValueError(f"--set {key}: {part} is no mapping in {path.name}.")
        target[parts[-1]] = _parse(text, f"--set {key}")
    for key, value in (values.get("training") or {}).items():
        if key.endswith("_strategy") and value is False:  # YAML reads a bare no as false
            values["training"][key] = "no"
    return Recipe.model_validate(values)


def _parse(text: str, where: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{where} is not YAML: {error}") from error


def _read(path: Path) -> dict[str, Any]:
    values = _parse(path.read_text(encoding="utf-8"), str(path))
    if not isinstance(values, dict):
        raise ValueError(f"{path} holds {type(values).__name__}; a recipe is a mapping.")
    base = values.pop("base", None)
    return values if base is None else _merge(_read(path.parent / f"{base}.yaml"), values)


def _merge(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another; mappings are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in values.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


__all__ = [
    "CloakingSettings",
    "DataSource",
    "GlyphBankSettings",
    "LeakSettings",
    "Recipe",
    "SoundBankSettings",
    "TranscriptSettings",
    "TextEncoderSettings",
    "load_recipe",
]
