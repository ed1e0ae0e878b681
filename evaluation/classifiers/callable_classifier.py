"""Any Python function as a classifier: the way to measure what neither transformers nor decloak can load."""

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from decloak.training.data.checksums import sha256_of

from .batch_classifier import BatchClassifier, check_batch_size
from .fingerprints import fingerprint
from .text_classifier import answer, unanswered

PREFIX = "callable:"
DEFAULT_LABELS = ("0", "1")
# Sums and sigmoids in float32 leave 0 ... 1 by as much.
_ROUNDING = 1e-5
_ALLOWED = (
    "allowed are a float (the probability of class 1), a list of floats (one a label), a dict of label to score, "
    'a list of {"label", "score"} dicts, or the name of a label'
)


class CallableClassifier(BatchClassifier):
    """Asks a function that takes a list of strings.

    It returns a list with one item a text: a float (the probability of class 1), a list of floats (one a label), a
    dict of label to score, a list of `{"label", "score"}` dicts, or the name of a label. Scores lie in 0 ... 1. Numpy
    arrays and tensors count as lists. The attribute `labels` of the function names the labels by id; without it they
    are "0" and "1". An attribute `fingerprint`, a string, stands for weights that the source does not show.

    When a call fails or returns another number of items, each text is asked alone, so that one loses no other.

    Args:
        function: What is asked.
        name: What reports call it.
        batch_size: Most texts of one call.
        source: What else the fingerprint depends on, such as the hash of the file of the function.

    Raises:
        ValueError: The labels are not two or more different names.
    """

    kind: ClassVar[str] = "callable"

    def __init__(
        self, function: Callable[[list[str]], Any], name: str, batch_size: int = 32, source: str | None = None
    ) -> None:
        self.function = function
        self.name = name
        self.batch_size = check_batch_size(batch_size)
        self.labels = _labels(function, name)
        self.source = source

    @classmethod
    def load(cls, target: str, name: str | None = None, batch_size: int = 32) -> "CallableClassifier":
        """Import `package.module:function`, **which runs the code of that module**, and make the classifier.

        The working folder is searched last. A class is instantiated without arguments; its objects are called.

        Raises:
            ValueError: The target does not read so, cannot be imported, or is nothing that can be called.
        """
        found, file = _find(target)
        return cls(found, name or PREFIX + target, batch_size, f"{target} {sha256_of(file)}" if file else target)

    def answer_batch(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Ask the function once; an item that cannot be used is an error of its text alone."""
        items = _as_plain(self.function(list(texts)))
        if not isinstance(items, list):
            items = _listed(items)
        if len(items) != len(texts):
            raise ValueError(f"{self.name} returned {len(items)} items for {len(texts)} texts; one a text is needed")
        return [self._answer(item) for item in items]

    def _answer(self, item: object) -> dict[str, Any]:
        try:
            return answer(_scores(item, self.labels), self.labels)
        except (TypeError, ValueError) as error:
            return unanswered(f"{self.name}: {error}")

    def fingerprint(self) -> str:
        """Hash the file of the function, its labels and its attribute `fingerprint`; weights stay unseen without it."""
        own = getattr(self.function, "fingerprint", None)
        stated = own if isinstance(own, str) else None
        return fingerprint({"kind": self.kind, "labels": self.labels, "source": self.source, "stated": stated})


def _find(target: str) -> tuple[Callable[[list[str]], Any], Path | None]:
    """Import a target; returned with the file that it is from."""
    module_name, colon, path = target.partition(":")
    if not (colon and module_name and path):
        raise ValueError(f"the callable is {target!r}; it must read package.module:function")
    found: Any = _import(module_name)
    file = getattr(found, "__file__", None)
    for part in path.split("."):
        if not hasattr(found, part):
            public = [name for name, value in vars(found).items() if callable(value) and not name.startswith("_")]
            raise ValueError(f"{module_name} has no {path}; it has {', '.join(sorted(public)) or 'no functions'}")
        found = getattr(found, part)
    if inspect.isclass(found):
        try:
            found = found()
        except Exception as error:  # the user's own code
            raise ValueError(f"{target} cannot be made without arguments: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise ValueError(f"{target} is {type(found).__name__}; a function or an object with __call__ is needed")
    return found, Path(file) if file else None


def _import(name: str) -> Any:
    # Last, so that a file that happens to lie in the working folder never stands in for an installed package.
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except Exception as error:  # the user's own code
        raise ValueError(
            f"cannot import {name}: {type(error).__name__}: {error}. It must be installed, or lie in the working folder"
        ) from error


def _labels(function: Callable[[list[str]], Any], name: str) -> list[str]:
    labels = getattr(function, "labels", DEFAULT_LABELS)
    if isinstance(labels, str) or not isinstance(labels, Sequence) or not all(isinstance(one, str) for one in labels):
        raise ValueError(f"the labels of {name} are {labels!r}; a list of names is needed")
    if len(labels) < 2 or len(set(labels)) != len(labels):
        raise ValueError(f"the labels of {name} are {list(labels)}; two or more different names are needed")
    return list(labels)


def _as_plain(value: Any) -> Any:
    """Turn arrays, tensors and their scalars into Python's lists and numbers."""
    return value.tolist() if hasattr(value, "tolist") else value


def _listed(items: Any) -> list[Any]:
    if isinstance(items, (str, bytes, Mapping)) or not hasattr(items, "__iter__"):
        raise ValueError(f"it returned {type(items).__name__}; a list with one item a text is needed")
    return list(items)


def _scores(item: Any, labels: list[str]) -> list[float]:
    """Read one item as a score for each label."""
    item = _as_plain(item)
    if isinstance(item, str):
        return _named_scores({item: 1.0}, labels, absent=0.0)
    if isinstance(item, (int, float)):
        return _single_score(float(item), labels)
    if isinstance(item, Mapping):
        return _mapped_scores(item, labels)
    if not isinstance(item, (list, tuple)):
        raise ValueError(f"it returned {type(item).__name__} for the text; {_ALLOWED}")
    if item and all(isinstance(part, Mapping) for part in item):
        return _named_scores(_label_scores(item), labels)
    if len(item) != len(labels):
        raise ValueError(f"it returned {len(item)} scores for the {len(labels)} labels {', '.join(labels)}")
    return [_score(part) for part in item]


def _single_score(score: float, labels: list[str]) -> list[float]:
    if len(labels) != 2:
        raise ValueError(f"it returned one number, but has {len(labels)} labels; return one score a label")
    positive = _score(score)
    return [1 - positive, positive]


def _mapped_scores(item: Mapping[Any, Any], labels: list[str]) -> list[float]:
    """Read label to score, or the one `{"label", "score"}` of the likeliest label, as transformers' pipelines give."""
    if set(item) != {"label", "score"} or not isinstance(item["label"], str):
        return _named_scores(item, labels)
    if len(labels) != 2:
        raise ValueError(f"it returned the score of {item['label']} alone, but has {len(labels)} labels; return all")
    return _named_scores({item["label"]: item["score"]}, labels, absent=1 - _score(item["score"]))


def _label_scores(item: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if any(set(part) != {"label", "score"} for part in item):
        raise ValueError(f"it returned a list of dicts with the keys {', '.join(map(str, item[0]))}; {_ALLOWED}")
    return {part["label"]: part["score"] for part in item}


def _named_scores(scores: Mapping[Any, Any], labels: list[str], absent: float | None = None) -> list[float]:
    unknown = [str(label) for label in scores if label not in labels]
    missing = [label for label in labels if label not in scores]
    if unknown:
        raise ValueError(f"it answered {', '.join(unknown[:5])}, which is none of its labels {', '.join(labels)}")
    if missing and absent is None:
        raise ValueError(f"it gave no score for {', '.join(missing)}; one for each label is needed")
    return [_score(scores.get(label, absent)) for label in labels]


def _score(value: Any) -> float:
    value = _as_plain(value)
    if not isinstance(value, (int, float)):
        raise ValueError(f"a score is {value!r}; a number is needed")
    if not -_ROUNDING <= value <= 1 + _ROUNDING:  # not a number compares with nothing
        raise ValueError(f"a score is {value!r}; it lies in 0 ... 1 (put logits through a softmax)")
    return min(max(float(value), 0.0), 1.0)


__all__ = ["PREFIX", "CallableClassifier"]
