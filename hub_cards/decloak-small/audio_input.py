"""Reading audio: checked, mono, float32, at the rate that the speech encoder hears."""

import importlib
import io
import wave
from os import PathLike
from typing import Any

import numpy as np

from .audio_resampling import resample

SHORTEST_SECONDS = 0.1  # Below this a log-mel spectrogram has too few frames; shorter audio is padded with silence.
RATES = (100, 768_000)  # Hz; a header with a huge rate would make the resampling filter fill the memory.
FILE_BYTES_PER_SECOND = 400_000  # 48 kHz, stereo, 32 bits, and a header: a bound to refuse files before decoding.

Audio = str | PathLike | bytes | np.ndarray | list | dict[str, Any]


def read_audio(audio: Audio, rate: int, given_rate: int | None = None, max_seconds: float = 30.0) -> np.ndarray:
    """Return audio as mono float32 samples at `rate`.

    Args:
        audio: path or bytes of a file, samples (samples,) or (channels, samples), or a dict as the datasets library
            gives it: with `array` and `sampling_rate`, or undecoded with `path` or `bytes`. Integers are
            PCM of their type's width (unsigned ones centred); lists of Python numbers and int64 are taken as they are.
        rate: samples per second that are wanted.
        given_rate: samples per second of bare samples; `rate` if None.
        max_seconds: longest audio that is taken.

    Raises:
        ValueError: No samples, values that are not numbers, or more seconds than allowed.
        FileNotFoundError: There is no such file.
    """
    if isinstance(audio, dict):
        values = [audio[key] for key in ("array", "bytes", "path") if audio.get(key) is not None]
        if not values:
            raise ValueError("An audio dict has 'array' and 'sampling_rate', 'bytes', or 'path'; this one has none.")
        own_rate = audio.get("sampling_rate")
        return read_audio(values[0], rate, given_rate if own_rate is None else own_rate, max_seconds)
    if isinstance(audio, (str, PathLike, bytes)):
        samples, given_rate = _read_file(audio, max_seconds)
    else:
        samples = _as_samples(audio)
    given_rate = _checked_rate(rate if given_rate is None else given_rate)
    _check(samples, given_rate, max_seconds)
    samples = resample(samples, given_rate, rate)
    missing = int(SHORTEST_SECONDS * rate) - len(samples)
    return np.pad(samples, (0, missing)) if missing > 0 else samples


def _as_samples(audio: np.ndarray | list) -> np.ndarray:
    try:
        samples = np.asarray(audio)
        if np.issubdtype(samples.dtype, np.integer) and samples.dtype != np.int64:
            half = 2.0 ** (8 * samples.dtype.itemsize - 1)
            samples = samples / half - (samples.dtype.kind == "u")
        samples = samples.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Audio of type {type(audio).__name__} cannot be read as samples: {error}") from error
    if samples.ndim == 2 and samples.size:
        samples = samples.mean(axis=0 if samples.shape[0] < samples.shape[1] else 1)
    if samples.ndim != 1:
        raise ValueError(f"Audio has shape {samples.shape}; it is (samples,) or (channels, samples).")
    return samples


def _checked_rate(rate: Any) -> int:
    try:
        whole = int(rate)
    except (TypeError, ValueError, OverflowError):
        whole = 0
    if whole != rate or not RATES[0] <= whole <= RATES[1]:
        raise ValueError(f"The sampling rate is {rate!r}; a whole number of {RATES[0]} to {RATES[1]} Hz is taken.")
    return whole


def _check(samples: np.ndarray, rate: int, max_seconds: float) -> None:
    if len(samples) == 0:
        raise ValueError("The audio has 0 samples: there is nothing to hear.")
    if not np.isfinite(samples).all():
        broken = int((~np.isfinite(samples)).sum())
        raise ValueError(f"The audio has {broken} samples of {len(samples)} that are NaN or infinite.")
    seconds = len(samples) / rate
    if seconds > max_seconds:
        raise ValueError(f"The audio lasts {seconds:.1f} s; at most {max_seconds:g} s are taken. Split it.")


def _read_file(source: str | PathLike | bytes, max_seconds: float) -> tuple[np.ndarray, int]:
    """Decode a file: PCM wav with the standard library, everything else with soundfile."""
    data = source if isinstance(source, bytes) else _read_bytes(source, max_seconds)
    try:
        return _read_wav(data)
    except (wave.Error, EOFError, ValueError, RuntimeError):
        pass  # another format, or a damaged file, which soundfile may still read
    try:
        soundfile = importlib.import_module("soundfile")
    except ImportError as error:
        raise ValueError(
            "The audio is not a PCM wav file; other formats need soundfile: pip install 'decloak[speech]'."
        ) from error
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate = file.samplerate
            # One second too many is enough to refuse it: a small compressed file may hold days.
            samples = file.read(int((max_seconds + 1) * rate), dtype="float32", always_2d=True)
    except Exception as error:  # soundfile raises its own classes, which are not importable here
        raise ValueError(f"The audio cannot be decoded: {error}") from error
    return samples.mean(axis=1), rate


def _read_bytes(path: str | PathLike, max_seconds: float) -> bytes:
    limit = int((max_seconds + 1) * FILE_BYTES_PER_SECOND)
    with open(path, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"The audio file is larger than {limit} bytes, more than {max_seconds:g} s can need.")
    return data


def _read_wav(data: bytes) -> tuple[np.ndarray, int]:
    with wave.open(io.BytesIO(data)) as file:
        width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
        frames = file.readframes(file.getnframes())
    if width == 2:
        samples = np.frombuffer(frames, dtype="<i2") / 32768.0
    elif width == 4:
        samples = np.frombuffer(frames, dtype="<i4") / 2147483648.0
    elif width == 1:
        samples = np.frombuffer(frames, dtype=np.uint8) / 128.0 - 1.0
    else:
        raise wave.Error(f"{8 * width} bits a sample")
    return samples.reshape(-1, channels).mean(axis=1).astype(np.float32), rate


__all__ = ["Audio", "read_audio"]
