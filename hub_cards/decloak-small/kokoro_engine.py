"""Speech by Kokoro-82M (StyleTTS 2) as an ONNX graph from a folder or the Hub: Chinese, English and mixed text.

Source: hexgrad/Kokoro-82M v1.0, Apache-2.0; 24 kHz; up to 510 phonemes at a time. Whisper-base transcribes
its Mandarin with a character error rate of about 0.01 to 0.02, against 0.9 for eSpeak NG's.
"""

import math
import os
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from .kokoro_folder import file_stamp, open_kokoro_folder, sha256_of_file
from .kokoro_hub import fetch_kokoro
from .kokoro_phonemes import MisakiPhonemizer, is_speakable, split_phonemes
from .optional_dependencies import import_optional
from .speech_engine_base import SpeechEngine, SpeechEngineError

#: Increased whenever the same text may become another waveform.
ENGINE_VERSION = 1

#: Phonemes that one run of the model may take: its context of 512 less the padding at both ends.
MAX_PHONEMES = 510

#: Length up to which sentences share a run. Pieces near the window's end are rushed: the same 235 characters took
#: 43 s at 510 and 56 s at 150, with a character error rate of 0.068 against 0.051 (Whisper-base).
TARGET_PHONEMES = 150

_TOKEN_INPUTS = ("tokens", "input_ids")


class KokoroSpeechEngine(SpeechEngine):
    """Kokoro-82M from a local folder, or from a repository on the Hub.

    The ONNX session and the phonemizers are made at the first use, once per folder and process, and are no
    part of a pickled engine. A long text is spoken in pieces of whole sentences with a short pause between.

    Args:
        model: Folder with `model.onnx`, `vocab.json` and `voices.npz`, or with `onnx/model*.onnx`,
            `tokenizer.json` and `voices/*.bin`; or, where there is no such folder, the name of a repository on the
            Hub with such files (`onnx-community/Kokoro-82M-v1.0-ONNX`), of which the needed ones are downloaded.
        voice: Name of a voice in the folder. Names begin with the language (`z` Mandarin, `a` American,
            `b` British English); every voice speaks both languages.
        speed: Rate of speech, 0.5 to 2.0; 1.0 is the voice's own.
        pause: Seconds of silence between the pieces of a long text, 0 to 5.
        threads: CPU threads of a run; None leaves it to ONNX Runtime (all cores). Use 1 in worker processes.
        model_file: Path of the ONNX file inside the folder or repository. Where there are several, None means
            `onnx/model_quantized.onnx` if it is one of them.
        revision: Branch, tag or commit of the repository; None means its main branch.
        timeout: Seconds that the model may take for a piece (about 10 s of sound), more than 0.
        phonemizer: Turns text into Kokoro's phonemes; None means misaki. Pickling the engine pickles it.

    Raises:
        FileNotFoundError: The folder, the repository or some of their files are missing or out of reach.
        ValueError: The voice is not in the folder, a file is damaged, or a setting is out of its range.
    """

    name = "kokoro"
    sampling_rate = 24000

    def __init__(
        self,
        model: str | os.PathLike[str] | None,
        voice: str | None = None,
        *,
        speed: float = 1.0,
        pause: float = 0.25,
        threads: int | None = None,
        model_file: str | None = None,
        revision: str | None = None,
        timeout: float = 60.0,
        phonemizer: Callable[[str], str] | None = None,
    ) -> None:
        _check_range("speed", speed, 0.5, 2.0)
        _check_range("pause", pause, 0.0, 5.0)
        _check_range("timeout", timeout, 0.001, 86_400.0)
        if threads is not None and (type(threads) is not int or threads < 1):
            raise ValueError(f"threads is {threads!r}; None or an integer of at least 1 is allowed")
        self.voice = "zm_yunxi" if voice is None else voice
        self.speed = float(speed)
        self.pause = float(pause)
        self.threads = threads
        self.timeout = float(timeout)
        self.files = open_kokoro_folder(*fetch_kokoro(model, self.voice, model_file, revision))
        self._vocabulary = self.files.read_vocabulary()
        self._styles = self.files.read_voice(self.voice)
        self._phonemizer = phonemizer or _default_phonemizer(self.voice)

    @property
    def version(self) -> str:
        """Version of this code, and the first digits of the SHA-256 of graph, vocabulary and voices."""
        paths = [self.files.model, self.files.vocabulary, self.files.voice_path(self.voice)]
        return "-".join([str(ENGINE_VERSION), *(sha256_of_file(file_stamp(path))[:12] for path in paths)])

    @property
    def settings(self) -> dict[str, Any]:
        """Speed and pause."""
        return {"speed": self.speed, "pause": self.pause}

    def speak(self, text: str) -> np.ndarray:
        """Speak a text to its end.

        Args:
            text: Chinese, English or mixed text of any length. Emoji, control characters, lone surrogates and
                letters of other scripts are left out.

        Returns:
            float32 samples at 24 kHz, shape (samples,); zero samples when nothing can be spoken.

        Raises:
            TypeError: `text` is not a string.
            ImportError: ONNX Runtime or a phonemizer is not installed.
            ValueError: The ONNX file is damaged or is no Kokoro graph.
            SpeechEngineError: The model took too long or failed.
        """
        parts = list(self.stream(text))
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)

    def stream(self, text: str) -> Iterator[np.ndarray]:
        """Speak a text piece by piece; from the second on, a piece begins with the pause.

        Args:
            text: As for `speak`.

        Yields:
            float32 samples, shape (samples,), that concatenate to what `speak` returns.
        """
        silence = np.zeros(0, dtype=np.float32)
        for chunk in self.phoneme_chunks(text):
            yield np.concatenate([silence, self._synthesise(chunk)])
            silence = np.zeros(round(self.pause * self.sampling_rate), dtype=np.float32)

    def phoneme_chunks(self, text: str) -> list[str]:
        """Return the phonemes that are spoken, in the pieces in which the model gets them.

        Args:
            text: As for `speak`.

        Returns:
            Strings of 1 to `MAX_PHONEMES` phonemes, each with at least one sound.

        Raises:
            TypeError: `text` is not a string.
            ImportError: A phonemizer is not installed.
        """
        if not isinstance(text, str):
            raise TypeError(f"text is of type {type(text).__name__}; a string is allowed")
        phonemes = "".join(character for character in self._phonemizer(text) if character in self._vocabulary)
        limit = min(MAX_PHONEMES, len(self._styles))
        chunks = (chunk.strip() for chunk in split_phonemes(phonemes, limit, TARGET_PHONEMES))
        return [chunk for chunk in chunks if is_speakable(chunk)]

    def _synthesise(self, phonemes: str) -> np.ndarray:
        tokens = np.array([[0, *(self._vocabulary[phoneme] for phoneme in phonemes), 0]], dtype=np.int64)
        session = _open_session(file_stamp(self.files.model), self.threads, os.getpid())
        inputs = {graph_input.name: graph_input.type for graph_input in session.get_inputs()}
        feeds = {
            "tokens" if "tokens" in inputs else "input_ids": tokens,
            "style": self._styles[len(phonemes) - 1][None],
            "speed": self._speed_for(inputs["speed"]),
        }
        return np.asarray(self._run(session, feeds), dtype=np.float32).ravel()

    def _run(self, session: Any, feeds: dict[str, np.ndarray]) -> Any:
        """Run the graph; ONNX Runtime looks at `terminate` before each of its nodes, which take milliseconds."""
        options = import_optional("onnxruntime", "speaking with Kokoro").RunOptions()
        timer = threading.Timer(self.timeout, setattr, (options, "terminate", True))
        timer.daemon = True
        timer.start()
        try:
            return session.run(None, feeds, options)[0]
        except Exception as error:  # ONNX Runtime has a class of its own for each cause
            if options.terminate:
                message = f"Kokoro has not spoken a piece within {self.timeout:g} s and was stopped: raise timeout="
                raise SpeechEngineError(f"{message}, give it more threads, or use another engine", "timeout") from error
            raise SpeechEngineError(
                f"Kokoro failed in {self.files.model}: {error}; use another file or engine"
            ) from error
        finally:
            timer.cancel()

    def _speed_for(self, input_type: str) -> np.ndarray:
        if "int" not in input_type:
            return np.array([self.speed], dtype=np.float32)
        if not self.speed.is_integer():
            raise ValueError(f"speed is {self.speed}; the graph {self.files.model} takes whole numbers only")
        return np.array([self.speed], dtype=np.int64 if "64" in input_type else np.int32)


def _default_phonemizer(voice: str) -> MisakiPhonemizer:
    digits_in: Literal["zh", "en"] = "en" if voice[:1] in ("a", "b") else "zh"
    return MisakiPhonemizer(british=voice.startswith("b"), digits_in=digits_in)


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}; a number from {low} to {high} is allowed")
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; a number from {low} to {high} is allowed")


@lru_cache(maxsize=4)
def _open_session(stamp: tuple[str, int, int], threads: int | None, process_id: int) -> Any:
    """Open a graph once per process: a session's threads do not survive a fork."""
    runtime = import_optional("onnxruntime", "speaking with Kokoro")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.inter_op_num_threads = 1
    try:
        session = runtime.InferenceSession(stamp[0], options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has a class of its own for each cause
        raise ValueError(f"{stamp[0]} could not be loaded as an ONNX model: {error}") from error
    names = {graph_input.name for graph_input in session.get_inputs()}
    if names not in [{tokens, "style", "speed"} for tokens in _TOKEN_INPUTS]:
        raise ValueError(
            f"{stamp[0]} is not a Kokoro graph: it takes {', '.join(sorted(names)) or 'nothing'}; allowed: "
            f"{' or '.join(_TOKEN_INPUTS)}, with style and speed"
        )
    return session
