"""Making an MMBERT from pretrained text, speech and vision encoders."""

import logging
import re
from collections.abc import Collection
from os import PathLike
from typing import Any, TypeVar

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    ChineseCLIPVisionModel,
    CLIPVisionModel,
    PreTrainedConfig,
    PreTrainedModel,
    SiglipVisionModel,
)
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from .configuration_mmbert import MODALITIES, MMBertConfig, image_encoder_width

logger = logging.getLogger(__name__)

Model = TypeVar("Model", bound=PreTrainedModel)

BERT_FIELDS = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "type_vocab_size",
    "layer_norm_eps",
    "pad_token_id",
)
TEXT_TYPES = ("bert", "roberta", "xlm-roberta")
VISION_TOWERS = {"chinese_clip": ChineseCLIPVisionModel, "clip": CLIPVisionModel, "siglip": SiglipVisionModel}
Encoder = str | PathLike[str] | PreTrainedModel
ENCODER_CONFIGS = {"speech": "audio_config", "vision": "vision_config"}
RENAMED = (
    (r"^encoder\.layer\.(\d+)\.attention\.self\.", r"layers.\1.attention."),
    (r"^encoder\.layer\.(\d+)\.attention\.output\.", r"layers.\1.attention_output."),
    (r"^encoder\.layer\.(\d+)\.output\.LayerNorm\.", r"layers.\1.output.LayerNorm."),
)
FEED_FORWARD = re.compile(r"^encoder\.layer\.(\d+)\.(intermediate|output)\.dense\.(weight|bias)$")


class EncoderLoading:
    """For models that are made of pretrained encoders, or given them."""

    @classmethod
    def from_encoders_pretrained(
        cls: Any,
        text: Encoder,
        speech: Encoder | None = None,
        vision: Encoder | None = None,
        **config_fields: Any,
    ) -> Any:
        """Make a model from pretrained encoders; aligners, routers and head are new.

        On text alone the new encoder gives exactly the text encoder's output: the shared expert takes the
        pretrained projection and the routed ones start at zero, or, without a shared expert, each routed one
        starts as a copy.

        Args:
            text: folder or Hub id of a BERT or RoBERTa, or a loaded one.
            speech: folder or Hub id of a Whisper model or encoder, or a loaded one.
            vision: likewise, any image encoder (of a CLIP or SigLIP model its vision tower).
            config_fields: further `MMBertConfig` fields.

        Raises:
            ValueError: An encoder of a kind that does not fit, or weights that are missing from its files.
        """
        return load_encoders(cls, text, speech, vision, config_fields)

    def attach_encoders(self: Any, speech: Encoder | None = None, vision: Encoder | None = None) -> Any:
        """Give a model that has banks the encoders that these were made with, so that it hears and sees exactly.

        Args:
            speech: folder or Hub id of a Whisper model or encoder, or a loaded one.
            vision: likewise, an image encoder.

        Returns:
            The model itself; saved, it has the encoders.

        Raises:
            ValueError: The model has no such sense, has an encoder already, or its bank was made with another.
        """
        attach_encoders(self, speech, vision)
        return self


def load_encoders(
    cls: type[Model],
    text: Encoder,
    speech: Encoder | None,
    vision: Encoder | None,
    config_fields: dict[str, Any],
) -> Model:
    """Build `cls` around pretrained encoders; see `EncoderLoading.from_encoders_pretrained`.

    Raises:
        ValueError: An encoder of a kind that does not fit, or weights that are missing from its files.
    """
    text_encoder = load_text_encoder(text)
    speech_encoder = load_speech_encoder(speech) if speech is not None else None
    vision_encoder = load_vision_encoder(vision) if vision is not None else None
    fields = text_fields(text_encoder) | {
        "audio_config": speech_encoder.config if speech_encoder is not None else None,
        "vision_config": vision_encoder.config if vision_encoder is not None else None,
    }
    model = cls(MMBertConfig(**(fields | config_fields)))
    base: Any = getattr(model, model.base_model_prefix, model)
    copy_text_encoder(base, text_encoder)
    if speech_encoder is not None:
        base.speech.encoder.load_state_dict(speech_encoder.state_dict())
    if vision_encoder is not None:
        base.vision.encoder.load_state_dict(vision_encoder.state_dict())
    return model.eval()


def attach_encoders(model: PreTrainedModel, speech: Encoder | None, vision: Encoder | None) -> None:
    """Put sense encoders into a model that has none; see `EncoderLoading.attach_encoders`.

    Raises:
        ValueError: The model has no such sense, has an encoder already, or its bank was made with another.
    """
    base: Any = getattr(model, model.base_model_prefix, model)
    given = {"speech": (speech, load_speech_encoder), "vision": (vision, load_vision_encoder)}
    loaded = {sense: load(source) for sense, (source, load) in given.items() if source is not None}
    for sense, encoder in loaded.items():  # all before any: an error leaves the model as it was
        check_fits(getattr(base, sense), encoder, sense)
    for sense, encoder in loaded.items():
        module = getattr(base, sense)
        reference = module.aligner.input.weight
        module.encoder = encoder.to(device=reference.device, dtype=reference.dtype).eval()  # type: ignore[call-arg]
        module.freeze()
        setattr(base.config, ENCODER_CONFIGS[sense], encoder.config)


def check_fits(module: Any, encoder: Any, sense: str) -> None:
    """Refuse an encoder for a sense that cannot take it; `module` is the model's sense, or None.

    Raises:
        ValueError: The model has no such sense, has an encoder already, or its bank was made with another.
    """
    if module is None or module.encoder is not None:
        what = "no such sense" if module is None else "an encoder for it already"
        raise ValueError(f"A {sense} encoder was given, but this model has {what}.")
    width = encoder.config.d_model if sense == "speech" else image_encoder_width(encoder.config)
    takes = module.feature_size if module.projection is None else module.projection.in_features
    if width != takes:
        raise ValueError(
            f"The {sense} encoder is {width} wide, but the bank was made with one of {takes}: give that one."
        )


def load_text_encoder(text: Encoder) -> PreTrainedModel:
    """Load a BERT-shaped encoder in float32, or take that of the model given.

    Raises:
        ValueError: It is not a BERT or RoBERTa, or weights other than its pooler's are missing.
    """
    if isinstance(text, PreTrainedModel):
        check_type(text.config, TEXT_TYPES, "text")
        base: Any = text.base_model
        return base
    check_type(AutoConfig.from_pretrained(text), TEXT_TYPES, "text")
    encoder, info = AutoModel.from_pretrained(text, dtype=torch.float32, use_safetensors=True, output_loading_info=True)
    missing = [name for name in info["missing_keys"] if not name.startswith("pooler.")]
    check_complete(missing, text, "text")
    if info["missing_keys"]:
        logger.warning("%s has no pooler: with pooler='cls' it starts at random, pooler='mean' needs none.", text)
    return encoder


def load_speech_encoder(speech: Encoder) -> WhisperEncoder:
    """Load the encoder of a Whisper model, or a Whisper encoder saved alone, or take that of the model given.

    Raises:
        ValueError: It is no Whisper, or weights are missing. (`WhisperEncoder.from_pretrained` alone leaves them
            random in silence.)
    """
    if isinstance(speech, PreTrainedModel):
        check_type(speech.config, ("whisper",), "speech")
        return speech if isinstance(speech, WhisperEncoder) else speech.get_encoder()
    check_type(AutoConfig.from_pretrained(speech), ("whisper",), "speech")
    kind: Any = WhisperEncoder
    encoder, info = kind.from_pretrained(
        speech,
        dtype=torch.float32,
        use_safetensors=True,
        key_mapping={r"^(model\.)?encoder\.": ""},
        output_loading_info=True,
    )
    check_complete(info["missing_keys"], speech, "speech")
    return encoder


def load_vision_encoder(vision: Encoder) -> PreTrainedModel:
    """Load an image encoder, or take the one given; of a CLIP or SigLIP model its vision tower.

    Raises:
        ValueError: It does not look at pictures, or weights are missing.
    """
    encoder: Any
    if isinstance(vision, PreTrainedModel):
        encoder = vision.vision_model if vision.config.model_type in VISION_TOWERS else vision
    else:
        tower: Any = VISION_TOWERS.get(AutoConfig.from_pretrained(vision).model_type, AutoModel)
        encoder, info = tower.from_pretrained(
            vision, dtype=torch.float32, use_safetensors=True, output_loading_info=True
        )
        check_complete(info["missing_keys"], vision, "vision")
    if encoder.main_input_name != "pixel_values":
        raise ValueError(f"The vision encoder is a {encoder.config.model_type}; give one that takes pixel_values.")
    return encoder


def check_type(config: PreTrainedConfig, allowed: tuple[str, ...], sense: str) -> None:
    """Refuse an encoder of another kind.

    Raises:
        ValueError: Its model type is not among those allowed.
    """
    if config.model_type not in allowed:
        raise ValueError(f"The {sense} encoder is a {config.model_type}; MMBERT takes {' or '.join(allowed)}.")


def check_complete(missing: Collection[str], source: str | PathLike[str], sense: str) -> None:
    """Refuse an encoder of which a part would stay random.

    Raises:
        ValueError: Weights are missing.
    """
    if missing:
        raise ValueError(
            f"{source} lacks {len(missing)} weights of a {sense} encoder, such as {min(missing)}: "
            "they would stay random."
        )


def text_fields(encoder: PreTrainedModel) -> dict[str, Any]:
    """Return the `MMBertConfig` fields that follow from a text encoder."""
    config = encoder.config
    fields = {name: getattr(config, name) for name in BERT_FIELDS}
    first = first_position(encoder)
    fields["max_position_embeddings"] = config.max_position_embeddings - first
    for name in ("cls_token_id", "bos_token_id"):
        if getattr(config, name, None) is not None:
            fields["cls_token_id"] = getattr(config, name)
            break
    return fields


def first_position(encoder: PreTrainedModel) -> int:
    """Return the row of the position table that the first token takes: RoBERTa skips its padding rows."""
    return 0 if encoder.config.model_type == "bert" else encoder.config.pad_token_id + 1


@torch.no_grad()
def copy_text_encoder(base: nn.Module, encoder: PreTrainedModel) -> None:
    """Copy a BERT's weights; its feed-forward goes to the experts as `from_encoders_pretrained` says.

    Raises:
        ValueError: A weight of the encoder has no place in the model.
    """
    own = base.state_dict()
    for name, value in encoder.state_dict().items():
        if name == "embeddings.position_embeddings.weight":
            value = value[first_position(encoder) :]
        targets = destinations(name, base)
        for target, factor in targets:
            if own[target].shape != value.shape:
                raise ValueError(f"{name} is {tuple(value.shape)}, {target} is {tuple(own[target].shape)}.")
            own[target].copy_(value * factor)
        if not targets and not name.startswith(("pooler.", "embeddings.")):
            raise ValueError(f"{name} of the text encoder has no place in MMBERT.")


def destinations(name: str, base: Any) -> list[tuple[str, float]]:
    """Return where a BERT weight goes, each with the factor that it is multiplied by."""
    match = FEED_FORWARD.match(name)
    if match:
        layer, part, kind = match.groups()
        return feed_forward_destinations(base.config, int(layer), part, kind)
    for pattern, replacement in RENAMED:
        name = re.sub(pattern, replacement, name)
    return [(name, 1.0)] if name in base.state_dict() else []


def feed_forward_destinations(config: MMBertConfig, layer: int, part: str, kind: str) -> list[tuple[str, float]]:
    """Return where a feed-forward weight goes: to the shared expert, or to every routed one.

    Beside a shared expert the routed ones start at zero, so that the sum is BERT's own projection. (Whole
    networks start with a zero output projection, so that their first projection has a gradient.)
    """
    prefix = f"layers.{layer}.feed_forward."
    inner = "intermediate" if part == "intermediate" else "dense"
    if not config.has_experts(layer):
        return [(f"{prefix}{inner}.{kind}", 1.0)]
    if config.expert_scope == "intermediate":
        if part == "output":
            return [(f"{prefix}dense.{kind}", 1.0)]
        routed = [f"{prefix}experts.{name}.{kind}" for name in MODALITIES]
        shared, copied = f"{prefix}shared.{kind}", not config.shared_expert
    else:
        routed = [f"{prefix}experts.{name}.{inner}.{kind}" for name in MODALITIES]
        shared, copied = f"{prefix}shared.{inner}.{kind}", not config.shared_expert or part == "intermediate"
    placed = [(name, 1.0 if copied else 0.0) for name in routed]
    return placed + ([(shared, 1.0)] if config.shared_expert else [])


__all__ = [
    "EncoderLoading",
    "attach_encoders",
    "load_encoders",
    "load_speech_encoder",
    "load_text_encoder",
    "load_vision_encoder",
]
