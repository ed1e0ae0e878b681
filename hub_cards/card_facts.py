"""What a card says of a model, read from the files of its repository."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

EXCLUSIONS = ("excluded", "duplicate", "conflicting", "unusable")


def repository_facts(folder: Path) -> dict[str, Any]:
    """Read a repository.

    Args:
        folder: a repository made by `save_repository`.

    Returns:
        What the template shows beside the evaluation. `record` is None where the training run left none.

    Raises:
        FileNotFoundError: There is no configuration or there are no weights.
        ValueError: A configuration is no JSON object, or the weights are no safetensors.
    """
    config = read_settings(folder / "config.json")
    processor = folder / "processor_config.json"
    record = config.get("training_record")
    return {
        "config": config,
        "processor": read_settings(processor) if processor.is_file() else {},
        "labels": [(int(index), cell(name)) for index, name in sorted(config.get("id2label", {}).items())],
        "weights": weight_facts(folder),
        "record": record,
        "recipe": (record or {}).get("recipe") or {},
        "sources": source_rows(record) if record else [],
        "stages": stage_rows(record) if record else [],
        "training": training_rows(record) if record else [],
    }


def read_settings(file: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds something else.
    """
    if not file.is_file():
        raise FileNotFoundError(f"{file.parent} is no model repository: it has no {file.name}.")
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is no JSON: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{file} holds {type(values).__name__}; a JSON object is needed.")
    return values


def weight_facts(folder: Path) -> dict[str, Any]:
    """Measure the weights from their headers, and the repository without its card.

    Raises:
        FileNotFoundError: There are no safetensors files.
        ValueError: A file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise FileNotFoundError(f"{folder} has no weights: a file model.safetensors is needed beside config.json.")
    parameters: Counter[str] = Counter()
    for file in files:
        try:
            with safe_open(file, "pt") as tensors:
                for name in tensors.keys():
                    part = tensors.get_slice(name)
                    parameters[part.get_dtype()] += math.prod(part.get_shape())
        except SafetensorError as error:
            raise ValueError(f"{file} is damaged or no safetensors: {error}") from error
    others = [file for file in folder.rglob("*") if file.is_file() and file.name != "README.md"]
    return {
        "bytes": sum(file.stat().st_size for file in files),
        "repository_bytes": sum(file.stat().st_size for file in others),
        "parameters": sum(parameters.values()),
        "formats": ", ".join(sorted(parameters)),
        "sixteen_bit": bool({"F16", "BF16"} & set(parameters)),
    }


def source_rows(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Join what the recipe says of each training table with the rows that the run counted."""
    counts = record.get("data") or {}
    return [
        {
            "name": cell(source["name"]),
            "rows": ", ".join(f"{column} = {value}" for column, value in (source.get("only") or {}).items()),
            "source": source_link(source.get("source")),
            "license": cell(source.get("license")),
            "language": cell(source.get("language")),
            "meaning": cell(source.get("label_meaning")),
            "limit": source.get("limit"),
            "repeat": source.get("repeat", 1),
            "counts": counts.get(source["name"]),
        }
        for source in (record.get("recipe") or {}).get("data") or []
    ]


def source_link(source: str | None) -> str:
    """Link a data set that is named by its Hub id or address."""
    if source is None:
        return cell(None)
    if is_hub_id(source):
        return f"[{source}](https://huggingface.co/datasets/{source})"
    return f"<{source}>" if source.startswith("https://") else cell(source)


def is_hub_id(name: str) -> bool:
    """Tell `owner/name` from other names."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return name.count("/") == 1


def stage_rows(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Describe the training stages and the steps that each had."""
    from decloak.training.stages import StageSchedule, TrainingStage, paper_stages

    given = (record.get("recipe") or {}).get("stages")
    stages = tuple(TrainingStage.from_dict(values) for values in given) if given else paper_stages()
    steps = record.get("steps") or 0
    ends: Sequence[int] = StageSchedule(stages, steps).ends if steps >= len(stages) else ()
    lengths = [str(end - start) for start, end in zip([0, *ends], ends, strict=False)] or ["not recorded"] * len(stages)
    return [
        {
            "name": cell(stage.name),
            "steps": length,
            "objective": stage.objective,
            "senses": ", ".join(stage.modalities or ("all",)),
            "experts": ", ".join(stage.experts or ("all",)),
            "rates": ", ".join(f"{name} {rate:g}" for name, rate in stage.learning_rates.items()),
        }
        for stage, length in zip(stages, lengths, strict=True)
    ]


def training_rows(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the settings and the measures of a run."""
    recipe, seconds = record.get("recipe") or {}, record.get("seconds") or {}
    encoder = recipe.get("text_encoder") or {}
    glyphs, sounds = recipe.get("glyph_bank") or {}, recipe.get("sound_bank") or {}
    cloaking = recipe.get("cloaking") or {}
    rows = {
        "recipe": recipe.get("name"),
        "seed": recipe.get("seed"),
        "layers of the text encoder that were kept": encoder.get("keep_layers"),
        "pieces of its vocabulary that were kept": encoder.get("vocabulary_size"),
        "numbers in a glyph vector": glyphs.get("dimension"),
        "numbers in a sound vector": sounds.get("dimension"),
        "share of texts with a cloaked copy": cloaking.get("share"),
        "cloaked copies": ", ".join(f"{name} {count}" for name, count in sorted((record.get("cloaked") or {}).items()))
        or None,
        **(recipe.get("training") or {}),
        "optimiser steps": record.get("steps"),
        "seconds of preparation": seconds.get("preparing"),
        "seconds of training": seconds.get("training"),
        "remark": record.get("remark"),
        "threads": record.get("threads"),
        "bfloat16": record.get("bf16"),
        **{f"version of {name}": version for name, version in (record.get("versions") or {}).items()},
    }
    return [(cell(name), cell(value)) for name, value in rows.items() if value is not None]


def cell(value: Any) -> str:
    """Write a value into a cell of a Markdown table; None is said, not left empty."""
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return " ".join(str(value).replace("|", "\\|").split())


__all__ = ["EXCLUSIONS", "cell", "is_hub_id", "repository_facts"]
