"""Shrink a pretrained text encoder: fewer vocabulary pieces, fewer layers.

A small encoder spends most of its bytes on word embeddings. `select_pieces` and `prune_vocabulary` keep
the pieces that texts use, `keep_layers` keeps some layers. Arguments are never changed: the functions return
new objects.

Only tokenizers that can lose a piece are handled: Unigram (takes the best path among the kept pieces) and WordPiece
(takes the longest kept match). A byte-pair tokenizer reaches a long piece through its merges, so that its pieces
cannot be dropped one by one.
"""

import copy
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

TokenizerT = TypeVar("TokenizerT", bound=PreTrainedTokenizerFast)
ModelT = TypeVar("ModelT", bound=PreTrainedModel)

TOKENIZER_FILE = "tokenizer.json"
TOKEN_ID_FIELDS = tuple(f"{role}_token_id" for role in ("pad", "bos", "eos", "sep", "cls", "mask", "unk"))
TEXTS_PER_BATCH = 1000


class _Vocabulary:
    """The pieces of a fast tokenizer, read from the content of its tokenizer.json.

    Args:
        description: The parsed tokenizer.json.

    Raises:
        ValueError: The tokenizer's model is neither Unigram nor WordPiece.
    """

    def __init__(self, description: dict[str, Any]) -> None:
        model = description["model"]
        kind = model.get("type")
        if kind == "Unigram":
            scored = [(index, piece, -score) for index, (piece, score) in enumerate(model["vocab"])]
            unknown, byte_fallback = model.get("unk_id"), bool(model.get("byte_fallback"))
        elif kind == "WordPiece":
            scored = [(index, piece, index) for piece, index in model["vocab"].items()]
            unknown, byte_fallback = model["vocab"].get(model["unk_token"]), False
        else:
            raise ValueError(
                f"The tokenizer's model is {kind}; pieces can be dropped from a Unigram or a WordPiece model only. "
                "Choose an encoder with one of these, or keep its whole vocabulary."
            )
        added = {token["id"]: token["content"] for token in description.get("added_tokens", ())}
        self.pieces: dict[int, str] = {index: piece for index, piece, _ in scored} | added
        self.by_own_frequency: list[int] = [index for index, _, _ in sorted(scored, key=lambda entry: entry[2])]
        kept = [*added, *([] if unknown is None else [unknown])]
        self.required: set[int] = {*kept, *(self._byte_pieces() if byte_fallback else ())}
        self._continuation: str = model.get("continuing_subword_prefix", "") if kind == "WordPiece" else ""

    def _byte_pieces(self) -> Iterator[int]:
        byte_pieces = {f"<0x{value:02X}>" for value in range(256)}
        return (index for index, piece in self.pieces.items() if piece in byte_pieces)

    def characters(self, index: int) -> str:
        """Return the characters that a piece stands for: the piece, without the prefix of a word's continuation.

        Args:
            index: The id of the piece.

        Returns:
            The characters.
        """
        return self.pieces[index].removeprefix(self._continuation) if self._continuation else self.pieces[index]


def select_pieces(
    tokenizer: PreTrainedTokenizerFast,
    texts: Iterable[str],
    vocabulary_size: int,
    *,
    min_character_count: int = 2,
) -> list[int]:
    """Choose the pieces to keep, by their use in texts.

    In this order, until `vocabulary_size` is reached:

    1. the pieces that must stay: special and added tokens, the unknown piece, the byte pieces of a byte fallback;
    2. single characters that occur at least `min_character_count` times in the texts, alone or inside a longer
       piece, most frequent first: with them, dropping a longer piece makes none of these characters unknown;
    3. the other pieces that the tokenizer uses in the texts, most frequent first;
    4. pieces that the texts never use, single characters first, in the tokenizer's own order of frequency (the log
       probability of a Unigram piece, the id of a WordPiece piece).

    Args:
        tokenizer: A fast tokenizer with a Unigram or WordPiece model.
        texts: The texts that the encoder will read, for instance the training texts.
        vocabulary_size: How many ids the pruned tokenizer has, special and added tokens included.
        min_character_count: How often a character must occur to be kept for its own sake; at least 1.

    Returns:
        The ids to keep, ascending, `vocabulary_size` of them.

    Raises:
        ValueError: The tokenizer cannot be pruned, the size does not hold the pieces that must stay or exceeds the
            vocabulary, or `min_character_count` is below 1.
    """
    vocabulary = _Vocabulary(_describe(tokenizer))
    total, required = len(vocabulary.pieces), len(vocabulary.required)
    if not required <= vocabulary_size <= total:
        raise ValueError(
            f"vocabulary_size is {vocabulary_size}, but the tokenizer has {total} pieces, of which {required} must "
            f"stay (special, added, unknown and byte pieces). Give a size from {required} to {total}."
        )
    if min_character_count < 1:
        raise ValueError(f"min_character_count is {min_character_count}. Give 1 or more.")
    ranked = _rank_pieces(vocabulary, _count_pieces(tokenizer, texts), min_character_count)
    return sorted(islice(dict.fromkeys(ranked), vocabulary_size))


def _rank_pieces(vocabulary: _Vocabulary, piece_counts: Counter[int], min_character_count: int) -> Iterator[int]:
    """Yield ids in the order of `select_pieces`; an id may come twice."""
    unused_first = vocabulary.by_own_frequency
    single = [index for index in unused_first if len(vocabulary.characters(index)) == 1]
    character_counts: Counter[str] = Counter()
    for index, count in piece_counts.items():
        for character in vocabulary.characters(index):
            character_counts[character] += count
    frequent = [index for index in single if character_counts[vocabulary.characters(index)] >= min_character_count]
    frequent.sort(key=lambda index: -character_counts[vocabulary.characters(index)])
    used = (index for index, _ in piece_counts.most_common())
    return chain(sorted(vocabulary.required), frequent, used, single, unused_first)


def _count_pieces(tokenizer: PreTrainedTokenizerFast, texts: Iterable[str]) -> Counter[int]:
    """Count the ids that the tokenizer makes of the texts, special tokens left out."""
    counts: Counter[int] = Counter()
    remaining = iter(texts)
    while batch := list(islice(remaining, TEXTS_PER_BATCH)):
        # The backend is asked directly: the tokenizer would warn of each text that is longer than the model's window.
        for encoding in tokenizer.backend_tokenizer.encode_batch(batch, add_special_tokens=False):
            counts.update(encoding.ids)
    return counts


def prune_vocabulary(tokenizer: TokenizerT, model: ModelT, kept_ids: Sequence[int]) -> tuple[TokenizerT, ModelT]:
    """Drop pieces from a tokenizer, and their rows from an encoder's word embeddings.

    The kept pieces are renumbered from 0 in the order of their old ids. A text whose pieces are all kept is cut as
    before; one that used a dropped piece is cut into shorter pieces.

    Args:
        tokenizer: A fast tokenizer with a Unigram or WordPiece model.
        model: An encoder without a language-modelling head. Rows beyond the tokenizer's vocabulary are dropped.
        kept_ids: The ids to keep, each once, in any order; `select_pieces` chooses them.

    Returns:
        The pruned tokenizer and a copy of the model with `len(kept_ids)` word embeddings and the new token ids in
        its config.

    Raises:
        ValueError: The tokenizer cannot be pruned; an id is unknown, double, or missing although it must stay; the
            model has a language-modelling head, too few word embeddings, or positions that depend on a padding id
            that would change.
    """
    description = _describe(tokenizer)
    vocabulary = _Vocabulary(description)
    _check_kept_ids(vocabulary, kept_ids)
    new_ids = {old: new for new, old in enumerate(sorted(kept_ids))}
    pruned_model = _prune_embeddings(model, new_ids)
    return _reload_tokenizer(tokenizer, _prune_description(description, new_ids)), pruned_model


def keep_layers(model: ModelT, layers: Sequence[int]) -> ModelT:
    """Keep some layers of a BERT-like encoder.

    Args:
        model: An encoder whose layers are in `encoder.layer` of its base model (BERT, RoBERTa, XLM-R, ELECTRA).
        layers: The layers to keep, counted from 0, ascending; `evenly_spaced_layers` chooses some.

    Returns:
        A copy of the model with these layers and `num_hidden_layers` set in its config.

    Raises:
        ValueError: The model keeps its layers elsewhere, or the list is empty, not ascending or out of range.
    """
    total = len(_encoder_layers(model))
    if not layers or list(layers) != sorted(set(layers)) or layers[0] < 0 or layers[-1] >= total:
        raise ValueError(
            f"layers is {list(layers)}, but the encoder has {total} layers. Give one or more numbers from 0 to "
            f"{total - 1}, each once, in ascending order."
        )
    kept = copy.deepcopy(model)
    modules = _encoder_layers(kept)
    for index in reversed(range(total)):
        if index not in layers:
            del modules[index]
    for position, layer in enumerate(modules):
        _number_layer(layer, position)
    kept.config.num_hidden_layers = len(layers)
    return kept


def evenly_spaced_layers(total: int, kept: int) -> list[int]:
    """Choose layers at even distances, the first and the last among them.

    Args:
        total: How many layers the encoder has.
        kept: How many to choose, from 1 (the first) to `total`.

    Returns:
        The chosen layers, counted from 0, ascending.

    Raises:
        ValueError: `kept` is not between 1 and `total`.
    """
    if not 1 <= kept <= total:
        raise ValueError(f"{kept} layers cannot be kept of an encoder of {total}. Give a number from 1 to {total}.")
    return [round(index * (total - 1) / max(1, kept - 1)) for index in range(kept)]


def _describe(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    """Parse the tokenizer.json of a fast tokenizer."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ValueError(
            f"{type(tokenizer).__name__} has no fast (tokenizers) backend. Load the tokenizer with AutoTokenizer "
            "from a folder that holds a tokenizer.json."
        )
    description: dict[str, Any] = json.loads(backend.to_str())
    return description


def _check_kept_ids(vocabulary: _Vocabulary, kept_ids: Sequence[int]) -> None:
    kept = set(kept_ids)
    if len(kept) != len(kept_ids):
        raise ValueError(f"kept_ids has {len(kept_ids)} ids but {len(kept)} different ones. Give each id once.")
    if unknown := sorted(kept - vocabulary.pieces.keys()):
        raise ValueError(
            f"kept_ids has {len(unknown)} ids that the tokenizer does not have, the first {unknown[0]}. "
            "Choose the ids with select_pieces and this tokenizer."
        )
    if missing := sorted(vocabulary.required - kept):
        names = ", ".join(repr(vocabulary.pieces[index]) for index in missing[:5])
        raise ValueError(f"kept_ids lacks {len(missing)} pieces that must stay, among them {names}. Add their ids.")


def _prune_description(description: dict[str, Any], new_ids: dict[int, int]) -> dict[str, Any]:
    """Return the tokenizer.json of the kept pieces, with every id that it mentions rewritten."""
    pruned = copy.deepcopy(description)
    model = pruned["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [entry for index, entry in enumerate(model["vocab"]) if index in new_ids]
        if model.get("unk_id") is not None:
            model["unk_id"] = new_ids[model["unk_id"]]
    else:
        by_id = sorted(model["vocab"].items(), key=lambda entry: entry[1])
        model["vocab"] = {piece: new_ids[index] for piece, index in by_id if index in new_ids}
    for token in pruned.get("added_tokens", ()):
        token["id"] = new_ids[token["id"]]
    if pruned.get("padding"):
        pruned["padding"]["pad_id"] = new_ids[pruned["padding"]["pad_id"]]
    _renumber_post_processor(pruned.get("post_processor"), new_ids)
    return pruned


def _renumber_post_processor(processor: dict[str, Any] | None, new_ids: dict[int, int]) -> None:
    """Rewrite, in place, the ids of the special tokens that a post-processor adds."""
    if processor is None:
        return
    for part in processor.get("processors", ()):
        _renumber_post_processor(part, new_ids)
    if processor["type"] == "TemplateProcessing":
        for token in processor["special_tokens"].values():
            token["ids"] = [new_ids[index] for index in token["ids"]]
    for role in ("cls", "sep"):  # BertProcessing and RobertaProcessing: [piece, id]
        if role in processor:
            processor[role][1] = new_ids[processor[role][1]]


def _reload_tokenizer(tokenizer: TokenizerT, description: dict[str, Any]) -> TokenizerT:
    """Return a tokenizer of the same class and settings with another tokenizer.json."""
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        (Path(folder) / TOKENIZER_FILE).write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
        return type(tokenizer).from_pretrained(folder, local_files_only=True)


def _prune_embeddings(model: ModelT, new_ids: dict[int, int]) -> ModelT:
    """Copy a model with the word embeddings of the old ids, in the order of the new ones."""
    old = model.get_input_embeddings()
    if not isinstance(old, nn.Embedding):
        raise ValueError(
            f"The word embeddings of {type(model).__name__} are {type(old).__name__}. "
            "Give an encoder whose word embeddings are an nn.Embedding."
        )
    if model.get_output_embeddings() is not None:
        raise ValueError(
            f"{type(model).__name__} has a language-modelling head, which would keep the old vocabulary. "
            "Load the encoder alone with AutoModel."
        )
    if max(new_ids) >= old.num_embeddings:
        raise ValueError(
            f"The tokenizer's id {max(new_ids)} is kept, but the model has {old.num_embeddings} word embeddings. "
            "Give the tokenizer and the model of one checkpoint."
        )
    pruned = copy.deepcopy(model)
    _renumber_config(pruned.config, new_ids)
    _check_positions(model, new_ids)
    padding = None if old.padding_idx is None else new_ids.get(old.padding_idx)
    rows = old.weight.detach()[torch.tensor(sorted(new_ids), device=old.weight.device)].clone()
    embeddings = nn.Embedding.from_pretrained(rows, freeze=not old.weight.requires_grad, padding_idx=padding)
    pruned.set_input_embeddings(embeddings)
    return pruned


def _renumber_config(config: PreTrainedConfig, new_ids: dict[int, int]) -> None:
    """Write, in place, the new vocabulary size and token ids; an id whose piece is gone becomes None."""
    config.vocab_size = len(new_ids)
    for field in TOKEN_ID_FIELDS:
        index = getattr(config, field, None)
        if isinstance(index, int):
            setattr(config, field, new_ids.get(index))


def _check_positions(model: PreTrainedModel, new_ids: dict[int, int]) -> None:
    """Refuse to move the padding id of a model that counts positions from it (RoBERTa and its kin)."""
    for name, module in model.named_modules():
        old = getattr(module, "padding_idx", None) if name.endswith("position_embeddings") else None
        if old is not None and new_ids.get(old) != old:
            raise ValueError(
                f"{type(model).__name__} counts positions from the padding id {old}, which would become "
                f"{new_ids.get(old)}. Keep every id below {old + 1}."
            )


def _encoder_layers(model: PreTrainedModel) -> nn.ModuleList:
    layers = getattr(getattr(model.base_model, "encoder", None), "layer", None)
    if not isinstance(layers, nn.ModuleList):
        raise ValueError(
            f"{type(model).__name__} does not keep its layers in encoder.layer. Give a BERT-like encoder "
            "(BERT, RoBERTa, XLM-R, ELECTRA)."
        )
    return layers


def _number_layer(layer: nn.Module, position: int) -> None:
    """Tell the attention of a layer, where it wants to know, which place the layer has."""
    for module in layer.modules():
        if isinstance(module.__dict__.get("layer_idx"), int):
            module.__dict__["layer_idx"] = position
