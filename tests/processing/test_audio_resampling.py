import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from decloak.processing import audio_resampling
from decloak.processing.audio_resampling import resample


def sine(frequency: float, rate: int, seconds: float = 1.0, amplitude: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize(("from_rate", "to_rate"), [(24000, 16000), (44100, 16000), (8000, 16000), (16000, 24000)])
def test_a_sine_keeps_frequency_amplitude_and_phase(from_rate: int, to_rate: int) -> None:
    resampled = resample(sine(440, from_rate), from_rate, to_rate)
    assert resampled.dtype == np.float32
    assert resampled.shape == (to_rate,)
    inner = slice(to_rate // 20, -to_rate // 20)  # the filter sees silence beyond the ends
    np.testing.assert_allclose(resampled[inner], sine(440, to_rate)[inner], atol=0.005)
    spectrum = np.abs(np.fft.rfft(resampled))
    assert spectrum.argmax() == 440


def test_frequencies_above_the_new_limit_are_removed() -> None:
    resampled = resample(sine(10000, 24000), 24000, 16000)
    assert np.abs(resampled[800:-800]).max() < 0.005


def test_equal_rates_change_nothing_and_need_no_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.signal", None)
    waveform = sine(440, 16000)
    assert resample(waveform, 16000, 16000) is waveform
    assert resample(waveform.astype(np.float64), 16000, 16000).dtype == np.float32
    with pytest.raises(ImportError, match=r"resampling audio .*pip install \"decloak\[speech\]\""):
        resample(waveform, 16000, 8000)


def test_without_scipy_torchaudio_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    monkeypatch.setattr(audio_resampling, "import_torchaudio", lambda: used.append("import"))
    monkeypatch.setattr(audio_resampling, "_resample_torchaudio", lambda samples, up, down: samples[:up])
    assert resample(sine(440, 24000), 24000, 16000).size == 16000  # by SciPy, although torchaudio is there
    assert used == []
    monkeypatch.setitem(sys.modules, "scipy.signal", None)
    assert resample(sine(440, 24000), 24000, 16000).size == 2
    assert used == ["import"]


def test_a_backend_that_is_not_there_is_named() -> None:
    with pytest.raises(ImportError, match=r"torchaudio is not installed .*pip install \"decloak\[speech\]\""):
        resample(sine(440, 24000), 24000, 16000, "torchaudio")
    with pytest.raises(ValueError, match="backend is 'soxr'; allowed: auto, scipy, torchaudio"):
        resample(sine(440, 24000), 24000, 16000, "soxr")  # type: ignore[arg-type]


def test_the_filter_is_scipys_own() -> None:
    noise = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    np.testing.assert_array_equal(resample(noise, 24000, 16000), signal.resample_poly(noise, 2, 3))


def test_channels_are_resampled_each() -> None:
    stereo = np.stack([sine(440, 24000), sine(880, 24000)])
    resampled = resample(stereo, 24000, 16000)
    assert resampled.shape == (2, 16000)
    np.testing.assert_array_equal(resampled[1], resample(stereo[1], 24000, 16000))


@given(st.integers(0, 500), st.integers(1, 2000), st.integers(1, 2000))
def test_length_follows_the_rates(samples: int, from_rate: int, to_rate: int) -> None:
    resampled = resample(np.ones(samples, np.float32), from_rate, to_rate)
    assert resampled.shape == (-(-samples * to_rate // from_rate),)
    assert np.isfinite(resampled).all()


@pytest.mark.parametrize(
    ("waveform", "rates", "error", "message"),
    [
        (np.zeros(4, np.int16), (1, 2), TypeError, "dtype int16; floating-point samples .*divide"),
        (np.float32(1), (1, 2), ValueError, "single number"),
        (np.zeros(4), (0, 2), ValueError, "from_rate is 0; a positive number of hertz"),
        (np.zeros(4), (1, -2), ValueError, "to_rate is -2; a positive number of hertz"),
        (np.zeros(4), (1.5, 2), TypeError, "from_rate is 1.5; an integer"),
        (np.zeros(4), (1, True), TypeError, "to_rate is True; an integer"),
    ],
)
def test_wrong_arguments_are_named(
    waveform: np.ndarray, rates: tuple[int, int], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        resample(waveform, *rates)
