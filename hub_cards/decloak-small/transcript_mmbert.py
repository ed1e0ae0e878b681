"""The transcript: words of a text as they are heard, where that is not how they are written.

Sounds say how a word is pronounced; a transcript says which word a listener takes it for. The processor finds it (a
recogniser's language model over syllables), and the model reads its words with the embeddings that it reads the text
with. It is a part of speech: it is used where speech is, and its tokens are speech tokens to the routers.
"""

import torch
from torch import nn

from .configuration_mmbert import MMBertConfig
from .senses_mmbert import SenseTokens

TRANSCRIPT = "transcript"


class MMBertTranscript(nn.Module):
    """Maps the embeddings of heard words; at first onto themselves, as they are the text's own."""

    def __init__(self, config: MMBertConfig) -> None:
        """Make the map."""
        super().__init__()
        self.aligner = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(
        self,
        words: nn.Embedding,
        ids: torch.Tensor | None,
        mask: torch.Tensor | None,
        positions: torch.Tensor | None,
    ) -> SenseTokens:
        """Return the heard words as sense tokens.

        Args:
            words: the text's word embeddings.
            ids: (batch, tokens) of token ids.
            mask: (batch, tokens); tokens that exist. All, if None.
            positions: (batch, tokens); the text token that each belongs to.

        Raises:
            ValueError: There are no ids or no positions, or shapes that do not fit: a word that is heard at no place is
                no part of a text.
        """
        if ids is None:
            raise ValueError("A transcript's mask came without transcript_ids.")
        if positions is None or positions.shape != ids.shape:
            shape = None if positions is None else tuple(positions.shape)
            raise ValueError(
                f"transcript_ids has shape {tuple(ids.shape)}, transcript_positions {shape}: each heard token needs "
                "the text token that it belongs to."
            )
        mask = torch.ones_like(ids) if mask is None else mask
        if mask.shape != ids.shape:
            raise ValueError(f"transcript_ids has shape {tuple(ids.shape)}, but its mask {tuple(mask.shape)}.")
        return SenseTokens(self.aligner(words(ids)), mask.bool(), positions)


def modality_of(name: str) -> str:
    """Return the modality of a kind of sense tokens: a transcript is speech."""
    return "speech" if name == TRANSCRIPT else name


__all__ = ["TRANSCRIPT", "MMBertTranscript", "modality_of"]
