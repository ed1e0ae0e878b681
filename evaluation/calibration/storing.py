"""Keep a calibration in a model's config.json, in a folder that is the person's own."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from decloak.modeling.configuration_mmbert import MMBertConfig

from .applying import STORED_AS
from .calibration import Calibration

# What a copy of a Hub model leaves out: pickles, and weights of other frameworks.
LEFT_OUT = ("*.bin", "*.ckpt", "*.h5", "*.msgpack", "*.onnx", "*.ot", "*.pickle", "*.pkl", "*.pt", "*.pth")


def store_calibration(folder: str | Path, calibration: Calibration) -> Path:
    """Write a calibration into a model's config.json; an older one is replaced.

    A decloak model has fields of its own for it, which its pipeline reads. Any other model keeps it under
    `decloak_calibration`, which everything in decloak applies; to `pipeline` of transformers it means nothing.

    Args:
        folder: A model folder.
        calibration: From `calibrate`, of this model's labels.

    Returns:
        The file.

    Raises:
        FileNotFoundError: There is no config.json.
        ValueError: It is no JSON object, or its labels are not those of the calibration.
    """
    file = Path(folder) / "config.json"
    config = read_config(file)
    calibration.of_scores(_labels(config)).check()
    settings = calibration.settings()
    config |= settings if is_decloak(config) else {STORED_AS: settings}
    _replace(file, json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")
    return file


def read_config(file: Path) -> dict[str, Any]:
    """Read a config.json.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no JSON object.
    """
    if not file.is_file():
        raise FileNotFoundError(f"{file.parent} is no model folder: it has no {file.name}")
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is no JSON: {error}") from error
    if not isinstance(config, dict):
        raise ValueError(f"{file} holds {type(config).__name__}; a JSON object is needed")
    return config


def is_decloak(config: dict[str, Any]) -> bool:
    """Tell a decloak model's config.json."""
    return config.get("model_type") == MMBertConfig.model_type


def place_to_write(model: str, output: str | Path | None, protected: Sequence[Path] = ()) -> Path:
    """Decide which folder a calibration is written to, before any work is done.

    Args:
        model: A folder or a Hub id.
        output: A folder that the model is to be copied to; None to write into the model's own.
        protected: Folders that are never written into, such as the model that is installed with decloak.

    Raises:
        ValueError: The output exists and is not empty, or without an output the model is no folder, a protected one,
            or in the cache of the Hub.
    """
    if output is not None:
        output = Path(output)
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise ValueError(f"{output} exists already; name an empty or a new folder for the calibrated copy")
        return output
    folder = Path(model)
    if not folder.is_dir():
        raise ValueError(f"{model} is a model of the Hub: say where its calibrated copy is to lie (--output)")
    if any(folder.resolve() == Path(own).resolve() for own in protected) or _in_cache(folder):
        raise ValueError(
            f"{model} is installed or cached for all who use this machine and is left as it is: say where its "
            "calibrated copy is to lie (--output)"
        )
    return folder


def copy_model(model: str, revision: str | None, output: Path) -> None:
    """Copy a model from a folder, or from the Hub (its pickles left out), byte by byte.

    Raises:
        OSError: The Hub has no such model, or cannot be reached and the model is not in the cache.
    """
    source = Path(model)
    if not source.is_dir():
        from huggingface_hub import snapshot_download

        source = Path(snapshot_download(model, revision=revision, ignore_patterns=list(LEFT_OUT)))
    ignored = shutil.ignore_patterns("__pycache__", ".git", ".cache")
    # Symbolic links, of which the cache of the Hub consists, become files.
    shutil.copytree(source, output, dirs_exist_ok=True, ignore=ignored)


def _in_cache(folder: Path) -> bool:
    from huggingface_hub.constants import HF_HUB_CACHE

    return (folder / "config.json").is_symlink() or Path(HF_HUB_CACHE).resolve() in folder.resolve().parents


def _labels(config: dict[str, Any]) -> list[str]:
    names = config.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    return [str(names[index]) for index in sorted(names, key=int)]


def _replace(file: Path, content: str) -> None:
    """Write a file whole or not at all."""
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    new.write_text(content, encoding="utf-8")
    new.replace(file)


__all__ = ["copy_model", "is_decloak", "place_to_write", "read_config", "store_calibration"]
