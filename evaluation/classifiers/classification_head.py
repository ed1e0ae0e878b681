"""A linear head over sentence embeddings, in two files that hold numbers and names only.

`classification_head.safetensors` has `weight` `(labels, width)` and `bias` `(labels,)`, float32; the scores are the
softmax of `weight @ embedding + bias`. `classification_head.json` has `labels` (names by id), `normalize` (bring
embeddings to unit length first) and `prompt` (put before every text, or null).

SetFit keeps its head as a pickle, which can run any code when it is loaded. On a machine that you can afford to lose,
`CONVERSION` turns it into these files.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

HEAD_WEIGHTS = "classification_head.safetensors"
HEAD_SETTINGS = "classification_head.json"
PICKLED_HEADS = ("model_head.pkl", "model_head.joblib", "classification_head.pkl")
CONVERSION = (
    "import joblib; from decloak.evaluation.classifiers.classification_head import linear_head; "
    'head = joblib.load("model_head.pkl"); '
    "linear_head(head.coef_, head.intercept_, [str(name) for name in head.classes_]).save('.')"
)


@dataclass(frozen=True)
class ClassificationHead:
    """A linear layer and how its input is made.

    Attributes:
        weight: `(labels, width)`, float32.
        bias: `(labels,)`, float32.
        labels: Names of the labels, by id.
        normalize: Bring embeddings to unit length first.
        prompt: Put before every text, or None.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    labels: list[str]
    normalize: bool = False
    prompt: str | None = None

    def __post_init__(self) -> None:
        """Check that the parts fit together.

        Raises:
            ValueError: They do not, or a number is not finite.
        """
        if len(self.labels) < 2 or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"the labels are {self.labels}; two or more different names are needed")
        if self.weight.ndim != 2 or self.weight.shape[0] != len(self.labels) or self.bias.shape != (len(self.labels),):
            raise ValueError(
                f"weight has the shape {self.weight.shape} and bias {self.bias.shape}; {len(self.labels)} labels need "
                f"({len(self.labels)}, width) and ({len(self.labels)},)"
            )
        if not (np.isfinite(self.weight).all() and np.isfinite(self.bias).all()):
            raise ValueError("weight or bias hold numbers that are not finite")

    def probabilities(self, embeddings: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each label.

        Args:
            embeddings: `(texts, width)`.

        Returns:
            `(texts, labels)`.

        Raises:
            ValueError: The width is another.
        """
        vectors = np.asarray(embeddings, dtype=np.float64)
        if vectors.ndim != 2 or vectors.shape[1] != self.weight.shape[1]:
            raise ValueError(f"embeddings have the shape {vectors.shape}; the head reads (n, {self.weight.shape[1]})")
        if self.normalize:
            vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        logits = vectors @ self.weight.T.astype(np.float64) + self.bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def save(self, folder: str | Path) -> Path:
        """Write the two files into a folder, which is made if it is missing; returned."""
        from safetensors.numpy import save_file

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {"weight": np.ascontiguousarray(self.weight), "bias": np.ascontiguousarray(self.bias)}
        save_file(tensors, folder / HEAD_WEIGHTS)
        (folder / HEAD_WEIGHTS).chmod(0o644)  # safetensors leaves it to the owner alone
        settings = {"labels": self.labels, "normalize": self.normalize, "prompt": self.prompt}
        text = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
        (folder / HEAD_SETTINGS).write_text(text, encoding="utf-8")
        return folder


def linear_head(
    coefficients: ArrayLike,
    intercepts: ArrayLike,
    labels: Sequence[str],
    normalize: bool = False,
    prompt: str | None = None,
) -> ClassificationHead:
    """Make a head from a linear model as scikit-learn keeps it.

    Args:
        coefficients: `(labels, width)`; for two labels also `(1, width)`, of which the sigmoid is the probability of
            the second.
        intercepts: `(labels,)` or `(1,)`.
        labels: Names of the labels, by id.
        normalize: Bring embeddings to unit length first.
        prompt: Put before every text, or None.

    Raises:
        ValueError: The parts do not fit together.
    """
    weight, bias = np.atleast_2d(np.asarray(coefficients, np.float32)), np.asarray(intercepts, np.float32).reshape(-1)
    if len(labels) == 2 and len(weight) == 1:
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    return ClassificationHead(weight, bias, list(labels), normalize, prompt)


def has_head(folder: Path) -> bool:
    """Tell whether a folder has a head.

    Raises:
        ValueError: It has a pickled one only.
    """
    if (folder / HEAD_WEIGHTS).is_file() and (folder / HEAD_SETTINGS).is_file():
        return True
    pickles = [name for name in PICKLED_HEADS if (folder / name).is_file()]
    if pickles:
        raise ValueError(
            f"the head in {folder} is a pickle ({', '.join(pickles)}): loading one can run any code, so decloak reads "
            f"{HEAD_WEIGHTS} and {HEAD_SETTINGS}. To convert it, run this in that folder, on a machine that you can "
            f"afford to lose: {CONVERSION}"
        )
    return False


def load_head(folder: str | Path) -> ClassificationHead:
    """Load a head.

    Raises:
        ValueError: A file is missing or damaged, the head is a pickle, or its parts do not fit together.
    """
    folder = Path(folder)
    if not has_head(folder):
        raise ValueError(f"{folder} has no head: {HEAD_WEIGHTS} and {HEAD_SETTINGS} are needed")
    try:
        return _read(folder)
    except (OSError, KeyError, TypeError, ValueError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"the head in {folder} cannot be used: {reason}") from error


def _read(folder: Path) -> ClassificationHead:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    settings: dict[str, Any] = json.loads((folder / HEAD_SETTINGS).read_text(encoding="utf-8"))
    _check_settings(settings)
    try:
        tensors = load_file(folder / HEAD_WEIGHTS)
    except SafetensorError as error:
        raise ValueError(f"{HEAD_WEIGHTS} is damaged or no safetensors: {error}") from error
    weight, bias = (tensors[name].astype(np.float32) for name in ("weight", "bias"))
    return ClassificationHead(weight, bias, settings["labels"], settings["normalize"], settings["prompt"])


def _check_settings(settings: Any) -> None:
    if not isinstance(settings, dict):
        raise ValueError(f"{HEAD_SETTINGS} is {type(settings).__name__}, a JSON object is needed")
    labels, normalize, prompt = settings["labels"], settings["normalize"], settings["prompt"]
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError(f"labels are {labels!r}; a list of names is needed")
    if not isinstance(normalize, bool):
        raise ValueError(f"normalize is {normalize!r}; true or false is needed")
    if prompt is not None and not isinstance(prompt, str):
        raise ValueError(f"prompt is {prompt!r}; a string or null is needed")


__all__ = ["HEAD_SETTINGS", "HEAD_WEIGHTS", "ClassificationHead", "has_head", "linear_head", "load_head"]
