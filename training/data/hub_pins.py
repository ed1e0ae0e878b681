"""Pins: the commits of Hub data sets that a project works with, in a YAML file of its own."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .catalogue import Entry, check_commit

_HEAD = "# Commits of data sets on the Hub. Written by `decloak data pin`, read by `decloak data prepare`.\n"

Pins = dict[str, dict[str, str]]


def load_pins(path: Path) -> Pins:
    """Read a file of pins.

    Returns:
        `hub_id` and `revision` by name of the data set; nothing if there is no file.

    Raises:
        ValueError: It is no such file, or a revision is no whole commit id.
    """
    if not path.exists():
        return {}
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeError) as error:
        raise ValueError(f"{path} is not YAML: {error}") from error
    pins = content or {}
    for name, pin in pins.items() if isinstance(pins, dict) else [("", None)]:
        if not isinstance(name, str) or not isinstance(pin, dict) or {*pin} != {"hub_id", "revision"}:
            raise ValueError(f"{path} is no file of pins: it must name data sets, each with hub_id and revision")
        try:
            check_commit(str(pin["revision"]))
        except ValueError as error:
            raise ValueError(f"{path}, {name}: {error}") from error
    return {name: {key: str(value) for key, value in pin.items()} for name, pin in pins.items()}


def save_pins(path: Path, pins: Mapping[str, Mapping[str, str]]) -> None:
    """Write a file of pins, sorted by name; what was there is replaced at once, never in part."""
    text = _HEAD + yaml.safe_dump({name: dict(pins[name]) for name in sorted(pins)}, sort_keys=True)
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


def pinned_revision(entry_name: str, hub_id: str, pins: Pins) -> str | None:
    """Return the commit that is pinned for a data set, or None.

    Raises:
        ValueError: The pin is of another repository.
    """
    pin = pins.get(entry_name)
    if pin is None:
        return None
    if pin["hub_id"] != hub_id:
        raise ValueError(
            f"{entry_name} is pinned for {pin['hub_id']}, and it is read from {hub_id}: pin it again, or pass "
            "--revision"
        )
    return pin["revision"]


def resolve_pin(entry: Entry) -> dict[str, str]:
    """Ask the Hub for the commit that a data set of the catalogue is at now.

    Raises:
        ValueError: It is not on the Hub, or the Hub does not answer.
    """
    if entry.hub_id is None:
        raise ValueError(f"{entry.name} has no repository on the Hub that could be pinned; see {entry.homepage}")
    return {"hub_id": entry.hub_id, "revision": current_commit(entry.hub_id)}


def current_commit(hub_id: str) -> str:
    """Ask the Hub for the commit that a data set is at now.

    Raises:
        ValueError: The Hub does not answer, or has no such data set.
    """
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        return check_commit(str(HfApi().dataset_info(hub_id).sha))
    except (HfHubHTTPError, OfflineModeIsEnabled, httpx.HTTPError, OSError, RuntimeError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise ValueError(
            f"the commit of {hub_id} is not known: the Hub did not answer ({type(error).__name__}: {reason}). "
            "Pinning needs a network, and HF_HUB_OFFLINE must not be 1"
        ) from error


__all__ = ["current_commit", "load_pins", "pinned_revision", "resolve_pin", "save_pins"]
