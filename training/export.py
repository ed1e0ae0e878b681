"""A finished model as a Hub repository: weights, remote code, processor and pipeline in one folder."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel
from transformers.dynamic_module_utils import custom_object_save

from decloak.modeling import MMBertForSequenceClassification, MMBertTextClassificationPipeline
from decloak.processing import MultimodalHateProcessor


def save_repository(
    model: PreTrainedModel,
    processor: MultimodalHateProcessor,
    folder: str | Path,
    dtype: torch.dtype = torch.float16,
    record: dict[str, Any] | None = None,
) -> Path:
    """Save a model so that the Auto classes and `pipeline` load it anywhere with `trust_remote_code=True`.

    The weights are stored in `dtype` and the config says float32, so that they load as float32; the model in memory
    is rounded likewise, so that it is the saved one.

    Args:
        model: an `MMBertForSequenceClassification`.
        processor: its processor.
        folder: where to save; made if it is missing.
        dtype: of the stored weights.
        record: how the model was made, kept in the config.

    Returns:
        The folder.

    Raises:
        ValueError: A weight is not finite, or too large for `dtype`.
    """
    folder = Path(folder)
    config = model.config
    config.training_record = record if record is not None else config.training_record
    stored = {
        name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in model.state_dict().items()
    }
    broken = [name for name, tensor in stored.items() if not tensor.isfinite().all()]
    if broken:
        raise ValueError(f"{len(broken)} weights are not finite in {dtype}, first {broken[0]}: the training diverged.")
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            tensor.copy_(stored[name])
    model.save_pretrained(folder, state_dict=stored)
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)  # safetensors leaves it to the owner alone, which a wheel would carry on
    _set_dtype(folder / "config.json", "float32")
    processor.save_pretrained(folder)
    return folder


def refresh_code(folder: str | Path) -> list[str]:
    """Copy today's remote code into a saved repository, whose weights and settings stay as they are.

    Args:
        folder: what `save_repository` made; its other Python files are removed.

    Returns:
        The names of the Python files that are there now.

    Raises:
        ValueError: The folder is no saved model.
    """
    folder = Path(folder)
    if not (folder / "config.json").is_file():
        raise ValueError(f"{folder} is no saved model: it has no config.json.")
    for stale in folder.glob("*.py"):
        stale.unlink()
    for cls in (MMBertForSequenceClassification, MultimodalHateProcessor, MMBertTextClassificationPipeline):
        custom_object_save(cls, folder)
    return sorted(file.name for file in folder.glob("*.py"))


def _set_dtype(path: Path, dtype: str) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    values["dtype"] = dtype
    path.write_text(json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


__all__ = ["refresh_code", "save_repository"]
