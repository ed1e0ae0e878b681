"""Whisper's encoder on audio of any length, against its own forward and against the audio alone."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from decloak.modeling.whisper_mmbert import average_spans, whisper_states
from tests.modeling.batches import mel, pad_mels
from tests.tiny import WHISPER_FRAMES, tiny_whisper_config


def make_encoder(implementation: str = "sdpa") -> WhisperEncoder:
    torch.manual_seed(0)
    return WhisperEncoder._from_config(tiny_whisper_config(), attn_implementation=implementation).eval()


def hear(encoder: WhisperEncoder, features: torch.Tensor) -> torch.Tensor:
    return whisper_states(encoder, features, torch.ones(features.shape[0], features.shape[-1], dtype=torch.bool))[0]


@torch.no_grad()
@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_a_full_window_is_whispers_own_output(implementation: str) -> None:
    encoder = make_encoder(implementation)
    features = mel(WHISPER_FRAMES)
    torch.testing.assert_close(hear(encoder, features), encoder(features).last_hidden_state, atol=1e-5, rtol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_an_audio_in_a_padded_batch_is_heard_as_alone(implementation: str) -> None:
    """Odd and even lengths, one frame, a full window, longer than a window; whatever the padding holds."""
    encoder = make_encoder(implementation)
    mels = [mel(frames, frames) for frames in (1, 2, 7, 18, 40, 41, 95)]
    stacked, mask = pad_mels(mels, filler=9.0)
    states, lengths = whisper_states(encoder, stacked, mask)
    assert torch.isfinite(states).all()
    for row, part in enumerate(mels):
        alone = hear(encoder, part)
        assert int(lengths[row]) == alone.shape[1] == (part.shape[-1] + 1) // 2
        torch.testing.assert_close(states[row, : alone.shape[1]], alone[0], atol=1e-5, rtol=1e-5)


def padded_and_masked(encoder: WhisperEncoder, features: torch.Tensor) -> torch.Tensor:
    """The padded route of arXiv 2508.00760, written out, with the silence behind the audio masked."""
    length = (features.shape[-1] + 1) // 2
    padded = nn.functional.pad(features, (0, WHISPER_FRAMES - features.shape[-1]))
    states = nn.functional.gelu(encoder.conv1(padded))
    states[..., features.shape[-1] :] = 0  # what an audio that ends there hands to the second convolution
    states = nn.functional.gelu(encoder.conv2(states)).transpose(1, 2) + encoder.embed_positions.weight
    mask = torch.zeros(1, 1, 1, states.shape[1]).masked_fill(torch.arange(states.shape[1]) >= length, -torch.inf)
    for layer in encoder.layers:
        states = layer(states, mask)
    return encoder.layer_norm(states)[:, :length]


@torch.no_grad()
@pytest.mark.parametrize("frames", [1, 2, 17, 30, WHISPER_FRAMES])
def test_the_true_length_is_the_padded_route_with_its_silence_masked(frames: int) -> None:
    encoder = make_encoder()
    features = mel(frames)
    heard = hear(encoder, features)
    torch.testing.assert_close(heard, padded_and_masked(encoder, features), atol=1e-4, rtol=0)
    if frames < WHISPER_FRAMES - 2:
        silence = nn.functional.pad(features, (0, WHISPER_FRAMES - frames))
        unmasked = encoder(silence).last_hidden_state[:, : heard.shape[1]]
        assert (heard - unmasked).abs().max() > 1e-2, "the silence is attended where it is not masked"


@torch.no_grad()
def test_a_long_audio_is_heard_in_windows() -> None:
    encoder = make_encoder()
    features = mel(2 * WHISPER_FRAMES)
    states = hear(encoder, features)
    parts = [encoder(part).last_hidden_state for part in features.split(WHISPER_FRAMES, dim=-1)]
    torch.testing.assert_close(states, torch.cat(parts, dim=1), atol=1e-5, rtol=1e-5)


@given(st.integers(1, 30), st.integers(1, 12), st.integers(0, 4))
def test_spans_cover_every_frame_once(frames: int, tokens: int, extra: int) -> None:
    """Each frame is its own unit vector, so that the averages show which frames a token has."""
    states = torch.eye(frames).unsqueeze(0)
    mask = torch.tensor([[True] * tokens + [False] * extra])
    parts = average_spans(states, torch.tensor([frames]), mask)[0]
    assert parts[tokens:].eq(0).all()
    torch.testing.assert_close(parts[:tokens].sum(dim=-1), torch.ones(tokens))
    owners = (parts > 0).sum(dim=0)
    assert owners.min() >= 1
    if tokens <= frames:
        assert owners.max() == 1
        counts = (parts[:tokens] > 0).sum(dim=-1)
        assert int(counts.max() - counts.min()) <= 1
    firsts = (parts[:tokens] > 0).float().argmax(dim=-1).tolist()
    assert firsts == sorted(firsts)
