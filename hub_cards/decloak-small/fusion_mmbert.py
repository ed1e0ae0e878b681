"""How text and sense tokens become one sequence of embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from .configuration_mmbert import MODALITIES, MMBertConfig
from .senses_mmbert import SenseTokens
from .transcript_mmbert import modality_of


@dataclass
class TextTokens:
    """The text of a batch.

    Attributes:
        states: (batch, length, hidden_size) of word vectors.
        mask: (batch, length) of booleans; which tokens exist.
        token_types: (batch or 1, length); 1 for the second text of a pair.
        positions: (batch or 1, length); rows of the position table.
    """

    states: torch.Tensor
    mask: torch.Tensor
    token_types: torch.Tensor
    positions: torch.Tensor

    def without_words(self, senses: dict[str, SenseTokens], keeps_slots: bool) -> "TextTokens":
        """Return the same text with nothing to read but its first token.

        Args:
            senses: what else the batch has.
            keeps_slots: keep the tokens that a sense token belongs to as its place (`fusion="add"`).
        """
        first = torch.zeros_like(self.mask)
        first[:, 0] = True
        states = self.states * first.unsqueeze(-1).to(self.states.dtype)
        mask = first
        if keeps_slots:
            for sense in senses.values():
                mask = mask | sense.covered(mask.shape[1])
        return TextTokens(states, mask, self.token_types, self.positions)


class MMBertEmbeddings(nn.Module):
    """BERT's embeddings plus a modality-type embedding; sense tokens share the position table."""

    def __init__(self, config: MMBertConfig) -> None:
        """Make the tables; the modality types start at zero, so that text alone starts as BERT."""
        super().__init__()
        width = config.hidden_size
        self.word_embeddings = nn.Embedding(config.vocab_size, width, padding_idx=config.pad_token_id)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, width)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, width)
        self.modality_embeddings = nn.Embedding(len(MODALITIES), width)
        self.LayerNorm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self, states: torch.Tensor, positions: torch.Tensor, token_types: torch.Tensor, modality: str
    ) -> torch.Tensor:
        """Embed word vectors or aligned sense tokens.

        Args:
            states: (batch, tokens, hidden_size).
            positions: (batch, tokens) or (1, tokens).
            token_types: (batch, tokens) or (1, tokens).
            modality: `"text"`, `"speech"` or `"vision"`.
        """
        modality_embedding = self.modality_embeddings.weight[MODALITIES.index(modality)]
        embeddings = states + self.token_type_embeddings(token_types) + modality_embedding
        return self.dropout(self.LayerNorm(embeddings + self.position_embeddings(positions)))

    def add(self, text: "TextTokens", senses: dict[str, SenseTokens]) -> torch.Tensor:
        """Embed text tokens with the average of their sense tokens added to each (`fusion="add"`).

        The layer norm behind the sum keeps the scale that the encoder was trained with.
        """
        states = text.states
        for name, sense in senses.items():
            averages, covered = sense.averaged(text.mask.shape[1])
            modality = self.modality_embeddings.weight[MODALITIES.index(modality_of(name))]
            states = states + (averages + modality) * covered.unsqueeze(-1).to(averages.dtype)
        return self(states, text.positions, text.token_types, "text")

    def concatenate(
        self, text: "TextTokens", senses: dict[str, SenseTokens]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Embed text tokens, then the tokens of each sense (`fusion="concat"`, the paper).

        A sense token takes the position of the text token that it belongs to, so that no length exceeds the
        position table.

        Returns:
            Embeddings (batch, length, hidden_size), the tokens that exist and their modality (batch, length).
        """
        states = [self(text.states, text.positions, text.token_types, "text")]
        masks, modality_ids = [text.mask], [torch.zeros_like(text.mask, dtype=torch.long)]
        for name, sense in senses.items():
            positions = text.positions.expand_as(text.mask).gather(1, sense.positions)
            token_types = text.token_types.expand_as(text.mask).gather(1, sense.positions)
            modality = modality_of(name)
            states.append(self(sense.states, positions, token_types, modality))
            masks.append(sense.mask)
            modality_ids.append(torch.full_like(sense.positions, MODALITIES.index(modality)))
        return torch.cat(states, dim=1), torch.cat(masks, dim=1), torch.cat(modality_ids, dim=1)


def read_text(
    embeddings: MMBertEmbeddings,
    input_ids: torch.Tensor | None,
    inputs_embeds: torch.Tensor | None,
    attention_mask: torch.Tensor | None,
    token_type_ids: torch.Tensor | None,
    position_ids: torch.Tensor | None,
) -> TextTokens:
    """Look the words up and fill in what was not given.

    Raises:
        ValueError: Both or neither of `input_ids` and `inputs_embeds`, or more tokens than positions.
    """
    if (input_ids is None) == (inputs_embeds is None):
        raise ValueError("Give either input_ids or inputs_embeds, not both and not neither.")
    states = embeddings.word_embeddings(input_ids) if inputs_embeds is None else inputs_embeds
    batch, length = states.shape[:2]
    limit = embeddings.position_embeddings.num_embeddings
    if length > limit and position_ids is None:
        raise ValueError(
            f"The text has {length} tokens, the model has {limit} positions. Split it into windows "
            "(the pipeline does) or cut it in the processor (truncation=True)."
        )
    if attention_mask is None:
        attention_mask = torch.ones(batch, length, device=states.device)
    if position_ids is None:
        position_ids = torch.arange(length, device=states.device).unsqueeze(0)
    if token_type_ids is None:
        token_type_ids = torch.zeros_like(position_ids)
    return TextTokens(states, attention_mask.bool(), token_type_ids, position_ids)


def empty_text(embeddings: MMBertEmbeddings, config: MMBertConfig, senses: dict[str, SenseTokens]) -> TextTokens:
    """Make the text of rows that have none: `[CLS]` and a slot for each place that a sense token belongs to.

    Senses without positions get one slot a token. The slots carry no word; `fusion="concat"` does not read them.

    Raises:
        ValueError: There is no sense either.
    """
    if not senses:
        raise ValueError("The batch is empty: give input_ids, or the speech or vision inputs of this model.")
    limit = config.max_position_embeddings
    slots = 1
    for sense in senses.values():
        if sense.positions is None:
            order = torch.arange(1, 1 + sense.mask.shape[1], device=sense.mask.device)
            sense.positions = order.clamp(max=limit - 1).expand(sense.mask.shape)
        if sense.mask.any():
            slots = max(slots, 1 + int(sense.positions[sense.mask].max()))
    batch, device = len(sense.mask), sense.mask.device
    if not 0 <= config.cls_token_id < config.vocab_size:
        raise ValueError(
            f"A row without text opens with cls_token_id={config.cls_token_id}, but the vocabulary has "
            f"{config.vocab_size} tokens: set cls_token_id in the config."
        )
    first = embeddings.word_embeddings(torch.full((batch, 1), config.cls_token_id, device=device))
    states = torch.cat([first, first.new_zeros(batch, min(slots, limit) - 1, first.shape[-1])], dim=1)
    positions = torch.arange(states.shape[1], device=device).unsqueeze(0)
    mask = torch.ones(states.shape[:2], dtype=torch.bool, device=device)
    return TextTokens(states, mask, torch.zeros_like(positions), positions)


def check_names(names: Sequence[str] | None, what: str) -> list[str] | None:
    """Return modality names in their fixed order; None stays None.

    Raises:
        ValueError: An unknown name, or none at all.
    """
    if names is None:
        return None
    names = [names] if isinstance(names, str) else list(names)
    unknown = [name for name in names if name not in MODALITIES]
    if unknown or not names:
        raise ValueError(f"{what}={names}; choose from {list(MODALITIES)}.")
    return [name for name in MODALITIES if name in names]


__all__ = ["MMBertEmbeddings", "TextTokens", "check_names", "empty_text", "read_text"]
