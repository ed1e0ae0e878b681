"""Leaving out the silence of synthetic speech.

An engine adds silence before, after and between what it says: with Kokoro a third of the audio. Speech tokens are equal
spans of what is heard, so silence moves every one of them off its syllable.
"""

import numpy as np

FRAME_SECONDS = 0.01
# Below this share of the loud frames' level (their 95th percentile) a frame is silent.
SILENT_SHARE = 0.03
LOUD_QUANTILE = 0.95
# The silence that stays between two sounds: stops (p, t, k) have as much inside a word.
PAUSE_SECONDS = 0.06


def without_silence(samples: np.ndarray, rate: int) -> np.ndarray:
    """Return speech without its silence: none before and after it, and short pauses inside.

    Args:
        samples: mono, (samples,).
        rate: samples per second.

    Returns:
        The samples that stay, (samples,); all of them where nothing is louder than the rest.
    """
    hop = max(1, round(FRAME_SECONDS * rate))
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    if not len(frames):
        return samples
    levels = np.sqrt(np.mean(np.square(frames, dtype=np.float64), axis=1))
    silent = levels <= SILENT_SHARE * np.quantile(levels, LOUD_QUANTILE)
    if silent.all():
        return samples
    kept = frames[_kept(silent, round(PAUSE_SECONDS / FRAME_SECONDS))].ravel()
    # What is shorter than a frame belongs to the last one.
    return kept if silent[-1] else np.concatenate([kept, samples[frames.size :]])


def _kept(silent: np.ndarray, pause: int) -> np.ndarray:
    """Return which frames stay: those that sound, and the first `pause` of each silence between them."""
    places = np.arange(len(silent))
    last_sound = np.maximum.accumulate(np.where(silent, -1, places))
    inside = (last_sound >= 0) & (places <= places[~silent][-1])
    return inside & (places - last_sound <= pause)


__all__ = ["without_silence"]
