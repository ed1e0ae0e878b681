"""The senses of MMBERT: frozen encoders and banks, aligners, and how sense tokens meet text tokens.

A sense (speech or vision) hands over three tensors for a batch: features (batch, tokens, width), a mask of
the tokens that exist, and for each token the index of the text token that it belongs to.
"""

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import AutoModel, PreTrainedConfig
from transformers.activations import ACT2FN
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from .configuration_mmbert import MMBertConfig, image_encoder_width
from .whisper_mmbert import average_spans, whisper_states

PICTURES_AT_ONCE = 256  # A batch of long texts has thousands of distinct glyphs: memory must not grow with them.
TOKENS_PER_AUDIO = 100  # arXiv 2508.00760's predecessor code; a processor gives the real number instead.


@dataclass
class SenseTokens:
    """One sense of a batch.

    Attributes:
        states: (batch, tokens, width); features before alignment, embeddings after it.
        mask: (batch, tokens) of booleans; which tokens exist.
        positions: (batch, tokens) of integers; the text token that each belongs to. `place` fills it in where
            it is None.
    """

    states: torch.Tensor
    mask: torch.Tensor
    positions: Any

    def place(self, text_mask: torch.Tensor) -> None:
        """Fill in missing positions evenly over each row's text, and keep given ones inside it.

        Args:
            text_mask: (batch, length); text tokens that exist.
        """
        if self.positions is None:
            self.positions = spread_positions(self.mask, text_mask)
        order = torch.arange(text_mask.shape[1], device=text_mask.device)
        last = (text_mask * order).amax(dim=-1, keepdim=True)
        self.positions = self.positions.clamp(min=0).minimum(last)

    def covered(self, length: int) -> torch.Tensor:
        """Return which text tokens have a token of this sense: (batch, length) of booleans."""
        counts = torch.zeros(len(self.mask), length, device=self.mask.device)
        return counts.scatter_add(1, self.positions, self.mask.to(counts.dtype)) > 0

    def averaged(self, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Average the tokens of each text token.

        Returns:
            (batch, length, width) with zeros where a text token has no sense token, and the mask
            (batch, length) of those that have.
        """
        rows = self.states.shape[0]
        kept = self.mask.unsqueeze(-1).to(self.states.dtype)
        # Whole rows of one flat table: on a CPU twice as fast as scatter_add over the middle dimension.
        places = (self.positions + torch.arange(rows, device=self.positions.device).unsqueeze(1) * length).flatten()
        sums = self.states.new_zeros(rows * length, self.states.shape[-1])
        sums = sums.index_add(0, places, (self.states * kept).flatten(0, 1)).view(rows, length, -1)
        counts = kept.new_zeros(rows * length, 1).index_add(0, places, kept.flatten(0, 1)).view(rows, length, 1)
        return sums / counts.clamp(min=1), counts.squeeze(-1) > 0


class MMBertAligner(nn.Module):
    """Two-layer perceptron from a sense's features to the width of the text embeddings."""

    def __init__(self, config: MMBertConfig, feature_size: int) -> None:
        """Make the two layers."""
        super().__init__()
        self.input = nn.Linear(feature_size, config.aligner_hidden_size)
        self.activation = ACT2FN[config.hidden_act]
        self.output = nn.Linear(config.aligner_hidden_size, config.hidden_size)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (batch, tokens, feature_size) to (batch, tokens, hidden_size)."""
        return self.output(self.activation(self.input(features.to(self.input.weight.dtype))))


class MMBertSense(nn.Module):
    """What the two senses share: a frozen encoder or none, a frozen bank or none, and a trained aligner.

    Where the encoder is wider than the bank, a frozen projection brings its features to the bank's width.
    """

    encoder: Any

    def __init__(self, config: MMBertConfig, feature_size: Any, encoder_width: int, bank_size: int) -> None:
        """Make the parts that every sense has; `encoder_width` is 0 where there is no encoder and never was one."""
        super().__init__()
        self.feature_size = feature_size
        self.bank = nn.Embedding(bank_size, feature_size) if bank_size else None
        narrows = encoder_width not in (0, feature_size)
        self.projection = nn.Linear(encoder_width, feature_size) if narrows else None
        self.aligner = MMBertAligner(config, feature_size)

    def freeze(self) -> None:
        """Stop the gradient of all but the aligner."""
        for name, parameter in self.named_parameters():
            if not name.startswith("aligner."):
                parameter.requires_grad_(False)

    def train(self, mode: bool = True) -> "MMBertSense":
        """Switch the aligner's mode; the frozen encoder stays in evaluation mode."""
        super().train(mode)
        if getattr(self, "encoder", None) is not None:
            self.encoder.eval()
        return self

    def project(self, features: torch.Tensor) -> torch.Tensor:
        """Bring the encoder's features to the width that the aligner reads."""
        return features if self.projection is None else self.projection(features)

    def narrow(self, features: torch.Tensor) -> torch.Tensor:
        """Project features that come as wide as the encoder gives them; others stay."""
        wide = self.projection is not None and features.shape[-1] == self.projection.in_features
        return self.project(features.to(self.projection.weight.dtype)) if wide else features  # type: ignore[union-attr]

    def look_up(self, ids: torch.Tensor, name: str) -> torch.Tensor:
        """Return the bank's features (batch, tokens, feature_size) of ids (batch, tokens).

        Raises:
            ValueError: The model has no bank, or an id is beyond its end.
        """
        if self.bank is None:
            raise ValueError(f"{name} was given, but this model has no bank for it: its config says size 0.")
        outside = ids[(ids < 0) | (ids >= self.bank.num_embeddings)]
        if outside.numel():
            raise ValueError(
                f"{name} has {int(outside[0])}, but the bank has {self.bank.num_embeddings} rows: the processor "
                "and the model come from different checkpoints."
            )
        return self.bank(ids)


class MMBertSpeech(MMBertSense):
    """Hearing: the Whisper encoder on the audio's true length, averaged to the row's speech tokens."""

    def __init__(self, config: MMBertConfig) -> None:
        """Make the encoder if the configuration has one, and the aligner."""
        audio: Any = config.audio_config
        width = audio.d_model if audio else config.speech_encoder_size or 0
        super().__init__(config, config.speech_feature_size, width, config.sound_bank_size)
        self.encoder = WhisperEncoder(audio) if audio else None
        self.freeze()

    def forward(
        self,
        input_features: torch.Tensor | None,
        feature_mask: torch.Tensor | None,
        sound_ids: torch.Tensor | None,
        speech_features: torch.Tensor | None,
        mask: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features (batch, tokens, feature_size) and their mask, from whichever input was given.

        Where a row has audio, it is heard, and the row's features or bank ids are not used. Without a mask,
        spectrograms give the paper's 100 tokens, or fewer where the audio is shorter.

        Raises:
            ValueError: Masks without what they mask, or tensors of shapes that do not fit.
        """
        if speech_features is None and sound_ids is not None:
            speech_features = self.look_up(sound_ids, "sound_ids")
        elif speech_features is not None:
            speech_features = self.narrow(speech_features)
        if input_features is None:
            if speech_features is None:
                raise ValueError("A speech mask was given without input_features, sound_ids or speech_features.")
            return check_features(speech_features, mask, self.feature_size, "speech_features")
        if feature_mask is None:
            feature_mask = input_features.new_ones(input_features.shape[0], input_features.shape[-1])
        if mask is None:
            tokens = min(TOKENS_PER_AUDIO, (input_features.shape[-1] + 1) // 2)
            shape = (len(input_features), tokens) if speech_features is None else speech_features.shape[:2]
            mask = torch.ones(shape, device=input_features.device)
        heard = self.encode(input_features, feature_mask, mask)
        if speech_features is not None:
            has_audio = feature_mask.any(dim=-1).view(-1, 1, 1)
            heard = torch.where(has_audio, heard, speech_features.to(heard.dtype))
        return check_features(heard, mask, self.feature_size, "speech_features")

    @torch.no_grad()
    def encode(
        self, input_features: torch.Tensor, feature_mask: torch.Tensor, token_mask: torch.Tensor
    ) -> torch.Tensor:
        """Return speech features (batch, tokens, feature_size) of log-mel spectrograms.

        Args:
            input_features: (batch, mel bins, frames of 10 ms), padded to the longest of the batch.
            feature_mask: (batch, frames); the frames that are not padding.
            token_mask: (batch, tokens); a row's frames are averaged over as many equal spans as it has ones.

        Raises:
            ValueError: The model has no speech encoder, or one for other spectrograms.
        """
        if self.encoder is None:
            raise ValueError("input_features was given, but this model has no speech encoder (audio_config is None).")
        bins = self.encoder.config.num_mel_bins
        if input_features.dim() != 3 or input_features.shape[1] != bins:
            raise ValueError(f"input_features has shape {tuple(input_features.shape)}, not (batch, {bins}, frames).")
        states, lengths = unrecorded(whisper_states, self.encoder, input_features, feature_mask.bool())
        return self.project(average_spans(states, lengths, token_mask))


class MMBertVision(MMBertSense):
    """Sight: any image encoder, one token a picture, or a bank of glyph features."""

    def __init__(self, config: MMBertConfig) -> None:
        """Make the encoder if the configuration has one, and the aligner."""
        vision: Any = config.vision_config
        width = image_encoder_width(vision) if vision else config.vision_encoder_size or 0
        super().__init__(config, config.vision_feature_size, width, config.glyph_bank_size)
        self.encoder = image_encoder(vision) if vision else None
        self.freeze()

    def forward(
        self,
        pixel_values: torch.Tensor | None,
        pixel_ids: torch.Tensor | None,
        glyph_ids: torch.Tensor | None,
        vision_features: torch.Tensor | None,
        mask: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features (batch, tokens, feature_size) and their mask, from whichever input was given.

        Raises:
            ValueError: Ids or masks without what they refer to, or tensors of shapes that do not fit.
        """
        if vision_features is None and glyph_ids is not None:
            vision_features = self.look_up(glyph_ids, "glyph_ids")
        elif vision_features is not None:
            vision_features = self.narrow(vision_features)
        if pixel_values is not None:
            vision_features, mask = self.show(pixel_values, pixel_ids, vision_features, mask)
        if vision_features is None:
            raise ValueError("A vision mask or pixel_ids came without pixel_values, glyph_ids or vision_features.")
        return check_features(vision_features, mask, self.feature_size, "vision_features")

    def show(
        self,
        pixel_values: torch.Tensor,
        pixel_ids: torch.Tensor | None,
        others: torch.Tensor | None,
        mask: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return the tokens' features and mask: those of their pictures, and `others` where there is none.

        Raises:
            ValueError: An id is beyond the pictures, or the ids have another shape than `others`.
        """
        pictures = self.encode(pixel_values)
        if pixel_ids is None:
            pixel_ids = torch.arange(len(pictures), device=pictures.device).unsqueeze(-1)
        if pixel_ids.numel() and int(pixel_ids.max()) >= len(pictures):
            raise ValueError(f"pixel_ids has {int(pixel_ids.max())}, but there are {len(pictures)} pictures.")
        shown = pictures[pixel_ids.clamp(min=0)]
        if others is None:
            return shown, pixel_ids >= 0 if mask is None else mask
        if others.shape != shown.shape:
            raise ValueError(
                f"Pictures are shown by tokens of shape {tuple(shown.shape)}, glyphs or features come as "
                f"{tuple(others.shape)}: give pixel_ids, -1 where a token shows no picture."
            )
        return torch.where((pixel_ids >= 0).unsqueeze(-1), shown, others.to(shown.dtype)), mask

    @torch.no_grad()
    def encode(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Return features (pictures, feature_size) of pictures (pictures, channels, height, width).

        Raises:
            ValueError: The model has no image encoder.
        """
        if self.encoder is None:
            raise ValueError("pixel_values was given, but this model has no image encoder (vision_config is None).")
        pieces = pixel_values.to(self.encoder.dtype).split(PICTURES_AT_ONCE)
        return self.project(torch.cat([pooled(unrecorded(self.encoder, piece)) for piece in pieces]))


def pooled(output: Any) -> torch.Tensor:
    """Return one vector a picture (pictures, width): the encoder's own pooled output, else the mean over places."""
    features = getattr(output, "pooler_output", None)
    if features is None:
        states = output.last_hidden_state
        features = states.mean(dim=(2, 3)) if states.dim() == 4 else states.mean(dim=1)
    return features.flatten(1)


def check_features(
    features: torch.Tensor, mask: torch.Tensor | None, width: int, name: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features and their mask (all ones, if None).

    Raises:
        ValueError: The features do not have three dimensions of the right width, or the mask another shape.
    """
    if features.dim() != 3 or features.shape[-1] != width:
        raise ValueError(f"{name} has shape {tuple(features.shape)}; this model takes (batch, tokens, {width}).")
    if mask is None:
        mask = torch.ones(features.shape[:2], device=features.device)
    if mask.shape != features.shape[:2]:
        raise ValueError(f"{name} has shape {tuple(features.shape)}, but its mask {tuple(mask.shape)}.")
    return features, mask


def unrecorded(function: Callable[..., Any], *args: Any) -> Any:
    """Call a frozen encoder so that `output_hidden_states` of the whole model does not record the encoder's states.

    The recorder of transformers is a context variable, which an empty context does not have.
    """
    return Context().run(function, *args)


def image_encoder(config: PreTrainedConfig) -> nn.Module:
    """Build the image encoder of a vision configuration."""
    return AutoModel.from_config(config)


def spread_positions(mask: torch.Tensor, text_mask: torch.Tensor) -> torch.Tensor:
    """Place a row's sense tokens evenly over its text tokens, for callers who give no positions.

    Args:
        mask: (batch, tokens); sense tokens that exist.
        text_mask: (batch, length); text tokens that exist, the first one being left out of the spread. (Of a text
            that has no other the positions are beyond its end.)
    """
    tokens = mask.sum(dim=-1, keepdim=True).clamp(min=1)
    length = (text_mask.sum(dim=-1, keepdim=True) - 1).clamp(min=1)
    order = torch.arange(mask.shape[1], device=mask.device).unsqueeze(0)
    return 1 + order * length // tokens


__all__ = [
    "MMBertAligner",
    "MMBertSense",
    "MMBertSpeech",
    "MMBertVision",
    "SenseTokens",
    "spread_positions",
]
