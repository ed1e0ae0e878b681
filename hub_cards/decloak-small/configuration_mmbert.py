"""Configuration of MMBERT: a BERT that reads, hears and sees a text (arXiv 2508.00760)."""

from typing import Any, Literal

from huggingface_hub.dataclasses import strict
from transformers import AutoConfig, PreTrainedConfig, WhisperConfig
from transformers.configuration_utils import SubConfigSpec

from .calibration_mmbert import ScoreCalibration

MODALITIES = ("text", "speech", "vision")


@strict
class MMBertConfig(PreTrainedConfig):
    """Shape and behaviour of an MMBERT model.

    BERT's own fields stay flat under their usual names; the two frozen sense encoders are sub-configs
    that may be `None`, in which case the model takes features or bank ids for that sense and answers raw
    audio or images with a clear error. The defaults are bert-base-chinese.

    Attributes:
        pooler: `"cls"` reads the first token through a dense layer and tanh (BERT); `"mean"` averages the
            tokens that are not padding (E5 and other sentence encoders).
        cls_token_id: id of the token that opens a row made when no text is given.
        audio_config: shape of the Whisper encoder, or `None`.
        vision_config: shape of any image encoder that `AutoModel` builds, or `None`.
        speech_feature_size: width of a speech feature vector; by default the Whisper encoder's.
        vision_feature_size: width of a vision feature vector; by default the image encoder's.
        speech_encoder_size: width of the Whisper encoder that the sound bank was made with, where it is wider than
            the bank. The projection from one to the other is then part of the checkpoint, so that the encoder can be
            attached later (`attach_encoders`).
        vision_encoder_size: likewise for the glyph bank.
        aligner_hidden_size: width between the two layers of each aligner. The paper does not state it; 576
            gives its total of 297.0M parameters.
        transcript: speech may come with words, as they are heard, beside its sounds: the transcript.
        sound_bank_size: rows of the frozen table of speech features; 0 for none.
        glyph_bank_size: rows of the frozen table of vision features, row 0 being the unknown glyph; 0 for none.
        fusion: `"concat"` puts sense tokens behind the text tokens (the paper); `"add"` adds to each text
            token the average of the sense tokens that belong to it, and so keeps the length of the text.
        shared_expert: keeps BERT's own projection beside the three routed experts.
        expert_scope: `"intermediate"` routes the feed-forward's first projection (the paper's predecessor);
            `"ffn"` routes whole feed-forward networks.
        expert_layers: layers that have experts; `None` for all of them (the paper).
        router_aux_loss_coef: weight of the load-balancing loss (alpha in the paper).
        output_router_logits: return the routers' logits and each token's modality by default.
        default_modalities: senses that the pipeline uses when it is not told.
        temperature: divides the logits before scores are made; set by calibration, as are the next four.
        isotonic: `scores` and `probabilities`, the knots of a monotone map of the positive labels' score.
        thresholds: per language (`"zh"`, `"en"`, `"*"`), the calibrated score at a stated false-positive rate.
        positive_labels: labels that `isotonic` and `thresholds` mean; `None` for all but label 0.
        calibration_record: how the calibration was made (data, method, seed) and what it was measured to do.
        service_attributes: names of other services' attributes for our labels; set by calibration.
        training_record: how the checkpoint was made (data, stages, seed); written by the trainer.
    """

    model_type = "decloak_mmbert"
    sub_configs_defaults = {
        "audio_config": SubConfigSpec(config_class=WhisperConfig, optional=True),
        "vision_config": SubConfigSpec(config_class=AutoConfig, model_type="clip_vision_model", optional=True),
    }
    keys_to_ignore_at_inference = [
        "aux_loss",
        "ce_loss",
        "alignment_mse",
        "router_logits",
        "modality_ids",
        "hidden_states",
        "attentions",
    ]

    vocab_size: int = 21128
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float | int = 0.1
    attention_probs_dropout_prob: float | int = 0.1
    classifier_dropout: float | int | None = None
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int | None = 0
    cls_token_id: int = 101
    pooler: Literal["cls", "mean"] = "cls"

    audio_config: PreTrainedConfig | dict | None = None
    vision_config: PreTrainedConfig | dict | None = None
    speech_feature_size: int | None = None
    vision_feature_size: int | None = None
    speech_encoder_size: int | None = None
    vision_encoder_size: int | None = None
    aligner_hidden_size: int = 576
    transcript: bool = False
    sound_bank_size: int = 0
    glyph_bank_size: int = 0

    fusion: Literal["concat", "add"] = "concat"
    shared_expert: bool = True
    expert_scope: Literal["intermediate", "ffn"] = "intermediate"
    expert_layers: list[int] | None = None
    router_aux_loss_coef: float = 0.01
    output_router_logits: bool = False

    default_modalities: list[str] | None = None
    temperature: float = 1.0
    isotonic: dict[str, Any] | None = None
    thresholds: dict[str, Any] | None = None
    positive_labels: list[str] | None = None
    calibration_record: dict[str, Any] | None = None
    service_attributes: dict[str, Any] | None = None
    training_record: dict[str, Any] | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        """Build the sub-configs, fill in what follows from them, and check the result."""
        super().__post_init__(**kwargs)
        audio: Any = self.audio_config  # built by now, where a dict was given
        vision: Any = self.vision_config
        self._take_width("speech", audio.d_model if audio is not None else None)
        self._take_width("vision", image_encoder_width(vision) if vision is not None else None)
        self._check_senses()
        self._check_layers()
        self._check_calibration()

    def _take_width(self, sense: str, width: int | None) -> None:
        """Fill in what follows from the encoder's width, and refuse one that the checkpoint was not made with."""
        if width is None:
            return
        if getattr(self, f"{sense}_feature_size") is None:
            setattr(self, f"{sense}_feature_size", width)
        made_with = getattr(self, f"{sense}_encoder_size")
        if made_with not in (None, width):
            raise ValueError(
                f"The {sense} encoder is {width} wide, but {sense}_encoder_size={made_with}: give the encoder that the "
                "bank was made with."
            )

    def _check_senses(self) -> None:
        for bank, size in (
            ("sound_bank_size", "speech_feature_size"),
            ("glyph_bank_size", "vision_feature_size"),
        ):
            if getattr(self, bank) < 0:
                raise ValueError(f"{bank}={getattr(self, bank)}; it is a number of rows, 0 for no bank.")
            if getattr(self, bank) > 0 and getattr(self, size) is None:
                raise ValueError(f"{bank}={getattr(self, bank)} needs {size}: the width of the bank's vectors.")
        unknown = [name for name in self.default_modalities or [] if name not in MODALITIES]
        if unknown:
            raise ValueError(f"default_modalities has {unknown}; allowed are {list(MODALITIES)}.")

    def _check_calibration(self) -> None:
        calibration = self.score_calibration
        calibration.check()
        one_label_a_text = len(calibration.labels) > 1 and self.problem_type in (None, "single_label_classification")
        if self.isotonic is not None and not one_label_a_text:
            raise ValueError(
                f"isotonic is for classifiers that give a text one of several labels; this one has {self.num_labels} "
                f"and problem_type={self.problem_type!r}."
            )

    def _check_layers(self) -> None:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size={self.hidden_size} is not a multiple of num_attention_heads={self.num_attention_heads}."
            )
        outside = [layer for layer in self.expert_layers or [] if not 0 <= layer < self.num_hidden_layers]
        if outside:
            raise ValueError(
                f"expert_layers has {outside}, but the model has layers 0 to {self.num_hidden_layers - 1}."
            )

    def get_text_config(self, *_: Any, **__: Any) -> "MMBertConfig":
        """Return this configuration: the text fields are flat, so that generic tools find `vocab_size`."""
        return self

    @property
    def score_calibration(self) -> ScoreCalibration:
        """What calibration does to this model's scores."""
        names: Any = self.id2label
        labels = [str(names[index]) for index in sorted(names)]
        return ScoreCalibration(labels, self.temperature, self.isotonic, self.thresholds, self.positive_labels)

    @property
    def num_experts(self) -> int:
        """Experts a router chooses from: one per modality."""
        return len(MODALITIES)

    def has_experts(self, layer: int) -> bool:
        """Tell whether the given layer routes its feed-forward through experts."""
        return self.expert_layers is None or layer in self.expert_layers


def image_encoder_width(config: PreTrainedConfig) -> int:
    """Return the width of the vectors that an image encoder of this configuration gives.

    Raises:
        ValueError: The configuration names no width that we know.
    """
    for name in ("hidden_size", "hidden_sizes", "num_features", "embed_dim"):
        width = getattr(config, name, None)
        if width:
            return width[-1] if isinstance(width, (list, tuple)) else width
    raise ValueError(f"{type(config).__name__} names no hidden_size: give vision_feature_size.")


__all__ = ["MODALITIES", "MMBertConfig", "image_encoder_width"]
