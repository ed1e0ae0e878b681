from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig, BertModel, RobertaConfig, RobertaModel

from decloak.evaluation.answers import answers, token_limit, well_formed
from decloak.evaluation.classifier_loading import load_text_classifier

TINY: dict[str, Any] = {
    "vocab_size": 10,
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "intermediate_size": 8,
}


@given(st.text(max_size=20))
def test_valid_unicode_is_left_alone(text: str) -> None:
    assert well_formed(text) == text


@given(st.lists(st.integers(0xD800, 0xDFFF), max_size=8))
def test_surrogates_never_reach_a_tokenizer(codes: list[int]) -> None:
    well_formed("".join(map(chr, codes))).encode("utf-8")


def test_surrogates_in_pairs_are_joined() -> None:
    assert well_formed("\ud83d\ude00 \ud83d") == "😀 \ufffd"


def test_token_limit_of_position_tables() -> None:
    bert = BertModel(BertConfig(max_position_embeddings=12, **TINY))
    roberta = RobertaModel(RobertaConfig(max_position_embeddings=12, pad_token_id=1, **TINY))
    no_limit = int(1e30)
    assert token_limit(bert, no_limit) == 12
    assert token_limit(bert, 8) == 8
    assert token_limit(roberta, no_limit) == 10
    roberta(torch.tensor([[3] * 10]))
    with pytest.raises(RuntimeError):
        roberta(torch.tensor([[3] * 13]))


def test_a_text_that_breaks_the_model_loses_no_other(tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = load_text_classifier(str(tiny_bert))
    forward = type(classifier)._forward

    def fragile(self: object, inputs: Any, *rest: Any, **options: Any) -> Any:
        if inputs["input_ids"].shape[1] == 7:
            raise RuntimeError("out of luck")
        return forward(self, inputs, *rest, **options)

    monkeypatch.setattr(type(classifier), "_forward", fragile)
    got = list(answers(classifier, ["abcde", "ab", "x", ""], batch_size=4))
    assert [answer["label"] is None for answer in got] == [True, False, False, True]
    assert got[0]["error"] == "RuntimeError: out of luck"


def test_scores_that_are_no_numbers_are_errors(tiny_bert: Path) -> None:
    classifier = load_text_classifier(str(tiny_bert))
    classifier.model.classifier.bias.data.fill_(float("nan"))
    (answer,) = answers(classifier, ["a"])
    assert answer["label"] is None
    assert "not finite" in answer["error"]
