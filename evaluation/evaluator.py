"""The evaluator of the `evaluate` library, in a form that works with transformers 5.

`evaluate.evaluator("text-classification")` of evaluate 0.4.6 asks transformers for TensorFlow classes, which version 5
no longer has, and fails before the first text. It would also lose all answers to one text that a model cannot read,
and cut long texts without a word.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from evaluate import TextClassificationEvaluator

from decloak.evaluation.answers import answers, labels_of
from decloak.evaluation.classifier_loading import load_text_classifier
from decloak.evaluation.metrics import MEASURES, bootstrap_intervals

if TYPE_CHECKING:
    from evaluate import EvaluationModule
    from transformers import TextClassificationPipeline

_UNANSWERED = -1


class PipelineEvaluator(TextClassificationEvaluator):
    """Measure a text classifier with metrics of the `evaluate` library.

    `compute` takes what that of `evaluate.TextClassificationEvaluator` takes. `model_or_pipeline` is a folder, a Hub
    id or a text-classification pipeline; `label_mapping` gives the class of each of the model's labels, by default
    the model's own ids. A metric that takes `scores` (such as `hate_classification`, loaded with the configuration
    "scores") gets the probability of class 1, the sum over the labels of that class. With `strategy="bootstrap"` the
    measures of `bootstrap_intervals` come with their intervals, the others without.

    The result holds the metric's measures, how long it took, and `errors` (texts that could not be answered, which
    are left out, with up to five reasons in `error_examples`) and `truncated` (texts that were cut).

    Args:
        batch_size: Texts that go through the model at once.
        metric_options: Further arguments of the metric's `compute`, such as `{"num_labels": 3}`.
    """

    def __init__(self, batch_size: int = 32, metric_options: Mapping[str, Any] | None = None) -> None:
        super().__init__("text-classification")
        self.batch_size = batch_size
        self.metric_options = dict(metric_options or {})
        self._labels: list[str] = []

    def prepare_data(
        self, data: Any, input_column: str, second_input_column: str | None, label_column: str
    ) -> tuple[dict[str, Any], list[str]]:
        """Take texts and labels from a data set.

        Raises:
            ValueError: A column is missing, or a second text is asked for.
        """
        if second_input_column is not None:
            raise ValueError(
                f"second_input_column is {second_input_column!r}, but a text is classified alone; leave it out"
            )
        inputs, _ = super().prepare_data(data, input_column, None, label_column)
        return {"references": list(inputs["references"])}, list(data[input_column])

    def prepare_pipeline(
        self,
        model_or_pipeline: "str | TextClassificationPipeline",
        tokenizer: Any = None,
        feature_extractor: Any = None,
        device: int | None = None,
    ) -> "TextClassificationPipeline":
        """Load a classifier, from safetensors only, or take a pipeline as it is.

        Raises:
            ValueError: A tokenizer or feature extractor was given, or something other than a name or a pipeline; or as
                `load_text_classifier`.
        """
        if tokenizer is not None or feature_extractor is not None:
            raise ValueError("a classifier brings its own tokenizer: give a pipeline made of the parts that you want")
        if isinstance(model_or_pipeline, str):
            model_or_pipeline = load_text_classifier(model_or_pipeline, device=_device_name(device))
        if getattr(model_or_pipeline, "model", None) is None:
            raise ValueError(
                f"model_or_pipeline is a {type(model_or_pipeline).__name__}; "
                "give a folder, a Hub id or a text-classification pipeline"
            )
        return model_or_pipeline

    def call_pipeline(
        self, pipe: "TextClassificationPipeline", texts: list[str]
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Classify texts; those that cannot be answered are counted."""
        from time import perf_counter

        start = perf_counter()
        found = list(answers(pipe, texts, self.batch_size))
        self._labels = labels_of(pipe)
        reasons = [answer.get("error", "no answer") for answer in found if answer["label"] is None]
        times = self._compute_time_perf(start, perf_counter(), len(found)) if found else {}
        return found, times | {
            "errors": len(reasons),
            "error_examples": list(dict.fromkeys(reasons))[:5],
            "truncated": sum(bool(answer.get("truncated")) for answer in found),
        }

    def predictions_processor(
        self, predictions: Sequence[dict[str, Any]], label_mapping: Mapping[str, int] | None
    ) -> dict[str, list[Any]]:
        """Turn answers into classes and scores of class 1.

        Raises:
            ValueError: `label_mapping` lacks one of the model's labels.
        """
        ids = dict(zip(self._labels, range(len(self._labels)), strict=True)) if label_mapping is None else label_mapping
        missing = [label for label in self._labels if label not in ids]
        if missing:
            raise ValueError(
                f"label_mapping holds {', '.join(ids)}, and not the label {missing[0]!r}; "
                f"the model's labels are {', '.join(self._labels)}"
            )
        classes = [_UNANSWERED if answer["label"] is None else ids[answer["label"]] for answer in predictions]
        scores = [
            min(1.0, sum(score for label, score in answer.get("scores", {}).items() if ids[label] == 1))
            for answer in predictions
        ]
        return {"predictions": classes, "scores": scores}

    def compute_metric(
        self,
        metric: "EvaluationModule",
        metric_inputs: dict[str, list[Any]],
        strategy: Literal["simple", "bootstrap"] = "simple",
        confidence_level: float = 0.95,
        n_resamples: int = 1000,
        random_state: int | None = None,
    ) -> dict[str, Any]:
        """Measure the rows that were answered.

        Raises:
            ValueError: None was.
        """
        kept = [row for row, answer in enumerate(metric_inputs["predictions"]) if answer != _UNANSWERED]
        if not kept:
            raise ValueError(
                f"none of {len(metric_inputs['predictions'])} texts was answered; there is nothing to measure"
            )
        inputs = {name: [values[row] for row in kept] for name, values in metric_inputs.items()}
        known = _inputs_of(metric)
        taken = {name: values for name, values in inputs.items() if name in known}
        found: dict[str, Any] = metric.compute(**taken, **self.metric_options)
        if strategy == "simple":
            return found
        num_labels = max(2, 1 + max(inputs["references"] + inputs["predictions"]))
        intervals = bootstrap_intervals(
            inputs["references"],
            inputs["predictions"],
            inputs["scores"] if num_labels == 2 else None,
            measures=[name for name in MEASURES if name in found],
            resamples=n_resamples,
            level=confidence_level,
            seed=random_state or 0,
            num_labels=num_labels,
        )
        return {name: {"score": value, "confidence_interval": intervals.get(name)} for name, value in found.items()}


def _device_name(device: int | None) -> str:
    if device is None:
        return "auto"
    return "cpu" if device < 0 else "cuda"


def _inputs_of(metric: "EvaluationModule") -> set[str]:
    """List what a metric takes, or what the metrics of a combination take together."""
    modules = getattr(metric, "evaluation_modules", [metric])
    return {name for module in modules for name in module._feature_names()}
