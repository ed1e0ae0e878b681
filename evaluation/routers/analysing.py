"""From a model and texts to a report on its routers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from decloak.evaluation.evaluating import versions
from decloak.modeling import MODALITIES

from .alignment import STAGE_LIMIT, measure_alignment
from .balance import (
    COLLAPSED_WEIGHT,
    DEAD_SHARE,
    EVEN_ENTROPY,
    LEANING_WEIGHT,
    LEAST_WEIGHT,
    balance_loss,
    layer_balances,
)
from .collecting import CollectedRouting, Watch, collect_routing
from .report_notes import report_notes
from .routed_texts import RoutedText, labels_of_texts
from .routed_windows import SideText, check_classifier, expert_layers
from .routers_report import SCHEMA
from .routing_sums import GroupRouting
from .specialisation import TEXTS, UNCLOAKED, specialisation
from .token_groups import ALL, describe_group

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline

_MOST_ERRORS = 100


@dataclass(frozen=True)
class RouterSettings:
    """How an analysis is made.

    Attributes:
        modalities: senses to use, text among them; all that the model uses when it is not told, if None.
        batch_size: most windows that go through the model at once.
        resamples: of the bootstrap; 0 for no intervals.
        level: share of the resamples inside an interval.
        seed: of everything random.
        alignment: measure the alignment of the senses, too.
    """

    modalities: Sequence[str] | None = None
    batch_size: int = 32
    resamples: int = 1000
    level: float = 0.95
    seed: int = 0
    alignment: bool = True


def analyse_routers(
    classifier: "TextClassificationPipeline",
    texts: Sequence[RoutedText],
    model: str,
    data: str,
    settings: RouterSettings | None = None,
    watch: Watch = iter,
) -> dict[str, Any]:
    """Tell which experts a model's routers use, in which layer, for which tokens, and whether cloaking changes it.

    Args:
        classifier: a decloak model, from `load_text_classifier`.
        texts: from `with_attack` or `with_twins`, or plain ones.
        model: its name in the report.
        data: name of the texts.
        settings: how.
        watch: sees the texts pass, to show progress.

    Returns:
        `RoutersReport` (see `routers_report`).

    Raises:
        ValueError: The model has no experts or is none of decloak's, or no text could be read.
    """
    settings = settings or RouterSettings()
    check_classifier(classifier, settings.modalities)
    if not texts:
        raise ValueError("there are no texts: give at least one")
    labels = labels_of_texts(texts)
    sides = side_texts(texts)
    passes = {
        name: collect_routing(classifier, side, labels, settings.modalities, settings.batch_size, watch, len(texts))
        for name, side in sides.items()
    }
    if not passes[TEXTS].windows:
        reasons = passes[TEXTS].errors
        raise ValueError(f"none of the {len(texts)} texts could be read{f': {reasons[0][1]}' if reasons else ''}")
    report = _facts(classifier, model, data, settings) | {
        "texts": len(texts),
        "twins": sum(text.twin is not None for text in texts),
        "changed": sum(bool(text.changed) for text in texts),
        "sides": {name: _side(found, len(sides[name]), classifier) for name, found in passes.items()},
        "specialisation": _specialisation(passes, classifier, settings),
        "alignment": _alignment(classifier, texts, settings) if settings.alignment else None,
    }
    return report | {"notes": report_notes(report)}


def side_texts(texts: Sequence[RoutedText]) -> dict[str, list[SideText]]:
    """Return the texts as they are read, and their twins if there are any; both with the index of the text."""
    sides = {
        TEXTS: [
            SideText(index, one.number, one.text, one.label, one.changed.cloaked if one.changed else None)
            for index, one in enumerate(texts)
        ],
        UNCLOAKED: [
            SideText(index, one.number, one.twin, one.label, one.changed.uncloaked if one.changed else None)
            for index, one in enumerate(texts)
            if one.twin is not None
        ],
    }
    return {name: side for name, side in sides.items() if side}


def _facts(classifier: "TextClassificationPipeline", model: str, data: str, settings: RouterSettings) -> dict[str, Any]:
    config: Any = classifier.model.config
    network: Any = classifier.model.mmbert
    thresholds = {
        "collapsed_weight": COLLAPSED_WEIGHT,
        "leaning_weight": LEANING_WEIGHT,
        "least_weight": LEAST_WEIGHT,
        "dead_share": DEAD_SHARE,
        "even_entropy": EVEN_ENTROPY,
        "alignment_limit": STAGE_LIMIT,
    }
    parts = ("speech", "transcript", "vision")
    return {
        "schema": SCHEMA,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": versions(),
        "model": model,
        "data": data,
        "settings": asdict(settings) | {"thresholds": thresholds},
        "fusion": config.fusion,
        "layers": expert_layers(config),
        "num_layers": config.num_hidden_layers,
        "experts": list(MODALITIES),
        "senses": ["text", *(part for part in parts if getattr(network, part, None) is not None)],
    }


def _side(found: CollectedRouting, texts: int, classifier: "TextClassificationPipeline") -> dict[str, Any]:
    whole = found.sums.routing(ALL)
    layers = expert_layers(classifier.model.config)
    balances = [] if whole is None else layer_balances(whole, layers, MODALITIES)
    routings = {name: found.sums.routing(name) for name in found.sums.groups}
    return {
        "texts": texts,
        "windows": found.windows,
        "senses": dict(found.senses),
        "groups": {name: _group(name, one) for name, one in routings.items() if one is not None},
        "layers": [asdict(one) | {"verdict": one.verdict.value} for one in balances],
        "balance_loss": balance_loss(balances) if balances else None,
        "errors": len(found.errors),
        "error_rows": [{"row": row, "reason": reason} for row, reason in found.errors[:_MOST_ERRORS]],
    }


def _group(name: str, routing: GroupRouting) -> dict[str, Any]:
    return {
        "meaning": describe_group(name),
        "tokens": routing.tokens,
        "weights": routing.weights.tolist(),
        "winners": routing.winners.tolist(),
        "entropy": routing.entropy.tolist(),
        "spread": routing.spread.tolist(),
    }


def _specialisation(
    passes: dict[str, CollectedRouting], classifier: "TextClassificationPipeline", settings: RouterSettings
) -> dict[str, Any] | None:
    if UNCLOAKED not in passes:
        return None
    sums = {name: found.sums for name, found in passes.items()}
    layers = expert_layers(classifier.model.config)
    return specialisation(sums, layers, MODALITIES, settings.resamples, settings.level, settings.seed)


def _alignment(
    classifier: "TextClassificationPipeline", texts: Sequence[RoutedText], settings: RouterSettings
) -> list[dict[str, Any]]:
    """Measure on uncloaked texts: what is cloaked sounds or looks like something else than it says."""
    plain = (one.text if one.twin is None else one.twin for one in texts)
    found = measure_alignment(classifier, plain, modalities=settings.modalities, batch_size=settings.batch_size)
    return [asdict(one) for one in found]


__all__ = ["RouterSettings", "analyse_routers", "side_texts"]
