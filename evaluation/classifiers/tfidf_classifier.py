"""Character TF-IDF and a linear model: a baseline that learns which strings are hateful."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .baseline_folder import FILE, read_manifest, write_manifest
from .batch_classifier import BatchClassifier, check_batch_size
from .fingerprints import fingerprint
from .text_classifier import answer

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

VOCABULARY = "vocabulary.json"
WEIGHTS = "model.safetensors"
_ARRAYS = ("idf", "weight", "bias", "slope", "offset")


@dataclass(frozen=True)
class LinearModel:
    """A linear model over character n-grams; `rows` is 1 for two classes, else their number.

    Attributes:
        ngrams: Least and greatest length of an n-gram, in characters.
        vocabulary: The n-grams, in the order of their columns.
        idf: Inverse document frequencies, `(n-grams,)`.
        weight: `(rows, n-grams)`; one row is the one of class 1.
        bias: `(rows,)`.
        slope: Of Platt's sigmoid over each row's decision value, `(rows,)`; -1 where it is not calibrated.
        offset: Likewise; 0 where it is not calibrated.
    """

    ngrams: tuple[int, int]
    vocabulary: list[str]
    idf: NDArray[np.float64]
    weight: NDArray[np.float64]
    bias: NDArray[np.float64]
    slope: NDArray[np.float64]
    offset: NDArray[np.float64]

    def check(self, classes: int) -> None:
        """Check that the parts fit together and to a number of classes.

        Raises:
            ValueError: They do not, or a number is not finite.
        """
        rows = 1 if classes == 2 else classes
        wanted: dict[str, tuple[int, ...]] = {name: (rows,) for name in ("bias", "slope", "offset")}
        wanted |= {"idf": (len(self.vocabulary),), "weight": (rows, len(self.vocabulary))}
        for name, shape in wanted.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise ValueError(f"{name} has the shape {array.shape}; {classes} classes need {shape}")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} holds numbers that are not finite")


class TfidfClassifier(BatchClassifier):
    """Answers with a linear model over character n-grams; sees no words, no order beyond n, no meaning.

    Args:
        model: The model.
        labels: Names of the classes, by id.
        name: What reports call it.
        batch_size: Texts that are turned into a matrix at once.
    """

    kind: ClassVar[str] = "tfidf"

    def __init__(self, model: LinearModel, labels: Sequence[str], name: str, batch_size: int = 256) -> None:
        model.check(len(labels))
        self.model = model
        self.labels = list(labels)
        self.name = name
        self.batch_size = check_batch_size(batch_size)
        self._vectorizer = _vectorizer(model)
        self._fingerprint: str | None = None

    @classmethod
    def load(cls, folder: str | Path, name: str | None = None, batch_size: int = 256) -> "TfidfClassifier":
        """Load what `save` wrote; nothing in it is a pickle.

        Raises:
            ValueError: A file is missing or damaged, or they do not fit together.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        try:
            model = _read(folder, manifest["settings"])
            return cls(model, manifest["labels"], name or str(folder), batch_size)
        except (OSError, KeyError, TypeError, ValueError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ValueError(
                f"{folder} is no whole TF-IDF baseline ({FILE}, {VOCABULARY}, {WEIGHTS}): {reason}"
            ) from error

    def save(self, folder: str | Path, training: dict[str, Any]) -> Path:
        """Save it as `decloak_baseline.json`, `vocabulary.json` and `model.safetensors` (float64).

        Args:
            folder: Made if it is missing.
            training: How it was made.

        Returns:
            The folder.
        """
        from safetensors.numpy import save_file

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.model.vocabulary, ensure_ascii=False)
        (folder / VOCABULARY).write_text(text, encoding="utf-8")
        save_file({name: np.ascontiguousarray(getattr(self.model, name)) for name in _ARRAYS}, folder / WEIGHTS)
        (folder / WEIGHTS).chmod(0o644)  # safetensors leaves it to the owner alone
        write_manifest(folder, self.kind, self.labels, {"ngrams": list(self.model.ngrams)}, training)
        return folder

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability of each class, `(texts, classes)`."""
        model = self.model
        decisions = self._vectorizer.transform(texts) @ model.weight.T + model.bias
        with np.errstate(over="ignore"):  # far from the boundary the exponential is infinite and the answer 0
            positive = 1 / (1 + np.exp(model.slope * decisions + model.offset))
        if positive.shape[1] == 1:
            return np.hstack([1 - positive, positive])
        totals = positive.sum(axis=1, keepdims=True)
        uniform = np.full_like(positive, 1 / positive.shape[1])
        return np.divide(positive, totals, out=uniform, where=totals > 0)

    def answer_batch(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Answer some texts; none is ever too long."""
        return [answer(row, self.labels) for row in self.probabilities(texts).tolist()]

    def fingerprint(self) -> str:
        """Hash the n-grams and all numbers."""
        if self._fingerprint is None:
            numbers = {name: _digest(getattr(self.model, name)) for name in _ARRAYS}
            words = _digest("\0".join(self.model.vocabulary))
            parts = {"kind": self.kind, "labels": self.labels, "ngrams": self.model.ngrams, "vocabulary": words}
            self._fingerprint = fingerprint(parts | numbers)
        return self._fingerprint


def tfidf_features(ngrams: tuple[int, int], **settings: Any) -> "TfidfVectorizer":
    """Make the features: n-grams of the lower-cased text with logarithmic counts, at unit length (scikit-learn)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char", ngram_range=ngrams, sublinear_tf=True, **settings)


def _vectorizer(model: LinearModel) -> "TfidfVectorizer":
    features = tfidf_features(model.ngrams, vocabulary={ngram: i for i, ngram in enumerate(model.vocabulary)})
    features.idf_ = model.idf
    return features


def _read(folder: Path, settings: dict[str, Any]) -> LinearModel:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    least, greatest = settings["ngrams"]
    vocabulary = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
    if not isinstance(vocabulary, list) or not all(isinstance(ngram, str) for ngram in vocabulary):
        raise ValueError(f"{VOCABULARY} is no list of strings")
    try:
        arrays = load_file(folder / WEIGHTS)
    except SafetensorError as error:
        raise ValueError(f"{WEIGHTS} is damaged or no safetensors: {error}") from error
    return LinearModel((least, greatest), vocabulary, **{name: arrays[name] for name in _ARRAYS})


def _digest(value: str | NDArray[np.float64]) -> str:
    import hashlib

    data = value.encode() if isinstance(value, str) else np.ascontiguousarray(value).tobytes()
    return hashlib.sha256(data).hexdigest()


__all__ = ["LinearModel", "TfidfClassifier", "tfidf_features"]
