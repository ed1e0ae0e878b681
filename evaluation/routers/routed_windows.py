"""From texts to windows of tokens, each token with the characters that it covers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from decloak.evaluation.classifier_loading import is_multimodal
from decloak.evaluation.token_batches import token_batches, token_budget
from decloak.processing.text_windows import clean, split_windows, window_length

from .changed_characters import Span

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline

# Windows of like lengths waste least on padding; this many batches are read ahead and sorted.
_AHEAD = 8


@dataclass(frozen=True)
class SideText:
    """One side of a text: as it is read, or its uncloaked twin.

    Attributes:
        index: of the text among all, by which both sides are paired.
        number: its row in the table.
        text: what is read.
        label: its label, or None.
        changed: spans of what differs from the other side; None where there is no other side, or no difference.
    """

    index: int
    number: int
    text: str
    label: str | None = None
    changed: tuple[Span, ...] | None = None


@dataclass(frozen=True)
class RoutedWindow:
    """A window of a text, as the model reads it.

    Attributes:
        source: the text.
        features: of `encode_windows`.
        spans: the characters of each text token, start and end in the whole text; None for special tokens.
    """

    source: SideText
    features: dict[str, Any]
    spans: tuple[Span | None, ...]

    @property
    def length(self) -> int:
        """Tokens of the window, those of the senses included."""
        names = ("speech_positions", "vision_positions", "transcript_positions")
        return len(self.spans) + sum(len(self.features.get(name, ())) for name in names)


def check_classifier(classifier: "TextClassificationPipeline", modalities: Sequence[str] | None) -> None:
    """Check that a classifier has routers, and that it is asked to read.

    Raises:
        ValueError: It is no decloak model, has no layer with experts, or the text is not among the senses.
    """
    config: Any = classifier.model.config
    if not is_multimodal(config):
        raise ValueError(
            f"the model is a {config.model_type}, which has no routers: only decloak models have modality experts"
        )
    if not expert_layers(config):
        raise ValueError(
            f"the model has no experts (expert_layers={config.expert_layers}), so no token is routed anywhere: "
            "train one whose recipe gives layers experts"
        )
    if modalities is not None and "text" not in modalities:
        raise ValueError(
            f"modalities are {', '.join(modalities)}, but routing is told by the words of a text: add text to them"
        )


def expert_layers(config: Any) -> list[int]:
    """List the layers of a decloak model that have experts."""
    return [layer for layer in range(config.num_hidden_layers) if config.has_experts(layer)]


def read_windows(
    classifier: "TextClassificationPipeline", source: SideText, modalities: Sequence[str] | None
) -> list[RoutedWindow]:
    """Make the windows of a text as the classifier's own pipeline does.

    Raises:
        ValueError: The text has nothing to read, or the model lacks a sense that is asked for.
    """
    model: Any = classifier.model
    processor: Any = classifier.processor
    wanted = list(modalities or model.config.default_modalities or processor.default_modalities)
    # Text has to be there: the senses alone leave slots without words.
    rows: Any = classifier.preprocess(source.text, modalities=wanted)
    tokenizer = processor.tokenizer
    longest = min(processor.window_tokens or tokenizer.model_max_length, model.config.max_position_embeddings)
    limit = processor.max_glyphs if {"speech", "vision"} & set(wanted) else None
    length = window_length(tokenizer, longest)
    windows = split_windows(tokenizer, clean(source.text), None, length, processor.window_overlap, False, limit)
    if [row.get("input_ids") for row in rows] != [window.input_ids for window in windows]:
        raise ValueError("the processor's windows are not those of this version of decloak: load it with decloak's own")
    return [
        RoutedWindow(source, row, tuple(None if which is None else (start, end) for which, start, end in window.spans))
        for row, window in zip(rows, windows, strict=True)
    ]


def window_batches(
    classifier: "TextClassificationPipeline", windows: Iterator[RoutedWindow], batch_size: int
) -> Iterator[list[RoutedWindow]]:
    """Cut windows into batches of like length, a few batches at a time in memory."""
    budget = token_budget(classifier.device.type)
    while chunk := list(islice(windows, batch_size * _AHEAD)):
        for places in token_batches([window.length for window in chunk], batch_size, budget):
            yield [chunk[place] for place in places]


__all__ = [
    "RoutedWindow",
    "SideText",
    "check_classifier",
    "expert_layers",
    "read_windows",
    "window_batches",
]
