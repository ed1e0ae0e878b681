"""A tiny classifier with routers, invented texts, and the plain computation that the library is held to."""

from typing import Any

import numpy as np
import torch

from decloak.evaluation.routers import RoutedText
from decloak.evaluation.routers.changed_characters import compared
from decloak.modeling import MMBertTextClassificationPipeline
from tests.tiny import tiny_model, tiny_processor

PLAIN = "今天天气很好 你好"
TEXTS = ("你好坏人今天", "今天天气很好 abc", "人人好 你", "坏坏气, 很好!")


def pipe(**fields: Any) -> MMBertTextClassificationPipeline:
    """A classifier that reads and sees; `fields` are of its configuration."""
    shape = {"default_modalities": ["text", "vision"]} | fields
    return MMBertTextClassificationPipeline(model=tiny_model(encoders=False, **shape), processor=tiny_processor())


def cloaked_texts() -> list[RoutedText]:
    """Three texts, two of which were changed: one by an exchange, one also in length."""
    pairs = (("你好杯人今天", "你好坏人今天"), ("今天hen好 abc", "今天很好 abc"), ("人人好 你", "人人好 你"))
    return [
        RoutedText(text, number, str(number), str(number % 2), twin, compared(text, twin))
        for number, (text, twin) in enumerate(pairs)
    ]


def token_weights(classifier: Any, text: str, modalities: list[str]) -> tuple[np.ndarray, list[int]]:
    """The weights (layers, tokens, experts) of one text that goes through alone, and its tokens' modalities."""
    batch = classifier.processor(text=text, modalities=modalities)
    with torch.no_grad():
        outputs = classifier.model(**batch, output_router_logits=True)
    return torch.stack(outputs.router_logits)[:, 0].softmax(-1).double().numpy(), outputs.modality_ids[0].tolist()
