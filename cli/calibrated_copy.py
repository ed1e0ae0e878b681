"""Where a calibration is written: the model's own folder, or a copy of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decloak.evaluation.calibration import Calibration

NEEDED_CODE = "calibration_mmbert.py"


def destination(model: str | None, output: Path | None) -> Path:
    """Decide where to write, before any work is done; the model that is installed with decloak stays as it is.

    Raises:
        ValueError: See `place_to_write`.
    """
    from decloak.evaluation.calibration.storing import place_to_write
    from decloak.hub_cards import default_model_path

    try:
        installed = [default_model_path()]
    except FileNotFoundError:  # a checkout without weights
        if model is None:
            raise
        installed = []
    return place_to_write(model or str(installed[0]), output, installed)


def write_calibration(
    place: Path, model: str | None, revision: str | None, calibration: "Calibration", say: Callable[[str], None]
) -> Path:
    """Store a calibration in a folder, into which the model is copied first if it is another.

    A decloak model that was saved before there were calibrations gets today's code, which applies them.

    Args:
        place: From `destination`.
        model: A folder or a Hub id; None for the model that is installed with decloak.
        revision: Of a Hub model.
        calibration: What to store.
        say: Is told when the model's code is brought up to date.

    Returns:
        The file that holds it.
    """
    from decloak.evaluation.calibration.storing import copy_model, is_decloak, read_config, store_calibration
    from decloak.hub_cards import default_model_path
    from decloak.training.export import refresh_code

    source = model or str(default_model_path())
    if not Path(source).is_dir() or place.resolve() != Path(source).resolve():
        copy_model(source, revision, place)
    file = store_calibration(place, calibration)
    if is_decloak(read_config(file)) and any(place.glob("*.py")) and not (place / NEEDED_CODE).exists():
        refresh_code(place)
        say(f"the Python files in {place} are now those of this decloak: older ones know no calibration")
    return file


__all__ = ["destination", "write_calibration"]
