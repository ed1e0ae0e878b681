import logging
from pathlib import Path

import numpy as np
import pytest
import torch

from decloak.evaluation.classifier_loading import load_text_classifier
from decloak.evaluation.routers import measure_alignment
from tests.evaluation.routers.tiny_routing import TEXTS, pipe


@pytest.mark.parametrize("target", ["embeddings", "encoder"])
def test_the_error_is_the_models_over_all_tokens(target: str) -> None:
    classifier = pipe(fusion="add")
    (found,) = measure_alignment(classifier, TEXTS, [target])
    total, targets = 0.0, []
    for text in TEXTS:
        batch = classifier.processor(text=text, modalities=["text", "vision"])
        places = batch["vision_positions"][0].unique()
        with torch.no_grad():
            total += float(classifier.model(**batch, alignment_target=target).alignment_mse) * len(places)
            read = classifier.model.mmbert(batch["input_ids"], output_hidden_states=True)
        states = read.hidden_states[0] if target == "embeddings" else read.last_hidden_state
        targets.append(states[0, places].double().numpy())
    wanted = np.concatenate(targets)
    assert (found.sense, found.target, found.tokens) == ("vision", target, len(wanted))
    assert found.mse == pytest.approx(total / len(wanted), rel=1e-5)
    assert found.zero_mse == pytest.approx((wanted**2).mean(), rel=1e-5)
    assert found.mean_mse == pytest.approx(wanted.var(axis=0).mean(), rel=1e-5)
    assert found.mse is not None and found.mean_mse is not None
    assert found.explained_variance == pytest.approx(1 - found.mse / found.mean_mse)
    assert (found.below_limit, found.beats_mean) == (found.mse < 0.5, found.mse < found.mean_mse)


def test_a_small_error_on_small_targets_says_nothing() -> None:
    classifier = pipe(fusion="add")
    with torch.no_grad():
        norm = classifier.model.mmbert.embeddings.LayerNorm
        norm.weight.fill_(0.1)
        norm.bias.zero_()
    (found,) = measure_alignment(classifier, TEXTS, ["embeddings"])
    assert found.below_limit and not found.beats_mean
    assert found.explained_variance is not None and found.explained_variance < 0


def test_a_text_that_no_sense_covers_has_no_error_of_zero() -> None:
    classifier = pipe(fusion="add")
    with_all = measure_alignment(classifier, [*TEXTS], ["embeddings"])
    assert with_all[0].tokens
    assert measure_alignment(pipe(vision_feature_size=None, glyph_bank_size=0), TEXTS, modalities=["text"]) == []
    assert measure_alignment(classifier, TEXTS, modalities=["text"]) == []


def test_texts_that_cannot_be_read(caplog: pytest.LogCaptureFixture) -> None:
    classifier = pipe(fusion="add")
    with caplog.at_level(logging.WARNING):
        found = measure_alignment(classifier, ["", *TEXTS], ["embeddings"])
    assert found == measure_alignment(classifier, TEXTS, ["embeddings"])
    assert "1 texts left out, such as: The text is empty" in caplog.text
    with pytest.raises(ValueError, match="none of the 2 texts can be read with text, vision"):
        measure_alignment(classifier, ["", " "])


def test_wrong_targets_and_models(tiny_bert: Path) -> None:
    with pytest.raises(ValueError, match="hold layers; allowed are embeddings, encoder"):
        measure_alignment(pipe(), TEXTS, ["layers"])
    with pytest.raises(ValueError, match="is a bert, which has no senses"):
        measure_alignment(load_text_classifier(str(tiny_bert)), TEXTS)
