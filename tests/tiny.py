"""Builders of tiny random models, tokenizers and processors, shared by all tests.

Everything is made on the spot in milliseconds, with weights large enough that a change of any input shows in the
output. Sizes: width 16, two layers, four heads; the Whisper encoder hears 0.4 s at a time, pictures are 16 x 16.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
)

from decloak.modeling import MMBertConfig, MMBertForSequenceClassification
from decloak.processing import MultimodalHateProcessor
from tests.tiny_font import write_font

CJK = "".join(map(chr, range(0x4E00, 0x4E40))) + "你好坏人今天气很"
LATIN = "".join(map(chr, range(33, 127)))
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WIDTH = 16
POSITIONS = 64
MEL_BINS = 8
WHISPER_FRAMES = 40  # what the tiny Whisper encoder hears at a time
PICTURE = 16
RATE = 16_000


def tiny_tokenizer(positions: int = POSITIONS) -> PreTrainedTokenizerFast:
    """A fast tokenizer that reads Chinese, and Latin text letter by letter; it has offsets and pairs."""
    pieces = [*SPECIAL, *CJK, *LATIN, *("##" + letter for letter in LATIN if letter.isalnum())]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=positions, **names)


def tiny_bert_config(**fields: Any) -> BertConfig:
    """A BERT of the shape that all tiny models share."""
    return BertConfig(**(_text_fields() | fields))


def tiny_roberta_config(**fields: Any) -> RobertaConfig:
    """The same as a RoBERTa: its first position is row `pad_token_id + 1` of the table."""
    shape = _text_fields() | {"max_position_embeddings": POSITIONS + 2, "pad_token_id": 1, "type_vocab_size": 1}
    return RobertaConfig(**(shape | fields))


def _text_fields() -> dict[str, Any]:
    return {
        "vocab_size": len(tiny_tokenizer()),
        "hidden_size": WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 32,
        "max_position_embeddings": POSITIONS,
        "initializer_range": 0.3,
    }


def tiny_whisper_config(**fields: Any) -> WhisperConfig:
    """A Whisper that hears 40 frames (0.4 s) at a time."""
    shape = {
        "num_mel_bins": MEL_BINS,
        "d_model": WIDTH,
        "encoder_layers": 2,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 16,
        "decoder_layers": 1,
        "decoder_attention_heads": 2,
        "decoder_ffn_dim": 16,
        "max_source_positions": WHISPER_FRAMES // 2,
        "max_target_positions": 8,
        "vocab_size": 16,
        "init_std": 0.3,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "decoder_start_token_id": 1,
        "suppress_tokens": None,
        "begin_suppress_tokens": None,
    }
    return WhisperConfig(**(shape | fields))


def tiny_clip_vision_config(**fields: Any) -> CLIPVisionConfig:
    """A CLIP vision tower of 16 x 16 pictures."""
    shape = {
        "hidden_size": WIDTH,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": PICTURE,
        "patch_size": 8,
        "initializer_range": 0.5,
        "initializer_factor": 4.0,
    }
    return CLIPVisionConfig(**(shape | fields))


def tiny_config(encoders: bool = True, banks: bool = True, **fields: Any) -> MMBertConfig:
    """An MMBERT with all senses: encoders, banks, or both; without both it takes features of width 16."""
    shape = _text_fields() | {
        "cls_token_id": SPECIAL.index("[CLS]"),
        "aligner_hidden_size": 8,
        "speech_feature_size": WIDTH,
        "vision_feature_size": WIDTH,
    }
    if encoders:
        shape |= {"audio_config": tiny_whisper_config(), "vision_config": tiny_clip_vision_config()}
    if banks:
        shape |= {"sound_bank_size": 6, "glyph_bank_size": len(CJK) + 1}
    return MMBertConfig(**(shape | fields))


def tiny_model(
    encoders: bool = True, banks: bool = True, seed: int = 0, **fields: Any
) -> MMBertForSequenceClassification:
    """A classifier of `tiny_config`, in evaluation mode, whose modality embeddings are not zero."""
    torch.manual_seed(seed)
    model = MMBertForSequenceClassification(tiny_config(encoders, banks, **fields)).eval()
    torch.nn.init.normal_(model.mmbert.embeddings.modality_embeddings.weight, std=0.5)
    return model


def tiny_processor(font_folder: Path | None = None, bank: bool = True, **settings: Any) -> MultimodalHateProcessor:
    """A processor that fits `tiny_model`: glyphs from a bank of `CJK`, or drawn with a font made in `font_folder`."""
    if bank:
        settings = {"glyph_characters": list(CJK)} | settings
    if font_folder is not None:
        font = str(write_font(font_folder / "tiny.ttf", CJK + LATIN))
        settings = {"glyph_font": font, "glyph_emoji_font": font} | settings
    side = {"height": PICTURE, "width": PICTURE}
    pictures = CLIPImageProcessorPil(size={"shortest_edge": PICTURE}, crop_size=side)
    hearing = WhisperFeatureExtractor(feature_size=MEL_BINS, sampling_rate=RATE)
    return MultimodalHateProcessor(tiny_tokenizer(), hearing, pictures, **settings)


def tone(seconds: float, hertz: float = 440.0, rate: int = RATE) -> np.ndarray:
    """A sine, as mono float32 samples."""
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate).astype(np.float32)
