"""One answer a text, in order, from any classifier, whatever is wrong with single texts."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any

from decloak.evaluation.classifier_loading import is_multimodal
from decloak.processing.glyph_rendering import characters

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, TextClassificationPipeline

# Batches of like lengths waste least on padding; this many batches are read ahead and sorted.
_AHEAD = 8


def labels_of(classifier: "TextClassificationPipeline") -> list[str]:
    """List the names of a classifier's labels in the order of their ids."""
    names = classifier.model.config.id2label or {}
    return [str(name) for _, name in sorted(names.items())]


def answers(
    classifier: "TextClassificationPipeline",
    texts: Iterable[str],
    batch_size: int = 32,
    modalities: Sequence[str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Classify texts as they come.

    Args:
        classifier: From `load_text_classifier`.
        texts: Any number of texts; only a few batches are held at a time.
        batch_size: Texts that go through the model at once.
        modalities: The senses to use; None is all that the model has.

    Yields:
        For each text, in order, `label`, `score`, `scores` (label -> probability), `modalities`, `truncated`,
        `windows` and `joined`; or for a text that cannot be answered `label` None and `error`.

    Raises:
        ValueError: A model of text alone was asked for other senses. (A decloak model that lacks one says so text by
            text.)
    """
    if is_multimodal(classifier.model.config):
        options = {"top_k": None, "batch_size": batch_size, "modalities": modalities, "return_details": True}
        yield from map(_finite, classifier((text for text in texts), **options))  # type: ignore[arg-type]
        return
    if modalities is not None and list(modalities) != ["text"]:
        raise ValueError(f"modalities are {', '.join(modalities)}, but this model reads text only")
    iterator = iter(texts)
    while chunk := list(islice(iterator, batch_size * _AHEAD)):
        yield from map(_finite, _text_answers(classifier, [well_formed(text) for text in chunk], batch_size))


def well_formed(text: str) -> str:
    """Join surrogate pairs and replace lone surrogates by U+FFFD: tokenizers take valid Unicode only."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def token_limit(model: "PreTrainedModel", tokenizer_limit: int) -> int | None:
    """Count the tokens that a model can read at once, special tokens included; None if nothing bounds it.

    A table of positions that keeps a row for padding (RoBERTa and its kin) starts counting behind that row.
    """
    positions = getattr(model.config, "max_position_embeddings", None)
    for name, module in model.named_modules():
        padding = getattr(module, "padding_idx", None) if name.endswith("position_embeddings") else None
        if positions and padding is not None:
            positions -= padding + 1
            break
    # A tokenizer that knows no limit says 1e30.
    limits = [limit for limit in (positions, tokenizer_limit) if limit and 0 < limit < 10**9]
    return min(limits, default=None)


def _finite(answer: dict[str, Any]) -> dict[str, Any]:
    """Turn scores that are not numbers, which damaged weights give, into an error."""
    if answer["label"] is None or all(isfinite(score) for score in answer["scores"].values()):
        return answer
    return _unanswered("the model's scores are not finite numbers; its weights may be damaged")


def _unanswered(error: str) -> dict[str, Any]:
    return {"label": None, "score": None, "error": error}


def _text_answers(classifier: "TextClassificationPipeline", texts: list[str], batch_size: int) -> list[dict[str, Any]]:
    """Answer a chunk of texts, batched by length; returned in the order given."""
    results = [_unanswered("the text is empty") for _ in texts]
    filled = [index for index, text in enumerate(texts) if characters(text)]
    lengths = _token_counts(classifier, texts)
    filled.sort(key=lengths.__getitem__)
    limit = token_limit(classifier.model, _tokenizer(classifier).model_max_length)
    for start in range(0, len(filled), batch_size):
        batch = filled[start : start + batch_size]
        answered = _batch_answers(classifier, [texts[index] for index in batch], limit)
        for index, answer in zip(batch, answered, strict=True):
            results[index] = answer | {"truncated": limit is not None and lengths[index] > limit}
    return results


def _tokenizer(classifier: "TextClassificationPipeline") -> "PreTrainedTokenizerBase":
    if classifier.tokenizer is None:
        raise ValueError("the model has no tokenizer, so it cannot read text")
    return classifier.tokenizer


def _token_counts(classifier: "TextClassificationPipeline", texts: list[str]) -> list[int]:
    encoded = _tokenizer(classifier)(texts, truncation=False, verbose=False)
    return [len(ids) for ids in encoded["input_ids"]]


def _batch_answers(
    classifier: "TextClassificationPipeline", texts: list[str], limit: int | None
) -> list[dict[str, Any]]:
    """Answer a batch; when it fails, each text alone, so that one bad text does not lose the others."""
    options: dict[str, Any] = {"truncation": True, "max_length": limit} if limit else {}
    try:
        scored: Any = classifier(texts, top_k=None, batch_size=len(texts), **options)
    except Exception as error:  # any model may fail in any way on a text
        if len(texts) == 1:
            return [_unanswered(f"{type(error).__name__}: {error}")]
        return [_batch_answers(classifier, [text], limit)[0] for text in texts]
    return [_answer(scores, labels_of(classifier)) for scores in scored]


def _answer(scores: list[dict[str, Any]], labels: list[str]) -> dict[str, Any]:
    by_label = {item["label"]: item["score"] for item in scores}
    return {
        "label": scores[0]["label"],
        "score": scores[0]["score"],
        "scores": {label: by_label[label] for label in labels},
        "modalities": ["text"],
        "windows": 1,
        "joined": None,
    }
