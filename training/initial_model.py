"""The untrained model of a run: encoders shrunk and joined, banks built, processor made."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
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

from .banks.feature_bank import FeatureBank
from .banks.glyph_bank import build_glyph_bank, vision_feature_extractor
from .banks.glyph_units import bank_characters
from .banks.installing import Banks, bank_settings, with_banks
from .banks.sound_tables import emoji_characters, make_sound_tables
from .banks.transcript_tables import make_transcript_tables
from .data.mixture import LabelledText
from .export import save_repository
from .recipe import GlyphBankSettings, Recipe
from .shrink import keep_layers, prune_vocabulary, select_pieces

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Encoders:
    """Where the pretrained encoders are (folders or Hub ids), and the folder of ready banks; or None."""

    text: str | None = None
    speech: str | None = None
    vision: str | None = None
    banks: Path | None = None


def make_initial(
    recipe: Recipe,
    rows: Sequence[LabelledText],
    encoders: Encoders,
    folder: Path,
    language_texts: Sequence[str] = (),
) -> Path:
    """Build the untrained model and its processor from encoders, and save them in float32.

    Args:
        recipe: what to build.
        rows: the training texts. Vocabulary and glyph bank are made of all of them; the language model of a transcript
            of those that people wrote, as it must not expect the cloaked copies.
        encoders: where the pretrained encoders are.
        folder: to save in.
        language_texts: what that language model reads beside them.

    Raises:
        ValueError: There is no text encoder, or a glyph bank without an image encoder.
    """
    if encoders.text is None:
        raise ValueError("Give --text-encoder (a BERT: folder or Hub id), or --init (a decloak model).")
    texts = [row.text for row in rows]
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
    banks = read_banks(recipe, texts, encoders)
    written = [*(row.text for row in rows if not row.attack), *language_texts]
    processor = build_processor(recipe, tokenizer, banks, written)
    model = build_model(recipe, text, encoders, banks, tokenizer)
    save_repository(model, processor, folder, torch.float32)
    return folder


def read_banks(recipe: Recipe, texts: list[str], encoders: Encoders) -> Banks:
    """Return the banks that the recipe wants: ready ones, or of glyphs one that is built now.

    Raises:
        ValueError: A bank is wanted that is neither ready nor can be built, or has another width.
    """
    ready = Banks.load(encoders.banks) if encoders.banks is not None else Banks()
    glyphs, sounds = None, None
    if recipe.glyph_bank is not None:
        glyphs = ready.glyphs
        if glyphs is None and encoders.vision is None:
            raise ValueError("The recipe builds a glyph bank: give --vision-encoder (an image encoder).")
        if glyphs is None:
            glyphs = glyph_bank_of(texts, str(encoders.vision), recipe.glyph_bank)
    if recipe.sound_bank is not None:
        sounds = ready.sounds
        if sounds is None:
            raise ValueError(
                "The recipe has a sound bank, which takes minutes to speak and is made once: run decloak build-banks, "
                "and give its folder as --banks."
            )
    for name, bank, settings in (("glyph", glyphs, recipe.glyph_bank), ("sound", sounds, recipe.sound_bank)):
        if bank is not None and settings is not None and bank.features.shape[1] != settings.dimension:
            raise ValueError(
                f"The {name} bank has {bank.features.shape[1]} numbers a unit, the recipe wants {settings.dimension}."
            )
    return replace(ready, glyphs=glyphs) if sounds is not None else Banks(glyphs)


def glyph_bank_of(texts: list[str], vision_encoder: str, settings: GlyphBankSettings) -> FeatureBank:
    """Draw the characters of the texts and of the usual blocks, and encode each once."""
    units = bank_characters(texts, minimum_count=settings.min_count, limit=settings.limit)
    bank = build_glyph_bank(units, default_renderer(), vision_feature_extractor(vision_encoder), settings.dimension)
    logger.info("glyph bank: %d rows, %.3f of the variance", len(bank.features), bank.explained_variance)
    return bank


def build_model(
    recipe: Recipe,
    text: PreTrainedModel,
    encoders: Encoders,
    banks: Banks,
    tokenizer: PreTrainedTokenizerBase,
) -> MMBertForSequenceClassification:
    """Build the classifier; where a sense has a bank, it takes the encoder's place."""
    fields: dict[str, Any] = {
        "id2label": dict(enumerate(recipe.labels)),
        "label2id": {label: index for index, label in enumerate(recipe.labels)},
        # A BERT's config need not know them, and a pruned vocabulary has others than bert-base.
        "cls_token_id": tokenizer.cls_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "transcript": recipe.transcript is not None,
        **recipe.model,
    }
    speech = encoders.speech if banks.sounds is None else None
    vision = encoders.vision if banks.glyphs is None else None
    model = MMBertForSequenceClassification.from_encoders_pretrained(text, speech, vision, **fields)
    return with_banks(model, banks)


def build_processor(
    recipe: Recipe, tokenizer: PreTrainedTokenizerBase, banks: Banks, written: Sequence[str]
) -> MultimodalHateProcessor:
    """Build the processor with Whisper's feature extractor and CLIP's image processor.

    Args:
        recipe: its settings.
        tokenizer: the text encoder's.
        banks: what it looks sounds and glyphs up in.
        written: texts that the language model of a transcript is made of.
    """
    settings = dict(recipe.processor) | bank_settings(banks)
    if recipe.transcript is not None:
        tables = settings.get("sound_tables")
        # Those of a bank stay what its units were made by; banks of old do not say what emoji may stand for.
        settings["sound_tables"] = {"emoji_characters": emoji_characters()} | tables if tables else make_sound_tables()
        settings["transcript_tables"] = make_transcript_tables(written, recipe.transcript.least_pair_count)
        settings["transcript_price"] = recipe.transcript.price
        settings["transcript_cloaked_price"] = recipe.transcript.cloaked_price
    return MultimodalHateProcessor(tokenizer, WhisperFeatureExtractor(), CLIPImageProcessorPil(), **settings)


__all__ = ["Encoders", "build_model", "build_processor", "make_initial"]
