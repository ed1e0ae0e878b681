"""Load the classifier that a verb was asked for, or the one that is installed with decloak."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from decloak.cli.exact_senses import ExactSenses

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline

    from decloak.evaluation.classifiers import TextClassifier


def load_classifier(
    model: str | None = None,
    revision: str | None = None,
    trust_remote_code: bool = False,
    device: str = "auto",
    dtype: str = "auto",
    exact: ExactSenses | None = None,
) -> "TextClassificationPipeline":
    """Load a classifier; with `model` None the default that is installed with decloak.

    `exact` says how it hears and sees. The other arguments, the result and the errors are those of
    `load_text_classifier`.
    """
    from decloak.evaluation.classifier_loading import load_text_classifier
    from decloak.hub_cards import default_model_path

    classifier = load_text_classifier(model or str(default_model_path()), revision, trust_remote_code, device, dtype)
    if exact is not None:
        exact.apply(classifier)
    return classifier


def open_any(
    model: str | None = None,
    revision: str | None = None,
    trust_remote_code: bool = False,
    modalities: Sequence[str] | None = None,
    exact: ExactSenses | None = None,
    **options: Any,
) -> "TextClassifier":
    """Open any kind of classifier; with `model` None the default that is installed with decloak.

    `exact` is for decloak models. The other arguments, the result and the errors are those of `open_classifier`.

    Raises:
        ValueError: Also, `exact` asks for what this kind of classifier does not have.
    """
    from decloak.evaluation.classifiers.opening import open_classifier
    from decloak.evaluation.classifiers.pipeline_classifier import PipelineClassifier
    from decloak.hub_cards import default_model_path

    named = model or str(default_model_path())
    opened = open_classifier(named, revision, trust_remote_code, modalities=modalities, **options)
    if exact is not None and exact != ExactSenses():
        if not isinstance(opened, PipelineClassifier):
            raise ValueError(
                f"--senses and the options of its encoders are for decloak models; {named} reads text only"
            )
        exact.apply(opened.pipeline)
    return opened


def model_name(model: str | None, revision: str | None) -> str:
    """Name a model in results as the user named it, with its revision."""
    from decloak.hub_cards import DEFAULT_MODEL

    return f"{model or DEFAULT_MODEL}@{revision}" if revision else model or DEFAULT_MODEL
