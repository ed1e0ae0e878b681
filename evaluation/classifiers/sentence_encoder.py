"""Load a sentence-transformers model from safetensors, and from its own classes only."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MODULES = "modules.json"
_OWN = "sentence_transformers."
_PICKLES = (".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth")
# What is fetched of a Hub model: weights that are no pickles, settings, and the files of tokenizers.
_FETCHED = ("*.safetensors", "*.json", "*.txt", "*.model")


def encoder_folder(model: str, revision: str | None = None, trust_remote_code: bool = False) -> Path:
    """Return the folder of a sentence encoder; one of the Hub is fetched, without its pickles.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: A revision was given for a folder, or the Hub has no such model or cannot be reached.
    """
    folder = Path(model)
    if folder.exists():
        if revision is not None:
            raise ValueError(f"the revision {revision} was given for {model}, a folder: only a Hub model has revisions")
        return folder
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise FileNotFoundError(f"no such model folder: {model}")
    from huggingface_hub import snapshot_download

    wanted = [*_FETCHED, "*.py"] if trust_remote_code else list(_FETCHED)
    try:
        return Path(snapshot_download(model, revision=revision, allow_patterns=wanted))
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot fetch the model {model}: {' '.join(str(error).split())[:500]}") from error


def load_sentence_encoder(
    folder: Path, trust_remote_code: bool = False, device: str = "auto", dtype: str = "auto"
) -> "SentenceTransformer":
    """Load a sentence-transformers model.

    Args:
        folder: With `modules.json`; without it the weights are read as a plain encoder under mean pooling.
        trust_remote_code: Run the Python code of the model's folder.
        device: `auto`, `cpu`, `cuda` or `mps`.
        dtype: `auto`, `float32`, `float16` or `bfloat16`. `auto` is the checkpoint's on a GPU and float32 on a CPU,
            which computes float16 up to a hundred times as slowly.

    Raises:
        ImportError: sentence-transformers is missing.
        ValueError: The folder is no sentence encoder, holds pickles in place of safetensors, or names classes of its
            own without `trust_remote_code`.
    """
    check_modules(folder, trust_remote_code)
    check_weights(folder)
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    place = None if device == "auto" else device
    if dtype == "auto" and (device == "cpu" or (device == "auto" and not _has_accelerator())):
        dtype = "float32"
    try:
        model = SentenceTransformer(
            str(folder),
            device=place,
            trust_remote_code=trust_remote_code,
            local_files_only=True,
            model_kwargs={"dtype": dtype, "use_safetensors": True},
        )
    except (AttributeError, KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        # Whatever a broken config or tokenizer file makes the libraries raise, the person named this model.
        raise ValueError(f"cannot load the sentence encoder {folder}: {' '.join(str(error).split())[:500]}") from error
    return model.eval()


def _has_accelerator() -> bool:
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()


def check_modules(folder: Path, trust_remote_code: bool) -> None:
    """Check that a folder names classes of sentence-transformers only; others would be imported by name.

    Raises:
        ValueError: It does not, or the file is damaged.
    """
    file = folder / MODULES
    if not file.is_file():
        return
    try:
        modules: Any = json.loads(file.read_text(encoding="utf-8"))
        types = [str(module["type"]) for module in modules]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is damaged: {error}") from error
    foreign = [name for name in types if not name.startswith(_OWN)]
    if foreign and not trust_remote_code:
        raise ValueError(f"{file} names {', '.join(foreign)}: code of the model's own. Read it, then trust remote code")


def check_weights(folder: Path) -> None:
    """Check that no part of a model has its weights as a pickle only.

    Raises:
        ValueError: One has.
    """
    for place in [folder, *(path for path in sorted(folder.iterdir()) if path.is_dir())]:
        pickles = sorted(file.name for file in place.iterdir() if file.suffix in _PICKLES)
        if pickles and not any(place.glob("*.safetensors")):
            raise ValueError(
                f"{place} holds its weights as pickles only ({', '.join(pickles)}): loading a pickle can run any code, "
                "so decloak reads safetensors alone. Save the model again with sentence-transformers, on a machine "
                "that you can afford to lose."
            )


__all__ = ["MODULES", "check_modules", "check_weights", "encoder_folder", "load_sentence_encoder"]
