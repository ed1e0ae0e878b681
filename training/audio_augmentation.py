"""Speech made less clean while a model trains: spoken faster or slower, and with noise at a given level.

Synthetic speech is always equally clear; real speech is not. The changes are torchaudio's `speed` (with another
filter) and `add_noise`. They run on NumPy and SciPy, so that a training run hears the same with and without torchaudio;
`backend="torchaudio"` runs them there, with the same results to 1e-6 of full scale.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from decloak.processing.audio_resampling import Backend, resample
from decloak.processing.torchaudio_import import import_torchaudio

#: Changes of speed outside of this are no speech that anyone has heard.
SPEEDS = (0.5, 2.0)
#: In steps of a hundredth the filter stays small: factor 1.01 resamples 101 samples to 100.
_STEPS = 100


@dataclass(frozen=True)
class AudioAugmentation:
    """Random speed and noise, a pure function of seed, epoch and row: a resumed run hears what it would have heard.

    Attributes:
        speeds: Factors of which each row gets one, 0.5 to 2.0 in hundredths; 1.0 leaves it as it is.
        snr: Lowest and highest signal-to-noise ratio in decibels; each row gets one between. None adds no noise.
        seed: Of the run.
        backend: What changes the speed and adds the noise: `"scipy"`, `"torchaudio"` or `"auto"` (see `resample`).
    """

    speeds: Sequence[float] = (0.9, 1.0, 1.1)
    snr: tuple[float, float] | None = (10.0, 30.0)
    seed: int = 0
    backend: Backend = "auto"

    def __post_init__(self) -> None:
        """Check the settings, so that a run fails before it starts.

        Raises:
            ValueError: A setting is out of its range.
        """
        if not self.speeds:
            raise ValueError("speeds is empty; give (1.0,) to leave the speed as it is")
        for speed in self.speeds:
            _steps(speed)
        if self.snr is not None and not -math.inf < self.snr[0] <= self.snr[1] < math.inf:
            raise ValueError(
                f"snr is {self.snr}; None, or two finite numbers of decibels in ascending order are allowed"
            )

    def __call__(self, waveform: np.ndarray, row: int, epoch: int = 0) -> np.ndarray:
        """Change the waveform of one row.

        Args:
            waveform: Floating-point samples, shape (samples,).
            row: Number of the row, 0 or more.
            epoch: Number of the epoch, 0 or more.

        Returns:
            float32 samples, shape (new samples,).
        """
        generator = np.random.default_rng([self.seed, epoch, row])
        speed = float(generator.choice(np.asarray(self.speeds, dtype=np.float64)))
        changed = change_speed(waveform, speed, self.backend)
        if self.snr is None:
            return changed
        return add_noise(changed, float(generator.uniform(*self.snr)), generator, self.backend)


def change_speed(waveform: np.ndarray, factor: float, backend: Backend = "auto") -> np.ndarray:
    """Play a waveform faster or slower, which raises or lowers its pitch as well.

    Args:
        waveform: Floating-point samples, shape (..., samples).
        factor: 0.5 to 2.0, in hundredths; above 1 is faster.
        backend: See `resample`.

    Returns:
        float32 samples, shape (..., ceil(samples / factor)).

    Raises:
        ValueError: The factor is out of its range.
        ImportError: SciPy, or torchaudio where that is the backend, is not installed.
    """
    return resample(waveform, _steps(factor), _STEPS, backend)


def add_noise(
    waveform: np.ndarray, snr: float, generator: np.random.Generator, backend: Backend = "auto"
) -> np.ndarray:
    """Add white noise.

    Args:
        waveform: Floating-point samples, shape (samples,).
        snr: Decibels by which the waveform is louder than the noise, over its whole length.
        generator: Draws the noise.
        backend: `"torchaudio"` adds with `torchaudio.functional.add_noise`, anything else with NumPy.

    Returns:
        float32 samples, shape (samples,); silence stays silence.

    Raises:
        ValueError: The ratio is not finite.
        ImportError: torchaudio is the backend, and not installed.
    """
    if not math.isfinite(snr):
        raise ValueError(f"snr is {snr}; a finite number of decibels is allowed")
    samples = np.asarray(waveform, dtype=np.float64)
    noise = generator.standard_normal(samples.shape)
    if not np.any(samples):
        return samples.astype(np.float32)
    if backend == "torchaudio":
        torch = import_module("torch")
        given = (torch.from_numpy(array) for array in (samples, noise))
        noisy = import_torchaudio().functional.add_noise(*given, torch.tensor(snr, dtype=torch.float64)).numpy()
    else:
        scale = math.sqrt(np.square(samples).sum() / np.square(noise).sum() * 10 ** (-snr / 10))
        noisy = samples + scale * noise
    return np.asarray(noisy, dtype=np.float32)


def _steps(factor: float) -> int:
    """Return a speed in hundredths."""
    steps = round(factor * _STEPS) if math.isfinite(factor) else 0
    if not SPEEDS[0] <= factor <= SPEEDS[1] or not math.isclose(steps, factor * _STEPS, abs_tol=1e-6):
        raise ValueError(f"the speed is {factor}; {SPEEDS[0]} to {SPEEDS[1]} in steps of 0.01 is allowed")
    return steps


__all__ = ["AudioAugmentation", "add_noise", "change_speed"]
