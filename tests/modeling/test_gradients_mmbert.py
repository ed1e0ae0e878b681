"""What training needs: gradients where they belong and nowhere else, checkpointing, and the alignment loss."""

from typing import Any

import pytest
import torch

from decloak.modeling import MMBertForSequenceClassification
from tests.modeling.batches import make_batch, make_row
from tests.tiny import tiny_model

FUSIONS = ("concat", "add")


def batch_of(speech: str | None = "raw", vision: str | None = "raw") -> dict[str, torch.Tensor]:
    return make_batch([make_row(8, 1, speech, vision), make_row(5, 2, speech, vision)])


def without_dropout(**fields: Any) -> MMBertForSequenceClassification:
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "classifier_dropout": 0.0}
    return tiny_model(**(still | fields)).train()


def gradients(model: MMBertForSequenceClassification) -> dict[str, torch.Tensor]:
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("scope", ["intermediate", "ffn"])
@pytest.mark.parametrize("shared_expert", [True, False])
def test_every_trained_parameter_gets_a_gradient(fusion: str, scope: str, shared_expert: bool) -> None:
    """So that data-parallel training needs no search for unused parameters; frozen ones get none."""
    model = without_dropout(fusion=fusion, expert_scope=scope, shared_expert=shared_expert)
    model(**batch_of(), labels=torch.tensor([0, 1])).loss.backward()
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert set(gradients(model)) == trained
    assert not any(".encoder." in name or ".bank." in name for name in trained)
    silent = {name for name, gradient in gradients(model).items() if not gradient.abs().sum() > 0}
    # Attention does not change where all its scores move together.
    assert {name for name in silent if not name.endswith("attention.key.bias")} == set()


def test_banks_get_no_gradient_and_encoders_no_dropout() -> None:
    model = without_dropout()
    model(**batch_of("ids", "ids"), labels=torch.tensor([0, 1])).loss.backward()
    assert model.mmbert.vision.bank.weight.grad is None
    model.mmbert.speech.encoder.dropout = 0.9
    first, second = (model.mmbert.speech.encoder.layers[0].training, model.mmbert.vision.encoder.training)
    assert (first, second) == (False, False)
    assert model.mmbert.training and model.mmbert.layers[0].training
    torch.testing.assert_close(model(**batch_of()).logits, model(**batch_of()).logits)
    dropping = tiny_model().train()
    assert not torch.allclose(dropping(**batch_of()).logits, dropping(**batch_of()).logits)


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("reentrant", [True, False])
def test_gradient_checkpointing_changes_nothing(fusion: str, reentrant: bool) -> None:
    """The routers' balance keeps its gradient; the encoders of the senses are not trained."""
    results = []
    for checkpointing in (False, True):
        model = without_dropout(fusion=fusion, router_aux_loss_coef=1.0)
        if checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": reentrant})
            assert all(layer.gradient_checkpointing for layer in model.mmbert.layers)
        outputs = model(**batch_of(), labels=torch.tensor([0, 1]))
        outputs.loss.backward()
        results.append((outputs.loss.detach(), outputs.aux_loss.detach(), gradients(model)))
    (loss, aux, plain), (loss_again, aux_again, checkpointed) = results
    torch.testing.assert_close((loss, aux), (loss_again, aux_again))
    assert set(plain) == set(checkpointed)
    for name, gradient in plain.items():
        torch.testing.assert_close(checkpointed[name], gradient, atol=1e-6, rtol=1e-4)
    assert plain["mmbert.layers.0.router.weight"].abs().sum() > 0


def test_the_balance_reaches_the_routers() -> None:
    model = without_dropout()
    model(**batch_of(None, None)).aux_loss.backward()
    assert all(layer.router.weight.grad.abs().sum() > 0 for layer in model.mmbert.layers)


def test_the_balance_is_made_in_training_and_with_router_logits() -> None:
    model = without_dropout()
    assert model(**batch_of()).aux_loss is not None
    assert model(**batch_of(), experts=["text"]).aux_loss is None
    model.eval()
    assert model(**batch_of()).aux_loss is None
    assert model(**batch_of(), output_router_logits=True).aux_loss is not None
    assert without_dropout(expert_layers=[])(**batch_of()).aux_loss is None


def test_padding_has_no_part_in_the_gradient() -> None:
    """The same rows with more padding give the same loss and gradient."""
    results = []
    for longest in (5, 12):
        model = without_dropout()
        batch = make_batch([make_row(5, 2, "ids", "ids"), make_row(longest, 3, "ids", "ids")])
        batch = {name: value[:1] for name, value in batch.items()}
        outputs = model(**batch, labels=torch.tensor([1]))
        outputs.loss.backward()
        results.append((outputs.loss.detach(), gradients(model)))
    torch.testing.assert_close(results[0][0], results[1][0])
    for name, gradient in results[0][1].items():
        torch.testing.assert_close(results[1][1][name], gradient, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("target", ["embeddings", "encoder"])
@pytest.mark.parametrize("speech", ["raw", "ids", "features"])
def test_alignment_trains_the_aligners_alone(target: str, speech: str) -> None:
    """Nothing else is frozen here: the loss itself does not reach it."""
    model = tiny_model().train()
    outputs = model(**batch_of(speech, "ids"), alignment_target=target)
    assert outputs.logits is None
    assert outputs.loss is outputs.alignment_mse
    outputs.loss.backward()
    names = set(gradients(model))
    assert {name.split(".aligner.")[0] for name in names} == {"mmbert.speech", "mmbert.vision"}
    assert len(names) == 8
    assert all(gradient.abs().sum() > 0 for gradient in gradients(model).values())


@pytest.mark.parametrize("target", ["embeddings", "encoder"])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_alignment_can_be_learned(target: str, fusion: str) -> None:
    """Features are a linear map of the words, so that the aligner can fit them."""
    model = tiny_model(fusion=fusion, aligner_hidden_size=64, banks=False, encoders=False).train()
    torch.manual_seed(1)
    ids = torch.randint(5, 40, (6, 8))
    features = model.get_input_embeddings()(ids).detach() @ torch.randn(16, 16) / 4
    batch = {"input_ids": ids, "vision_features": features, "vision_positions": torch.arange(8).expand(6, 8)}
    optimizer = torch.optim.Adam([p for n, p in model.named_parameters() if ".aligner." in n], lr=1e-2)
    losses = []
    for _ in range(60):
        loss = model(**batch, alignment_target=target).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]


@torch.no_grad()
def test_alignment_is_a_mean_over_covered_tokens_without_dropout() -> None:
    model = tiny_model().train()
    batch = make_batch([make_row(7, 1, None, "ids"), make_row(5, 2, None, "ids")])
    first, second = (model(**batch, alignment_target="embeddings").loss for _ in range(2))
    torch.testing.assert_close(first, second, atol=0, rtol=0)
    assert model.training and all(layer.training for layer in model.mmbert.layers)
    assert not model.mmbert.vision.encoder.training
    model.eval()
    base, errors = model.mmbert, []
    for row in range(2):
        for token in range(batch["vision_positions"].shape[1]):
            if not batch["vision_attention_mask"][row, token]:
                continue
            place = batch["vision_positions"][row, token]
            types, places = torch.zeros(1, 1, dtype=torch.long), place.view(1, 1)
            word = base.embeddings.word_embeddings(batch["input_ids"][row, place]).view(1, 1, -1)
            glyph = base.vision.aligner(base.vision.bank(batch["glyph_ids"][row, token])).view(1, 1, -1)
            wanted = base.embeddings(word, places, types, "text")
            errors.append((base.embeddings(glyph, places, types, "vision") - wanted).square().mean())
    torch.testing.assert_close(first, torch.stack(errors).mean())


def test_parts_that_the_caller_put_in_evaluation_mode_stay_there() -> None:
    model = tiny_model().train()
    model.mmbert.layers[0].eval()
    model(**batch_of("ids", "ids"), alignment_target="encoder")
    assert not model.mmbert.layers[0].training
    assert model.mmbert.layers[1].training


def test_alignment_without_anything_to_align() -> None:
    senseless = {"audio_config": None, "vision_config": None, "sound_bank_size": 0, "glyph_bank_size": 0}
    deaf_and_blind = tiny_model(
        encoders=False, banks=False, **senseless, speech_feature_size=None, vision_feature_size=None
    )
    with pytest.raises(ValueError, match="alignment_target='embeddings' with 0 senses"):
        deaf_and_blind(**batch_of(None, None), alignment_target="embeddings")
    model = tiny_model().train()
    nothing = model(**batch_of(None, None), alignment_target="embeddings").loss
    nothing.backward()
    assert nothing.item() == 0
    assert {name.split(".")[2] for name in gradients(model)} == {"aligner"}
    with pytest.raises(ValueError, match="alignment_target='words'.*embeddings"):
        model(**batch_of(), alignment_target="words")
    with pytest.raises(ValueError, match="give input_ids"):
        model(**make_batch([make_row(5, 1, "ids", "ids", text=False)]), alignment_target="encoder")
    assert model.training
    silent = batch_of(None, "ids")
    silent["vision_attention_mask"].zero_()
    loss = model(**silent, alignment_target="embeddings").loss
    loss.backward()
    assert loss.item() == 0
