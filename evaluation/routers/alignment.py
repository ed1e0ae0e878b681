"""How well the senses are aligned with the text, beside what says nothing: the check before experts are trained.

MMBERT (arXiv 2508.00760) trains the aligners until their mean squared error against the text is low. Such a number is
worth what the target's variance makes of it: where predicting the mean of all targets has an error of 0.3, one of 0.5
is worse than no alignment at all.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decloak.evaluation.classifier_loading import is_multimodal
from decloak.modeling.alignment_mmbert import TARGETS
from decloak.modeling.senses_mmbert import SenseTokens

from .routed_windows import RoutedWindow, SideText, read_windows, window_batches

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline

logger = logging.getLogger(__name__)

SENSES = ("speech", "vision")
STAGE_LIMIT = 0.5  # A rule of thumb for going on to the experts; the paper names no number.
# As in `collecting`.
_ROW_ERRORS = (ValueError, TypeError, OSError, ImportError, RuntimeError, LookupError)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SenseAlignment:
    """How far a sense is from the text that it belongs to.

    Attributes:
        sense: `speech` (its sounds; heard words are left out, as in training) or `vision`.
        target: `embeddings`, or `encoder` for the encoder's output on them.
        tokens: text tokens that have a token of the sense.
        mse: the model's `alignment_mse` over all of them; None where there are none, like all numbers below.
        zero_mse: error of predicting 0 everywhere.
        mean_mse: error of predicting the mean of the targets everywhere: their variance.
        explained_variance: `1 - mse / mean_mse`; 1 is perfect, 0 no better than the mean, below 0 worse.
        below_limit: `mse` is below `STAGE_LIMIT`.
        beats_mean: `mse` is below `mean_mse`; without it being below a limit says nothing.
    """

    sense: str
    target: str
    tokens: int
    mse: float | None = None
    zero_mse: float | None = None
    mean_mse: float | None = None
    explained_variance: float | None = None
    below_limit: bool | None = None
    beats_mean: bool | None = None


class _AlignmentSums:
    """Sums over the text tokens that a sense covers."""

    def __init__(self, width: int) -> None:
        self.tokens = 0
        self.errors = 0.0
        self.squares = 0.0
        self.total: Floats = np.zeros(width)

    def add(self, mse: float, wanted: Floats) -> None:
        """Add a batch: its mean error, and its targets (tokens, width)."""
        self.tokens += len(wanted)
        self.errors += mse * wanted.size
        self.squares += float((wanted**2).sum())
        self.total += wanted.sum(axis=0)

    def result(self, sense: str, target: str) -> SenseAlignment:
        """Return the means."""
        if not self.tokens:
            return SenseAlignment(sense, target, 0)
        numbers = self.tokens * len(self.total)
        mse, zero = self.errors / numbers, self.squares / numbers
        variance = max(zero - float(((self.total / self.tokens) ** 2).mean()), 0.0)
        explained = 1 - mse / variance if variance else None
        return SenseAlignment(
            sense, target, self.tokens, mse, zero, variance, explained, mse < STAGE_LIMIT, mse < variance
        )


def measure_alignment(
    classifier: "TextClassificationPipeline",
    texts: Iterable[str],
    targets: Sequence[str] = TARGETS,
    modalities: Sequence[str] | None = None,
    batch_size: int = 32,
) -> list[SenseAlignment]:
    """Measure the alignment of each sense that a model has, with the baselines that make the numbers mean something.

    Texts that cannot be read are left out, and logged. Tokens of overlapping windows count twice.

    Args:
        classifier: a decloak model of any stage, from `load_text_classifier`.
        texts: what is read; uncloaked texts, for a number like that of training.
        targets: `embeddings`, `encoder`, or both.
        modalities: senses to measure; those that the model uses when it is not told, if None.
        batch_size: most windows that go through the model at once.

    Returns:
        One a sense and target; none for a model of text alone.

    Raises:
        ValueError: It is no decloak model, a target is unknown, or no text can be read.
    """
    unknown = [target for target in targets if target not in TARGETS]
    if unknown:
        raise ValueError(f"targets hold {', '.join(unknown)}; allowed are {', '.join(TARGETS)}")
    model: Any = classifier.model
    if not is_multimodal(model.config):
        raise ValueError(f"the model is a {model.config.model_type}, which has no senses to align: use a decloak model")
    senses = _senses(classifier, modalities)
    sums = {(sense, target): _AlignmentSums(model.config.hidden_size) for sense in senses for target in targets}
    if sums:
        for batch in _batches(classifier, texts, ["text", *senses], batch_size):
            _add_batch(model, batch, sums)
    return [one.result(*key) for key, one in sums.items()]


def _senses(classifier: "TextClassificationPipeline", modalities: Sequence[str] | None) -> list[str]:
    model: Any = classifier.model
    processor: Any = classifier.processor
    wanted = modalities or model.config.default_modalities or processor.default_modalities
    return [sense for sense in SENSES if sense in wanted and getattr(model.mmbert, sense) is not None]


def _batches(
    classifier: "TextClassificationPipeline", texts: Iterable[str], modalities: list[str], batch_size: int
) -> Iterator[Any]:
    processor: Any = classifier.processor
    errors: list[str] = []
    read = 0

    def windows() -> Iterator[RoutedWindow]:
        for number, text in enumerate(texts, 1):
            try:
                yield from read_windows(classifier, SideText(number, number, text), modalities)
            except _ROW_ERRORS as error:
                errors.append(str(error) or type(error).__name__)

    for batch in window_batches(classifier, windows(), batch_size):
        read += len(batch)
        yield processor.pad([window.features for window in batch]).to(classifier.model.device)
    if errors and not read:
        raise ValueError(f"none of the {len(errors)} texts can be read with {', '.join(modalities)}: {errors[0]}")
    if errors:
        logger.warning("alignment: %d texts left out, such as: %s", len(errors), errors[0])


def _add_batch(model: Any, batch: Any, sums: dict[tuple[str, str], _AlignmentSums]) -> None:
    import torch

    text = {name: batch[name] for name in ("input_ids", "attention_mask", "token_type_ids")}
    with torch.inference_mode():
        read = model.mmbert(**text, output_hidden_states=True)
        wanted = {"embeddings": read.hidden_states[0], "encoder": read.last_hidden_state}
        for (sense, target), one in sums.items():
            if f"{sense}_positions" not in batch:
                continue
            mask = batch[f"{sense}_attention_mask"].bool()
            tokens = SenseTokens(mask, mask, batch[f"{sense}_positions"])
            tokens.place(text["attention_mask"].bool())
            covered = tokens.covered(text["input_ids"].shape[1])
            if covered.any():
                mse = model.mmbert(**batch, modalities=["text", sense], alignment_target=target).alignment_mse
                one.add(float(mse), wanted[target][covered].double().cpu().numpy())


__all__ = ["SENSES", "STAGE_LIMIT", "SenseAlignment", "measure_alignment"]
