"""A time limit for any speech engine, and one kind of error for whatever goes wrong inside it."""

import math
import threading
from typing import Any

import numpy as np

from .speech_engine_base import SpeechEngine, SpeechEngineError

#: Errors that concern what the caller gave or has installed; they pass as they are.
CALLERS_ERRORS = (TypeError, ValueError, ImportError, FileNotFoundError, SpeechEngineError)

_FIRST_SECONDS = 60.0  # An engine may load its model at the first text.
_SECONDS_PER_CHARACTER = 1.0  # Kokoro takes about 0.2 s for a Han character on one free core, 0.1 s for a letter.


def default_time_limit(text: str) -> float:
    """Return the seconds within which any engine should have spoken a text, on a busy machine too.

    Args:
        text: The text; a minute is granted, and a second for each character.
    """
    return _FIRST_SECONDS + _SECONDS_PER_CHARACTER * len(text)


def speak_within(engine: SpeechEngine, text: str, seconds: float) -> np.ndarray:
    """Speak a text, or fail within a time limit.

    The engine runs in a thread of its own. Python cannot end a thread: one that is given up goes on until its engine
    returns (its result is dropped) and does not keep the process alive. Engines with a limit of their own (`timeout`
    of Kokoro and eSpeak NG) end their work themselves, and should have the lower limit.

    Args:
        engine: Any engine.
        text: The text.
        seconds: How long to wait, more than 0; see `default_time_limit`.

    Returns:
        What the engine's `speak` returns: float32 samples, shape (samples,).

    Raises:
        SpeechEngineError: The time is up, the engine raised an error of its own, or what it returned is no sound.
        TypeError: From the engine, as the following: `text` is not a string.
        ValueError: `seconds` is not a positive number, or an argument of the engine is wrong.
        ImportError: A package is not installed.
        FileNotFoundError: A file is missing.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < math.inf:
        raise ValueError(f"seconds is {seconds!r}; a finite number above 0 is allowed")
    results: list[Any] = []
    thread = threading.Thread(target=_speak_into, args=(results, engine, text), name="decloak-speech", daemon=True)
    thread.start()
    thread.join(min(seconds, threading.TIMEOUT_MAX))
    if not results:
        raise SpeechEngineError(
            f"the speech engine {engine.name!r} has not spoken a text of {len(text)} characters within {seconds:g} s "
            "and was given up: raise the limit, shorten the text, or use another engine",
            "timeout",
        )
    if isinstance(results[0], BaseException):
        raise results[0]
    return results[0]


def _speak_into(results: list[Any], engine: SpeechEngine, text: str) -> None:
    try:
        results.append(_checked(engine.speak(text), engine.name))
    except CALLERS_ERRORS as error:
        results.append(error)
    except BaseException as error:  # SystemExit, too, would end the thread and leave nothing behind
        message = f"the speech engine {engine.name!r} failed with {type(error).__name__}: {error}"
        failure = SpeechEngineError(f"{message}; try again, or use another engine")
        failure.__cause__ = error
        results.append(failure)


def _checked(samples: Any, name: str) -> np.ndarray:
    """Return the samples as float32 if they are a sound."""
    waveform = np.asarray(samples)
    if waveform.ndim == 1 and waveform.dtype.kind == "f" and np.isfinite(waveform).all():
        return waveform.astype(np.float32, copy=False)
    raise SpeechEngineError(
        f"the speech engine {name!r} returned {type(samples).__name__} of shape {waveform.shape} and dtype "
        f"{waveform.dtype}; finite floating-point samples of shape (samples,) are a sound: mend the engine",
        "output",
    )
