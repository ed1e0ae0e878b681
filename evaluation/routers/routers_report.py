"""`routers.json`: what the schema holds, and how a file is read."""

from pathlib import Path
from typing import Any, TypedDict

from decloak.evaluation.reporting.report_schema import read_versioned

SCHEMA = "decloak.routers/1"
FILE = "routers.json"


class GroupNumbers(TypedDict):
    """A group of tokens; each list has one entry a layer, inner lists one an expert.

    Attributes:
        meaning: what is in the group.
        tokens: how many; those of overlapping windows count twice.
        weights: mean mixing weights.
        winners: shares of tokens whose largest weight is the expert's.
        entropy: mean entropy of a token's weights over log(experts); 1 is an even mixture.
        spread: standard deviation of the weights over tokens, averaged over experts.
    """

    meaning: str
    tokens: int
    weights: list[list[float]]
    winners: list[list[float]]
    entropy: list[float]
    spread: list[float]


class SideNumbers(TypedDict):
    """One pass: of the texts, or of their uncloaked twins.

    Attributes:
        texts: how many were sent.
        windows: how many windows they made.
        senses: windows by the senses that they had.
        groups: those that have tokens, by name. In `uncloaked` the group `changed` holds the tokens at the places that
            are changed in the cloaked text.
        layers: `LayerBalance` of each layer, of all tokens.
        balance_loss: mean over layers.
        errors: how many texts or windows could not be read.
        error_rows: `row` and `reason` of the first of them.
    """

    texts: int
    windows: int
    senses: dict[str, int]
    groups: dict[str, GroupNumbers]
    layers: list[dict[str, Any]]
    balance_loss: float | None
    errors: int
    error_rows: list[dict[str, Any]]


class RoutersReport(TypedDict, total=False):
    """An analysis; `schema` names the version.

    Attributes:
        schema: `decloak.routers/1`.
        created: when, in UTC.
        versions: of packages that numbers depend on.
        model: its name.
        data: name of the data.
        dataset: `name`, `file` (its name), `sha256`, `rows` of the whole table.
        settings: `RouterSettings`, and `thresholds` of the verdicts.
        fusion: `add` or `concat`.
        layers: indices of the layers that have experts.
        num_layers: of the model.
        experts: names of the experts.
        senses: of the model: `text`, and `speech`, `transcript`, `vision` where it has the parts for them.
        texts: how many were asked for.
        twins: how many of them have an uncloaked twin.
        changed: how many of these differ from it.
        sides: `texts`, and `uncloaked` where there are twins.
        specialisation: by contrast (see `specialisation.CONTRASTS`); None without twins.
        alignment: `SenseAlignment` by sense and target; None where it was not measured.
        notes: what a reader must know, in sentences.
        command: that made it, if one did.
    """

    schema: str
    created: str
    versions: dict[str, str]
    model: str
    data: str
    dataset: dict[str, Any]
    settings: dict[str, Any]
    fusion: str
    layers: list[int]
    num_layers: int
    experts: list[str]
    senses: list[str]
    texts: int
    twins: int
    changed: int
    sides: dict[str, SideNumbers]
    specialisation: dict[str, dict[str, Any]] | None
    alignment: list[dict[str, Any]] | None
    notes: list[str]
    command: str


def read_routers(file: Path) -> dict[str, Any]:
    """Read an analysis: `routers.json`, or the one in a folder; errors as of `read_versioned`."""
    return read_versioned(file, FILE, SCHEMA, "decloak routers --output DIR")


__all__ = ["FILE", "SCHEMA", "GroupNumbers", "RoutersReport", "SideNumbers", "read_routers"]
