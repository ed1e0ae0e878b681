"""Change of a waveform's sampling rate, for example from a voice's 24 kHz to a speech encoder's 16 kHz."""

import importlib
import math
from numbers import Integral
from typing import Any, Literal, get_args

import numpy as np

from .optional_dependencies import import_optional
from .torchaudio_import import import_torchaudio

Backend = Literal["auto", "scipy", "torchaudio"]

#: The filter of `scipy.signal.resample_poly`: a sinc over 10 zero crossings on either side, in a Kaiser window.
ZERO_CROSSINGS = 10
KAISER_BETA = 5.0

#: Coefficients of torchaudio's filter, which holds one row for each output sample between two that coincide: 128 MB.
LARGEST_KERNEL = 2**24


def resample(waveform: np.ndarray, from_rate: int, to_rate: int, backend: Backend = "auto") -> np.ndarray:
    """Resample a waveform with a polyphase low-pass filter.

    Both backends apply the same filter, that of `scipy.signal.resample_poly`, and agree to 1e-6 of full scale: what a
    checkpoint hears does not depend on what is installed. `"auto"` is SciPy, which is faster, needs no torch, gives
    the same bits with any number of threads and takes any pair of rates; only where SciPy is missing is it torchaudio.

    Args:
        waveform: Real floating-point samples, shape (..., samples); the last axis is time.
        from_rate: Sampling rate of `waveform` in hertz.
        to_rate: Sampling rate wanted, in hertz.
        backend: `"auto"`, `"scipy"` or `"torchaudio"`.

    Returns:
        float32 samples, shape (..., ceil(samples * to_rate / from_rate)). With equal rates the samples are
        unchanged, and the array itself is returned where it is float32 already.

    Raises:
        TypeError: The samples are not floating-point numbers, or a rate is not an integer.
        ValueError: A rate is not positive, the waveform has no time axis, the backend is unknown, or the rates have
            so small a common divisor that torchaudio's filter would be too large.
        ImportError: The rates differ and the backend is not installed.
    """
    samples = np.asarray(waveform)
    _check(samples, from_rate, to_rate)
    if backend not in get_args(Backend):
        raise ValueError(f"backend is {backend!r}; allowed: {', '.join(get_args(Backend))}")
    if from_rate == to_rate or samples.shape[-1] == 0:
        return samples.astype(np.float32, copy=False)
    divisor = math.gcd(from_rate, to_rate)
    resample_with = _resample_torchaudio if _choose(backend) == "torchaudio" else _resample_scipy
    return resample_with(samples.astype(np.float32, copy=False), to_rate // divisor, from_rate // divisor)


def _choose(backend: Backend) -> str:
    if backend != "auto":
        return backend
    try:
        importlib.import_module("scipy.signal")
    except ImportError:
        try:
            import_torchaudio()
        except ImportError:
            return "scipy"  # whose error names the extra
        return "torchaudio"
    return "scipy"


def _resample_scipy(samples: np.ndarray, up: int, down: int) -> np.ndarray:
    signal = import_optional("scipy.signal", "resampling audio")
    window = ("kaiser", KAISER_BETA)
    return np.asarray(signal.resample_poly(samples, up, down, axis=-1, window=window), dtype=np.float32)


def _resample_torchaudio(samples: np.ndarray, up: int, down: int) -> np.ndarray:
    width = math.ceil(ZERO_CROSSINGS * down / min(up, down))
    if up * (2 * width + down) > LARGEST_KERNEL:
        raise ValueError(
            f"torchaudio's filter for the ratio {up}:{down} would have {up * (2 * width + down)} coefficients; "
            f"at most {LARGEST_KERNEL} are allowed: use backend='scipy', or rates with a larger common divisor"
        )
    torch: Any = importlib.import_module("torch")
    resampled = import_torchaudio().functional.resample(
        torch.from_numpy(np.array(samples, dtype=np.float64)),  # in float32 the filter's places are off by 1e-5
        down,
        up,
        lowpass_filter_width=ZERO_CROSSINGS,
        rolloff=1.0,
        resampling_method="sinc_interp_kaiser",
        beta=KAISER_BETA,
    )
    return (resampled.numpy() / _gain(max(up, down))).astype(np.float32)


def _gain(longest: int) -> float:
    """Return what a constant is multiplied by in torchaudio's filter, which unlike SciPy's is not scaled to 1."""
    crossings = np.arange(-ZERO_CROSSINGS * longest, ZERO_CROSSINGS * longest + 1) / longest
    window = np.i0(KAISER_BETA * np.sqrt(1 - (crossings / ZERO_CROSSINGS) ** 2)) / np.i0(KAISER_BETA)
    return float((np.sinc(crossings) * window).sum() / longest)


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
