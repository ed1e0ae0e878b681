"""Audio of every kind becomes mono float32 at one rate, or a clear error."""

import io
import struct
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.audio_input import read_audio
from tests.tiny import RATE, tone

SECOND = tone(1.0)


def wav_bytes(samples: np.ndarray, rate: int = RATE, width: int = 2) -> bytes:
    """A PCM file of samples (samples,) or (samples, channels) in [-1, 1)."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(width)
        file.setframerate(rate)
        if width == 1:
            data = np.round(samples * 127 + 128).astype(np.uint8)
        else:
            data = np.round(samples.astype(float) * (2 ** (8 * width - 1) - 1)).astype(f"<i{width}")
        file.writeframes(data.tobytes())
    return buffer.getvalue()


def file_bytes(samples: np.ndarray, rate: int = RATE, **options: Any) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(("width", "tolerance"), [(1, 0.02), (2, 1e-4), (4, 1e-6)])
def test_pcm_files(tmp_path: Path, width: int, tolerance: float) -> None:
    (tmp_path / "a.wav").write_bytes(wav_bytes(SECOND, width=width))
    for source in (tmp_path / "a.wav", str(tmp_path / "a.wav"), wav_bytes(SECOND, width=width)):
        samples = read_audio(source, RATE)
        assert samples.dtype == np.float32
        assert np.abs(samples - SECOND).max() < tolerance


@pytest.mark.parametrize(
    "options",
    [
        {"format": "WAV", "subtype": "FLOAT"},
        {"format": "WAV", "subtype": "PCM_24"},
        {"format": "FLAC"},
        {"format": "OGG"},
    ],
)
def test_other_formats(options: dict[str, str]) -> None:
    samples = read_audio(file_bytes(SECOND, **options), RATE)
    assert len(samples) == RATE
    assert np.abs(samples - SECOND)[500:-500].mean() < 0.02


def test_stereo_is_averaged() -> None:
    left, right = SECOND, 0.5 * tone(1.0, 880)
    for audio in (np.stack([left, right]), np.stack([left, right], axis=1)):
        np.testing.assert_allclose(read_audio(audio, RATE), (left + right) / 2, atol=1e-6)
    file = wav_bytes(np.stack([left, right], axis=1))
    np.testing.assert_allclose(read_audio(file, RATE), (left + right) / 2, atol=1e-4)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_other_rates(rate: int) -> None:
    for audio, given_rate in ((tone(1.0, rate=rate), rate), (wav_bytes(tone(1.0, rate=rate), rate), None)):
        samples = read_audio(audio, RATE, given_rate)
        assert abs(len(samples) - RATE) <= 1
        middle = slice(1000, 15000)
        assert np.abs(samples[middle] - SECOND[middle]).max() < 0.02


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.uint8, np.uint16])
def test_integers_are_pcm_of_their_width(dtype: type) -> None:
    kind = np.iinfo(dtype)
    half = (int(kind.max) + 1) / (2 if kind.min == 0 else 1)
    levels = np.round(SECOND.astype(float) * half + (half if kind.min == 0 else 0))
    stored = np.clip(levels, kind.min, kind.max).astype(dtype)
    assert np.abs(read_audio(stored, RATE) - SECOND).max() < 0.02


def test_an_array_of_a_file_sounds_like_the_file() -> None:
    stored = np.round(SECOND * 32767).astype("<i2")
    np.testing.assert_array_equal(read_audio(stored, RATE), read_audio(wav_bytes(SECOND), RATE))


def test_dicts(tmp_path: Path) -> None:
    half_rate = tone(1.0, rate=8000)
    np.testing.assert_array_equal(
        read_audio({"array": half_rate, "sampling_rate": 8000}, RATE), read_audio(half_rate, RATE, 8000)
    )
    np.testing.assert_array_equal(
        read_audio({"array": half_rate, "sampling_rate": None}, RATE, 8000), read_audio(half_rate, RATE, 8000)
    )
    (tmp_path / "a.wav").write_bytes(wav_bytes(SECOND))
    undecoded = [{"path": str(tmp_path / "a.wav"), "bytes": None}, {"path": "gone.wav", "bytes": wav_bytes(SECOND)}]
    for row in undecoded:
        np.testing.assert_array_equal(read_audio(row, RATE), read_audio(wav_bytes(SECOND), RATE))
    with pytest.raises(ValueError, match="this one has none"):
        read_audio({"sampling_rate": 8000}, RATE)


def test_silence_is_heard_and_short_audio_padded() -> None:
    assert not read_audio(np.zeros(RATE), RATE).any()
    short = read_audio([0.5] * 10, RATE)
    assert len(short) == RATE // 10
    assert short[:10].tolist() == [0.5] * 10
    assert not short[10:].any()


@pytest.mark.parametrize(
    ("audio", "rate", "message"),
    [
        (np.zeros(0), None, "0 samples"),
        (np.zeros((2, 0)), None, "it is \\(samples,\\)"),
        ([], None, "0 samples"),
        (wav_bytes(np.zeros(0)), None, "0 samples"),
        (np.array([0.1, np.nan, np.inf, 0.0]), None, "2 samples of 4"),
        (np.zeros(RATE * 3), None, "lasts 3.0 s; at most 2 s"),
        (wav_bytes(np.zeros(RATE * 3)), None, "lasts 3.0 s"),
        (np.zeros((2, 3, 4)), None, "shape"),
        (5.0, None, "shape"),
        (["a", "b"], None, "cannot be read as samples"),
        ([[0.1], [0.2, 0.3]], None, "cannot be read as samples"),
        (object(), None, "cannot be read as samples"),
        (b"", None, "cannot be decoded"),
        (b"RIFF and nothing else", None, "cannot be decoded"),
        (SECOND, 0, "sampling rate is 0"),
        (SECOND, -8000, "sampling rate is -8000"),
        (SECOND, 8000.5, "sampling rate is 8000.5"),
        (SECOND, "fast", "sampling rate is 'fast'"),
        (SECOND, float("nan"), "sampling rate is nan"),
        (SECOND, 2**31 - 1, "sampling rate is"),
        (wav_bytes(SECOND, rate=2**31 - 1), None, "sampling rate is"),
    ],
)
def test_bad_audio(audio: Any, rate: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_audio(audio, RATE, rate, max_seconds=2)


def test_whole_rates_of_any_number_type() -> None:
    assert len(read_audio(tone(1.0, rate=8000), RATE, 8000.0)) == RATE  # type: ignore[arg-type]
    assert len(read_audio(tone(1.0, rate=8000), RATE, np.int64(8000))) == RATE  # type: ignore[arg-type]


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_audio(tmp_path / "none.wav", RATE)
    with pytest.raises(OSError, match="directory"):
        read_audio(tmp_path, RATE)


def test_large_files_are_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "large.wav").open("wb") as file:
        file.truncate(10_000_000)
    with pytest.raises(ValueError, match="larger than"):
        read_audio(tmp_path / "large.wav", RATE, max_seconds=2)


def test_a_small_file_that_holds_hours_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = file_bytes(np.zeros(RATE * 600, dtype=np.float32), format="FLAC")
    assert len(bomb) < 200_000
    decoded = []
    read = soundfile.SoundFile.read

    def counting(self: Any, *args: Any, **kwargs: Any) -> np.ndarray:
        decoded.append(read(self, *args, **kwargs))
        return decoded[-1]

    monkeypatch.setattr(soundfile.SoundFile, "read", counting)
    with pytest.raises(ValueError, match="at most 2 s"):
        read_audio(bomb, RATE, max_seconds=2)
    assert len(decoded[0]) <= 3 * RATE


@given(st.binary(max_size=300), st.integers(0, 60))
def test_damaged_files_give_an_error_or_sound(noise: bytes, at: int) -> None:
    good = wav_bytes(SECOND[:800])
    for data in (noise, good[:at] + noise + good[at + len(noise) :], good[: 44 + at]):
        try:
            samples = read_audio(data, RATE, max_seconds=5)
        except ValueError:
            continue
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()


def test_a_file_that_ends_early() -> None:
    whole = wav_bytes(SECOND)
    samples = read_audio(whole[: len(whole) // 2 + 1], RATE)
    assert abs(len(samples) - RATE // 2) < 50


def test_without_soundfile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "soundfile", None)
    assert len(read_audio(wav_bytes(SECOND), RATE)) == RATE
    with pytest.raises(ValueError, match="pip install"):
        read_audio(file_bytes(SECOND, format="FLAC"), RATE)


def test_headers_with_no_channels() -> None:
    data = bytearray(wav_bytes(SECOND[:100]))
    struct.pack_into("<H", data, 22, 0)
    with pytest.raises(ValueError, match="cannot be decoded"):
        read_audio(bytes(data), RATE)
