"""A bank: a frozen table of sense features, one row a unit, and the projection that made them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

Features = NDArray[np.float32]

FEATURES_FILE = "bank.safetensors"
UNITS_FILE = "units.json"
ARRAYS = ("features", "raw_features", "mean", "components", "exact_weight", "exact_bias")


@dataclass(frozen=True)
class FeatureBank:
    """A frozen table of features.

    Attributes:
        units: What has a row (characters, syllables, phonemes); unit i has row i + 1.
        features: (n + 1, dimension) float32. Row 0, for unknown units, is zeros: the mean.
        raw_features: (n + 1, D) float32, the encoder's output, centred; row 0 is zeros.
        mean: (D,) the encoder's mean output.
        components: (dimension, D) the projection: `features = (output - mean) @ components.T`.
        exact_weight: (dimension, D) with `exact_bias` (dimension,) the map of an encoder's output to these features
            where it is not that of the units alone: a syllable in running speech is heard otherwise than one by itself.
        explained_variance: The share of the raw features' variance that the projection keeps.
        missing: Units that were asked for and left out.
        source: What the features depend on: encoder, engine, voice.
    """

    units: tuple[str, ...]
    features: Features
    raw_features: Features
    mean: Features
    components: Features
    explained_variance: float
    missing: tuple[str, ...] = ()
    source: str = ""
    exact_weight: Features | None = None
    exact_bias: Features | None = None

    @property
    def projection(self) -> tuple[Features, Features]:
        """Weight (dimension, D) and bias (dimension,) that bring an encoder's output to the bank's features."""
        if self.exact_weight is not None and self.exact_bias is not None:
            return self.exact_weight, self.exact_bias
        return self.components, -(self.components @ self.mean)

    @property
    def table(self) -> dict[str, int]:
        """The row of each unit."""
        return {unit: row for row, unit in enumerate(self.units, start=1)}

    def save(self, folder: str | PathLike[str]) -> None:
        """Write the arrays (safetensors) and the units (JSON) into a folder, which is made if missing."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        arrays = {name: getattr(self, name) for name in ARRAYS}
        present = {name: np.ascontiguousarray(array) for name, array in arrays.items() if array is not None}
        save_file(present, target / FEATURES_FILE)
        names = ("units", "explained_variance", "missing", "source")
        content = {name: getattr(self, name) for name in names}
        (target / UNITS_FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> "FeatureBank":
        """Read what `save` wrote.

        Raises:
            ValueError: The two files do not belong together.
            FileNotFoundError: One is missing.
        """
        content = json.loads(Path(folder, UNITS_FILE).read_text(encoding="utf-8"))
        arrays = load_file(Path(folder, FEATURES_FILE))
        units = tuple(content["units"])
        if len(arrays["features"]) != len(units) + 1:
            raise ValueError(
                f"{FEATURES_FILE} has {len(arrays['features'])} rows and {UNITS_FILE} {len(units)} units; "
                f"allowed: one row more than units. Fix: build the bank in {folder} again."
            )
        return cls(
            units=units,
            **arrays,
            explained_variance=float(content["explained_variance"]),
            missing=tuple(content["missing"]),
            source=str(content["source"]),
        )


def make_bank(
    units: Sequence[str],
    output: NDArray[np.float64],
    dimension: int | None = 64,
    whiten: bool = True,
    missing: Sequence[str] = (),
    source: str = "",
) -> FeatureBank:
    """Centre an encoder's output and project it by principal components.

    Args:
        units: n units.
        output: (n, D), the encoder's output for each.
        dimension: Columns of the bank; None keeps all D, rotated.
        whiten: Scale every component to variance 1, instead of keeping distances.
        missing: Units that were left out.
        source: What the features depend on.

    Raises:
        ValueError: A value is not finite, or `dimension` exceeds what the features have.
    """
    bad = [unit for unit, row in zip(units, output, strict=True) if not np.isfinite(row).all()]
    if bad:
        raise ValueError(
            f"The encoder gave NaN or infinite features for {bad[:10]} ({len(bad)} units). "
            "Fix: check the encoder's weights; use float32."
        )
    mean = output.mean(axis=0, keepdims=True)
    components, explained = principal_components(output - mean, dimension, whiten)
    raw = np.concatenate([np.zeros_like(mean), output - mean])
    return FeatureBank(
        units=tuple(units),
        features=(raw @ components.T).astype(np.float32),
        raw_features=raw.astype(np.float32),
        mean=mean[0].astype(np.float32),
        components=components.astype(np.float32),
        explained_variance=explained,
        missing=tuple(missing),
        source=source,
    )


def principal_components(
    centred: NDArray[np.float64], dimension: int | None, whiten: bool = False
) -> tuple[NDArray[np.float64], float]:
    """Compute the principal components of centred rows by SVD; the largest entry of each is positive, to fix its sign.

    Args:
        centred: (n, D) rows with mean zero.
        dimension: How many to keep; None keeps min(n, D).
        whiten: Divide each by its standard deviation (components without variance become zeros).

    Returns:
        The (dimension, D) components and the share of the variance that they keep.

    Raises:
        ValueError: `dimension` is not within 1 ... min(n, D).
    """
    limit = min(centred.shape)
    kept = limit if dimension is None else dimension
    if not 1 <= kept <= limit:
        raise ValueError(
            f"dimension={dimension} for {centred.shape[0]} units with {centred.shape[1]} features; "
            f"allowed: 1 ... {limit}. Fix: a smaller dimension or more units."
        )
    _, scales, components = np.linalg.svd(centred, full_matrices=False)
    peaks = components[np.arange(limit), np.abs(components).argmax(axis=1)]
    components = components * np.where(peaks < 0, -1.0, 1.0)[:, None]
    variances = scales**2 / len(centred)
    explained = float(variances[:kept].sum() / max(variances.sum(), np.finfo(float).tiny))
    if whiten:
        spread = np.sqrt(variances)
        floor = spread[0] * 1e-6
        components = components * np.where(spread > floor, 1 / np.maximum(spread, floor or 1), 0.0)[:, None]
    return components[:kept], explained


__all__ = ["FeatureBank", "Features", "make_bank", "principal_components"]
