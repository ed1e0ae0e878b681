"""Whisper's encoder on audio of any length, and from its frames to a row's speech tokens."""

import torch
from torch import nn
from transformers.masking_utils import create_bidirectional_mask
from transformers.models.whisper.modeling_whisper import WhisperEncoder


def whisper_states(
    encoder: WhisperEncoder, input_features: torch.Tensor, feature_mask: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run Whisper's encoder on spectrograms of any length, padding masked.

    Whisper's own `forward` takes 30 s only. Its positions are a fixed table, so that the first ones serve a
    shorter audio as they are: 8 to 24 times faster on usual comments, and no tokens of silence. A longer audio
    is heard in pieces of 30 s.

    Args:
        encoder: the encoder.
        input_features: (batch, mel bins, frames).
        feature_mask: (batch, frames) of booleans; frames that exist, at the front of each row.

    Returns:
        States (batch, frames / 2, width) and their number per row (batch,).
    """
    limit = encoder.config.max_source_positions * 2
    pieces = zip(input_features.split(limit, dim=-1), feature_mask.split(limit, dim=-1), strict=True)
    states = [whisper_piece(encoder, features, mask) for features, mask in pieces]
    return torch.cat(states, dim=1), (feature_mask.sum(dim=-1) + 1) // 2


def whisper_piece(encoder: WhisperEncoder, input_features: torch.Tensor, feature_mask: torch.Tensor) -> torch.Tensor:
    """Run Whisper's encoder on at most 30 s; see `whisper_states`."""
    # Padding is zero before each convolution, as it is beyond the end of an audio that comes alone.
    present = feature_mask.unsqueeze(1)
    states = nn.functional.gelu(encoder.conv1(input_features.to(encoder.conv1.weight.dtype) * present))
    states = nn.functional.gelu(encoder.conv2(states * present)).transpose(1, 2)
    lengths = (feature_mask.sum(dim=-1) + 1) // 2
    # A row that ended in an earlier piece attends to its first frame: attention over nothing is not a number.
    valid = torch.arange(states.shape[1], device=states.device) < lengths.clamp(min=1).unsqueeze(-1)
    states = states + encoder.embed_positions.weight[: states.shape[1]].to(states.dtype)
    mask = create_bidirectional_mask(config=encoder.config, inputs_embeds=states, attention_mask=valid)
    for layer in encoder.layers:
        states = layer(states, mask)
    return encoder.layer_norm(states)


def average_spans(states: torch.Tensor, lengths: torch.Tensor, token_mask: torch.Tensor) -> torch.Tensor:
    """Average each row's frames over as many equal spans as the row has tokens.

    Args:
        states: (batch, frames, width).
        lengths: (batch,); frames that exist in each row.
        token_mask: (batch, tokens); tokens that exist in each row.

    Returns:
        (batch, tokens, width); zeros for tokens that do not exist. A row with fewer frames than tokens
        repeats frames, so that no token is empty.
    """
    tokens = token_mask.sum(dim=-1, keepdim=True).clamp(min=1)
    order = torch.arange(token_mask.shape[1], device=states.device).unsqueeze(0)
    lengths = lengths.unsqueeze(-1)
    starts = order * lengths // tokens
    ends = torch.maximum((order + 1) * lengths // tokens, starts + 1)
    frames = torch.arange(states.shape[1], device=states.device)
    inside = (frames >= starts.unsqueeze(-1)) & (frames < ends.unsqueeze(-1)) & token_mask.bool().unsqueeze(-1)
    weights = inside.to(states.dtype)
    return weights @ states / weights.sum(dim=-1, keepdim=True).clamp(min=1)


__all__ = ["average_spans", "whisper_states"]
