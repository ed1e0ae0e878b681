import os
import sys
import time
from pathlib import Path

import pytest

from decloak.processing.espeak_program import program_stamp, program_version, run_program
from decloak.processing.speech_engine_base import SpeechEngineError
from tests.processing import fake_espeak


def python(code: str, given: bytes = b"", seconds: float = 30.0, limit: int = 1000) -> tuple[bytes, str, int]:
    return tuple(run_program([sys.executable, "-ISc", code], given, seconds, limit))  # type: ignore[return-value]


def test_what_a_program_prints() -> None:
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1]); sys.stderr.write('oh'); sys.exit(3)"
    assert python(code, b"abc") == (b"cba", "oh", 3)


def test_a_program_that_reads_nothing_is_reported_by_its_status() -> None:
    assert python("import sys; sys.exit(4)", b"a" * 4096)[2] == 4


def test_much_is_taken_up_to_the_limit() -> None:
    assert len(python("print('a' * 999_999)", limit=1_000_000)[0]) == 1_000_000
    with pytest.raises(SpeechEngineError, match="printed more than 1000 bytes") as caught:
        python("while True: print('a' * 1000)")
    assert caught.value.cause == "output"


def test_complaints_without_end_are_cut() -> None:
    assert len(python("import sys; sys.stderr.write('a' * 9_000)")[1]) == 9_000
    output, errors, status = python("import sys\nwhile True: sys.stderr.write('a' * 1000)")  # ends of a broken pipe
    assert (output, errors) == (b"", "a" * 10_000)
    assert status != 0


def alive(process: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="looks for processes in /proc")
@pytest.mark.parametrize("parent", ["time.sleep(600)", "pass"])
def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path, parent: str) -> None:
    """A child that holds the output keeps its reader waiting, whether its parent has ended or not."""
    code = f"""
import os, time
with open({str(tmp_path / "pids")!r}, "a") as file:
    child = os.fork()
    if child:
        file.write(f"{{child}} {{os.getpid()}}")
        file.flush()
if not child: time.sleep(600)
{parent}
"""
    start = time.monotonic()
    with pytest.raises(SpeechEngineError, match=r"has not ended within 2 s .* raise timeout=") as caught:
        python(code, seconds=2)
    assert caught.value.cause == "timeout"
    assert time.monotonic() - start < 10
    processes = [int(number) for number in (tmp_path / "pids").read_text().split()]
    assert len(processes) == 2
    deadline = time.monotonic() + 5
    while any(map(alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(alive, processes))


@pytest.mark.parametrize("content", [None, b"\x7fno program"])
def test_a_program_that_does_not_start(tmp_path: Path, content: bytes | None) -> None:
    program = tmp_path / "program"
    if content is not None:
        program.write_bytes(content)
        program.chmod(0o755)
    with pytest.raises(SpeechEngineError, match=r"cannot be started .*apt-get install espeak-ng.*model=") as caught:
        run_program([str(program)], b"", 5, 10)
    assert caught.value.cause == "missing"


def test_version_is_of_program_and_data(tmp_path: Path) -> None:
    one, two = (fake_espeak.make_program(tmp_path / name) for name in ("one", "two"))
    version = program_version(program_stamp(str(one)), 30)
    assert version.startswith("1.99-")
    assert program_version(program_stamp(str(two)), 30) == version  # wherever it is
    (tmp_path / "two" / "espeak-ng-data" / "en_dict").write_bytes(b"new words")
    program_version.cache_clear()
    assert program_version(program_stamp(str(two)), 30) != version


def test_version_without_data(tmp_path: Path) -> None:
    program = fake_espeak.make_program(tmp_path)
    (tmp_path / "espeak-ng-data" / "phontab").unlink()
    (tmp_path / "espeak-ng-data").rmdir()
    assert program_version(program_stamp(str(program)), 30) == "1.99-unknown"


def test_another_program_has_no_version(tmp_path: Path) -> None:
    program = fake_espeak.make_program(tmp_path, "other program")
    with pytest.raises(SpeechEngineError, match=r"--version ended with status 0 and said 'festival 2.5"):
        program_version(program_stamp(str(program)), 30)
    with pytest.raises(SpeechEngineError, match="is not there any more"):
        program_stamp(str(tmp_path / "gone"))
