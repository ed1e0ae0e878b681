import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from decloak.processing.speech_engine_base import SpeechEngineError
from decloak.processing.speech_limits import default_time_limit, speak_within
from tests.processing.light_package import LIGHT_PACKAGE
from tests.processing.stub_engines import BeepEngine, Hang, raising


def test_within_the_limit_it_is_speak() -> None:
    engine = BeepEngine()
    np.testing.assert_array_equal(speak_within(engine, "hello 😀", 30), engine.speak("hello 😀"))
    assert speak_within(engine, "😀", 30).shape == (0,)


def test_an_engine_that_hangs_is_given_up() -> None:
    hang = Hang()
    start = time.monotonic()
    with pytest.raises(SpeechEngineError, match=r"'beep' has not spoken a text of 5 characters within 0.2 s") as caught:
        speak_within(BeepEngine(behaviour=hang), "hello", 0.2)
    assert caught.value.cause == "timeout"
    assert time.monotonic() - start < 10
    thread = next(thread for thread in threading.enumerate() if thread.name == "decloak-speech")
    assert thread.daemon
    hang.released.set()
    thread.join(10)
    assert not thread.is_alive()


def test_an_engine_that_hangs_does_not_keep_the_process() -> None:
    code = f"""
{LIGHT_PACKAGE}
import time
from decloak.processing.speech_engine_base import SpeechEngineError
from decloak.processing.speech_limits import speak_within
from tests.processing.stub_engines import BeepEngine
try:
    speak_within(BeepEngine(behaviour=lambda text: time.sleep(600)), "hello", 0.1)
except SpeechEngineError:
    print("given up")
"""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "given up\n"), done.stderr


@pytest.mark.parametrize(
    "error", [TypeError("t"), ValueError("v"), ImportError("i"), FileNotFoundError("f"), SpeechEngineError("s", "died")]
)
def test_errors_that_the_caller_can_mend_pass(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        speak_within(BeepEngine(behaviour=raising(error)), "hello", 30)
    assert caught.value is error


@pytest.mark.parametrize(
    "error", [RuntimeError("r"), PermissionError("p"), MemoryError("m"), SystemExit(3), KeyError("k"), OSError("o")]
)
def test_every_other_error_is_the_engines(error: BaseException) -> None:
    with pytest.raises(
        SpeechEngineError, match=f"'beep' failed with {type(error).__name__}: .*another engine"
    ) as caught:
        speak_within(BeepEngine(behaviour=raising(error)), "hello", 30)
    assert caught.value.__cause__ is error
    assert caught.value.cause == "failed"


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (np.zeros((2, 3), np.float32), r"ndarray of shape \(2, 3\) and dtype float32"),
        (np.zeros(3, np.int16), "dtype int16"),
        (np.array([0, np.nan], np.float32), "finite floating-point samples"),
        ("sound", r"str of shape \(\)"),
    ],
)
def test_what_is_no_sound_is_refused(result: Any, message: str) -> None:
    with pytest.raises(SpeechEngineError, match=message) as caught:
        speak_within(BeepEngine(behaviour=lambda text: result), "hello", 30)
    assert caught.value.cause == "output"


def test_other_precisions_become_float32() -> None:
    assert speak_within(BeepEngine(behaviour=lambda text: np.zeros(3)), "hello", 30).dtype == np.float32


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), True, "1"])
def test_wrong_limits_are_named(seconds: Any) -> None:
    with pytest.raises(ValueError, match="seconds is .*; a finite number above 0"):
        speak_within(BeepEngine(), "hello", seconds)


def test_longer_texts_have_more_time() -> None:
    assert default_time_limit("") == 60
    assert default_time_limit("a" * 5000) == 5060
