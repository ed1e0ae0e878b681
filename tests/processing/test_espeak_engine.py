import logging
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from decloak.processing import espeak_engine
from decloak.processing.espeak_engine import EspeakSpeechEngine
from decloak.processing.speech_engine_base import SpeechEngineError
from tests.processing import fake_espeak


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake_espeak.make_program(tmp_path_factory.mktemp("espeak"))


def spoken(engine: EspeakSpeechEngine, text: str) -> list[str]:
    return [fake_espeak.heard(piece)[0] for piece in engine.stream(text)]


def test_speech_is_what_the_program_prints(program: Path) -> None:
    waveform = EspeakSpeechEngine(program, speed=200, pitch=30).speak("Hello, wörld")
    assert waveform.dtype == np.float32
    assert fake_espeak.heard(waveform) == ("Hello, wörld.", 200, 30)


def test_a_long_text_is_spoken_to_its_end(program: Path) -> None:
    engine = EspeakSpeechEngine(program)
    text = " ".join(f"This is sentence number {number}, is it not?" for number in range(140))
    assert len(text) > 5000
    pieces = spoken(engine, text)
    assert len(pieces) > 10
    assert " ".join(pieces) == text
    np.testing.assert_array_equal(engine.speak(text), np.concatenate(list(engine.stream(text))))


@pytest.mark.parametrize("text", ["", " \n", "😀😀", "...!?", "\ud800", "\x00", "שלום", "你好", "\u0301\u0302"])
def test_nothing_to_say_starts_no_program(tmp_path: Path, text: str) -> None:
    engine = EspeakSpeechEngine(fake_espeak.make_program(tmp_path))
    (tmp_path / "espeak-ng").unlink()
    waveform = engine.speak(text)
    assert waveform.shape == (0,)
    assert waveform.dtype == np.float32


def test_other_voices_read_other_scripts(program: Path) -> None:
    assert spoken(EspeakSpeechEngine(program, "hi"), "नमस्ते") == ["नमस्ते."]
    assert spoken(EspeakSpeechEngine(program, "en-gb+f3"), "नमस्ते hi") == ["hi."]


def test_mandarin_is_warned_of_once(program: Path, caplog: pytest.LogCaptureFixture) -> None:
    espeak_engine._warn_of_mandarin.cache_clear()
    with caplog.at_level(logging.WARNING):
        engines = [EspeakSpeechEngine(program, "cmn") for _ in range(2)]
    assert spoken(engines[0], "你好。") == ["你好."]
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "eSpeak NG's Mandarin (voice 'cmn') is unintelligible to Whisper"
    ]


def test_other_rates_become_the_engines(tmp_path: Path) -> None:
    assert EspeakSpeechEngine(fake_espeak.make_program(tmp_path, "low")).speak("a").shape == (2205,)


def test_text_must_be_a_string(program: Path) -> None:
    with pytest.raises(TypeError, match="of type NoneType; a string is allowed"):
        EspeakSpeechEngine(program).speak(None)  # type: ignore[arg-type]


def test_an_engine_can_be_pickled(program: Path) -> None:
    engine = EspeakSpeechEngine(program, "en-gb+f3", speed=90)
    copy = pickle.loads(pickle.dumps(engine))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(copy.speak("hi"), engine.speak("hi"))
    assert copy.fingerprint == engine.fingerprint


def test_fingerprint_tells_what_changes_the_sound(program: Path) -> None:
    options: list[dict[str, Any]] = [{}, {"timeout": 5}, {"speed": 90}, {"pitch": 1}, {"voice": "en"}]
    fingerprints = [EspeakSpeechEngine(program, **option).fingerprint for option in options]
    assert fingerprints[0].startswith("espeak:1-1.99-")
    assert len(set(fingerprints)) == 4  # the time limit changes nothing


def test_a_missing_program_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpeechEngineError, match=r"'espeak-ng' was not found: .*apt-get install espeak-ng") as caught:
        EspeakSpeechEngine()
    assert caught.value.cause == "missing"
    with pytest.raises(SpeechEngineError, match="nowhere/espeak"):
        EspeakSpeechEngine(tmp_path / "nowhere" / "espeak")
    fake_espeak.make_program(tmp_path)
    engine = EspeakSpeechEngine()
    (tmp_path / "espeak-ng").unlink()
    with pytest.raises(SpeechEngineError, match="cannot be started"):
        engine.speak("hello")
    with pytest.raises(SpeechEngineError, match="is not there any more"):
        assert engine.fingerprint


@pytest.mark.parametrize(
    ("mode", "cause", "message"),
    [
        ("dies", "died", "ended with status 1 and said 'out of luck': try it in a terminal"),
        ("is killed", "died", "ended with signal 9"),
        ("hangs", "timeout", "has not ended within 1 s and was stopped: raise timeout="),
        ("floods", "output", "printed more than 32000000 bytes"),
        ("silent", "output", "printed 0 bytes that are no 16-bit mono wav"),
        ("garbage", "output", "printed 15 bytes that are no .* starting with b'no sound at all'"),
        ("stereo", "output", "2 channels of 16 bits"),
    ],
)
def test_a_program_that_misbehaves(tmp_path: Path, mode: str, cause: str, message: str) -> None:
    engine = EspeakSpeechEngine(fake_espeak.make_program(tmp_path, mode), timeout=1 if mode == "hangs" else 30)
    assert engine.speak("😀").size == 0
    with pytest.raises(SpeechEngineError, match=message) as caught:
        engine.speak("hello")
    assert caught.value.cause == cause


def test_a_program_that_dies_at_once_is_not_blamed_on_the_voice(tmp_path: Path) -> None:
    with pytest.raises(SpeechEngineError, match="ended with signal 9"):
        EspeakSpeechEngine(fake_espeak.make_program(tmp_path, "is killed at once"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"voice": "xx"},
            r"cannot speak with voice 'xx' \(Error: The specified .* does not exist.\); allowed: the names",
        ),
        ({"voice": "--path=/"}, "voice is '--path=/'; a name that"),
        ({"voice": ""}, "voice is ''; a name that"),
        ({"speed": 79}, "speed is 79; an integer from 80 to 450"),
        ({"speed": 100.5}, "speed is 100.5; an integer"),
        ({"pitch": True}, "pitch is True; an integer from 0 to 99"),
        ({"timeout": 0}, "timeout is 0; a number of seconds above 0"),
        ({"timeout": float("nan")}, "timeout is nan; a number"),
        ({"timeout": "1"}, "timeout is '1'; a number"),
    ],
)
def test_wrong_settings_are_named(program: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EspeakSpeechEngine(program, **options)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="the program espeak-ng is not installed")
def test_the_real_program_speaks() -> None:
    engine = EspeakSpeechEngine()
    waveform = engine.speak("Hello there, how are you?")
    assert 1 < waveform.size / engine.sampling_rate < 4
    assert 0.05 < np.abs(waveform).max() <= 1
    np.testing.assert_array_equal(engine.speak("Hello there, how are you?"), waveform)
    assert engine.speak("[[h@l'oU]] \x00 <b>😀").size > 0
    assert engine.speak("你好 שלום").size == 0
    assert engine.speak("a" * 1000).size > 5 * engine.speak("a" * 40).size  # not cut as one word would be
