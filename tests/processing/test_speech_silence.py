"""Leaving out the silence of synthetic speech, against a reference written as a loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.speech_silence import LOUD_QUANTILE, PAUSE_SECONDS, SILENT_SHARE, without_silence
from tests.tiny import tone

RATE = 8000
HOP = RATE // 100


def silence(seconds: float, level: float = 0.0) -> np.ndarray:
    """Nothing, or noise that is hardly heard."""
    return (level * np.random.default_rng(0).normal(size=round(seconds * RATE))).astype(np.float32)


def speech(seconds: float) -> np.ndarray:
    return tone(seconds, 400, RATE)


def looped(samples: np.ndarray, rate: int) -> np.ndarray:
    hop = round(rate / 100)
    frames = [samples[at : at + hop] for at in range(0, len(samples) - hop + 1, hop)]
    if not frames:
        return samples
    levels = [float(np.sqrt(np.mean(frame.astype(np.float64) ** 2))) for frame in frames]
    limit = SILENT_SHARE * np.quantile(levels, LOUD_QUANTILE)
    sounds = [at for at, level in enumerate(levels) if level > limit]
    if not sounds:
        return samples
    kept, since = [], 0
    for at in range(sounds[0], sounds[-1] + 1):
        since = 0 if at in sounds else since + 1
        if since <= round(PAUSE_SECONDS * 100):
            kept.append(frames[at])
    rest = samples[len(frames) * hop :]
    return np.concatenate([*kept, rest] if sounds[-1] == len(frames) - 1 else kept)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 900)), max_size=8),
    st.sampled_from([8000, 11025, 24000]),
    st.floats(0, 0.02),
)
def test_it_is_the_loop(parts: list[tuple[bool, int]], rate: int, level: float) -> None:
    generator = np.random.default_rng(3)
    pieces = [(1.0 if loud else level) * generator.normal(size=length) for loud, length in parts]
    samples = np.concatenate([np.zeros(0), *pieces]).astype(np.float32)
    np.testing.assert_array_equal(without_silence(samples, rate), looped(samples, rate))


@pytest.mark.parametrize("level", [0.0, 0.005])
def test_silence_goes_at_both_ends_and_long_pauses_become_short(level: float) -> None:
    one, other = speech(0.3), speech(0.2)
    heard = without_silence(
        np.concatenate([silence(0.5, level), one, silence(0.4, level), other, silence(0.7, level)]), RATE
    )
    pause = round(PAUSE_SECONDS * RATE)
    assert len(heard) == len(one) + pause + len(other)
    np.testing.assert_array_equal(heard[: len(one)], one)
    np.testing.assert_array_equal(heard[-len(other) :], other)
    assert np.abs(heard[len(one) : -len(other)]).max() < 0.05


@pytest.mark.parametrize("pause", [0.0, 0.03, 0.06])
def test_short_pauses_and_speech_stay_untouched(pause: float) -> None:
    """Also the end of the speech, which is no whole frame."""
    samples = np.concatenate([speech(0.2), silence(pause), speech(0.2), speech(0.2)[: HOP // 2]])
    np.testing.assert_array_equal(without_silence(samples, RATE), samples)


def test_quiet_speech_is_no_silence() -> None:
    quiet = 1e-3 * np.concatenate([silence(0.2), speech(0.3), 0.1 * speech(0.1), speech(0.1), silence(0.2)])
    assert len(without_silence(quiet, RATE)) == round(0.5 * RATE)


@pytest.mark.parametrize("length", [0, 1, HOP - 1, HOP, 50 * HOP + 3])
def test_all_silent_and_empty_input_stays(length: int) -> None:
    samples = np.zeros(length, dtype=np.float32)
    np.testing.assert_array_equal(without_silence(samples, RATE), samples)


def test_a_click_in_long_silence_is_kept() -> None:
    samples = silence(3.0)
    samples[RATE : RATE + HOP] = 1
    assert without_silence(samples, RATE).tolist() == [1.0] * HOP
