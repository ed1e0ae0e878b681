"""The pass over texts: what the routers do with their tokens."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .routed_windows import RoutedWindow, SideText, check_classifier, expert_layers, read_windows, window_batches
from .routing_sums import RoutingSums
from .token_groups import CHANGED, UNCHANGED, group_names, token_groups

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline

# What a bad text raises, as in the pipeline: unreadable input, a sense that the model lacks, more than memory takes.
_ROW_ERRORS = (ValueError, TypeError, OSError, ImportError, RuntimeError, LookupError)
PAIRED = (CHANGED, UNCHANGED)
Watch = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass
class CollectedRouting:
    """What a pass found.

    Attributes:
        sums: of the tokens' mixing weights.
        windows: how many windows the texts made that could be read.
        senses: windows by the senses that they have, such as `{"text+vision": 12}`.
        errors: (row of the table, reason) of texts that could not be read whole; they are in no sum, or, where one
            window of several failed, with their other windows.
    """

    sums: RoutingSums
    windows: int = 0
    senses: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[int, str]] = field(default_factory=list)


def collect_routing(
    classifier: "TextClassificationPipeline",
    texts: Sequence[SideText],
    labels: Sequence[str] = (),
    modalities: Sequence[str] | None = None,
    batch_size: int = 32,
    watch: Watch = iter,
    total: int | None = None,
) -> CollectedRouting:
    """Send texts through a model and add up where its routers send their tokens.

    Args:
        classifier: a decloak model, from `load_text_classifier`.
        texts: each with an index of its own.
        labels: of the texts that are to be groups of their own.
        modalities: senses to use, text among them; all that the model has, if None.
        batch_size: most windows that go through the model at once.
        watch: sees the texts pass, to show progress.
        total: indices are below it, where these are not all texts; one more than the largest index, if None.

    Raises:
        ValueError: The model has no experts, or is none of decloak's; the senses leave out the text.
    """
    check_classifier(classifier, modalities)
    config: Any = classifier.model.config
    groups = group_names(labels)
    count = 1 + max((text.index for text in texts), default=-1) if total is None else total
    found = CollectedRouting(RoutingSums(len(expert_layers(config)), config.num_experts, groups, PAIRED, count))
    windows = _windows(classifier, watch(texts), modalities, found)
    for batch in window_batches(classifier, windows, batch_size):
        _add_batch(classifier, batch, labels, found)
    return found


def _windows(
    classifier: "TextClassificationPipeline",
    texts: Iterable[SideText],
    modalities: Sequence[str] | None,
    found: CollectedRouting,
) -> Iterator[RoutedWindow]:
    for text in texts:
        try:
            yield from read_windows(classifier, text, modalities)
        except _ROW_ERRORS as error:
            found.errors.append((text.number, _reason(error)))


def _add_batch(
    classifier: "TextClassificationPipeline",
    windows: list[RoutedWindow],
    labels: Sequence[str],
    found: CollectedRouting,
) -> None:
    """Route a batch; where it fails, each window alone, so that a bad one loses no other."""
    try:
        _route(classifier, windows, labels, found.sums)
    except _ROW_ERRORS as error:
        if len(windows) == 1:
            found.errors.append((windows[0].source.number, _reason(error)))
            return
        for window in windows:
            _add_batch(classifier, [window], labels, found)
        return
    found.windows += len(windows)
    found.senses.update("+".join(window.features["report"]["modalities"]) for window in windows)


def _route(
    classifier: "TextClassificationPipeline", windows: list[RoutedWindow], labels: Sequence[str], sums: RoutingSums
) -> None:
    import torch

    model: Any = classifier.model
    processor: Any = classifier.processor
    padded: Any = processor.pad([window.features for window in windows])
    with torch.inference_mode():
        outputs = model(**padded.to(model.device), output_router_logits=True)
    batch = {name: value.cpu().numpy() for name, value in padded.items()}
    ids = outputs.modality_ids.cpu().numpy()
    masks = token_groups(windows, batch, ids, model.config.fusion, labels)
    sums.add(outputs.router_logits, masks, [window.source.index for window in windows])


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


__all__ = ["PAIRED", "CollectedRouting", "collect_routing"]
