"""Fixtures: text classifiers of random weights, small enough to be made anew for each test run."""

from pathlib import Path
from typing import Any

import pytest

POSITIONS = 32


def save_tiny_bert(folder: Path, labels: tuple[str, ...] = ("ok", "hate"), **settings: Any) -> Path:
    """Save a BERT of random weights that reads single characters, with its tokenizer; it reads 32 tokens."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    characters = [chr(code) for code in range(33, 127)] + list("今天气很好坏人")
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *("##" + c for c in characters)]
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokens),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=POSITIONS,
        initializer_range=1.0,
        id2label=dict(enumerate(labels)),
        label2id={name: index for index, name in enumerate(labels)},
        **settings,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer(vocab={token: index for index, token in enumerate(tokens)}).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of the labels ok and hate."""
    return save_tiny_bert(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="session")
def tiny_three_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of the labels hate, normal and offensive."""
    return save_tiny_bert(tmp_path_factory.mktemp("models") / "three", ("hate", "normal", "offensive"))
