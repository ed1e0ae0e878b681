"""`--senses`: how a decloak model hears and sees, by its banks or exactly."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline


class Route(str, Enum):
    """Where sound and glyphs come from."""

    bank = "bank"
    exact = "exact"


Senses = Annotated[
    Route | None,
    typer.Option(
        "--senses",
        help="bank: look sounds and glyphs up. exact: speak the text and hear it, draw it and see it (takes the "
        "encoders that the banks were made with, and seconds a text). Default: each bank that the model has.",
        show_default=False,
    ),
]
SpeechEncoder = Annotated[
    str | None,
    typer.Option(help="Whisper for --senses exact, if the model lacks it: a folder or a Hub id.", show_default=False),
]
VisionEncoder = Annotated[
    str | None, typer.Option(help="Image encoder for --senses exact, likewise.", show_default=False)
]
SpeechModel = Annotated[
    str | None, typer.Option(help="The speech engine's weights: a folder or a Hub id.", show_default=False)
]
SpeechCache = Annotated[
    Path | None,
    typer.Option(
        help="File that keeps what was spoken and heard; another run, also one at the same time, takes it from there.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class ExactSenses:
    """The options above, as they were given."""

    route: Route | None = None
    speech_encoder: str | None = None
    vision_encoder: str | None = None
    speech_model: str | None = None
    speech_cache: Path | None = None

    def apply(self, classifier: "TextClassificationPipeline") -> None:
        """Set a loaded classifier up.

        Raises:
            ValueError: It reads text alone, has encoders already, or its banks were made with others.
        """
        from decloak.evaluation.classifier_loading import is_multimodal

        if self == ExactSenses():
            return
        if not is_multimodal(classifier.model.config):
            raise ValueError(
                "--senses and the options of its encoders are for decloak models; this one reads text only"
            )
        model: Any = classifier.model
        processor: Any = classifier.processor
        if self.speech_encoder or self.vision_encoder:
            model.attach_encoders(self.speech_encoder, self.vision_encoder)
        if self.route is not None:
            processor.senses = self.route.value
        if self.speech_model is not None:
            processor.speech_model = self.speech_model
        if self.speech_cache is not None:
            processor.hear_with(self._cached(model, processor, self.speech_cache))

    def _cached(self, model: Any, processor: Any, cache: Path) -> Any:
        from decloak.training.exact_speech import ExactSpeech
        from decloak.training.feature_cache import FeatureCache

        encoder = model.mmbert.speech.encoder if model.mmbert.speech is not None else None
        if encoder is None:
            raise ValueError("--speech-cache keeps what a Whisper encoder heard: give --speech-encoder, too")
        engine = processor.load_engine()
        namespace = ExactSpeech.fingerprint(engine, encoder)
        return ExactSpeech(engine, processor.feature_extractor, encoder, FeatureCache(cache, namespace))


__all__ = ["ExactSenses", "Route", "Senses", "SpeechCache", "SpeechEncoder", "SpeechModel", "VisionEncoder"]
