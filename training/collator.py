"""Rows of a data set to batches of the model."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from rich.progress import track
from torch.utils.data import Dataset

from decloak.processing import MultimodalHateProcessor

logger = logging.getLogger(__name__)


class EncodedDataset(Dataset[dict[str, Any]]):
    """Rows encoded once: the processor's unpadded features with `labels`.

    Attributes:
        rows: the features.
        truncated: number of texts that were cut to the window.
        errors: rows that could not be encoded, by index, with the reason; they are left out.
    """

    def __init__(
        self,
        processor: MultimodalHateProcessor,
        texts: Sequence[Any],
        labels: Sequence[int | float | Sequence[float]],
        modalities: Sequence[str] | None = None,
        max_length: int | None = None,
        processor_of: Callable[[int], MultimodalHateProcessor] | None = None,
    ) -> None:
        """Encode.

        Args:
            processor: makes the senses.
            texts: strings, or mappings that `MultimodalHateProcessor.encode_windows` takes.
            labels: class ids, one a text; numbers for a regression, a list of floats for several labels.
            modalities: senses to make; the processor's default if None.
            max_length: tokens that a text is cut to; how many were cut is counted and logged.
            processor_of: the processor of each row by its number, where it is not the same for all.

        Raises:
            ValueError: There are not as many labels as texts, or no row can be encoded.
        """
        if len(texts) != len(labels):
            raise ValueError(f"There are {len(texts)} texts and {len(labels)} labels.")
        self.rows: list[dict[str, Any]] = []
        self.truncated = 0
        self.errors: dict[int, str] = {}
        pairs: Iterable[Any] = zip(texts, labels, strict=True)
        for number, (text, label) in enumerate(track(pairs, "encoding", total=len(texts), transient=True)):
            row = dict(text) if isinstance(text, Mapping) else {"text": text}
            try:
                (features,) = (processor_of(number) if processor_of else processor).encode_windows(
                    **row, modalities=modalities, truncation=True, max_length=max_length
                )
            except (ValueError, TypeError, OSError) as error:
                self.errors[number] = str(error)
                continue
            self.truncated += features["report"]["truncated"]
            self.rows.append(features | {"labels": label})
        if self.errors and not self.rows:
            raise ValueError(
                f"None of the {len(texts)} rows can be encoded; the first: {next(iter(self.errors.values()))}"
            )
        logger.info("%d rows, %d cut, %d left out", len(self.rows), self.truncated, len(self.errors))

    def __len__(self) -> int:
        """Return the number of rows that could be encoded."""
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Return a row."""
        return self.rows[index]


@dataclass
class MultimodalCollator:
    """Pads encoded rows to a batch.

    Attributes:
        processor: made the rows.
    """

    processor: MultimodalHateProcessor

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Return the padded batch with `labels`."""
        batch = dict(self.processor.pad(rows))
        labels = torch.tensor([row["labels"] for row in rows])
        batch["labels"] = labels.float() if labels.is_floating_point() else labels.long()
        return batch


__all__ = ["EncodedDataset", "MultimodalCollator"]
