"""Importing torchaudio where its compiled part does not load, as beside the CPU build of torch.

The wheels of torchaudio are linked to CUDA. Beside another torch `import torchaudio` raises OSError, and so does each
audio module of transformers, which imports torchaudio wherever it is installed. Resampling, effects and spectrograms
need nothing compiled: torchaudio itself goes without where the compiled files are absent. So where they do not load,
it is imported as if they were absent. This must happen before transformers imports it.
"""

import importlib
import importlib.util
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

logger = logging.getLogger(__name__)

_EXTENSION = "torchaudio._extension"


def prepare_torchaudio() -> bool:
    """Make `import torchaudio` work from here on, for transformers too, where torchaudio is installed.

    Returns:
        Whether torchaudio is installed and can be imported. Where it is not, the failure is logged; nothing is raised.
    """
    if "torchaudio" not in sys.modules and not _find():
        return False
    try:
        import_torchaudio()
    except ImportError as error:
        logger.warning("%s", error)
        return False
    return True


def import_torchaudio() -> ModuleType:
    """Import torchaudio, without its compiled part where that does not load.

    Returns:
        The module. Without the compiled part `torchaudio.functional.forced_align` raises RuntimeError, and `lfilter`
        is slower.

    Raises:
        ImportError: It is not installed, or does not even load without its compiled part.
    """
    try:
        return importlib.import_module("torchaudio")
    except (OSError, RuntimeError, ImportError) as error:  # a library, or the CUDA version, that does not match
        if not _find():
            raise ImportError(
                f'torchaudio is not installed ({error}). Install it: pip install "decloak[speech]"'
            ) from error
        return _import_without_extension(error)


def _find() -> bool:
    try:
        return importlib.util.find_spec("torchaudio") is not None
    except ValueError:  # sys.modules holds a module without a spec, or None
        return False


def _import_without_extension(reason: Exception) -> ModuleType:
    _forget()
    stand_in = sys.modules[_EXTENSION] = _stand_in()
    try:
        torchaudio = importlib.import_module("torchaudio")
    except Exception as error:  # whatever another version does
        _forget()
        raise ImportError(
            f"torchaudio is installed but cannot be imported: {reason}; nor without its compiled part: {error}. "
            "Uninstall it, or install the one made for this torch"
        ) from error
    vars(torchaudio)["_extension"] = stand_in
    logger.info("torchaudio is used without its compiled part, which does not load beside this torch: %s", reason)
    return torchaudio


def _forget() -> None:
    """Forget what a failed import has left of torchaudio."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
        del sys.modules[name]


def _stand_in() -> ModuleType:
    """Make the module that says which compiled parts there are: none."""
    module = ModuleType(_EXTENSION)
    spec = importlib.util.find_spec("torchaudio")
    folders = spec.submodule_search_locations if spec is not None else None
    module.__path__ = [str(Path(folder, "_extension")) for folder in folders or ()]
    answers: dict[str, Any] = {
        "_IS_TORCHAUDIO_EXT_AVAILABLE": False,
        "_IS_ALIGN_AVAILABLE": False,
        "_check_cuda_version": lambda: None,
        "_load_lib": lambda name: False,
        "fail_if_no_align": _refuse,
    }
    vars(module).update(answers)
    return module


def _refuse(function: Callable[..., Any]) -> Callable[..., Any]:
    """Replace a function that needs the compiled part by an error."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise RuntimeError(
            f"{function.__name__} needs torchaudio's compiled part, which does not load beside this torch"
        )

    return refuse
