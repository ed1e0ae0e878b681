"""Change of a waveform's sampling rate, for example from a voice's 24 kHz to a speech encoder's 16 kHz."""

import math
from numbers import Integral

import numpy as np

from .optional_dependencies import import_optional


def resample(waveform: np.ndarray, from_rate: int, to_rate: int) -> np.ndarray:
    """Resample a waveform with a polyphase low-pass filter (`scipy.signal.resample_poly`).

    Args:
        waveform: Real floating-point samples, shape (..., samples); the last axis is time.
        from_rate: Sampling rate of `waveform` in hertz.
        to_rate: Sampling rate wanted, in hertz.

    Returns:
        float32 samples, shape (..., ceil(samples * to_rate / from_rate)). With equal rates the samples are
        unchanged, and the array itself is returned where it is float32 already.

    Raises:
        TypeError: The samples are not floating-point numbers, or a rate is not an integer.
        ValueError: A rate is not positive, or the waveform has no time axis.
        ImportError: The rates differ and SciPy is not installed.
    """
    samples = np.asarray(waveform)
    _check(samples, from_rate, to_rate)
    if from_rate == to_rate or samples.shape[-1] == 0:
        return samples.astype(np.float32, copy=False)
    divisor = math.gcd(from_rate, to_rate)
    signal = import_optional("scipy.signal", "resampling audio")
    resampled = signal.resample_poly(
        samples.astype(np.float32, copy=False), to_rate // divisor, from_rate // divisor, axis=-1
    )
    return np.asarray(resampled, dtype=np.float32)


def _check(samples: np.ndarray, from_rate: int, to_rate: int) -> None:
    if not np.issubdtype(samples.dtype, np.floating):
        raise TypeError(
            f"the waveform has dtype {samples.dtype}; floating-point samples in [-1, 1] are allowed "
            "(divide 16-bit integers by 32768 first)"
        )
    if samples.ndim == 0:
        raise ValueError("the waveform is a single number; an array of shape (..., samples) is allowed")
    for name, rate in (("from_rate", from_rate), ("to_rate", to_rate)):
        if not isinstance(rate, Integral) or isinstance(rate, bool):
            raise TypeError(f"{name} is {rate!r}; an integer number of hertz is allowed")
        if rate <= 0:
            raise ValueError(f"{name} is {rate}; a positive number of hertz is allowed")
