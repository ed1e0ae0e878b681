"""MMBERT as a whole: any senses in any form, padding, outputs, precision, saving."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModel, AutoModelForSequenceClassification

from decloak.modeling import MMBertForSequenceClassification, MMBertModel
from tests.modeling.batches import SPEECH, VISION, make_batch, make_row
from tests.tiny import MEL_BINS, PICTURE, POSITIONS, WIDTH, tiny_model

FUSIONS = ("concat", "add")


@pytest.fixture(scope="module", params=FUSIONS)
def model(request: pytest.FixtureRequest) -> MMBertForSequenceClassification:
    """One model for each fusion; tests do not change it."""
    return tiny_model(fusion=request.param)


@torch.no_grad()
@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("speech", [None, *SPEECH])
@pytest.mark.parametrize("vision", [None, *VISION])
def test_any_senses_in_any_form_and_a_row_is_answered_as_alone(
    model: MMBertForSequenceClassification, text: bool, speech: str | None, vision: str | None
) -> None:
    rows = [make_row(length, length, speech, vision, text) for length in (6, 11, 3)]
    if not text and speech is None and vision is None:
        with pytest.raises(ValueError, match="batch is empty"):
            model()
        return
    together = model(**make_batch(rows)).logits
    assert together.shape == (3, 2)
    assert float(together.std()) > 1e-2
    for index, row in enumerate(rows):
        torch.testing.assert_close(together[index], model(**make_batch([row])).logits[0], atol=1e-5, rtol=1e-4)
    backwards = model(**make_batch(rows[::-1])).logits
    torch.testing.assert_close(backwards.flip(0), together, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_rows_of_a_batch_may_have_different_senses(model: MMBertForSequenceClassification) -> None:
    rows = [make_row(7, 0), make_row(5, 1, "raw"), make_row(9, 2, None, "ids"), make_row(6, 3, "ids", "raw")]
    together = model(**make_batch(rows)).logits
    for index, row in enumerate(rows):
        alone = model(**make_batch([row])).logits[0]
        torch.testing.assert_close(together[index], alone, atol=1e-5, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("pooler", ["cls", "mean"])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_every_sense_matters_and_masked_tokens_do_not(fusion: str, pooler: str) -> None:
    model = tiny_model(fusion=fusion, pooler=pooler)
    batch = make_batch([make_row(8, 4, "features", "features")])
    logits = model(**batch).logits
    for name in ("speech", "vision"):
        changed = batch | {f"{name}_features": batch[f"{name}_features"] + 3}
        assert not torch.allclose(model(**changed).logits, logits, atol=1e-3), name
        mask = batch[f"{name}_attention_mask"].clone()
        mask[:, -2:] = 0
        masked = batch | {f"{name}_attention_mask": mask}
        expected = model(**masked).logits
        noisy = batch[f"{name}_features"].clone()
        noisy[:, -2:] = 99.0
        torch.testing.assert_close(model(**masked | {f"{name}_features": noisy}).logits, expected, atol=1e-5, rtol=0)
        assert not torch.allclose(expected, logits, atol=1e-4), name
        nothing = batch | {f"{name}_attention_mask": torch.zeros_like(mask)}
        others = [other for other in ("text", "speech", "vision") if other != name]
        torch.testing.assert_close(
            model(**nothing).logits, model(**batch, modalities=others).logits, atol=1e-5, rtol=1e-4
        )


@torch.no_grad()
def test_modalities_choose_among_what_is_given(model: MMBertForSequenceClassification) -> None:
    whole = make_row(8, 5, "ids", "ids")
    batch = make_batch([whole])
    alone = make_batch([make_row(8, 5)])
    torch.testing.assert_close(model(**batch, modalities=["text"]).logits, model(**alone).logits)
    wordless = {key: value for key, value in batch.items() if key not in ("input_ids", "attention_mask")}
    wordless.pop("token_type_ids")
    chosen = model(**batch, modalities=["vision", "speech"]).logits
    torch.testing.assert_close(chosen, model(**wordless).logits, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(chosen, model(**batch).logits, atol=1e-3)
    with pytest.raises(ValueError, match="modalities=.*smell.*choose from"):
        model(**batch, modalities=["smell"])
    with pytest.raises(ValueError, match="modalities=.*choose from"):
        model(**batch, modalities=[])


@torch.no_grad()
def test_experts_may_be_restricted(model: MMBertForSequenceClassification) -> None:
    batch = make_batch([make_row(8, 5, "ids", "ids")])
    outputs = model(**batch, experts=["vision"], output_router_logits=True)
    for logits in outputs.router_logits:
        weights = logits.softmax(dim=-1)
        torch.testing.assert_close(weights, torch.tensor([0.0, 0.0, 1.0]).expand_as(weights))
    assert outputs.aux_loss is None
    assert not torch.allclose(outputs.logits, model(**batch).logits, atol=1e-4)
    with pytest.raises(ValueError, match="experts=.*touch"):
        model(**batch, experts=["touch"])


@torch.no_grad()
def test_senses_longer_than_the_position_table() -> None:
    """More speech tokens than positions; a whole audio without text; a text as long as the table."""
    model = tiny_model()
    many = torch.randn(1, 3 * POSITIONS, WIDTH)
    ids = torch.randint(5, 60, (1, POSITIONS))
    assert torch.isfinite(model(ids, speech_features=many).logits).all()
    assert torch.isfinite(model(speech_features=many).logits).all()
    assert torch.isfinite(model(input_features=torch.randn(1, MEL_BINS, 333)).logits).all()
    with pytest.raises(ValueError, match="65 tokens, the model has 64 positions"):
        model(torch.randint(5, 60, (1, POSITIONS + 1)))


@torch.no_grad()
def test_one_picture_a_row_needs_no_ids(model: MMBertForSequenceClassification) -> None:
    pictures = torch.rand(2, 3, PICTURE, PICTURE)
    ids = torch.randint(5, 60, (2, 5))
    together = model(ids, pixel_values=pictures).logits
    torch.testing.assert_close(together[1:], model(ids[1:], pixel_values=pictures[1:]).logits, atol=1e-5, rtol=1e-4)
    with pytest.raises(ValueError, match="2 rows, but 3 of vision"):
        model(ids, pixel_values=torch.rand(3, 3, PICTURE, PICTURE))


def test_inputs_that_the_model_has_no_part_for() -> None:
    model = tiny_model(encoders=False, banks=False, speech_feature_size=None)
    ids = torch.tensor([[2, 7, 3]])
    with pytest.raises(ValueError, match="This model has no speech"):
        model(ids, sound_ids=ids)
    with pytest.raises(ValueError, match="no image encoder"):
        model(ids, pixel_values=torch.rand(1, 3, PICTURE, PICTURE))
    with pytest.raises(TypeError, match="no inputs named.*glyph_id'"):
        model(ids, glyph_id=ids)
    with pytest.raises(ValueError, match="either input_ids or inputs_embeds"):
        model(ids, inputs_embeds=torch.zeros(1, 3, WIDTH))
    with pytest.raises(ValueError, match="cls_token_id=500"):
        tiny_model(cls_token_id=500)(glyph_ids=ids)


@torch.no_grad()
def test_embeddings_positions_and_defaults_of_the_text() -> None:
    model = tiny_model()
    ids = torch.tensor([[2, 7, 9, 3]])
    expected = model(ids).logits
    words = model.get_input_embeddings()(ids)
    torch.testing.assert_close(model(inputs_embeds=words).logits, expected)
    explicit = model(
        ids, torch.ones_like(ids), token_type_ids=torch.zeros_like(ids), position_ids=torch.arange(4)[None]
    )
    torch.testing.assert_close(explicit.logits, expected)
    assert not torch.allclose(model(ids, token_type_ids=torch.ones_like(ids)).logits, expected, atol=1e-4)
    assert not torch.allclose(model(ids, position_ids=torch.arange(4)[None] + 5).logits, expected, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("fusion", FUSIONS)
def test_optional_outputs(fusion: str) -> None:
    """The shapes count the tokens of all senses, and none of the frozen encoders' own states are among them."""
    model = tiny_model(fusion=fusion, expert_layers=[1])
    model.set_attn_implementation("eager")
    batch = make_batch([make_row(8, 1, "raw", "raw"), make_row(5, 2, "raw", "raw")])
    outputs = model(**batch, output_hidden_states=True, output_attentions=True, output_router_logits=True)
    extra = batch["speech_positions"].shape[1] + batch["vision_positions"].shape[1] if fusion == "concat" else 0
    length = 8 + extra
    assert [tuple(states.shape) for states in outputs.hidden_states] == [(2, length, WIDTH)] * 3
    assert [tuple(weights.shape) for weights in outputs.attentions] == [(2, 4, length, length)] * 2
    assert [tuple(logits.shape) for logits in outputs.router_logits] == [(2, length, 3)]
    assert outputs.aux_loss.shape == ()
    exists = outputs.modality_ids >= 0
    for weights in outputs.attentions:
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, 4, length))
        assert weights.masked_select(~exists[:, None, None, :].expand_as(weights)).lt(1e-6).all()
    counts = {modality: int((outputs.modality_ids == modality).sum()) for modality in (-1, 0, 1, 2)}
    senses = {1: int(batch["speech_attention_mask"].sum()), 2: int(batch["vision_attention_mask"].sum())}
    expected = {0: 13} | (senses if fusion == "concat" else {1: 0, 2: 0})
    assert counts == {**expected, -1: 2 * length - sum(expected.values())}
    plain = model(**batch)
    assert (plain.hidden_states, plain.attentions, plain.router_logits, plain.modality_ids) == (None,) * 4
    torch.testing.assert_close(plain.logits, outputs.logits)


@torch.no_grad()
def test_router_logits_by_configuration_and_tuples() -> None:
    model = tiny_model(output_router_logits=True)
    batch = make_batch([make_row(6, 1)])
    assert len(model(**batch).router_logits) == 2
    assert model(**batch, output_router_logits=False).router_logits is None
    torch.testing.assert_close(model(**batch, return_dict=False)[0], model(**batch).logits)


@torch.no_grad()
@pytest.mark.parametrize("fusion", FUSIONS)
def test_eager_and_sdpa_agree(fusion: str) -> None:
    model = tiny_model(fusion=fusion)
    batch = make_batch([make_row(8, 1, "raw", "raw"), make_row(5, 2)])
    answers = []
    for implementation in ("eager", "sdpa"):
        model.set_attn_implementation(implementation)
        assert model.mmbert.speech.encoder.config._attn_implementation == implementation
        answers.append(model(**batch).logits)
    torch.testing.assert_close(*answers, atol=1e-5, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("speech", SPEECH)
def test_bfloat16(model: MMBertForSequenceClassification, speech: str, tmp_path: Path) -> None:
    model.save_pretrained(tmp_path)
    narrow = MMBertForSequenceClassification.from_pretrained(tmp_path, dtype=torch.bfloat16)
    assert {parameter.dtype for parameter in narrow.parameters()} == {torch.bfloat16}
    vision = {"raw": "features", "ids": "raw", "features": "ids"}[speech]
    batch = make_batch([make_row(8, 1, speech, vision), make_row(5, 2, speech, vision)])
    logits = narrow(**batch).logits
    assert logits.dtype == torch.bfloat16
    torch.testing.assert_close(logits.float(), model(**batch).logits, atol=0.2, rtol=0.1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(model(**batch).logits.float(), model(**batch).logits.float())


@pytest.mark.parametrize(
    ("problem", "labels", "num_labels"),
    [
        (None, torch.tensor([1, 2]), 3),
        ("single_label_classification", torch.tensor([1, 2]), 3),
        ("multi_label_classification", torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]), 3),
        ("regression", torch.tensor([0.5, 2.0]), 1),
    ],
)
def test_kinds_of_labels(problem: str | None, labels: torch.Tensor, num_labels: int) -> None:
    model = tiny_model(problem_type=problem, num_labels=num_labels, hidden_dropout_prob=0.0, classifier_dropout=0.0)
    model.config.attention_probs_dropout_prob = 0.0
    batch = make_batch([make_row(8, 1, "ids", "ids"), make_row(5, 2, "ids", "ids")])
    outputs = model(**batch, labels=labels, output_router_logits=True)
    kind = problem or "single_label_classification"
    reference = {
        "single_label_classification": torch.nn.functional.cross_entropy,
        "multi_label_classification": torch.nn.functional.binary_cross_entropy_with_logits,
        "regression": lambda logits, target: torch.nn.functional.mse_loss(logits.squeeze(-1), target),
    }[kind]
    torch.testing.assert_close(outputs.ce_loss, reference(outputs.logits, labels))
    torch.testing.assert_close(outputs.loss, outputs.ce_loss + 0.01 * outputs.aux_loss)
    assert model(**batch, labels=labels).loss == outputs.ce_loss


@torch.no_grad()
def test_resizing_the_vocabulary() -> None:
    model = tiny_model()
    batch = make_batch([make_row(6, 1)])
    expected = model(**batch).logits
    size = model.config.vocab_size
    model.resize_token_embeddings(size + 5)
    assert model.config.vocab_size == size + 5
    assert model.get_input_embeddings().num_embeddings == size + 5
    torch.testing.assert_close(model(**batch).logits, expected)
    batch["input_ids"][0, 1] = size + 4
    assert torch.isfinite(model(**batch).logits).all()


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_saving_and_loading(model: MMBertForSequenceClassification, tmp_path: Path, dtype: torch.dtype) -> None:
    batch = make_batch([make_row(6, 1, "raw", "raw"), make_row(9, 2, "ids", "ids")])
    model.save_pretrained(tmp_path)
    loaded, info = AutoModelForSequenceClassification.from_pretrained(tmp_path, dtype=dtype, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert loaded.dtype == dtype and not loaded.training
    frozen = {name.split(".")[2] for name, p in loaded.named_parameters() if not p.requires_grad}
    assert frozen == {"encoder", "bank"}
    loaded = loaded.float()
    tolerance = {"atol": 0, "rtol": 0} if dtype == torch.float32 else {"atol": 0.05, "rtol": 0.05}
    torch.testing.assert_close(loaded(**batch).logits, model(**batch).logits, **tolerance)
    base = AutoModel.from_pretrained(tmp_path)
    assert type(base) is MMBertModel
    torch.testing.assert_close(base(**batch).pooler_output, model.mmbert(**batch).pooler_output)


def test_half_precision_is_remembered(tmp_path: Path) -> None:
    tiny_model().to(torch.bfloat16).save_pretrained(tmp_path)
    assert AutoModelForSequenceClassification.from_pretrained(tmp_path).dtype == torch.bfloat16


def test_missing_weights_are_initialised_by_their_own_rules(tmp_path: Path) -> None:
    """A model without encoders in its file still gets Whisper's sinusoids, and routers that are not zero."""
    from safetensors.torch import load_file, save_file

    model = tiny_model()
    model.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "encoder." not in name and "router" not in name}
    save_file(kept, tmp_path / "model.safetensors", {"format": "pt"})
    loaded = MMBertForSequenceClassification.from_pretrained(tmp_path)
    positions = loaded.mmbert.speech.encoder.embed_positions.weight
    torch.testing.assert_close(positions, model.mmbert.speech.encoder.embed_positions.weight)
    assert all(torch.isfinite(parameter).all() for parameter in loaded.parameters())
    assert all(layer.router.weight.std() > 0.01 for layer in loaded.mmbert.layers)


def test_damaged_weights_and_pickles_are_refused(tmp_path: Path) -> None:
    model = tiny_model()
    model.save_pretrained(tmp_path)
    good = (tmp_path / "model.safetensors").read_bytes()
    for garbage in (b"", b"\x80\x04garbage" * 50, good[: len(good) // 2]):
        (tmp_path / "model.safetensors").write_bytes(garbage)
        with pytest.raises(Exception, match=r"(?i)safetensor|header|incomplete|deserializ"):
            AutoModelForSequenceClassification.from_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    for auto in (AutoModelForSequenceClassification, AutoModel):
        with pytest.raises(OSError, match="safetensors"):
            auto.from_pretrained(tmp_path)


def test_the_head_shows_the_inputs_of_the_model() -> None:
    """Trainer keeps the columns of a data set that it finds in the signature."""
    from inspect import signature

    shown = set(signature(tiny_model().forward).parameters)
    batch: dict[str, Any] = make_batch([make_row(6, 1, "raw", "raw"), make_row(6, 1, "ids", "ids")])
    assert {*batch, "labels", "speech_features", "vision_features", "modalities", "inputs_embeds"} <= shown
    assert not {"kwargs", "inputs", "self"} & shown
