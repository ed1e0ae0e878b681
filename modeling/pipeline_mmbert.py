"""`pipeline("text-classification")` for MMBERT: text, sound and pictures in, labels out."""

from collections.abc import Iterable, Iterator
from itertools import islice
from os import PathLike
from typing import Any

import numpy as np
import torch
from transformers import Pipeline
from transformers.dynamic_module_utils import custom_object_save

ROW_KEYS = ("text", "text_pair", "audio", "image")
LOOK_AHEAD = 8  # Batches read ahead, so that windows of like length share a batch.


class MMBertTextClassificationPipeline(Pipeline):
    """Classifies texts, pairs and texts with audio or a picture.

    A row is a string, or a dict with `text` and, as wanted, `text_pair`, `audio` (path, samples, or a dict with
    `array` and `sampling_rate`) and `image` (path, array or Pillow image). In a list, a row that cannot be
    answered gets `{"label": None, "score": None, "error": ...}` and the others are answered; alone it raises.

    A text longer than the window is split into overlapping windows; the answer then has `windows` (their
    number) and `joined` (how they were). Rows are sorted by length within a few batches, and a batch of n
    gives what n single calls give.
    """

    _load_processor = True
    _load_tokenizer = False
    _load_feature_extractor = False
    _load_image_processor = False

    def check_model_type(self, supported_models: Any) -> None:
        """Accept any model: the table of transformers does not know remote classes."""

    def _sanitize_parameters(self, **parameters: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Sort the call's parameters; unknown ones are refused by name."""
        takes = {
            "preprocess": ("modalities", "truncation", "max_length", "padding"),
            "forward": (),
            "postprocess": ("top_k", "function_to_apply", "return_details", "window_join"),
        }
        unknown = sorted(set(parameters) - {name for names in takes.values() for name in names})
        if unknown:
            raise ValueError(f"Unknown parameters {unknown}; this pipeline takes {takes}.")
        preprocess, forward, postprocess = (
            {name: parameters[name] for name in names if name in parameters} for names in takes.values()
        )
        if isinstance(postprocess.get("top_k"), str):  # how some callers of transformers say "not given"
            del postprocess["top_k"]
        postprocess |= {"ranked": True} if "top_k" in postprocess else {}
        _check_choice(postprocess, "window_join", ("max", "mean"))
        _check_choice(postprocess, "function_to_apply", (None, "softmax", "sigmoid", "none"))
        return preprocess, forward, postprocess

    def __call__(self, inputs: Any, **kwargs: Any) -> Any:
        """Classify one row, a list, or any iterable of rows.

        Args:
            inputs: see the class. A generator or dataset is answered lazily, in order.
            kwargs: `top_k` (`None` for all labels), `batch_size`, `function_to_apply` (`"softmax"`,
                `"sigmoid"`, `"none"`), `modalities` (senses to use), `truncation` (cut instead of windows, and
                say so), `max_length` (tokens of a window), `window_join` (`"max"`: the most harmful window
                decides; `"mean"`), `return_details` (one dict a row with `label`, `score`, `scores`,
                `modalities`, `windows`, `joined` and `truncated`).

        Returns:
            For one string a list with one dict, as the pipeline of transformers does; for a dict a dict;
            with `top_k`, a list of dicts a row.
        """
        pair = _legacy_pair(inputs)
        if pair is not None:
            inputs = pair
        elif isinstance(inputs, (list, tuple)) and not inputs:
            return []
        answer = super().__call__(inputs, **kwargs)
        bare = isinstance(inputs, str) and isinstance(answer, dict) and "scores" not in answer
        return [answer] if bare else answer

    def run_single(self, inputs: Any, preprocess_params: dict, forward_params: dict, postprocess_params: dict) -> Any:
        """Answer one row; a bad one raises."""
        windows = self.preprocess(inputs, **preprocess_params)
        logits = self._logits(windows, 1, forward_params)
        return self.postprocess({"windows": windows, "logits": logits}, **postprocess_params)

    def get_iterator(
        self,
        inputs: Iterable[Any],
        num_workers: int,
        batch_size: int,
        preprocess_params: dict,
        forward_params: dict,
        postprocess_params: dict,
    ) -> Iterator[Any]:
        """Answer rows in order, a few batches at a time (one row at a time for `batch_size=1`)."""
        rows = iter(inputs)
        while chunk := list(islice(rows, batch_size * LOOK_AHEAD if batch_size > 1 else 1)):
            prepared = [self._try_preprocess(row, preprocess_params) for row in chunk]
            windows = [window for row in prepared if isinstance(row, list) for window in row]
            logits = iter(self._logits(windows, batch_size, forward_params))
            for row in prepared:
                if isinstance(row, Exception):
                    yield {"label": None, "score": None, "error": str(row)}
                else:
                    outputs = {"windows": row, "logits": list(islice(logits, len(row)))}
                    yield self.postprocess(outputs, **postprocess_params)

    def _try_preprocess(self, row: Any, parameters: dict) -> Any:
        try:
            return self.preprocess(row, **parameters)
        except (ValueError, TypeError, OSError, ImportError) as error:
            return error

    def preprocess(self, inputs: Any, **parameters: Any) -> list[dict[str, Any]]:
        """Turn a row into the windows of its text, each a dict of unpadded features.

        Raises:
            ValueError: The row is neither a string nor a dict of the known keys, or has something unreadable.
        """
        parameters.pop("padding", None)  # every batch is padded to its longest row
        if isinstance(inputs, str):
            inputs = {"text": inputs}
        if not isinstance(inputs, dict) or not inputs or not set(inputs) <= set(ROW_KEYS):
            given = sorted(map(str, inputs)) if isinstance(inputs, dict) else type(inputs).__name__
            raise ValueError(f"A row is a string or a dict with some of {list(ROW_KEYS)}; this is {given}.")
        if parameters.get("modalities") is None:
            parameters["modalities"] = self.model.config.default_modalities
        return self.processor.encode_windows(**inputs, **parameters)

    def _logits(self, windows: list[dict[str, Any]], batch_size: int, parameters: dict) -> list[np.ndarray]:
        """Run the model on windows of like length together; return each window's logits, in order."""
        order = sorted(range(len(windows)), key=lambda index: self.processor.batch_key(windows[index]))
        answers: list[Any] = [None] * len(windows)
        start = 0
        while start < len(order):
            kind = self.processor.batch_key(windows[order[start]])[0]
            batch = [i for i in order[start : start + batch_size] if self.processor.batch_key(windows[i])[0] == kind]
            outputs = self.forward(self.processor.pad([windows[i] for i in batch]), **parameters)
            for index, logits in zip(batch, outputs["logits"].float().numpy(), strict=True):
                answers[index] = logits
            start += len(batch)
        return answers

    def _forward(self, model_inputs: Any, **_: Any) -> Any:
        return self.model(**model_inputs)

    def postprocess(
        self,
        model_outputs: dict[str, Any],
        top_k: int | None = 1,
        function_to_apply: str | None = None,
        return_details: bool = False,
        window_join: str = "max",
        ranked: bool = False,
    ) -> Any:
        """Turn the logits of a row's windows into its answer."""
        logits = np.stack(model_outputs["logits"]) / self.model.config.temperature
        scores = join_windows(apply_function(logits, function_to_apply or self._default_function()), window_join)
        order = np.argsort(-scores, kind="stable")
        labels = [{"label": self.model.config.id2label[int(i)], "score": float(scores[i])} for i in order]
        reports = [window["report"] for window in model_outputs["windows"]]
        windowed = {"windows": len(reports), "joined": window_join} if len(reports) > 1 else {}
        if return_details:
            return {
                **labels[0],
                "scores": {self.model.config.id2label[i]: float(score) for i, score in enumerate(scores)},
                "modalities": list(reports[0]["modalities"]),
                "windows": len(reports),
                "joined": windowed.get("joined"),
                "truncated": any(report["truncated"] for report in reports),
            }
        answers = [label | windowed for label in labels[:top_k]]
        return answers if ranked else answers[0]

    def _default_function(self) -> str:
        config = self.model.config
        if config.problem_type == "regression":
            return "none"
        multi_label = config.problem_type == "multi_label_classification" or config.num_labels == 1
        return "sigmoid" if multi_label else "softmax"

    def save_pretrained(self, save_directory: str | PathLike[str], **kwargs: Any) -> None:
        """Save model, processor and this class: the pipeline of transformers would leave the processor out."""
        self.model.save_pretrained(save_directory, **kwargs)
        self.processor.save_pretrained(save_directory, **kwargs)
        custom_object_save(type(self), save_directory)


def _check_choice(parameters: dict[str, Any], name: str, allowed: tuple[str | None, ...]) -> None:
    if name in parameters and parameters[name] not in allowed:
        raise ValueError(f"{name}={parameters[name]!r}; allowed are {list(allowed)}.")


def _legacy_pair(inputs: Any) -> dict[str, str] | None:
    """Read `[[[a, b]]]`, the old form of one pair that transformers still takes."""
    nested = isinstance(inputs, list) and len(inputs) == 1 and isinstance(inputs[0], list) and len(inputs[0]) == 1
    if nested and isinstance(inputs[0][0], list) and len(inputs[0][0]) == 2:
        return {"text": inputs[0][0][0], "text_pair": inputs[0][0][1]}
    return None


def apply_function(logits: np.ndarray, function: str) -> np.ndarray:
    """Turn logits (windows, labels) into scores by `"softmax"`, `"sigmoid"` or `"none"`."""
    values = torch.from_numpy(np.asarray(logits, dtype=np.float64))
    if function == "softmax":
        return values.softmax(dim=-1).numpy()
    return values.sigmoid().numpy() if function == "sigmoid" else values.numpy()


def join_windows(scores: np.ndarray, how: str) -> np.ndarray:
    """Join the scores (windows, labels) of one text's windows.

    `"max"` takes the window with the lowest score of label 0, the harmless one; with one label only, the
    window with the highest. `"mean"` averages.
    """
    if how == "mean":
        return scores.mean(axis=0)
    if scores.shape[1] == 1:
        return scores[scores[:, 0].argmax()]
    return scores[scores[:, 0].argmin()]


__all__ = ["MMBertTextClassificationPipeline", "apply_function", "join_windows"]
