"""A text-classification pipeline of transformers, decloak's own among them, as a classifier."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from decloak.evaluation.answers import answers, labels_of
from decloak.evaluation.classifier_loading import is_multimodal

from .fingerprints import fingerprint
from .text_classifier import TextClassifier

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline

# What a saved model's answers depend on; its card and its training record beside it do not count.
_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")
_RECORD = "training_record.json"


class PipelineClassifier(TextClassifier):
    """Answers by a pipeline from `load_text_classifier`.

    Attributes:
        pipeline: The pipeline.
        batch_size: Texts that go through the model at once.
        modalities: The senses to use; None is all that the model has.
    """

    kind: ClassVar[str] = "transformers"

    def __init__(
        self,
        pipeline: "TextClassificationPipeline",
        name: str,
        batch_size: int = 32,
        modalities: Sequence[str] | None = None,
    ) -> None:
        """Take a loaded pipeline; the arguments are the attributes."""
        self.pipeline = pipeline
        self.name = name
        self.batch_size = batch_size
        self.modalities = modalities
        self.labels = labels_of(pipeline)
        config: Any = pipeline.model.config
        one_score = config.num_labels == 1 and config.problem_type != "regression"  # a regression is no probability
        self.independent = config.problem_type == "multi_label_classification" or one_score

    def answers(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Answer texts in order; see `decloak.evaluation.answers.answers`."""
        return answers(self.pipeline, texts, self.batch_size, self.modalities)

    def fingerprint(self) -> str:
        """Hash the files of the model's folder, or its Hub commit, with the settings that answers depend on."""
        model: Any = self.pipeline.model
        processor: Any = getattr(self.pipeline, "processor", None)
        folder = Path(model.name_or_path)
        settings = {
            "model": getattr(model.config, "_commit_hash", None) or folder.name,
            "modalities": self.modalities,
            "dtype": str(model.dtype),
            "senses": getattr(processor, "senses", None),
            "speech_model": getattr(processor, "speech_model", None),
            "encoders": [getattr(model.config, name, None) is not None for name in ("audio_config", "vision_config")],
        }
        files = [file for pattern in _FILES for file in folder.glob(pattern)] if folder.is_dir() else []
        return fingerprint(settings, (file for file in files if file.name != _RECORD))

    def describe(self) -> dict[str, Any]:
        """Return what a report says of it: its calibration, too."""
        config: Any = self.pipeline.model.config
        return {
            **super().describe(),
            "kind": "decloak" if is_multimodal(config) else self.kind,
            "dtype": str(self.pipeline.model.dtype).removeprefix("torch."),
            "device": str(self.pipeline.device),
            "commit": getattr(config, "_commit_hash", None),
        }


__all__ = ["PipelineClassifier"]
