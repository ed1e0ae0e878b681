import logging
import pickle

import numpy as np
import pytest

from decloak.processing.fallback_engine import FallbackSpeechEngine, speak_with_source
from decloak.processing.speech_engine_base import SpeechEngine, SpeechEngineError
from tests.processing.stub_engines import BeepEngine, Hang, raising

SECOND = BeepEngine(level=0.25)


def missing() -> SpeechEngine:
    raise FileNotFoundError("no such folder")


def test_the_first_engine_speaks_while_it_can(caplog: pytest.LogCaptureFixture) -> None:
    first = BeepEngine()
    engine = FallbackSpeechEngine(first, SECOND)
    samples, rate, source = engine.speak_with_source("abc")
    np.testing.assert_array_equal(samples, first.speak("abc"))
    assert (rate, source) == (8000, first.fingerprint)
    assert (engine.sampling_rate, engine.voice, engine.version) == (8000, "low", first.version)
    assert caplog.records == []


@pytest.mark.parametrize(
    "error", [SpeechEngineError("it died", "died"), ImportError("not installed"), FileNotFoundError("gone")]
)
def test_the_second_speaks_where_the_first_fails(error: Exception) -> None:
    engine = FallbackSpeechEngine(BeepEngine(behaviour=raising(error)), SECOND)
    samples, _, source = engine.speak_with_source("abc")
    np.testing.assert_array_equal(samples, SECOND.speak("abc"))
    assert source == SECOND.fingerprint
    np.testing.assert_array_equal(engine.speak("abc"), samples)


def test_each_text_has_its_own_source() -> None:
    def behave(text: str) -> None:
        if "x" in text:
            raise SpeechEngineError("no x", "failed")

    first = BeepEngine(behaviour=behave)
    engine = FallbackSpeechEngine(first, SECOND)
    sources = [engine.speak_with_source(text).source for text in ("a", "x", "b")]
    assert sources == [first.fingerprint, SECOND.fingerprint, first.fingerprint]


def test_an_engine_that_hangs_gives_way() -> None:
    hang = Hang()
    engine = FallbackSpeechEngine(BeepEngine(behaviour=hang), SECOND)
    assert engine.speak_with_source("abc", seconds=0.1).source == SECOND.fingerprint
    assert speak_with_source(engine, "abc", 0.1).source == SECOND.fingerprint
    assert hang.calls == 2
    hang.released.set()


@pytest.mark.parametrize("error", [FileNotFoundError("f"), ImportError("i"), SpeechEngineError("s", "missing")])
def test_a_missing_engine_is_replaced(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def make() -> SpeechEngine:
        raise error

    engine = FallbackSpeechEngine(make, SECOND)
    assert engine.primary is None
    assert engine.speak_with_source("abc").source == SECOND.fingerprint
    assert (engine.sampling_rate, engine.voice, engine.version) == (8000, "low", SECOND.version)
    assert len(caplog.records) == 1


def test_wrong_arguments_are_not_spoken_around() -> None:
    def make() -> SpeechEngine:
        raise ValueError("speed is 9")

    with pytest.raises(ValueError, match="speed is 9"):
        FallbackSpeechEngine(make, SECOND)
    with pytest.raises(ValueError, match="bad graph"):
        FallbackSpeechEngine(BeepEngine(behaviour=raising(ValueError("bad graph"))), SECOND).speak("abc")
    with pytest.raises(TypeError):
        FallbackSpeechEngine(BeepEngine(), SECOND).speak(None)  # type: ignore[arg-type]


def test_the_second_speaks_at_the_rate_of_the_first() -> None:
    first = BeepEngine(24000, behaviour=raising(SpeechEngineError("no")))
    second = BeepEngine(22050)
    samples, rate, source = FallbackSpeechEngine(first, second).speak_with_source("a" * 441)
    assert (rate, source, samples.size) == (24000, second.fingerprint, 48000)
    assert samples[24000] == pytest.approx(0.5, abs=1e-3)


def test_each_cause_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    errors = [SpeechEngineError("a", "died"), SpeechEngineError("b", "timeout"), ImportError("c")]
    queue = [*errors, *errors]
    engine = FallbackSpeechEngine(BeepEngine(behaviour=lambda text: raising(queue.pop(0))(text)), SECOND)
    with caplog.at_level(logging.WARNING):
        for _ in range(6):
            engine.speak("abc")
    messages = [record.getMessage() for record in caplog.records]
    assert messages == [f"The engine 'beep' speaks instead of the first one: {cause}" for cause in "abc"]


def test_silence_of_the_second_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    mute = BeepEngine(behaviour=lambda text: np.zeros(0, np.float32))
    engine = FallbackSpeechEngine(missing, mute)
    caplog.clear()
    for text in ("😀", "你好", "再见"):
        assert engine.speak(text).size == 0
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "The engine 'beep' says nothing of some texts"
    ]


@pytest.mark.parametrize("first", [missing, BeepEngine(behaviour=raising(SpeechEngineError("x", "died")))])
def test_when_both_fail_both_are_named(first: SpeechEngine) -> None:
    second = BeepEngine(behaviour=raising(SpeechEngineError("the second hangs", "timeout")))
    with pytest.raises(SpeechEngineError, match=r"The first: (x|no such folder)\. beep: the second hangs") as caught:
        FallbackSpeechEngine(first, second).speak("abc")
    assert caught.value.cause == "timeout"


def test_its_fingerprint_is_neither_engines() -> None:
    first = BeepEngine()
    fingerprints = [
        first.fingerprint,
        SECOND.fingerprint,
        FallbackSpeechEngine(first, SECOND).fingerprint,
        FallbackSpeechEngine(SECOND, first).fingerprint,
        FallbackSpeechEngine(missing, SECOND).fingerprint,
    ]
    assert len(set(fingerprints)) == 5


def test_fallbacks_can_be_chained_and_pickled() -> None:
    last = BeepEngine(level=0.125)
    engine = FallbackSpeechEngine(FallbackSpeechEngine(missing, BeepEngine(behaviour=fail)), last)
    copy = pickle.loads(pickle.dumps(engine))  # noqa: S301 - our own bytes
    assert copy.fingerprint == engine.fingerprint
    assert copy.speak_with_source("abc").source == last.fingerprint


def fail(text: str) -> None:
    raise SpeechEngineError("no", "died")


def test_any_engine_tells_its_source() -> None:
    engine = BeepEngine()
    samples, rate, source = speak_with_source(engine, "abc")
    np.testing.assert_array_equal(samples, engine.speak("abc"))
    assert (rate, source) == (8000, engine.fingerprint)
    with pytest.raises(SpeechEngineError, match="failed with KeyError"):
        speak_with_source(BeepEngine(behaviour=raising(KeyError("k"))), "abc")


def test_an_engines_error_keeps_its_cause_in_a_pickle() -> None:
    error = pickle.loads(pickle.dumps(SpeechEngineError("slow", "timeout")))  # noqa: S301 - our own bytes
    assert (str(error), error.cause) == ("slow", "timeout")
