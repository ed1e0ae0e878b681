import json
import multiprocessing
import os
import pickle
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto

from decloak.processing import kokoro_engine
from decloak.processing.kokoro_engine import KokoroSpeechEngine
from decloak.processing.kokoro_phonemes import MisakiPhonemizer
from decloak.processing.speech_engine_base import SpeechEngineError
from tests.processing import fake_kokoro


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake_kokoro.make_folder(tmp_path_factory.mktemp("kokoro"))


def make_engine(folder: Path, voice: str = "zf_one", **options: Any) -> KokoroSpeechEngine:
    options.setdefault("phonemizer", fake_kokoro.lower_case_phonemizer)
    return KokoroSpeechEngine(folder, voice, **options)


def spoken(engine: KokoroSpeechEngine, text: str) -> list[tuple[str, float, float]]:
    """What the graph was given for each piece of a text."""
    pieces = list(engine.stream(text))
    silence = round(engine.pause * engine.sampling_rate)
    for piece in pieces[1:]:
        assert not piece[:silence].any()
    return [fake_kokoro.decode(piece[silence:] if index else piece) for index, piece in enumerate(pieces)]


def test_speech_is_the_graphs_output(folder: Path) -> None:
    waveform = make_engine(folder, speed=1.5).speak("Hello, world")
    assert waveform.dtype == np.float32
    assert waveform.ndim == 1
    # the style row of an utterance of n phonemes is n - 1
    assert fake_kokoro.decode(waveform) == ("hello, world", 1000.0 + len("hello, world") - 1, 1.5)


def test_the_same_text_gives_the_same_samples(folder: Path) -> None:
    engine = make_engine(folder)
    first = engine.speak("again")
    engine.speak("something else")
    np.testing.assert_array_equal(engine.speak("again"), first)


def test_a_long_text_is_spoken_to_its_end_with_pauses(folder: Path) -> None:
    engine = make_engine(folder, pause=0.1)
    text = "one two three, four five six. " * 60
    pieces = spoken(engine, text)
    assert max(len(phonemes) for phonemes, _, _ in pieces) <= kokoro_engine.TARGET_PHONEMES
    assert " ".join(phonemes for phonemes, _, _ in pieces) == text.strip()
    assert all(phonemes.endswith(".") for phonemes, _, _ in pieces)
    np.testing.assert_array_equal(engine.speak(text), np.concatenate(list(engine.stream(text))))


def test_a_sentence_that_fits_the_window_is_not_cut(folder: Path) -> None:
    sentence = "word " * 101 + "end."
    assert len(sentence) == 509
    assert [phonemes for phonemes, _, _ in spoken(make_engine(folder), sentence)] == [sentence]


def test_the_voice_limits_the_pieces(tmp_path: Path) -> None:
    engine = make_engine(fake_kokoro.make_folder(tmp_path, lengths=7))
    assert [phonemes for phonemes, _, _ in spoken(engine, "abcdefghijklmnop")] == ["abcdefg", "hijklmn", "op"]


@given(st.text(st.characters(), max_size=300), st.integers(1, 60))
def test_every_phoneme_of_any_text_is_spoken_in_order(
    tmp_path_factory: pytest.TempPathFactory, text: str, lengths: int
) -> None:
    root = tmp_path_factory.getbasetemp() / f"voice-of-{lengths}"
    engine = make_engine(root if root.exists() else fake_kokoro.make_folder(root, lengths))
    chunks = engine.phoneme_chunks(text)
    expected = [c for c in text.lower() if c in fake_kokoro.VOCABULARY and c.isalpha()]
    assert [c for chunk in chunks for c in chunk if c.isalpha()] == expected
    assert all(0 < len(chunk) <= lengths for chunk in chunks)
    assert engine.speak(text).size >= len(expected)


def test_five_thousand_characters_are_spoken_whole(folder: Path) -> None:
    text = " ".join(f"one more line with {'abcdefghij'[number % 10] * 9}, it ends." for number in range(130))[:5000]
    pieces = spoken(make_engine(folder, pause=0.1), text)
    assert len(pieces) > 30
    assert " ".join(phonemes for phonemes, _, _ in pieces) == text.strip()


def test_what_the_voice_cannot_say_is_left_out(folder: Path) -> None:
    text = "one \u202eשלום\u202c two e\u0301\u0302 😀 three\ud800. \x00four"
    assert spoken(make_engine(folder), text) == [("one  two e  three. four", 1022.0, 1.0)]


@pytest.mark.parametrize("text", ["", " \n\t", "😀😀", "...!?", "\ud800", "\x00\x07", "→", "שלום", "\u0301\u0302"])
def test_nothing_to_say_is_no_sample(folder: Path, text: str) -> None:
    waveform = make_engine(folder).speak(text)
    assert waveform.shape == (0,)
    assert waveform.dtype == np.float32
    assert list(make_engine(folder).stream(text)) == []


def test_text_must_be_a_string(folder: Path) -> None:
    with pytest.raises(TypeError, match="of type float; a string is allowed"):
        make_engine(folder).speak(float("nan"))


def test_an_engine_can_be_pickled_after_use(folder: Path) -> None:
    engine = make_engine(folder, "af_two", speed=0.5, threads=1)
    waveform = engine.speak("hello")
    copy = pickle.loads(pickle.dumps(engine))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(copy.speak("hello"), waveform)
    assert copy.fingerprint == engine.fingerprint


def test_engines_of_one_folder_share_a_session(folder: Path) -> None:
    kokoro_engine._open_session.cache_clear()
    make_engine(folder).speak("a")
    make_engine(folder, "af_two").speak("a")
    assert kokoro_engine._open_session.cache_info().misses == 1
    make_engine(folder, threads=1).speak("a")
    assert kokoro_engine._open_session.cache_info().misses == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this operating system cannot fork")
def test_a_forked_worker_opens_its_own_session(folder: Path) -> None:
    engine = make_engine(folder)
    waveform = engine.speak("hello")
    with multiprocessing.get_context("fork").Pool(1) as pool:
        np.testing.assert_array_equal(pool.apply_async(engine.speak, ("hello",)).get(timeout=60), waveform)


def test_a_replaced_graph_is_opened_again(tmp_path: Path) -> None:
    engine = make_engine(fake_kokoro.make_folder(tmp_path))
    engine.speak("a")
    before = engine.version
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    assert engine.version != before
    with pytest.raises(ValueError, match="model.onnx could not be loaded as an ONNX model"):
        engine.speak("a")


def test_fingerprint_tells_what_changes_the_sound(folder: Path) -> None:
    fingerprints = {
        make_engine(folder).fingerprint,
        make_engine(folder, threads=1).fingerprint,
        make_engine(folder, "af_two").fingerprint,
        make_engine(folder, speed=1.25).fingerprint,
        make_engine(folder, pause=0).fingerprint,
    }
    assert len(fingerprints) == 4  # the number of threads changes nothing


def test_version_does_not_depend_on_the_place(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert make_engine(tmp_path / "elsewhere").version == make_engine(folder).version


def test_hub_layout(tmp_path: Path) -> None:
    engine = make_engine(fake_kokoro.make_hub_folder(tmp_path / "hub"))
    assert spoken(engine, "hello") == [("hello", 1004.0, 1.0)]
    before = engine.version
    fake_kokoro.style_rows(510, 3).tofile(tmp_path / "hub" / "voices" / "zf_one.bin")
    assert engine.version != before


def test_a_graph_with_whole_speeds(tmp_path: Path) -> None:
    fake_kokoro.make_folder(tmp_path)
    (tmp_path / "model.onnx").write_bytes(fake_kokoro.echo_graph(speed_type=TensorProto.INT32))
    assert spoken(make_engine(tmp_path, speed=2), "a") == [("a", 1000.0, 2.0)]
    with pytest.raises(ValueError, match="speed is 1.5; .* takes whole numbers only"):
        make_engine(tmp_path, speed=1.5).speak("a")


def test_a_run_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    fake_kokoro.make_folder(tmp_path)
    (tmp_path / "model.onnx").write_bytes(fake_kokoro.slow_graph())
    engine = make_engine(tmp_path, timeout=0.2)
    engine.phoneme_chunks("a")
    for _ in range(2):  # the session can be used again
        start = time.monotonic()
        with pytest.raises(SpeechEngineError, match=r"not spoken a piece within 0.2 s .* raise timeout=") as caught:
            engine.speak("a")
        assert caught.value.cause == "timeout"
        assert time.monotonic() - start < 10


def test_a_run_in_time_leaves_no_timer_behind(folder: Path) -> None:
    before = threading.active_count()
    make_engine(folder, timeout=3600).speak("a. " * 200)
    deadline = time.monotonic() + 10  # cancelled timers end at once, but not within the call
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_a_run_that_fails_is_the_engines_error(tmp_path: Path) -> None:
    fake_kokoro.make_folder(tmp_path)
    (tmp_path / "model.onnx").write_bytes(fake_kokoro.echo_graph(style_size=3))
    with pytest.raises(
        SpeechEngineError, match=r"(?s)Kokoro failed in .*model.onnx.*use another file or engine"
    ) as caught:
        make_engine(tmp_path).speak("a")
    assert caught.value.cause == "failed"


def test_another_graph_is_refused(tmp_path: Path) -> None:
    fake_kokoro.make_folder(tmp_path)
    (tmp_path / "model.onnx").write_bytes(fake_kokoro.echo_graph("pixels"))
    with pytest.raises(ValueError, match="not a Kokoro graph: it takes pixels, speed, style; allowed: tokens"):
        make_engine(tmp_path).speak("a")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"speed": 0}, "speed is 0; a number from 0.5 to 2.0"),
        ({"speed": float("nan")}, "speed is nan; a number from"),
        ({"speed": "fast"}, "speed is 'fast'; a number from"),
        ({"speed": True}, "speed is True; a number from"),
        ({"pause": -1}, "pause is -1; a number from 0.0 to 5.0"),
        ({"timeout": 0}, "timeout is 0; a number from 0.001 to 86400.0"),
        ({"revision": "main"}, "revision is 'main', but .* is no repository on the Hub"),
        ({"threads": 0}, "threads is 0; None or an integer of at least 1"),
        ({"threads": 1.5}, "threads is 1.5; None or an integer"),
        ({"voice": "zf_nobody"}, "voice 'zf_nobody' is not in .*; allowed: af_two, zf_one"),
        ({"voice": None}, "voice 'zm_yunxi' is not in .*; allowed: af_two, zf_one"),
    ],
)
def test_wrong_settings_are_named(folder: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_engine(folder, **options)


def test_missing_onnxruntime_names_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kokoro_engine._open_session.cache_clear()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    engine = make_engine(folder)
    assert engine.speak("").size == 0
    with pytest.raises(ImportError, match=r'pip install "decloak\[speech\]"'):
        engine.speak("hello")


@pytest.mark.parametrize(
    ("voice", "phonemizer"),
    [
        ("zf_one", MisakiPhonemizer(british=False, digits_in="zh")),
        ("af_two", MisakiPhonemizer(british=False, digits_in="en")),
        ("bm_three", MisakiPhonemizer(british=True, digits_in="en")),
        ("zm_four", MisakiPhonemizer(british=False, digits_in="zh")),
    ],
)
def test_the_voice_chooses_how_misaki_reads(tmp_path: Path, voice: str, phonemizer: MisakiPhonemizer) -> None:
    fake_kokoro.make_folder(tmp_path)
    np.savez(tmp_path / "voices.npz", **{voice: fake_kokoro.style_rows(510, 1)})
    assert KokoroSpeechEngine(tmp_path, voice)._phonemizer == phonemizer


def test_misaki_is_what_speaks_by_default(tmp_path: Path) -> None:
    reason = "needs the phonemizers of decloak[speech], which are GPL-3 and no part of decloak[dev]"
    pytest.importorskip("misaki", reason=reason)
    for package in ("pypinyin", "jieba", "cn2an", "phonemizer", "espeakng_loader"):
        pytest.importorskip(package, reason=reason)
    fake_kokoro.make_folder(tmp_path)
    vocabulary = {phoneme: index + 1 for index, phoneme in enumerate("niɕautʰxəlOˈɛ↓→ .")}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    engine = KokoroSpeechEngine(tmp_path, "zf_one")
    assert engine.phoneme_chunks("你好hello😀") == ["ni↓xau↓ həlˈO.".replace("h", "")]
    assert engine.speak("你好").size == 2 + len("ni↓xau↓.") + fake_kokoro.STYLE_SIZE + 1
