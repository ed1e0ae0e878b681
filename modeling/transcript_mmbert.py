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
INITIAL_TRUST = 2.0  # a logit: 0.88


class MMBertTranscript(nn.Module):
    """Maps the embeddings of heard words, at first onto themselves, and weighs them against the written ones."""

    def __init__(self, config: MMBertConfig) -> None:
        """Make the map, and the gate that says how far a listener is believed.

        The gate is for `fusion="add"` (`instead`); where heard words are tokens of their own, attention weighs them.
        """
        super().__init__()
        self.aligner = nn.Linear(config.hidden_size, config.hidden_size)
        self.trust = nn.Linear(2 * config.hidden_size, 1)

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

    def instead(self, written: torch.Tensor, heard: SenseTokens) -> SenseTokens:
        """Return what is to be added to written words so that heard ones take their place, as far as they are believed.

        Without the written word a classifier reads a cloaked text as an ordinary one; the sum of both is a word that
        it has never read.

        Args:
            written: (batch, length, hidden_size) of word vectors; zeros where the text is not read.
            heard: the heard words, placed.
        """
        places = heard.positions.unsqueeze(-1).expand(-1, -1, written.shape[-1])
        shown = written.gather(1, places)
        both = torch.cat([shown, heard.states.to(shown.dtype)], dim=-1)
        # Word vectors are short: unscaled, the gate would hardly move in a short training.
        trust = self.trust(nn.functional.layer_norm(both, both.shape[-1:])).sigmoid()
        return SenseTokens(trust * (heard.states - shown), heard.mask, heard.positions)


def modality_of(name: str) -> str:
    """Return the modality of a kind of sense tokens: a transcript is speech."""
    return "speech" if name == TRANSCRIPT else name


__all__ = ["TRANSCRIPT", "INITIAL_TRUST", "MMBertTranscript", "modality_of"]
