"""MMBERT: a BERT that reads, hears and sees a text through per-layer modality experts (arXiv 2508.00760).

Text, speech and vision become tokens of one sequence (`fusion="concat"`, the paper), or speech and vision are
added to the text tokens that they belong to (`fusion="add"`, at nearly the cost of text alone). In every expert
layer a router mixes one expert per modality. Any subset of the senses works. Every sense may come raw
(`input_features`, `pixel_values`), as features (`speech_features`, `vision_features`) or as ids of a frozen bank
(`sound_ids`, `glyph_ids`).
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.masking_utils import create_bidirectional_mask
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.utils.generic import can_return_tuple, merge_with_config_defaults
from transformers.utils.output_capturing import capture_outputs

from .alignment_mmbert import alignment_mse, constant_weights, evaluating
from .blocks_mmbert import MMBertPooler, MMBertResidual, eager_attention_forward, takes_inputs_of
from .configuration_mmbert import MODALITIES, MMBertConfig
from .experts_mmbert import MMBertRouter, feed_forward, load_balancing_loss
from .fusion_mmbert import MMBertEmbeddings, TextTokens, check_names, empty_text, read_text
from .initialization_mmbert import EncoderLoading
from .outputs_mmbert import MMBertOutput, MMBertSequenceClassifierOutput
from .repository_mmbert import MMBertRepository
from .senses_mmbert import MMBertSpeech, MMBertVision, SenseTokens
from .transcript_mmbert import INITIAL_TRUST, TRANSCRIPT, MMBertTranscript

# `use_cache` comes from Trainer by way of the config, to every model; an encoder has none.
OUTPUT_FLAGS = ("output_hidden_states", "output_attentions", "return_dict", "use_cache")


class MMBertSelfAttention(nn.Module):
    """Multi-head self-attention over the tokens of all modalities."""

    def __init__(self, config: MMBertConfig) -> None:
        """Make the three projections."""
        super().__init__()
        self.config = config
        self.head_size = config.hidden_size // config.num_attention_heads
        self.scaling = self.head_size**-0.5
        self.is_causal = False
        self.attention_dropout = config.attention_probs_dropout_prob
        self.query = nn.Linear(config.hidden_size, config.hidden_size)
        self.key = nn.Linear(config.hidden_size, config.hidden_size)
        self.value = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(
        self, hidden_states: torch.Tensor, attention_mask: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Attend; (batch, length, hidden_size) in and out, and the weights if the implementation gives them."""
        heads = (*hidden_states.shape[:-1], -1, self.head_size)
        query, key, value = (
            layer(hidden_states).view(heads).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        attend = ALL_ATTENTION_FUNCTIONS.get_interface(self.config._attn_implementation, eager_attention_forward)
        dropout = self.attention_dropout if self.training else 0.0
        states, weights = attend(self, query, key, value, attention_mask, scaling=self.scaling, dropout=dropout)
        return states.reshape(*hidden_states.shape[:-1], -1).contiguous(), weights


class MMBertLayer(GradientCheckpointingLayer):
    """Self-attention, then a feed-forward that is routed through modality experts."""

    def __init__(self, config: MMBertConfig, layer: int) -> None:
        """Make the layer of the given index; some layers may have no experts (`expert_layers`)."""
        super().__init__()
        self.attention = MMBertSelfAttention(config)
        self.attention_output = MMBertResidual(config, projects=True)
        self.router = MMBertRouter(config) if config.has_experts(layer) else None
        self.feed_forward = feed_forward(config, layer)
        self.output = MMBertResidual(config, projects=False)

    def forward(
        self,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None,
        expert_mask: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return the new states (batch, length, hidden_size) and the router's logits, if it has one.

        The logits are returned, not captured by a hook, so that they keep their gradient under
        gradient checkpointing.
        """
        attended, _ = self.attention(hidden_states, attention_mask)
        states = self.attention_output(attended, hidden_states)
        if self.router is None:
            return self.output(self.feed_forward(states), states), None
        weights, logits = self.router(states, expert_mask)
        return self.output(self.feed_forward(states, weights), states), logits


class MMBertPreTrainedModel(MMBertRepository, PreTrainedModel):  # type: ignore[misc]
    """Loading, saving and initialisation for the MMBERT models."""

    config: MMBertConfig
    config_class = MMBertConfig
    base_model_prefix = "mmbert"
    input_modalities = ["text", "audio", "image"]
    supports_gradient_checkpointing = True
    accepts_loss_kwargs = False  # The losses are means: Trainer must divide them by the accumulation steps.
    _supports_sdpa = True
    _supports_attention_backend = True
    _no_split_modules = ["MMBertLayer"]
    _can_record_outputs = {"hidden_states": MMBertLayer, "attentions": MMBertSelfAttention}

    @classmethod
    def is_custom_code(cls) -> bool:
        """Let missing weights of nested encoders be initialised by their own rules.

        For classes outside transformers a module without parameters of its own counts as initialised, which
        would skip Whisper's sinusoidal positions; ours below honours the flags, so the check is not needed.
        """
        return False

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Initialise as BERT does; routers are small, modality types start at zero, heard words as they are."""
        super()._init_weights(module)
        if isinstance(module, MMBertRouter):
            init.normal_(module.weight, mean=0.0, std=self.config.initializer_range)
        elif isinstance(module, MMBertEmbeddings):
            init.zeros_(module.modality_embeddings.weight)
        elif isinstance(module, MMBertTranscript):
            init.eye_(module.aligner.weight)
            init.zeros_(module.aligner.bias)
            init.zeros_(module.trust.weight)
            init.constant_(module.trust.bias, INITIAL_TRUST)


class MMBertModel(EncoderLoading, MMBertPreTrainedModel):  # type: ignore[misc]
    """The encoder: embeddings of all senses, expert layers, pooler."""

    def __init__(self, config: MMBertConfig) -> None:
        """Build the parts that the configuration names; a sense without feature size does not exist."""
        super().__init__(config)
        self.embeddings = MMBertEmbeddings(config)
        self.speech = MMBertSpeech(config) if config.speech_feature_size else None
        self.vision = MMBertVision(config) if config.vision_feature_size else None
        self.transcript = MMBertTranscript(config) if config.transcript else None
        self.layers = nn.ModuleList([MMBertLayer(config, i) for i in range(config.num_hidden_layers)])
        self.pooler = MMBertPooler(config)
        self.gradient_checkpointing = False
        self.post_init()

    def get_input_embeddings(self) -> nn.Embedding:
        """Return the word embeddings."""
        return self.embeddings.word_embeddings

    def set_input_embeddings(self, value: Any) -> None:
        """Replace the word embeddings."""
        self.embeddings.word_embeddings = value

    @merge_with_config_defaults
    @capture_outputs
    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        inputs_embeds: torch.Tensor | None = None,
        input_features: torch.Tensor | None = None,
        feature_attention_mask: torch.Tensor | None = None,
        sound_ids: torch.Tensor | None = None,
        speech_features: torch.Tensor | None = None,
        speech_attention_mask: torch.Tensor | None = None,
        speech_positions: torch.Tensor | None = None,
        transcript_ids: torch.Tensor | None = None,
        transcript_attention_mask: torch.Tensor | None = None,
        transcript_positions: torch.Tensor | None = None,
        pixel_values: torch.Tensor | None = None,
        pixel_ids: torch.Tensor | None = None,
        glyph_ids: torch.Tensor | None = None,
        vision_features: torch.Tensor | None = None,
        vision_attention_mask: torch.Tensor | None = None,
        vision_positions: torch.Tensor | None = None,
        modalities: Sequence[str] | None = None,
        experts: Sequence[str] | None = None,
        alignment_target: str | None = None,
        output_router_logits: bool | None = None,
        **kwargs: Any,
    ) -> MMBertOutput:
        """Encode a batch.

        Args:
            input_ids: (batch, length) of token ids. May be missing: a row then starts with `[CLS]` alone.
            attention_mask: (batch, length); 1 for text tokens that exist.
            token_type_ids: (batch, length); 1 for the second text of a pair.
            position_ids: (batch, length).
            inputs_embeds: (batch, length, hidden_size) instead of `input_ids`.
            input_features: (batch, mel bins, frames) for the Whisper encoder.
            feature_attention_mask: (batch, frames); frames that exist.
            sound_ids: (batch, tokens) of rows of the sound bank.
            speech_features: (batch, tokens, speech_feature_size or the encoder's width), already encoded.
            speech_attention_mask: (batch, tokens); speech tokens that exist.
            speech_positions: (batch, tokens); the text token that each speech token belongs to.
            transcript_ids: (batch, tokens) of token ids: words heard otherwise than they are written, part of speech.
            transcript_attention_mask: (batch, tokens); those that exist.
            transcript_positions: (batch, tokens); the text token that each belongs to.
            pixel_values: (pictures, channels, height, width): the distinct pictures of the batch.
            pixel_ids: (batch, tokens); the picture that each vision token shows, -1 for none of them. Without
                it there must be one picture a row.
            glyph_ids: (batch, tokens) of rows of the glyph bank, used where `pixel_ids` is -1 or missing.
            vision_features: (batch, tokens, vision_feature_size or the encoder's width), already encoded.
            vision_attention_mask: (batch, tokens); vision tokens that exist.
            vision_positions: (batch, tokens); the text token that each vision token belongs to.
            modalities: senses to use of those given; all, if None.
            experts: experts that the routers may use; all, if None.
            alignment_target: `"embeddings"` or `"encoder"`: compute `alignment_mse` alone, against the text's
                embeddings or against the encoder's output on them (papers' stage 1), and skip the rest.
            output_router_logits: return `router_logits` and `modality_ids`; as the config says, if None.
            kwargs: `output_hidden_states`, `output_attentions`, `return_dict`.

        Raises:
            ValueError: Nothing was given, or something that this model has no part for.
            TypeError: An input of an unknown name, which would otherwise be left out in silence.
        """
        if not set(kwargs) <= {*OUTPUT_FLAGS}:
            raise TypeError(f"MMBertModel has no inputs named {sorted(set(kwargs) - {*OUTPUT_FLAGS})}.")
        if output_router_logits is None:
            output_router_logits = self.config.output_router_logits
        wanted = check_names(modalities, "modalities") or list(MODALITIES)
        speech = (input_features, feature_attention_mask, sound_ids, speech_features, speech_attention_mask)
        vision = (pixel_values, pixel_ids, glyph_ids, vision_features, vision_attention_mask)
        found = {
            "speech": self._sense("speech", wanted, speech, speech_positions),
            "vision": self._sense("vision", wanted, vision, vision_positions),
            TRANSCRIPT: self._heard_words(wanted, transcript_ids, transcript_attention_mask, transcript_positions),
        }
        senses = {name: sense for name, sense in found.items() if sense is not None}
        wordless = input_ids is None and inputs_embeds is None
        if wordless:
            text = empty_text(self.embeddings, self.config, senses)
        else:
            text = read_text(self.embeddings, input_ids, inputs_embeds, attention_mask, token_type_ids, position_ids)
        for name, sense in senses.items():
            if len(sense.mask) != len(text.mask):
                raise ValueError(f"The batch has {len(text.mask)} rows, but {len(sense.mask)} of {name}.")
            sense.place(text.mask)
        if alignment_target is not None:
            return self._align(text, senses, alignment_target, wordless)
        if wordless or "text" not in wanted:
            text = text.without_words(senses, keeps_slots=self.config.fusion == "add")
        states, valid, modality_ids = self._fuse(text, senses)
        states, router_logits = self._encode(states, valid, check_names(experts, "experts"))
        # Where the routers may not choose among all experts, the balance is given and the loss a constant.
        balances = bool(router_logits) and experts is None and (self.training or output_router_logits)
        return MMBertOutput(
            last_hidden_state=states,
            pooler_output=self.pooler(states, valid),
            router_logits=router_logits if output_router_logits else None,
            modality_ids=modality_ids.masked_fill(~valid, -1) if output_router_logits else None,
            aux_loss=load_balancing_loss(router_logits, valid) if balances else None,
        )

    def _sense(
        self,
        name: str,
        wanted: list[str],
        inputs: tuple[torch.Tensor | None, ...],
        positions: torch.Tensor | None,
    ) -> SenseTokens | None:
        """Encode and align one sense; None where it is not wanted or not given."""
        if name not in wanted or all(value is None for value in inputs):
            return None
        module = getattr(self, name)
        if module is None:
            raise ValueError(
                f"This model has no {name}: its config names neither an encoder nor a bank nor a feature size for it."
            )
        features, mask = module(*inputs)
        return SenseTokens(module.aligner(features), mask.bool(), positions)

    def _heard_words(
        self,
        wanted: list[str],
        ids: torch.Tensor | None,
        mask: torch.Tensor | None,
        positions: torch.Tensor | None,
    ) -> SenseTokens | None:
        """Embed the transcript; None where speech is not wanted or no transcript given."""
        if "speech" not in wanted or (ids is None and mask is None):
            return None
        if self.transcript is None:
            raise ValueError("A transcript was given, but this model takes none: its config says transcript=False.")
        return self.transcript(self.embeddings.word_embeddings, ids, mask, positions)

    def _fuse(
        self, text: TextTokens, senses: dict[str, SenseTokens]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return embeddings, the tokens that exist, and each token's modality."""
        if self.config.fusion == "concat":
            return self.embeddings.concatenate(text, senses)
        if self.transcript is not None and TRANSCRIPT in senses:
            senses = senses | {TRANSCRIPT: self.transcript.instead(text.states, senses[TRANSCRIPT])}
        return self.embeddings.add(text, senses), text.mask, torch.zeros_like(text.mask, dtype=torch.long)

    def _align(self, text: TextTokens, senses: dict[str, SenseTokens], target: str, wordless: bool) -> MMBertOutput:
        """Return the alignment loss alone. Dropout is off: the target does not move."""
        if wordless:
            raise ValueError("alignment_target compares senses with a text: give input_ids.")
        with evaluating(self):
            encode = partial(self._encode, experts=None, constant=True)
            # What is heard otherwise than it is written must stay away from what is written.
            senses = {name: sense for name, sense in senses.items() if name != TRANSCRIPT}
            aligners = [sense.aligner for sense in (self.speech, self.vision) if sense is not None]
            loss = alignment_mse(self.embeddings, encode, text, senses, target, aligners)
        return MMBertOutput(alignment_mse=loss)

    def _encode(
        self, states: torch.Tensor, valid: torch.Tensor, experts: list[str] | None, constant: bool = False
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        """Run the layers, with `constant` weights if wanted; return the last states and the routers' logits."""
        mask = create_bidirectional_mask(config=self.config, inputs_embeds=states, attention_mask=valid)
        allowed = None
        if experts is not None:
            allowed = torch.tensor([name in experts for name in MODALITIES], device=states.device)
        collected = []
        for layer in self.layers:
            call = partial(constant_weights, layer) if constant else layer
            states, logits = call(states, mask, allowed)
            if logits is not None:
                collected.append(logits)
        return states, tuple(collected)


class MMBertForSequenceClassification(EncoderLoading, MMBertPreTrainedModel):  # type: ignore[misc]
    """MMBERT with a linear head on the pooled vector: hateful or not, or any other labels."""

    def __init__(self, config: MMBertConfig) -> None:
        """Build the encoder and the head."""
        super().__init__(config)
        labels: Any = config.num_labels
        self.num_labels = labels
        self.mmbert = MMBertModel(config)
        dropout = config.classifier_dropout
        self.dropout = nn.Dropout(config.hidden_dropout_prob if dropout is None else dropout)
        self.classifier = nn.Linear(config.hidden_size, labels)
        self.post_init()

    @can_return_tuple
    @takes_inputs_of(MMBertModel.forward)
    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        alignment_target: str | None = None,
        **inputs: Any,
    ) -> MMBertSequenceClassifierOutput:
        """Classify a batch; the inputs are those of `MMBertModel.forward`.

        Args:
            input_ids: (batch, length) of token ids.
            attention_mask: (batch, length); 1 for text tokens that exist.
            labels: (batch,) of class ids, or floats as `config.problem_type` says.
            alignment_target: compute the alignment loss instead (see `MMBertModel.forward`).
            inputs: everything else that `MMBertModel.forward` takes.
        """
        outputs = self.mmbert(input_ids, attention_mask, alignment_target=alignment_target, **inputs)
        if alignment_target is not None:
            return MMBertSequenceClassifierOutput(loss=outputs.alignment_mse, alignment_mse=outputs.alignment_mse)
        logits = self.classifier(self.dropout(outputs.pooler_output))
        ce_loss = loss = None
        if labels is not None:
            ce_loss = loss = self.loss_function(labels, logits, self.config)
            if outputs.aux_loss is not None:
                loss = ce_loss + self.config.router_aux_loss_coef * outputs.aux_loss
        return MMBertSequenceClassifierOutput(
            loss=loss,
            logits=logits,
            ce_loss=ce_loss,
            aux_loss=outputs.aux_loss,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
            router_logits=outputs.router_logits,
            modality_ids=outputs.modality_ids,
        )


# Here and not in the package: classes that were loaded as remote code then save their code, too.
MMBertConfig.register_for_auto_class()
MMBertModel.register_for_auto_class("AutoModel")
MMBertForSequenceClassification.register_for_auto_class("AutoModelForSequenceClassification")

__all__ = ["MMBertForSequenceClassification", "MMBertModel", "MMBertPreTrainedModel"]
