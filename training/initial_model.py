"""The untrained model of a run: encoders shrunk and joined, banks built, processor made."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from transformers import (
    AutoModel,
    AutoTokenizer,
    CLIPImageProcessorPil,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    WhisperFeatureExtractor,
)

from decloak.modeling import MMBertForSequenceClassification
from decloak.processing import MultimodalHateProcessor
from decloak.processing.glyph_rendering import default_renderer

from .export import save_repository
from .glyph_bank import GlyphBank, bank_characters, build_glyph_bank, vision_feature_extractor
from .recipe import GlyphBankSettings, Recipe
from .shrink import keep_layers, prune_vocabulary, select_pieces

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Encoders:
    """Where the pretrained encoders are: folders or Hub ids, or None."""

    text: str | None = None
    speech: str | None = None
    vision: str | None = None


def make_initial(recipe: Recipe, texts: list[str], encoders: Encoders, folder: Path) -> Path:
    """Build the untrained model and its processor from encoders, and save them in float32.

    Raises:
        ValueError: There is no text encoder, or a glyph bank without an image encoder.
    """
    if encoders.text is None:
        raise ValueError("Give --text-encoder (a BERT: folder or Hub id), or --init (a decloak model).")
    tokenizer = cast(PreTrainedTokenizerFast, AutoTokenizer.from_pretrained(encoders.text))
    text = AutoModel.from_pretrained(encoders.text, dtype=torch.float32, use_safetensors=True)
    if recipe.text_encoder.keep_layers is not None:
        text = keep_layers(text, recipe.text_encoder.keep_layers)
    if recipe.text_encoder.vocabulary_size is not None:
        pieces = select_pieces(
            tokenizer,
            texts,
            recipe.text_encoder.vocabulary_size,
            min_character_count=recipe.text_encoder.min_character_count,
        )
        tokenizer, text = prune_vocabulary(tokenizer, text, pieces)
    bank = None
    if recipe.glyph_bank is not None:
        if encoders.vision is None:
            raise ValueError("The recipe builds a glyph bank: give --vision-encoder (an image encoder).")
        bank = glyph_bank_of(texts, encoders.vision, recipe.glyph_bank)
    processor = build_processor(recipe, tokenizer, bank)
    model = build_model(recipe, text, encoders, bank, tokenizer)
    save_repository(model, processor, folder, torch.float32)
    return folder


def glyph_bank_of(texts: list[str], vision_encoder: str, settings: GlyphBankSettings) -> GlyphBank:
    """Draw the characters of the texts and of the usual blocks, and encode each once."""
    units = bank_characters(texts, minimum_count=settings.min_count, limit=settings.limit)
    bank = build_glyph_bank(units, default_renderer(), vision_feature_extractor(vision_encoder), settings.dimension)
    logger.info("glyph bank: %d rows, %.3f of the variance", len(bank.features), bank.explained_variance)
    return bank


def build_model(
    recipe: Recipe,
    text: PreTrainedModel,
    encoders: Encoders,
    bank: GlyphBank | None,
    tokenizer: PreTrainedTokenizerBase,
) -> MMBertForSequenceClassification:
    """Build the classifier; where there is a glyph bank, it takes the image encoder's place."""
    fields: dict[str, Any] = {
        "id2label": dict(enumerate(recipe.labels)),
        "label2id": {label: index for index, label in enumerate(recipe.labels)},
        # A BERT's config need not know them, and a pruned vocabulary has others than bert-base.
        "cls_token_id": tokenizer.cls_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        **recipe.model,
    }
    if bank is not None:
        fields |= {"glyph_bank_size": len(bank.features), "vision_feature_size": bank.features.shape[1]}
    model = MMBertForSequenceClassification.from_encoders_pretrained(
        text, encoders.speech, encoders.vision if bank is None else None, **fields
    )
    if bank is not None:
        weight = model.get_parameter("mmbert.vision.bank.weight")
        weight.data.copy_(torch.as_tensor(bank.features))
    return model


def build_processor(
    recipe: Recipe, tokenizer: PreTrainedTokenizerBase, bank: GlyphBank | None
) -> MultimodalHateProcessor:
    """Build the processor with Whisper's feature extractor and CLIP's image processor."""
    settings = dict(recipe.processor)
    if bank is not None:
        settings["glyph_characters"] = list(bank.characters)
    return MultimodalHateProcessor(tokenizer, WhisperFeatureExtractor(), CLIPImageProcessorPil(), **settings)


__all__ = ["Encoders", "build_model", "build_processor", "make_initial"]
