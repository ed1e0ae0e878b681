from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.training.audio_augmentation import AudioAugmentation, add_noise, change_speed

TONE = (0.5 * np.sin(2 * np.pi * 400 * np.arange(16000) / 16000)).astype(np.float32)


def noise(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(st.floats(-20, 60), st.integers(0, 5), st.integers(1, 4000))
def test_noise_has_the_level_that_was_asked_for(snr: float, seed: int, samples: int) -> None:
    clean = TONE[1 : 1 + samples]  # the first is 0
    noisy = add_noise(clean, snr, noise(seed))
    assert noisy.dtype == np.float32
    added = noisy.astype(np.float64) - clean
    found = 10 * np.log10(np.square(clean, dtype=np.float64).sum() / np.square(added).sum())
    assert found == pytest.approx(snr, abs=0.1)


def test_noise_is_white_and_of_its_seed() -> None:
    added = add_noise(TONE, 0, noise(1)) - TONE
    halves = np.square(np.abs(np.fft.rfft(added)))[1:].reshape(2, -1).sum(axis=1)
    assert halves[0] == pytest.approx(halves[1], rel=0.1)
    assert abs(added.mean()) < 0.01
    np.testing.assert_array_equal(add_noise(TONE, 0, noise(1)) - TONE, added)
    assert not np.array_equal(add_noise(TONE, 0, noise(2)) - TONE, added)


@pytest.mark.parametrize("samples", [0, 10])
def test_silence_stays_silence(samples: int) -> None:
    np.testing.assert_array_equal(add_noise(np.zeros(samples), 10, noise()), np.zeros(samples))


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.1, 2.0])
def test_speed_changes_length_and_pitch(factor: float) -> None:
    changed = change_speed(TONE, factor)
    assert changed.shape == (-(-round(16000 * 100) // round(factor * 100)),)
    frequency = np.abs(np.fft.rfft(changed)).argmax() * 16000 / changed.size
    assert frequency == pytest.approx(400 * factor, abs=2)
    assert np.abs(changed[500:-500]).max() == pytest.approx(0.5, abs=0.01)


def test_the_speed_itself_changes_nothing() -> None:
    assert change_speed(TONE, 1.0) is TONE


@given(st.integers(0, 3), st.integers(0, 50), st.integers(0, 3))
def test_a_row_is_a_pure_function_of_seed_epoch_and_row(seed: int, row: int, epoch: int) -> None:
    augment = AudioAugmentation(seed=seed)
    first = augment(TONE[:800], row, epoch)
    np.random.seed(row)  # the global state must not matter
    np.testing.assert_array_equal(augment(TONE[:800], row, epoch), first)
    for other in (AudioAugmentation(seed=seed + 1)(TONE[:800], row, epoch), augment(TONE[:800], row, epoch + 1)):
        assert not np.array_equal(other, first)


def test_all_settings_are_used() -> None:
    rows = [AudioAugmentation(snr=None)(TONE, row) for row in range(40)]
    assert {row.size for row in rows} == {17778, 16000, 14546}
    loud = AudioAugmentation(speeds=(1.0,), snr=(0, 20))
    levels = [10 * np.log10(np.square(TONE).sum() / np.square(loud(TONE, row) - TONE).sum()) for row in range(40)]
    assert 0 <= min(levels) < 4
    assert 16 < max(levels) <= 20
    np.testing.assert_array_equal(AudioAugmentation(speeds=(1.0,), snr=None)(TONE, 3), TONE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"speeds": ()}, "speeds is empty"),
        ({"speeds": (1.0, 0.4)}, "the speed is 0.4; 0.5 to 2.0 in steps of 0.01"),
        ({"speeds": (1.005,)}, "the speed is 1.005"),
        ({"speeds": (float("nan"),)}, "the speed is nan"),
        ({"snr": (20, 10)}, r"snr is \(20, 10\); None, or two finite numbers"),
        ({"snr": (0, float("inf"))}, "two finite numbers"),
    ],
)
def test_wrong_settings_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AudioAugmentation(**options)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="snr is nan; a finite number of decibels"):
        add_noise(TONE, float("nan"), noise())
    with pytest.raises(ImportError, match=r"torchaudio is not installed"):
        add_noise(TONE, 10, noise(), "torchaudio")
    with pytest.raises(ImportError, match=r"torchaudio is not installed"):
        change_speed(TONE, 1.1, "torchaudio")
