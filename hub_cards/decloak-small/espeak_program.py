"""Running the `espeak-ng` program: a process of its own, with a limit for its time and for what it prints.

eSpeak NG is GPL-3; as a separate program it stays outside of decloak.
"""

import hashlib
import os
import re
import signal
import subprocess
import threading
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

from .kokoro_folder import file_stamp
from .speech_engine_base import SpeechEngineError

INSTALL = (
    "install eSpeak NG (Debian, Ubuntu: apt-get install espeak-ng; macOS: brew install espeak-ng), or pass the path of "
    "the program as model="
)

_LIMIT_OF_ERRORS = 10_000
_LAST_SECONDS = 5.0  # For the pipes of a process that has ended or was killed.


class ProgramOutput(NamedTuple):
    """What a program printed."""

    output: bytes
    errors: str
    status: int


def run_program(command: list[str], given: bytes, seconds: float, limit: int) -> ProgramOutput:
    """Run a program to its end; when it takes too long or prints too much it is killed, with what it has started.

    Args:
        command: Path of the program, and its arguments.
        given: Its standard input, at most 4096 bytes: what a pipe takes before anyone reads.
        seconds: Time limit.
        limit: Most bytes that it may print.

    Returns:
        Its standard output, the beginning of its standard error, and its exit status (negative: killed by a signal).

    Raises:
        SpeechEngineError: The program cannot be started, took too long or printed too much.
    """
    end = time.monotonic() + seconds
    name = os.path.basename(command[0])
    process = _start(command)
    printed: dict[str, bytes] = {}
    threads = [
        threading.Thread(target=_read, args=(process, getattr(process, stream), bound, printed, stream), daemon=True)
        for stream, bound in (("stdout", limit), ("stderr", _LIMIT_OF_ERRORS))
    ]
    for thread in threads:
        thread.start()
    _write(process, given)
    ended = _wait(process, threads, end)
    if len(printed.get("stdout", b"")) > limit:
        raise SpeechEngineError(f"{name} printed more than {limit} bytes and was stopped: shorten the text", "output")
    if not ended:
        raise SpeechEngineError(
            f"{name} has not ended within {seconds:g} s and was stopped: raise timeout=, or reinstall it", "timeout"
        )
    errors = printed.get("stderr", b"")[:_LIMIT_OF_ERRORS].decode("utf-8", "replace").strip()
    return ProgramOutput(printed.get("stdout", b""), errors, process.returncode)


@lru_cache(maxsize=8)
def program_version(stamp: tuple[str, int, int], seconds: float) -> str:
    """Return the version of an espeak-ng program, and the first digits of the SHA-256 of its data.

    Args:
        stamp: `file_stamp` of the program.
        seconds: Time limit for asking it.

    Raises:
        SpeechEngineError: The program does not run, or is another.
    """
    answer = run_program([stamp[0], "--version"], b"", seconds, 100_000)
    text = answer.output.decode("utf-8", "replace")
    match = re.search(r"eSpeak NG.*?: *(\S+)(?: +Data at: *(.+))?", text)
    if answer.status != 0 or match is None:
        raise SpeechEngineError(
            f"{stamp[0]} --version ended with status {answer.status} and said {(text or answer.errors)[:200]!r}; "
            f"the version of eSpeak NG was expected: {INSTALL}",
            "output",
        )
    data = Path((match.group(2) or "").strip())
    return f"{match.group(1)}-{_digest(data) if data.name and data.is_dir() else 'unknown'}"


def program_stamp(program: str) -> tuple[str, int, int]:
    """Return the `file_stamp` of a program.

    Raises:
        SpeechEngineError: There is no such file.
    """
    try:
        return file_stamp(Path(program))
    except OSError as error:
        raise SpeechEngineError(
            f"the program {program} is not there any more ({error}): {INSTALL}", "missing"
        ) from error


def _digest(folder: Path) -> str:
    """Digest names and content of all files: dictionaries and phoneme tables decide what is said (13 MB, 0.1 s)."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - no shell, and the text is not among the arguments
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise SpeechEngineError(f"{command[0]} cannot be started ({error}): {INSTALL}", "missing") from error


def _read(
    process: subprocess.Popen[bytes], stream: IO[bytes], limit: int, printed: dict[str, bytes], name: str
) -> None:
    """Read a stream to its end or to one byte too many; too much standard output ends the process."""
    with stream:
        printed[name] = stream.read(limit + 1)
        if name == "stdout" and len(printed[name]) > limit:
            _kill(process)


def _write(process: subprocess.Popen[bytes], given: bytes) -> None:
    """Hand the input over; a program that has died already is reported by its exit status."""
    with suppress(OSError), process.stdin:  # type: ignore[union-attr]
        process.stdin.write(given)  # type: ignore[union-attr]


def _wait(process: subprocess.Popen[bytes], threads: list[threading.Thread], end: float) -> bool:
    """Wait until the process has ended and its streams are read; tell whether that was in time."""
    try:
        process.wait(max(end - time.monotonic(), 0))
        in_time = True
    except subprocess.TimeoutExpired:
        in_time = False
    for thread in threads:
        thread.join(max(end - time.monotonic(), 0) if in_time else 0)
    if in_time and not any(thread.is_alive() for thread in threads):
        return True
    _kill(process)  # or a process that it has started, which still holds its streams
    with suppress(subprocess.TimeoutExpired):  # the system may hold it in a call
        process.wait(_LAST_SECONDS)
    for thread in threads:
        thread.join(_LAST_SECONDS)
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and those that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, OSError):  # Windows has no groups; or all have ended
        process.kill()
