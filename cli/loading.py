"""Load the classifier that a verb was asked for, or the one that is installed with decloak."""

from typing import TYPE_CHECKING

from decloak.cli.exact_senses import ExactSenses

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline


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


def model_name(model: str | None, revision: str | None) -> str:
    """Name a model in results as the user named it, with its revision."""
    from decloak.hub_cards import DEFAULT_MODEL

    return f"{model or DEFAULT_MODEL}@{revision}" if revision else model or DEFAULT_MODEL
