"""Published artifacts, one folder each: the card and, where small, the weights."""

from pathlib import Path

DEFAULT_MODEL = "decloak-small"


def default_model_path() -> Path:
    """Find the classifier that is installed with decloak.

    Returns:
        The folder of `decloak-small`, a complete Hub repository, ready for `from_pretrained`.

    Raises:
        FileNotFoundError: The folder holds no `model.safetensors`, as in a checkout before training.
    """
    folder = Path(__file__).parent / DEFAULT_MODEL
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise FileNotFoundError(
            f"the default model is not installed: no {weights}. Name another with --model "
            "(a folder or a Hub id), or reinstall decloak from a release that ships its weights."
        )
    return folder
