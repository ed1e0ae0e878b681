import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from transformers.dynamic_module_utils import get_imports, get_relative_import_files

import decloak.processing.speech_engines as speech_engines
from decloak.processing.espeak_engine import EspeakSpeechEngine
from decloak.processing.fallback_engine import FallbackSpeechEngine
from decloak.processing.kokoro_engine import KokoroSpeechEngine
from decloak.processing.speech_engine_base import SpeechEngine, SpeechEngineError
from decloak.processing.speech_engines import (
    available_speech_engines,
    load_speech_engine,
    register_speech_engine,
)
from tests.processing import fake_espeak, fake_kokoro


class BeepEngine(SpeechEngine):
    """The smallest engine: a constant for each letter."""

    name = "beep"
    sampling_rate = 8000

    def __init__(self, model: str | None, voice: str | None, *, loudness: float = 0.5) -> None:
        self.voice = voice or "low"
        self.loudness = loudness

    @property
    def version(self) -> str:
        return "1"

    def speak(self, text: str) -> np.ndarray:
        return np.full(10 * sum(map(str.isalpha, text)), self.loudness, np.float32)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what decloak registers itself, whatever other tests have added; changes do not stay."""
    monkeypatch.setattr(speech_engines, "_FACTORIES", {"kokoro": KokoroSpeechEngine, "espeak": EspeakSpeechEngine})


def test_kokoro_is_loaded_by_name(tmp_path: Path) -> None:
    folder = fake_kokoro.make_folder(tmp_path)
    engine = load_speech_engine("kokoro", folder, "zf_one", speed=1.5, phonemizer=fake_kokoro.lower_case_phonemizer)
    assert isinstance(engine, KokoroSpeechEngine)
    assert (engine.name, engine.voice, engine.sampling_rate) == ("kokoro", "zf_one", 24000)
    assert fake_kokoro.decode(engine.speak("Hi")) == ("hi", 1001.0, 1.5)


def test_settings_load_the_same_engine_again(tmp_path: Path) -> None:
    folder = fake_kokoro.make_folder(tmp_path)
    engine = load_speech_engine("kokoro", folder, "zf_one", speed=1.5, pause=0.5)
    again = load_speech_engine(engine.name, folder, engine.voice, **engine.settings)
    assert again.fingerprint == engine.fingerprint


def test_further_engines_can_be_registered(registry: None) -> None:
    register_speech_engine("beep", BeepEngine)
    assert available_speech_engines() == ["beep", "espeak", "kokoro"]
    engine = load_speech_engine("beep", loudness=0.25)
    assert engine.speak("a😀b").tolist() == [0.25] * 20
    assert [piece.size for piece in engine.stream("ab")] == [20]
    assert list(engine.stream("😀")) == []
    assert engine.fingerprint == "beep:1:low:8000:{}"


def test_a_name_is_taken_once(registry: None) -> None:
    with pytest.raises(ValueError, match="'kokoro' is registered already; choose another name or pass replace"):
        register_speech_engine("kokoro", BeepEngine)
    register_speech_engine("kokoro", BeepEngine, replace=True)
    assert isinstance(load_speech_engine("kokoro"), BeepEngine)
    with pytest.raises(ValueError, match="is empty"):
        register_speech_engine("", BeepEngine)


def test_an_unknown_engine_names_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="speech engine 'kokro' is unknown; allowed: espeak, kokoro"):
        load_speech_engine("kokro")


def test_an_unknown_option_names_what_is_allowed(tmp_path: Path) -> None:
    allowed = "model_file, pause, phonemizer, revision, speed, threads, timeout"
    message = f"'kokoro' has no option pitch, volume; allowed: {allowed}"
    with pytest.raises(ValueError, match=message):
        load_speech_engine("kokoro", tmp_path, volume=1, pitch=2)


def test_a_factory_may_take_any_option(registry: None) -> None:
    register_speech_engine("any", lambda model, voice, **options: BeepEngine(model, voice, **options))
    assert load_speech_engine("any", None, "high", loudness=1.0).voice == "high"


def test_a_missing_folder_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_speech_engine("kokoro", tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="lacks model.onnx"):
        load_speech_engine("kokoro", tmp_path)


def test_espeak_is_loaded_by_name(tmp_path: Path) -> None:
    engine = load_speech_engine("espeak", fake_espeak.make_program(tmp_path), speed=90)
    assert isinstance(engine, EspeakSpeechEngine)
    assert fake_espeak.heard(engine.speak("Hi"))[:2] == ("Hi.", 90)
    again = load_speech_engine(engine.name, engine.program, engine.voice, **engine.settings)
    assert again.fingerprint == engine.fingerprint


def test_a_fallback_is_an_engine_or_a_name(
    tmp_path: Path, registry: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(fake_espeak.make_program(tmp_path / "bin").parent))
    for fallback in ("espeak", EspeakSpeechEngine()):
        engine = load_speech_engine("kokoro", tmp_path / "nowhere", fallback=fallback)
        assert isinstance(engine, FallbackSpeechEngine)
        assert fake_espeak.heard(engine.speak("Hi"))[0] == "Hi."
    assert "nowhere" in caplog.text
    there = load_speech_engine("kokoro", fake_kokoro.make_folder(tmp_path), "zf_one", fallback="espeak")
    assert isinstance(there, FallbackSpeechEngine)
    assert there.primary is not None
    assert there.primary.name == "kokoro"


def test_a_fallback_does_not_hide_wrong_arguments_or_its_own_absence(
    tmp_path: Path, registry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_speech_engine("beep", BeepEngine)
    with pytest.raises(ValueError, match="speed is 9"):
        load_speech_engine("kokoro", tmp_path, speed=9, fallback="beep")
    with pytest.raises(ValueError, match="has no option pitch"):
        load_speech_engine("kokoro", tmp_path, pitch=9, fallback="beep")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpeechEngineError, match="'espeak-ng' was not found"):
        load_speech_engine("beep", fallback="espeak")


def test_an_unfinished_engine_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="speak"):
        type("Silent", (SpeechEngine,), {"version": "1"})()


def closure() -> list[Path]:
    """The files that are saved with a processor that imports the registry and the resampling."""
    folder = Path(speech_engines.__file__).parent
    entries = [folder / "speech_engines.py", folder / "audio_resampling.py"]
    files = {Path(name) for entry in entries for name in get_relative_import_files(entry)}
    return sorted({*entries, *files})


def test_remote_code_needs_numpy_alone() -> None:
    names = {path.stem for path in closure()}
    assert names >= {"speech_engine_base", "kokoro_engine", "kokoro_hub", "espeak_engine", "fallback_engine"}
    needed = {package for path in closure() for package in get_imports(path)} - sys.stdlib_module_names
    assert needed == {"numpy"}
    assert not any(re.search("^from __future__", path.read_text("utf-8"), re.MULTILINE) for path in closure())


def test_remote_code_imports_flat_on_a_bare_machine(tmp_path: Path) -> None:
    package = tmp_path / "flat"
    package.mkdir()
    (package / "__init__.py").touch()
    for path in closure():
        shutil.copy(path, package)
    code = """
import sys
absent = "decloak onnxruntime scipy huggingface_hub torch torchaudio misaki phonemizer espeakng_loader soundfile"
for name in absent.split():
    sys.modules[name] = None
import flat.audio_resampling
from flat.speech_engines import available_speech_engines
sys.stdout.write(",".join(available_speech_engines()))
"""
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60)
    assert output.stdout == "espeak,kokoro"
