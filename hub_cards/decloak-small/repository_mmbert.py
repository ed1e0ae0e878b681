"""What a saved MMBERT carries beside its weights: its code, and what Auto classes and pipelines load it by."""

from os import PathLike
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig
from transformers.dynamic_module_utils import custom_object_save

from .pipeline_mmbert import MMBertTextClassificationPipeline
from .senses_mmbert import MMBertSense

MODEL = "modeling_mmbert.MMBertModel"
PIPELINE = "pipeline_mmbert.MMBertTextClassificationPipeline"
UPLOAD_ARGUMENTS = ("repo_id", "commit_message", "private", "token", "revision", "create_pr", "tags")
TASKS = ("text-classification", "sentiment-analysis")  # an alias of a task needs an entry of its own


def describe_repository(config: PreTrainedConfig) -> None:
    """Enter what `save_pretrained` does not: `AutoModel` beside the class being saved, and the pipelines."""
    config.auto_map = {"AutoModel": MODEL}
    config.custom_pipelines = {task: {"impl": PIPELINE, "pt": ["AutoModelForSequenceClassification"]} for task in TASKS}


def save_pipeline_code(folder: str | PathLike[str]) -> None:
    """Copy the pipeline's file into a saved model."""
    custom_object_save(MMBertTextClassificationPipeline, folder)


class MMBertRepository:
    """Saving and loading of an MMBERT model; stands before `PreTrainedModel` among its bases."""

    config: Any

    @classmethod
    def from_pretrained(cls, *args: Any, use_safetensors: bool = True, **kwargs: Any) -> Any:
        """Load safetensors alone (a pickle can run any code), and freeze what loading has thawed."""
        loaded = super().from_pretrained(*args, use_safetensors=use_safetensors, **kwargs)  # type: ignore[misc]
        model = loaded[0] if isinstance(loaded, tuple) else loaded
        for part in model.modules():
            if isinstance(part, MMBertSense):
                part.freeze()
        return loaded

    def save_pretrained(self, save_directory: str | PathLike[str], push_to_hub: bool = False, **kwargs: Any) -> None:
        """Save the model with its code, so that the Auto classes and `pipeline` load it where decloak is not.

        Args:
            save_directory: the folder.
            push_to_hub: upload it, too. This is left to the method of that name: transformers would upload before
                the pipeline's file is there.
            kwargs: what `PreTrainedModel.save_pretrained` and `push_to_hub` take.
        """
        upload = {name: kwargs.pop(name) for name in UPLOAD_ARGUMENTS if name in kwargs}
        describe_repository(self.config)
        super().save_pretrained(save_directory, **kwargs)  # type: ignore[misc]
        save_pipeline_code(save_directory)
        if push_to_hub:
            self.push_to_hub(upload.pop("repo_id", Path(save_directory).name), **upload)  # type: ignore[attr-defined]


__all__ = ["MMBertRepository", "describe_repository", "save_pipeline_code"]
