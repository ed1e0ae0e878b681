"""Sentence embeddings and a linear head, as SetFit and frozen-encoder baselines are."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .batch_classifier import BatchClassifier, check_batch_size
from .classification_head import ClassificationHead, load_head
from .fingerprints import fingerprint, model_files
from .sentence_encoder import encoder_folder, load_sentence_encoder
from .text_classifier import answer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

# Texts are read ahead and batched by length, which wastes least on padding.
_AHEAD = 8


class EmbeddingClassifier(BatchClassifier):
    """Answers with a linear head over the sentence embeddings of a sentence-transformers model.

    Args:
        encoder: The model.
        head: The head; its width is the model's.
        name: What reports call it.
        batch_size: Texts that go through the model at once.
        files: What the fingerprint depends on beside the head: the encoder's files.

    Raises:
        ValueError: The widths differ.
    """

    kind: ClassVar[str] = "sentence-transformers"

    def __init__(
        self,
        encoder: "SentenceTransformer",
        head: ClassificationHead,
        name: str,
        batch_size: int = 32,
        files: Sequence[Path] = (),
    ) -> None:
        width = encoder.get_embedding_dimension()
        if width is not None and width != head.weight.shape[1]:
            raise ValueError(f"the encoder's embeddings are {width} wide, the head reads {head.weight.shape[1]}")
        self.encoder = encoder
        self.head = head
        self.name = name
        self.labels = head.labels
        self.encoder_batch_size = check_batch_size(batch_size)
        self.batch_size = batch_size * _AHEAD
        self.files = list(files)
        self._fingerprint: str | None = None

    @classmethod
    def load(
        cls,
        model: str,
        head: str | None = None,
        revision: str | None = None,
        trust_remote_code: bool = False,
        device: str = "auto",
        dtype: str = "auto",
        batch_size: int = 32,
    ) -> "EmbeddingClassifier":
        """Load an encoder and a head.

        Args:
            model: A sentence-transformers folder or Hub id.
            head: Folder of the head; None where it is the model's.
            revision: Commit of a Hub model.
            trust_remote_code: Run the Python code of the model.
            device: `auto`, `cpu`, `cuda` or `mps`.
            dtype: As in `load_sentence_encoder`.
            batch_size: Texts that go through the model at once.

        Raises:
            FileNotFoundError: There is no such folder.
            ImportError: sentence-transformers is missing.
            ValueError: The model or the head cannot be loaded, or they do not fit together.
        """
        folder = encoder_folder(model, revision, trust_remote_code)
        linear = load_head(head or folder)
        encoder = load_sentence_encoder(folder, trust_remote_code, device, dtype)
        return cls(encoder, linear, model, batch_size, model_files(folder))

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Return the embeddings of some texts, `(texts, width)`, with the prompt of the head before each."""
        return embed(self.encoder, texts, self.head.prompt, self.encoder_batch_size)

    def answer_batch(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Answer some texts; those that are longer than the encoder reads are cut, and say so."""
        cut = truncated(self.encoder, texts, self.head.prompt)
        rows = self.head.probabilities(self.embed(texts)).tolist()
        return [answer(row, self.labels, one) for row, one in zip(rows, cut, strict=True)]

    def fingerprint(self) -> str:
        """Hash the encoder's files, the head, and the number format in which the encoder runs."""
        if self._fingerprint is None:
            head, dtype = self.head, str(next(self.encoder.parameters()).dtype)
            numbers = [head.weight.tolist(), head.bias.tolist(), head.labels, head.normalize, head.prompt]
            self._fingerprint = fingerprint({"kind": self.kind, "head": numbers, "dtype": dtype}, self.files)
        return self._fingerprint


def embed(
    encoder: "SentenceTransformer", texts: Sequence[str], prompt: str | None, batch_size: int
) -> "NDArray[np.float32]":
    """Return the embeddings of some texts, `(texts, width)`, float32, batched by length.

    An empty prompt is passed as such, so that a default prompt of the encoder never slips in.
    """
    import torch

    vectors = encoder.encode(
        list(texts), prompt=prompt or "", batch_size=batch_size, convert_to_tensor=True, show_progress_bar=False
    )
    return torch.as_tensor(vectors).float().cpu().numpy()


def truncated(encoder: "SentenceTransformer", texts: Sequence[str], prompt: str | None) -> list[bool]:
    """Tell of each text whether it is longer than the encoder reads, prompt and special tokens included."""
    limit, tokenizer = encoder.max_seq_length, encoder.tokenizer
    if limit is None:
        return [False] * len(texts)
    encoded = tokenizer([f"{prompt or ''}{text}" for text in texts], truncation=False, verbose=False)
    return [len(ids) > limit for ids in encoded["input_ids"]]


__all__ = ["EmbeddingClassifier", "embed", "truncated"]
