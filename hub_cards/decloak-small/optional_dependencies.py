"""Imports of packages that only some installations have.

The processor travels as remote code and must load where only torch, transformers and numpy are installed, so
packages for speech are imported on first use, by name, and a missing one is reported with the way to get it.
"""

import importlib
from types import ModuleType


def import_optional(module: str, purpose: str, extra: str = "speech") -> ModuleType:
    """Import a package that belongs to one of decloak's extras.

    Args:
        module: Dotted name of the module, for example `"scipy.signal"`.
        purpose: What it is needed for, as a phrase that completes "... is needed for".
        extra: Name of the extra that installs it.

    Returns:
        The imported module.

    Raises:
        ImportError: The package, or one that it needs, is missing or broken; the message names the extra.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"the package {module.partition('.')[0]!r} is needed for {purpose} and could not be imported "
            f'({error}). Install it with: pip install "decloak[{extra}]"'
        ) from error
