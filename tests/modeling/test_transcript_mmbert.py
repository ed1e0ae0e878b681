"""Heard words in the model: beside each other sense, alone, masked, trained, saved, and where they do not fit."""

from pathlib import Path
from typing import Any

import pytest
import torch

from decloak.modeling import MMBertForSequenceClassification
from decloak.modeling.senses_mmbert import SenseTokens
from decloak.modeling.transcript_mmbert import MMBertTranscript, modality_of
from tests.modeling.batches import make_batch, make_row
from tests.tiny import tiny_config, tiny_model

FUSIONS = ["concat", "add"]
Batch = dict[str, torch.Tensor]


def model_of(fusion: str = "add", **fields: Any) -> MMBertForSequenceClassification:
    return tiny_model(fusion=fusion, transcript=True, **fields)


def batch_of(speech: str | None = "ids", text: bool = True) -> Batch:
    """Two rows of different lengths, with words heard at some places."""
    rows = [make_row(7, 1, speech, None, text), make_row(5, 2, speech, None, text)]
    rows[0] |= {"transcript_ids": [9, 10, 11], "transcript_positions": [2, 2, 4]}
    rows[1] |= {"transcript_ids": [12], "transcript_positions": [1]}
    return make_batch(rows)


def without(batch: Batch, start: str = "transcript") -> Batch:
    return {name: value for name, value in batch.items() if not name.startswith(start)}


@torch.no_grad()
def logits(model: MMBertForSequenceClassification, batch: Batch, **arguments: Any) -> torch.Tensor:
    return model(**batch, **arguments).logits


@pytest.mark.parametrize("fusion", FUSIONS)
def test_without_a_transcript_the_model_is_the_one_that_takes_none(fusion: str) -> None:
    model, plain = model_of(fusion), tiny_model(fusion=fusion)
    missing, unexpected = plain.load_state_dict(model.state_dict(), strict=False)
    assert not missing and set(unexpected) == {
        f"mmbert.transcript.{part}.{name}" for part in ("aligner", "trust") for name in ("weight", "bias")
    }
    batch = without(batch_of())
    assert torch.equal(logits(model, batch), logits(plain, batch))
    assert torch.equal(logits(model, batch_of(), modalities=["text"]), logits(plain, batch, modalities=["text"]))


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("speech", ["ids", None])
def test_a_transcript_changes_its_own_row_alone(fusion: str, speech: str | None) -> None:
    model, batch = model_of(fusion), batch_of(speech)
    whole, quiet = logits(model, batch), logits(model, without(batch))
    assert ((whole - quiet).abs().amax(dim=1) > 1e-4).all()
    batch["transcript_attention_mask"][0] = 0
    half = logits(model, batch)
    torch.testing.assert_close(half[0], quiet[0])
    torch.testing.assert_close(half[1], whole[1])
    batch["transcript_attention_mask"][:] = 0
    torch.testing.assert_close(logits(model, batch), quiet)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_padding_says_nothing(fusion: str) -> None:
    model, batch = model_of(fusion), batch_of()
    before = logits(model, batch)
    for name in ("transcript_ids", "transcript_attention_mask", "transcript_positions"):
        filler = torch.full((2, 3), 0 if "mask" in name else 5)
        batch[name] = torch.cat([batch[name], filler], dim=1)
    torch.testing.assert_close(logits(model, batch), before)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_speech_alone_hears_words(fusion: str) -> None:
    """With the text as places, without any text, and with nothing but words."""
    model = model_of(fusion)
    for batch in (batch_of(), batch_of(text=False), batch_of(None, text=False)):
        found = logits(model, batch, modalities=["speech"])
        other = batch | {"transcript_ids": batch["transcript_ids"] + 1}
        assert torch.isfinite(found).all()
        assert ((found - logits(model, other, modalities=["speech"])).abs().amax(dim=1) > 1e-4).all()
    nothing = batch_of(None, text=False)
    nothing["transcript_attention_mask"][:] = 0
    assert torch.isfinite(logits(model, nothing, modalities=["speech"])).all()


def test_heard_words_begin_as_the_words_themselves() -> None:
    """The map is the identity in a new model, and in one that a checkpoint without it is loaded into."""
    for model in (MMBertForSequenceClassification(tiny_config(transcript=True)), model_of()):
        aligner = model.mmbert.transcript.aligner
        assert torch.equal(aligner.weight, torch.eye(16)) and not aligner.bias.any()


def test_a_checkpoint_without_a_transcript_learns_to_take_one(tmp_path: Path) -> None:
    plain = tiny_model()
    plain.save_pretrained(tmp_path)
    model = MMBertForSequenceClassification.from_pretrained(tmp_path, transcript=True).eval()
    assert torch.equal(model.mmbert.transcript.aligner.weight, torch.eye(16))
    assert torch.equal(logits(model, without(batch_of())), logits(plain, without(batch_of())))
    torch.nn.init.normal_(model.mmbert.transcript.aligner.weight)
    model.save_pretrained(tmp_path / "again")
    again = MMBertForSequenceClassification.from_pretrained(tmp_path / "again").eval()
    assert again.config.transcript is True
    assert torch.equal(logits(again, batch_of()), logits(model, batch_of()))


@torch.no_grad()
@pytest.mark.parametrize("fusion", FUSIONS)
def test_the_words_that_are_heard_bring_a_cloaked_text_nearer_to_its_own(fusion: str) -> None:
    """As embedded, before any layer, and averaged over the text: half of its words are written otherwise."""
    model = model_of(fusion).mmbert
    model.embeddings.modality_embeddings.weight.zero_()
    plain = make_batch([make_row(12, seed) for seed in range(20)])
    cloaked = plain | {"input_ids": plain["input_ids"].clone()}
    places = torch.arange(2, 10, 2).expand(20, -1)
    cloaked["input_ids"].scatter_(1, places, torch.randint(5, 60, places.shape))
    heard = {"transcript_ids": plain["input_ids"].gather(1, places), "transcript_positions": places}

    def embedded(batch: Batch) -> torch.Tensor:
        states: list[torch.Tensor] = []
        hook = model.layers[0].register_forward_pre_hook(lambda _, inputs: states.append(inputs[0]))
        model(**batch)
        hook.remove()
        return states[0].mean(dim=1)

    wanted, far, near = (embedded(batch) for batch in (plain, cloaked, cloaked | heard))
    distances = [(found - wanted).norm(dim=-1) for found in (far, near)]
    assert distances[1].mean() < 0.9 * distances[0].mean()
    assert (distances[1] < distances[0]).float().mean() > 0.7


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_half_precision(fusion: str, dtype: torch.dtype) -> None:
    exact = logits(model_of(fusion), batch_of())
    found = logits(model_of(fusion).to(dtype), batch_of())
    assert found.dtype == dtype and torch.isfinite(found).all()
    torch.testing.assert_close(found.float(), exact, atol=0.25, rtol=0.1)


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_its_map_is_trained(fusion: str, checkpointing: bool) -> None:
    gradients = []
    for enabled in (False, checkpointing):
        model = model_of(fusion, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0).train()
        if enabled:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        model(**batch_of(), labels=torch.tensor([0, 1])).loss.backward()
        gradients.append(model.mmbert.transcript.aligner.weight.grad)
    assert gradients[0].abs().sum() > 0
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=1e-4)


def test_an_empty_transcript_gives_its_map_a_gradient_of_zero() -> None:
    """Each process of a distributed run must have the same gradients to share."""
    model, batch = model_of().train(), batch_of()
    batch["transcript_attention_mask"][:] = 0
    model(**batch, labels=torch.tensor([0, 1])).loss.backward()
    assert not model.mmbert.transcript.aligner.weight.grad.any()


@pytest.mark.parametrize("target", ["embeddings", "encoder"])
def test_it_has_no_part_in_the_alignment(target: str) -> None:
    """What is heard otherwise than it is written must not be drawn to what is written."""
    model, batch = model_of(), batch_of()
    loss = model(**batch, alignment_target=target).loss
    assert torch.equal(loss, model(**without(batch), alignment_target=target).loss)
    assert model(**without(batch, "speech"), alignment_target=target).loss > 0


def test_it_is_speech_to_the_routers() -> None:
    assert [modality_of(name) for name in ("transcript", "speech", "vision", "text")] == [
        *("speech", "speech", "vision", "text")
    ]
    outputs = model_of("concat")(**batch_of(None), output_router_logits=True)
    assert outputs.modality_ids.tolist() == [[0] * 7 + [1] * 3, [0] * 5 + [-1] * 2 + [1, -1, -1]]


def test_transcripts_that_do_not_fit() -> None:
    model, batch = model_of(), batch_of()
    with pytest.raises(ValueError, match="takes none: its config says transcript=False"):
        logits(tiny_model(), batch)
    for name, message in (("positions", "needs the text token"), ("attention_mask", "but its mask")):
        with pytest.raises(ValueError, match=message):
            logits(model, batch | {f"transcript_{name}": batch[f"transcript_{name}"][:, :1]})
    with pytest.raises(ValueError, match="transcript_positions None"):
        logits(model, without(batch, "transcript_positions"))
    with pytest.raises(ValueError, match="has 2 rows, but 1 of transcript"):
        short = {name: value[:1] for name, value in batch.items() if name.startswith("transcript")}
        logits(model, batch | short)
    with pytest.raises(ValueError, match="came without transcript_ids"):
        logits(model, without(batch, "transcript_ids"))


def test_positions_beyond_a_text_are_brought_into_it() -> None:
    batch = batch_of()
    far = batch | {"transcript_positions": torch.full_like(batch["transcript_positions"], 99)}
    last = torch.tensor([[6], [4]]).expand_as(batch["transcript_positions"])
    torch.testing.assert_close(logits(model_of(), far), logits(model_of(), batch | {"transcript_positions": last}))


def test_no_mask_means_all() -> None:
    part = MMBertTranscript(tiny_config(transcript=True))
    tokens = part(torch.nn.Embedding(20, 16), torch.tensor([[3, 4]]), None, torch.tensor([[0, 1]]))
    assert tokens.mask.tolist() == [[True, True]] and tokens.mask.dtype == torch.bool
    assert tokens.states.shape == (1, 2, 16)


@torch.no_grad()
def test_a_listener_who_is_wholly_believed_makes_a_cloaked_text_the_plain_one() -> None:
    model = model_of("add").mmbert
    model.embeddings.modality_embeddings.weight.zero_()
    plain = make_batch([make_row(8, seed) for seed in range(6)])
    places = torch.tensor([[2, 5]]).expand(6, -1)
    cloaked = plain | {"input_ids": plain["input_ids"].scatter(1, places, torch.randint(5, 60, places.shape))}
    heard = {"transcript_ids": plain["input_ids"].gather(1, places), "transcript_positions": places}
    wanted, without_it = (model(**batch).last_hidden_state for batch in (plain, cloaked))
    for trust, expected in ((40.0, wanted), (-40.0, without_it)):
        torch.nn.init.constant_(model.transcript.trust.bias, trust)
        torch.testing.assert_close(model(**cloaked, **heard).last_hidden_state, expected)


@torch.no_grad()
def test_trust_is_a_number_of_each_heard_word_and_its_place() -> None:
    part = MMBertTranscript(tiny_config(transcript=True))
    written, words = torch.randn(2, 4, 16), torch.randn(2, 3, 16)
    positions = torch.tensor([[0, 1, 1], [3, 3, 2]])
    tokens = part.instead(written, SenseTokens(words, torch.ones(2, 3, dtype=torch.bool), positions))
    for row in range(2):
        for token in range(3):
            shown, heard = written[row, positions[row, token]], words[row, token]
            both = torch.cat([shown, heard])
            scaled = (both - both.mean()) / (both.var(correction=0) + 1e-5).sqrt()
            trust = torch.sigmoid(part.trust.weight[0] @ scaled + part.trust.bias)
            torch.testing.assert_close(tokens.states[row, token], trust * (heard - shown))
