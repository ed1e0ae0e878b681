"""One answer a text, in order, from any classifier, whatever is wrong with single texts."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any

from decloak.evaluation.calibration.applying import apply_calibration, check_rate
from decloak.evaluation.classifier_loading import is_multimodal
from decloak.evaluation.token_batches import token_batches, token_budget
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
    false_positive_rate: float | None = None,
) -> Iterator[dict[str, Any]]:
    """Classify texts as they come; scores are calibrated if the model has a calibration.

    Args:
        classifier: From `load_text_classifier`.
        texts: Any number of texts; only a few batches are held at a time.
        batch_size: Texts that go through the model at once.
        modalities: The senses to use; None is all that the model has.
        false_positive_rate: Label by the model's thresholds at this rate; None labels by the highest score.

    Yields:
        For each text, in order, `label`, `score`, `scores` (label -> probability), `modalities`, `truncated`,
        `windows` and `joined`; with a calibration `calibrated`, `language` and `threshold`, too; or for a text that
        cannot be answered `label` None and `error`.

    Raises:
        ValueError: A model of text alone was asked for other senses (a decloak model that lacks one says so text by
            text), or the model has no thresholds at this rate.
    """
    calibration = check_rate(classifier.model.config, false_positive_rate)
    if is_multimodal(classifier.model.config):
        options = {"top_k": None, "batch_size": batch_size, "modalities": modalities, "return_details": True}
        rate = {} if false_positive_rate is None else {"false_positive_rate": false_positive_rate}
        yield from map(_finite, classifier((text for text in texts), **options, **rate))  # type: ignore[arg-type]
        return
    if modalities is not None and list(modalities) != ["text"]:
        raise ValueError(f"modalities are {', '.join(modalities)}, but this model reads text only")
    iterator = iter(texts)
    while chunk := list(islice(iterator, batch_size * _AHEAD)):
        own = map(_finite, _text_answers(classifier, [well_formed(text) for text in chunk], batch_size))
        for text, answer in zip(chunk, own, strict=True):
            yield apply_calibration(answer, text, calibration, false_positive_rate)


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
    limit = token_limit(classifier.model, _tokenizer(classifier).model_max_length)
    rows = _encoded(classifier, [texts[index] for index in filled], limit)
    lengths = [len(row["input_ids"]) for row, _ in rows]
    for batch in token_batches(lengths, batch_size, token_budget(classifier.device.type)):
        answered = _batch_answers(classifier, [rows[place][0] for place in batch])
        for place, answer in zip(batch, answered, strict=True):
            results[filled[place]] = answer | {"truncated": rows[place][1]}
    return results


def _tokenizer(classifier: "TextClassificationPipeline") -> "PreTrainedTokenizerBase":
    if classifier.tokenizer is None:
        raise ValueError("the model has no tokenizer, so it cannot read text")
    return classifier.tokenizer


def _encoded(
    classifier: "TextClassificationPipeline", texts: list[str], limit: int | None
) -> list[tuple[dict[str, list[int]], bool]]:
    """Turn texts into the model's inputs, and tell which were cut."""
    if not texts:
        return []
    tokenizer = _tokenizer(classifier)
    whole = tokenizer(texts, truncation=False, verbose=False)
    rows = []
    for index, text in enumerate(texts):
        cut = limit is not None and len(whole["input_ids"][index]) > limit
        encoded = tokenizer(text, truncation=True, max_length=limit) if cut else whole
        rows.append(({name: values if cut else values[index] for name, values in encoded.items()}, cut))
    return rows


def _batch_answers(classifier: "TextClassificationPipeline", rows: list[dict[str, list[int]]]) -> list[dict[str, Any]]:
    """Answer a batch; when it fails, each row alone, so that one bad text does not lose the others."""
    try:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        logits = classifier.forward(_tokenizer(classifier).pad(columns, return_tensors="pt"))["logits"]
        scored: Any = [classifier.postprocess({"logits": row[None]}, top_k=None, _legacy=False) for row in logits]
    except Exception as error:  # any model may fail in any way on a text
        if len(rows) == 1:
            return [_unanswered(f"{type(error).__name__}: {error}")]
        return [_batch_answers(classifier, [row])[0] for row in rows]
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
