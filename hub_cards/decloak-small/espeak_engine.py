"""Speech by eSpeak NG, a small formant synthesiser for a hundred languages: robotic, and nearly free to run.

Source: espeak-ng/espeak-ng, GPL-3, run as a separate program. Whisper-base understands its English; of its Mandarin
it gets nine characters in ten wrong (character error rate 0.91, Kokoro's 0.01).
"""

import io
import logging
import re
import shutil
import wave
from collections.abc import Iterator
from functools import lru_cache
from os import PathLike, fspath
from typing import Any

import numpy as np

from .audio_resampling import resample
from .espeak_program import INSTALL, ProgramOutput, program_stamp, program_version, run_program
from .espeak_text import clean_for_espeak, split_for_espeak
from .speech_engine_base import SpeechEngine, SpeechEngineError

logger = logging.getLogger(__name__)

#: Increased whenever the same text may become another waveform.
ENGINE_VERSION = 1

#: A piece of 400 characters lasts at most some 4 minutes, 10 MB, at the lowest speed.
_LIMIT_OF_OUTPUT = 32_000_000

_VOICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+_-]*")


class EspeakSpeechEngine(SpeechEngine):
    """eSpeak NG as a separate process for each piece of text.

    A long text is spoken in pieces of whole sentences. A letter that stands alone and is repeated ("w w w w w") is
    said three times: espeak-ng's own rule.

    Args:
        model: The program, a path or a name on PATH; None means `espeak-ng` on PATH.
        voice: A voice of `espeak-ng --voices`, `en-us` if None. English voices leave out the letters of other scripts.
        speed: Words per minute, 80 to 450.
        pitch: 0 to 99.
        timeout: Seconds that the program may take for a piece of at most 400 characters, more than 0.

    Raises:
        SpeechEngineError: The program is missing or does not run.
        ValueError: The program does not have the voice, or a setting is out of its range.
    """

    name = "espeak"
    sampling_rate = 22050

    def __init__(
        self,
        model: str | PathLike[str] | None = None,
        voice: str | None = None,
        *,
        speed: int = 175,
        pitch: int = 50,
        timeout: float = 30.0,
    ) -> None:
        self.voice = "en-us" if voice is None else voice
        self.speed = _whole_number("speed", speed, 80, 450)
        self.pitch = _whole_number("pitch", pitch, 0, 99)
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout <= 86_400:
            raise ValueError(f"timeout is {timeout!r}; a number of seconds above 0, at most 86400, is allowed")
        self.timeout = float(timeout)
        self.program = _find_program(model)
        self._check_voice()

    @property
    def version(self) -> str:
        """Version of this code, of the program, and the first digits of the SHA-256 of its data."""
        return f"{ENGINE_VERSION}-{program_version(program_stamp(self.program), self.timeout)}"

    @property
    def settings(self) -> dict[str, Any]:
        """Speed and pitch."""
        return {"speed": self.speed, "pitch": self.pitch}

    def speak(self, text: str) -> np.ndarray:
        """Speak a text to its end.

        Args:
            text: Text of any length. Emoji, control characters and lone surrogates are left out; by English voices
                also combining marks without a composed form and letters of other scripts.

        Returns:
            float32 samples at 22.05 kHz, shape (samples,); zero samples when nothing can be spoken.

        Raises:
            TypeError: `text` is not a string.
            SpeechEngineError: The program is missing, died, took too long or printed no sound.
        """
        parts = list(self.stream(text))
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)

    def stream(self, text: str) -> Iterator[np.ndarray]:
        """Speak a text piece by piece; each ends with espeak-ng's own pause.

        Args:
            text: As for `speak`.

        Yields:
            float32 samples, shape (samples,), that concatenate to what `speak` returns.
        """
        for piece in self.pieces(text):
            yield self._synthesise(piece)

    def pieces(self, text: str) -> list[str]:
        """Return what the program is given, piece by piece.

        Args:
            text: As for `speak`.

        Raises:
            TypeError: `text` is not a string.
        """
        if not isinstance(text, str):
            raise TypeError(f"text is of type {type(text).__name__}; a string is allowed")
        return split_for_espeak(clean_for_espeak(text, latin_only=self.voice.split("-")[0] == "en"))

    def _check_voice(self) -> None:
        if not isinstance(self.voice, str) or not _VOICE_NAME.fullmatch(self.voice):
            raise ValueError(f"voice is {self.voice!r}; a name that `espeak-ng --voices` lists is allowed, as 'en-us'")
        problem = _voice_problem(program_stamp(self.program), self.voice, self.timeout)
        if problem:
            raise ValueError(
                f"{self.program} cannot speak with voice {self.voice!r} ({problem}); allowed: the names that "
                "`espeak-ng --voices` lists, with a variant if wanted ('en-us+f3')"
            )
        if self.voice.split("-")[0] in ("cmn", "zh"):
            _warn_of_mandarin(self.voice)

    def _synthesise(self, piece: str) -> np.ndarray:
        arguments = ["-v", self.voice, "-s", str(self.speed), "-p", str(self.pitch), "-b", "1", "--stdin", "--stdout"]
        answer = run_program([self.program, *arguments], piece.encode(), self.timeout, _LIMIT_OF_OUTPUT)
        if answer.status != 0:
            raise _died(self.program, answer)
        samples, rate = _read_wav(answer.output, self.program)
        return resample(samples, rate, self.sampling_rate)


def _died(program: str, answer: ProgramOutput) -> SpeechEngineError:
    how = f"status {answer.status}" if answer.status > 0 else f"signal {-answer.status}"
    said = f"{program} ended with {how} and said {answer.errors[:200]!r}"
    return SpeechEngineError(f"{said}: try it in a terminal, or reinstall it", "died")


def _find_program(model: str | PathLike[str] | None) -> str:
    name = "espeak-ng" if model is None else fspath(model)
    program = shutil.which(name)
    if program is None:
        raise SpeechEngineError(f"the program {name!r} was not found: {INSTALL}", "missing")
    return program


def _read_wav(output: bytes, program: str) -> tuple[np.ndarray, int]:
    """Read 16-bit mono wav whose header, written before the sound, claims two gigabytes."""
    try:
        with wave.open(io.BytesIO(output)) as file:
            if (file.getsampwidth(), file.getnchannels()) != (2, 1):
                raise wave.Error(f"{file.getnchannels()} channels of {8 * file.getsampwidth()} bits")
            frames, rate = file.readframes(file.getnframes()), file.getframerate()
    except (wave.Error, EOFError) as error:
        raise SpeechEngineError(
            f"{program} printed {len(output)} bytes that are no 16-bit mono wav ({error}), starting with "
            f"{output[:16]!r}: is it espeak-ng? {INSTALL}",
            "output",
        ) from error
    return np.frombuffer(frames[: len(frames) // 2 * 2], dtype="<i2").astype(np.float32) / 32768, rate


def _whole_number(name: str, value: int, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; an integer from {low} to {high} is allowed")
    return value


@lru_cache(maxsize=64)
def _voice_problem(stamp: tuple[str, int, int], voice: str, seconds: float) -> str:
    """Return what the program says when it is asked to read with a voice; nothing if it does."""
    answer = run_program([stamp[0], "-v", voice, "-q", "--stdin"], b"a", seconds, 100_000)
    if answer.status < 0:
        raise _died(stamp[0], answer)
    return (answer.errors.splitlines() or [f"status {answer.status}"])[0] if answer.status else ""


@lru_cache(maxsize=64)
def _warn_of_mandarin(voice: str) -> None:
    """Warn once a process for each voice."""
    logger.warning(
        "eSpeak NG's Mandarin (voice %r) is unintelligible to Whisper: character error rate 0.91, Kokoro's is 0.01. "
        'Use the engine "kokoro" for Chinese.',
        voice,
    )
