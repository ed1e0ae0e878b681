"""A repository of a tiny random MMBERT that reads and sees, with what it answers."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import CLIPImageProcessorPil, PreTrainedTokenizerFast, WhisperFeatureExtractor, pipeline

from decloak.modeling import MMBertConfig, MMBertForSequenceClassification, MMBertTextClassificationPipeline
from decloak.processing import MultimodalHateProcessor
from decloak.training.export import save_repository

TEXTS = ("good day", "天气好", "g🙂od d@y " * 9)
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789@!.天气好人🙂"

# Measurements that never were: of the model, with a path of someone's machine, and of a baseline with no more than the
# keys that are needed.
MODEL = {
    "macro_f1": 0.81237,
    "macro_f1_interval": [0.80149, 0.82262],
    "mcc": 0.62716,
    "accuracy": 0.83019,
    "auroc": None,
    "confusion": [[2917, 316], [588, 1519]],
    "n": 5340,
    "errors": 29,
    "labels": ["not_hateful", "hateful"],
    "modalities": ["text", "vision"],
    "model": "/home/someone/model",
}
BASELINE = {
    "macro_f1": 0.79546,
    "mcc": -0.5958,
    "accuracy": 0.80127,
    "auroc": 0.87124,
    "confusion": [[2800, 433], [600, 1507]],
    "n": 5340,
}


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """Build a tokenizer of single characters."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS]
    ids = {piece: index for index, piece in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=32,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )


def tiny_model(vocabulary_size: int) -> MMBertForSequenceClassification:
    torch.manual_seed(0)
    config = MMBertConfig(
        vocab_size=vocabulary_size,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        aligner_hidden_size=8,
        initializer_range=0.5,
        cls_token_id=2,
        fusion="add",
        glyph_bank_size=len(LETTERS) + 1,
        vision_feature_size=4,
        default_modalities=["text", "vision"],
        id2label={0: "not_hateful", 1: "hateful"},
        label2id={"not_hateful": 0, "hateful": 1},
    )
    return MMBertForSequenceClassification(config).eval()


def training_record() -> dict[str, Any]:
    """Return the account of a run that never was, in the form that the trainer writes."""
    return json.loads((Path(__file__).parent / "training_record.json").read_text(encoding="utf-8"))


def save_tiny_repository(folder: Path) -> tuple[MMBertForSequenceClassification, MultimodalHateProcessor]:
    """Save the repository; the model that is returned is rounded like the saved one."""
    tokenizer = tiny_tokenizer()
    model = tiny_model(len(tokenizer))
    processor = MultimodalHateProcessor(
        tokenizer,
        WhisperFeatureExtractor(),
        CLIPImageProcessorPil(),
        default_modalities=("text", "vision"),
        window_tokens=24,
        window_overlap=4,
        glyph_characters=list(LETTERS),
    )
    save_repository(model, processor, folder, record=training_record())
    return model, processor


def expected_answers(model: MMBertForSequenceClassification, processor: MultimodalHateProcessor) -> dict[str, Any]:
    """Compute logits of a batch and the pipeline's answers with the classes of this package."""
    with torch.no_grad():
        outputs = model(**processor(text=list(TEXTS[:2])))
        states = model.mmbert(**processor(text=list(TEXTS[:2]))).pooler_output
    classify = pipeline(
        "text-classification", model=model, processor=processor, pipeline_class=MMBertTextClassificationPipeline
    )
    answers = classify(list(TEXTS), return_details=True)
    return {
        "texts": list(TEXTS),
        "logits": outputs.logits.tolist(),
        "pooled": states.tolist(),
        "answers": answers,
        "ids": processor.tokenizer(list(TEXTS))["input_ids"],
    }
