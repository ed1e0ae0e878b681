"""`pipeline("text-classification")` for MMBERT: text, sound and pictures in, labels out."""

from collections.abc import Iterable, Iterator, Sized
from itertools import islice
from os import PathLike
from types import GeneratorType
from typing import Any

import numpy as np
from torch.utils.data import Dataset
from transformers import Pipeline

from .calibration_mmbert import ScoreCalibration, language_of
from .window_scores_mmbert import apply_function, default_function, join_windows, joined_report

ROW_KEYS = ("text", "text_pair", "audio", "image")
POSTPROCESS_PARAMETERS = ("top_k", "function_to_apply", "return_details", "window_join", "false_positive_rate")
SENSES = {"audio": "speech", "image": "vision"}
# What a bad row raises: unreadable input, a sense that the model lacks, more than the memory takes.
ROW_ERRORS = (ValueError, TypeError, OSError, ImportError, RuntimeError, LookupError)
LOOK_AHEAD = 8  # Batches read ahead, so that windows of like length share a batch.
CPU_TOKENS = 768  # Padding included. On a CPU larger batches are slower: their activations leave the cache.


class MMBertTextClassificationPipeline(Pipeline):
    """Classifies texts, pairs and texts with audio or a picture.

    A row is a string, or a dict with `text` and, as wanted, `text_pair`, `audio` (path, samples, or a dict with
    `array` and `sampling_rate`) and `image` (path, array or Pillow image). In a list, a row that cannot be
    answered gets `{"label": None, "score": None, "error": ...}` (in a list where `top_k` is given) and the others
    are answered; alone it raises.

    A text longer than the window is split into overlapping windows; the answer then has `windows` (their
    number) and `joined` (how they were). Rows are sorted by length within a few batches, and a batch of n
    gives what n single calls give.
    """

    processor: Any
    tokenizer: Any
    _load_processor: Any = True
    _load_tokenizer: Any = False
    _load_feature_extractor: Any = False
    _load_image_processor: Any = False

    def check_model_type(self, supported_models: Any) -> None:
        """Accept any model: the table of transformers does not know remote classes."""

    def _sanitize_parameters(self, **parameters: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Sort the call's parameters; unknown ones are refused by name."""
        takes = {
            "preprocess": ("modalities", "senses", "truncation", "max_length", "padding"),
            "forward": (),
            "postprocess": POSTPROCESS_PARAMETERS,
        }
        unknown = sorted(set(parameters) - {name for names in takes.values() for name in names})
        if unknown:
            raise ValueError(f"Unknown parameters {unknown}; this pipeline takes {takes}.")
        preprocess, forward, postprocess = (
            {name: parameters[name] for name in names if name in parameters} for names in takes.values()
        )
        if postprocess.get("top_k") == "":  # how some callers of transformers say "not given"
            del postprocess["top_k"]
        postprocess |= {"ranked": True} if "top_k" in postprocess else {}
        top_k = postprocess.get("top_k")
        if top_k is not None and (not isinstance(top_k, int) or top_k < 1):
            raise ValueError(f"top_k={top_k!r}; allowed are 1 and more, or None for all labels.")
        _check_choice(postprocess, "window_join", ("max", "mean"))
        _check_choice(postprocess, "function_to_apply", (None, "softmax", "sigmoid", "none"))
        if postprocess.get("false_positive_rate") is not None:
            self._check_rate(**postprocess)
        return preprocess, forward, postprocess

    def __call__(self, inputs: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Classify one row, a list, or any iterable of rows.

        Args:
            inputs: see the class. A generator, iterator or torch dataset is answered lazily, in order; any other
                iterable (tuple, column of a table) as a list.
            kwargs: `top_k` (`None` for all labels), `batch_size`, `function_to_apply` (`"softmax"`,
                `"sigmoid"`, `"none"`), `modalities` (senses to use), `senses` (`"bank"`: look them up, `"exact"`:
                speak and draw; each bank that there is, if not given), `truncation` (cut instead of windows, and
                say so), `max_length` (tokens of a window), `window_join` (`"max"`: the most harmful window
                decides; `"mean"`), `return_details` (one dict a row with `label`, `score`, `scores`,
                `modalities`, `sources`, `windows`, `joined`, `truncated`, `calibrated` (whether the model has a
                calibration), `language` of the text, `threshold`, and `heard` where words are heard otherwise than they
                are written), `false_positive_rate` (0.01 and the like, one
                that the model has thresholds for: the answer is a positive label if the positive score reaches the
                threshold of the text's language).

            Scores are calibrated if the model has a calibration. Without `false_positive_rate` the answer is the label
            with the highest calibrated score, so that an isotonic calibration may move the boundary of the labels.

        Returns:
            For one string a list with one dict, as the pipeline of transformers does; for a dict a dict;
            with `top_k`, a list of dicts a row.

        Raises:
            ValueError: A parameter that this pipeline does not take, or a bad row that came alone.
        """
        pair = _legacy_pair(inputs)
        if pair is not None:
            return [super().__call__(pair, **kwargs)]
        inputs = _as_rows(inputs)
        if isinstance(inputs, list) and not inputs:
            return []
        answer = super().__call__(inputs, **kwargs)
        bare = isinstance(inputs, str) and isinstance(answer, dict) and "scores" not in answer
        return [answer] if bare else answer

    def run_single(self, inputs: Any, preprocess_params: dict, forward_params: dict, postprocess_params: dict) -> Any:
        """Answer one row; a bad one raises."""
        windows = self.preprocess(inputs, **preprocess_params)
        logits = self._logits(windows, 1, forward_params)
        for outcome in logits:
            if isinstance(outcome, Exception):
                raise outcome
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
                outcomes = list(islice(logits, len(row))) if isinstance(row, list) else [row]
                yield self._try_postprocess(row, outcomes, postprocess_params)

    def _try_preprocess(self, row: Any, parameters: dict) -> list[dict[str, Any]] | Exception:
        try:
            return self.preprocess(row, **parameters)
        except ROW_ERRORS as error:
            return error

    def _try_postprocess(self, windows: Any, logits: list[Any], parameters: dict) -> Any:
        """Answer a row, or say what went wrong; its language may have no threshold, too."""
        failure = next((outcome for outcome in logits if isinstance(outcome, Exception)), None)
        if failure is not None:
            return _failure(failure, parameters)
        try:
            return self.postprocess({"windows": windows, "logits": logits}, **parameters)
        except ValueError as error:
            return _failure(error, parameters)

    def preprocess(self, inputs: Any, **parameters: Any) -> Any:  # type: ignore[override]
        """Turn a row into the windows of its text, each a dict of unpadded features.

        Returns:
            A list, one dict a window.

        Raises:
            ValueError: The row is neither a string nor a dict of the known keys, or has something unreadable.
        """
        parameters.pop("padding", None)  # every batch is padded to its longest row
        if isinstance(inputs, str):
            inputs = {"text": inputs}
        if not isinstance(inputs, dict) or not inputs or not set(inputs) <= set(ROW_KEYS):
            given = sorted(map(str, inputs)) if isinstance(inputs, dict) else type(inputs).__name__
            raise ValueError(f"A row is a string or a dict with some of {list(ROW_KEYS)}; this is {given}.")
        default = self.model.config.default_modalities
        if parameters.get("modalities") is None and default is not None:
            given = [sense for name, sense in SENSES.items() if inputs.get(name) is not None]
            parameters["modalities"] = [*default, *given]
        wanted = parameters.get("max_length") or self.processor.window_tokens or self.tokenizer.model_max_length
        parameters["max_length"] = min(wanted, self.model.config.max_position_embeddings)
        sight = getattr(self.model.base_model, "vision", None)
        parameters["draw_unknown"] = getattr(sight, "encoder", None) is not None
        windows = self.processor.encode_windows(**inputs, **parameters)
        texts = [inputs[name] for name in ("text", "text_pair") if inputs.get(name) is not None]
        for window in windows:
            window["report"]["language"] = language_of(" ".join(texts)) if texts else None
        return windows

    def _logits(self, windows: list[dict[str, Any]], batch_size: int, parameters: dict) -> list[Any]:
        """Run the model on windows of like length together; return each window's logits or error, in order."""
        answers: list[Any] = [None] * len(windows)
        for batch in self._batches([self.processor.batch_key(window) for window in windows], batch_size):
            outcomes = self._batch_logits([windows[i] for i in batch], parameters)
            for index, outcome in zip(batch, outcomes, strict=True):
                answers[index] = outcome
        return answers

    def _batches(self, keys: list[tuple[bool, int, int]], batch_size: int) -> Iterator[list[int]]:
        """Cut windows of one kind and like length into batches, on a CPU within its budget of tokens."""
        budget = CPU_TOKENS if self.device.type == "cpu" else float("inf")
        batch: list[int] = []
        for index in sorted(range(len(keys)), key=keys.__getitem__):
            kind, length, _ = keys[index]
            full = len(batch) == batch_size or (len(batch) + 1) * length > budget
            if batch and (full or keys[batch[0]][0] != kind):
                yield batch
                batch = []
            batch.append(index)
        if batch:
            yield batch

    def _batch_logits(self, windows: list[dict[str, Any]], parameters: dict) -> list[Any]:
        """Run the model on one batch; where it fails, on each window alone, so that a bad one loses no other."""
        try:
            outputs = self.forward(self.processor.pad(windows), **parameters)
        except ROW_ERRORS as error:
            if len(windows) == 1:
                return [error]
            return [outcome for window in windows for outcome in self._batch_logits([window], parameters)]
        return [_checked(logits) for logits in outputs["logits"].float().numpy()]

    def _forward(self, model_inputs: Any, **_: Any) -> Any:  # type: ignore[override]
        return self.model(**model_inputs)

    def postprocess(  # type: ignore[override]
        self,
        model_outputs: dict[str, Any],
        top_k: int | None = 1,
        function_to_apply: str | None = None,
        return_details: bool = False,
        window_join: str = "max",
        ranked: bool = False,
        false_positive_rate: float | None = None,
    ) -> Any:
        """Turn the logits of a row's windows into its answer."""
        calibration: ScoreCalibration = self.model.config.score_calibration
        reports = [window["report"] for window in model_outputs["windows"]]
        language = reports[0]["language"]
        threshold = None if false_positive_rate is None else calibration.threshold(language, false_positive_rate)
        scores = self._scores(np.stack(model_outputs["logits"]), calibration, function_to_apply, window_join)
        names: Any = self.model.config.id2label
        labels = [{"label": names[i], "score": float(scores[i])} for i in calibration.ranked(scores, threshold)]
        windowed = {"windows": len(reports), "joined": window_join} if len(reports) > 1 else {}
        if return_details:
            return {
                **labels[0],
                "scores": {names[i]: float(score) for i, score in enumerate(scores)},
                **joined_report(reports),
                "joined": windowed.get("joined"),
                "calibrated": calibration.is_set,
                "language": language,
                "threshold": threshold,
            }
        answers = [label | windowed for label in labels[:top_k]]
        return answers if ranked else answers[0]

    def _scores(
        self, logits: np.ndarray, calibration: ScoreCalibration, function: str | None, window_join: str
    ) -> np.ndarray:
        """Turn the logits (windows, labels) of a row into its scores (labels,), calibrated if they are the model's."""
        default = default_function(self.model.config)
        logits = logits / calibration.temperature
        scores = apply_function(logits, function or default)
        if (function or default) == default:
            scores = calibration.calibrated(scores)
        return join_windows(scores, logits, window_join, default != "softmax")

    def _check_rate(self, false_positive_rate: Any, function_to_apply: str | None = None, **_: Any) -> None:
        default = default_function(self.model.config)
        if default != "softmax" or function_to_apply not in (None, default):
            raise ValueError(
                f"false_positive_rate={false_positive_rate} needs the scores of a model that gives a text one of "
                f"several labels (softmax); this one's are {default}, and function_to_apply={function_to_apply!r}."
            )
        self.model.config.score_calibration.check_rate(false_positive_rate)

    def save_pretrained(self, save_directory: str | PathLike[str], **kwargs: Any) -> None:
        """Save model and processor, with their code: the pipeline of transformers would leave the processor out."""
        self.model.save_pretrained(save_directory, **kwargs)  # with this file
        self.processor.save_pretrained(save_directory, **kwargs)


def _check_choice(parameters: dict[str, Any], name: str, allowed: tuple[str | None, ...]) -> None:
    if name in parameters and parameters[name] not in allowed:
        raise ValueError(f"{name}={parameters[name]!r}; allowed are {list(allowed)}.")


def _as_rows(inputs: Any) -> Any:
    """Turn iterables that the pipeline of transformers would take for one row into a list or a generator."""
    if isinstance(inputs, (str, bytes, dict, list, GeneratorType, Dataset)) or not isinstance(inputs, Iterable):
        return inputs
    return list(inputs) if isinstance(inputs, Sized) else (row for row in inputs)


def _checked(logits: np.ndarray) -> np.ndarray | Exception:
    if np.isfinite(logits).all():
        return logits
    return ValueError(f"The model answers {logits.tolist()}: its weights are damaged, or its dtype too narrow.")


def _failure(error: Exception, parameters: dict[str, Any]) -> Any:
    answer = {"label": None, "score": None, "error": str(error) or type(error).__name__}
    return [answer] if parameters.get("ranked") and not parameters.get("return_details") else answer


def _legacy_pair(inputs: Any) -> dict[str, str] | None:
    """Read `[[[a, b]]]`, the old form of one pair that transformers still takes."""
    nested = isinstance(inputs, list) and len(inputs) == 1 and isinstance(inputs[0], list) and len(inputs[0]) == 1
    if nested and isinstance(inputs[0][0], list) and len(inputs[0][0]) == 2:
        return {"text": inputs[0][0][0], "text_pair": inputs[0][0][1]}
    return None


__all__ = ["MMBertTextClassificationPipeline"]
