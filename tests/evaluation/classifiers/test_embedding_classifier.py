import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.classifiers.classification_head import ClassificationHead, linear_head
from decloak.evaluation.classifiers.embedding_classifier import EmbeddingClassifier
from decloak.evaluation.classifiers.sentence_encoder import load_sentence_encoder
from tests.evaluation.classifiers.tiny_sentence_encoder import WIDTH

TEXTS = ["今天天气很好", "good day", "a", "坏人 bad", "b" * 20]


def head(prompt: str | None = None, normalize: bool = True, width: int = WIDTH) -> ClassificationHead:
    weight = np.random.default_rng(0).normal(size=(2, width))
    return linear_head(weight, [0.1, 0.2], ["ok", "hate"], normalize, prompt)


@pytest.fixture(scope="module")
def classifier(sentence_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> EmbeddingClassifier:
    folder = tmp_path_factory.mktemp("head")
    head().save(folder)
    return EmbeddingClassifier.load(str(sentence_encoder), head=str(folder), device="cpu", batch_size=2)


def test_scores_are_those_of_the_head_over_single_embeddings(
    classifier: EmbeddingClassifier, sentence_encoder: Path
) -> None:
    vectors = np.stack([load_sentence_encoder(sentence_encoder).encode(text) for text in TEXTS])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    logits = vectors @ head().weight.T + head().bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    got = [list(one["scores"].values()) for one in classifier.answers(TEXTS)]
    assert np.allclose(got, expected, atol=1e-5)


def test_texts_that_are_cut_say_so(classifier: EmbeddingClassifier) -> None:
    got = list(classifier.answers(["a" * 30, "a" * 31, "a"]))  # 32 tokens with the two special ones
    assert [one["truncated"] for one in got] == [False, True, False]


def test_a_prompt_is_put_before_each_text(sentence_encoder: Path, classifier: EmbeddingClassifier) -> None:
    asked = EmbeddingClassifier(load_sentence_encoder(sentence_encoder), head("q:"), "x")
    assert np.allclose(asked.embed(["day"]), classifier.embed(["q:day"]), atol=1e-6)
    assert [one["truncated"] for one in asked.answers(["a" * 28, "a" * 29])] == [False, True]


def test_a_default_prompt_of_the_encoder_stays_out(sentence_encoder: Path, classifier: EmbeddingClassifier) -> None:
    encoder = load_sentence_encoder(sentence_encoder)
    encoder.prompts, encoder.default_prompt_name = {"query": "q:"}, "query"
    assert np.allclose(EmbeddingClassifier(encoder, head(), "x").embed(["day"]), classifier.embed(["day"]), atol=1e-6)


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_text_is_answered(classifier: EmbeddingClassifier, texts: list[str]) -> None:
    got = list(classifier.answers(texts))
    assert len(got) == len(texts)
    assert all(one["label"] in ("ok", "hate", None) for one in got)


def test_the_fingerprint_follows_encoder_and_head(sentence_encoder: Path, tmp_path: Path) -> None:
    found = set()
    for number, prompt in enumerate((None, "q:")):
        folder = shutil.copytree(sentence_encoder, tmp_path / str(number))
        head(prompt).save(folder)
        first = EmbeddingClassifier.load(str(folder))
        found |= {first.fingerprint(), EmbeddingClassifier.load(str(folder)).fingerprint()}
    (folder / "tokenizer_config.json").open("a").write(" ")
    found.add(EmbeddingClassifier.load(str(folder)).fingerprint())
    assert len(found) == 3


def test_a_head_of_another_width(sentence_encoder: Path) -> None:
    with pytest.raises(ValueError, match="16 wide, the head reads 5"):
        EmbeddingClassifier(load_sentence_encoder(sentence_encoder), head(width=5), "x")
