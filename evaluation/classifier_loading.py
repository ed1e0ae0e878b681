"""Load any text classifier from a folder or the Hub, from safetensors only."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, TextClassificationPipeline

MULTIMODAL_TYPE = "decloak_mmbert"
_PICKLES = (".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth")


def load_text_classifier(
    model: str,
    revision: str | None = None,
    trust_remote_code: bool = False,
    device: str = "auto",
    dtype: str = "auto",
) -> "TextClassificationPipeline":
    """Load a classifier with all that it reads its input with.

    A decloak model runs on the installed classes and needs no remote code.

    Args:
        model: A folder or a Hub id.
        revision: Commit, tag or branch of a Hub model.
        trust_remote_code: Run the Python code of the model's repository.
        device: `auto`, `cpu`, `cuda` or `mps`; `auto` takes a GPU if there is one.
        dtype: `auto` (the checkpoint's), `float32`, `float16` or `bfloat16`.

    Returns:
        A text-classification pipeline; decloak's own for a decloak model.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: The weights are pickles, damaged or incomplete, or the model is no text classifier; the machine
            has no such device; a revision was given for a folder.
    """
    from safetensors import SafetensorError

    _check_folder(model, revision)
    _check_device(device)
    try:
        return _pipeline(model, {"revision": revision, "trust_remote_code": trust_remote_code}, device, dtype)
    except SafetensorError as error:
        raise ValueError(f"the weights of {model} are damaged or no safetensors: {error}") from error
    except (AttributeError, ImportError, KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        # Whatever a broken config or tokenizer file makes the libraries raise, the person named this model.
        raise ValueError(f"cannot load the model {model}: {_first_lines(error)}") from error


def is_multimodal(config: "PreTrainedConfig") -> bool:
    """Tell decloak's model by its type: classes loaded as remote code are not those of this package."""
    return config.model_type == MULTIMODAL_TYPE


def _check_device(device: str) -> None:
    import torch

    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not present.get(device, True):
        allowed = ", ".join(["auto", "cpu", *(name for name, there in present.items() if there)])
        raise ValueError(f"the device is {device}, which torch {torch.__version__} finds none of here; use {allowed}")


def _check_folder(name: str, revision: str | None) -> None:
    folder = Path(name)
    if not folder.exists():
        if name.startswith((".", "/", "~")) or name.count("/") > 1:
            raise FileNotFoundError(f"no such model folder: {name}")
        return
    if revision is not None:
        raise ValueError(f"the revision {revision} was given for {name}, a folder: only a Hub model has revisions")
    if not folder.is_dir():
        raise ValueError(f"{name} is a file; a model is a folder with config.json and safetensors weights, or a Hub id")
    if any(folder.glob("*.safetensors")):
        return
    pickles = sorted(file.name for file in folder.iterdir() if file.suffix in _PICKLES)
    if pickles:
        raise ValueError(
            f"{name} holds its weights as pickles only ({', '.join(pickles)}): loading a pickle can run any "
            "code, so decloak reads safetensors alone. Save the model again with save_pretrained of "
            "transformers 5, on a machine that you can afford to lose."
        )
    raise ValueError(f"{name} holds no weights: a file model.safetensors is needed beside config.json")


def _pipeline(name: str, source: dict[str, Any], device: str, dtype: str) -> "TextClassificationPipeline":
    from transformers import AutoConfig, AutoTokenizer, pipeline
    from transformers.utils import logging

    from decloak.modeling import MMBertTextClassificationPipeline  # importing registers the configuration and models
    from decloak.processing import MultimodalHateProcessor

    logging.disable_progress_bar()
    config = AutoConfig.from_pretrained(name, **source)
    model = _model(name, config, source, dtype)
    place = None if device == "auto" else device
    if not is_multimodal(config):
        tokenizer = AutoTokenizer.from_pretrained(name, **source)
        return pipeline("text-classification", model=model, tokenizer=tokenizer, device=place)
    # By its class: AutoProcessor would ask for the repository's own code.
    processor = MultimodalHateProcessor.from_pretrained(name, revision=source["revision"])
    return pipeline(
        "text-classification",
        model=model,
        processor=processor,
        pipeline_class=MMBertTextClassificationPipeline,
        device=place,
    )


def _model(name: str, config: "PreTrainedConfig", source: dict[str, Any], dtype: str) -> "PreTrainedModel":
    from transformers import AutoModelForSequenceClassification

    model, info = AutoModelForSequenceClassification.from_pretrained(
        name, config=config, dtype=dtype, use_safetensors=True, output_loading_info=True, **source
    )
    missing = sorted(info["missing_keys"])
    if missing:
        # transformers would fill them with random numbers and only warn: the answers would be noise.
        raise ValueError(f"its weights lack {len(missing)} tensors, such as {missing[0]}: is it a trained classifier?")
    return model


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split("\n\n")[0].split())[:500] or type(error).__name__
