"""What a card says of a model's experts: a picture and the numbers beside it, from a report of `decloak routers`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from decloak.evaluation.routers import read_routers
from decloak.evaluation.routers.routers_figure import routers_figure

from .card_facts import cell

FIGURE = "routers.png"
CONTRASTS = ("within", "cloaking")
ALIGNMENT = ("sense", "target", "mse", "zero_mse", "mean_mse")


def router_section(file: Path, folder: Path) -> dict[str, Any]:
    """Draw the routers of a report into a repository, and return what the card says of them.

    Args:
        file: `routers.json`, made by `decloak routers`.
        folder: the repository; gets `routers.png`.

    Returns:
        `figure`, `data`, `texts`, `layers` (rows of a table), `contrasts` and `alignment`, ready for the template.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no such report.
        ImportError: matplotlib is missing.
    """
    report = read_routers(file)
    (folder / FIGURE).write_bytes(routers_figure(report, "png"))
    side = report["sides"]["texts"]
    weights = side["groups"]["all"]["weights"]
    layers = [
        [layer["layer"], *map(_number, row), _number(layer["entropy"]), layer["verdict"]]
        for layer, row in zip(side["layers"], weights, strict=True)
    ]
    return {
        "figure": FIGURE,
        "data": cell(report["data"]),
        "texts": report["texts"],
        "attack": cell(report["settings"].get("attack")) if report["settings"].get("attack") else None,
        "experts": [cell(name) for name in report["experts"]],
        "layers": layers,
        "contrasts": _contrasts(report.get("specialisation") or {}),
        "alignment": [
            {key: cell(one[key]) if isinstance(one[key], str) else _number(one[key]) for key in ALIGNMENT}
            for one in report.get("alignment") or []
        ],
    }


def _contrasts(specialisation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Describe how far cloaked tokens go to other experts."""
    return [
        {
            "name": name,
            "expert": cell(expert),
            "difference": f"{row['difference']:+.3f}",
            "interval": _ends(row["interval"]),
        }
        for name in CONTRASTS
        if name in specialisation
        for expert, row in specialisation[name]["experts"].items()
        if row["difference"] is not None
    ]


def _ends(interval: Sequence[float] | None) -> str:
    return "not computed" if interval is None else f"{interval[0]:+.3f} to {interval[1]:+.3f}"


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


__all__ = ["FIGURE", "router_section"]
