import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

import decloak

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "pyarrow", "sklearn", "numpy", "gradio", "datasets")
Run = Callable[..., Result]


def processor_seconds(*arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "decloak", *arguments], cwd=ROOT, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_answers_at_once() -> None:
    """Processor time, the best of several runs: the clock on the wall would measure the tests that run beside."""
    assert min(processor_seconds("--help") for _ in range(5)) < 0.5


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from decloak.cli.main import app\n"
        "try: app(['classify', '--help'])\n"
        f"finally: assert not {HEAVY!r} & sys.modules.keys(), sorted(sys.modules)"
    ).replace(repr(HEAVY), repr(set(HEAVY)))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("verb", [["classify"], ["evaluate"], ["train", "mmbert"], ["demo"]])
def test_every_verb_teaches_by_example(run_decloak: Run, verb: list[str]) -> None:
    result = run_decloak(*verb, "--help")
    assert result.exit_code == 0
    assert f"decloak {' '.join(verb)} " in re.sub(r"^.*Usage:.*$", "", result.stdout, flags=re.MULTILINE)


def test_version(run_decloak: Run) -> None:
    assert run_decloak("--version").stdout == f"decloak {decloak.__version__}\n"


def test_bare_command_shows_help(run_decloak: Run) -> None:
    assert "classify" in run_decloak().output


def test_closed_pipe_is_quiet(tiny_bert: Path) -> None:
    """`decloak classify ... | head -c 1` ends without a traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "decloak", "classify", "--model", tiny_bert, "--format", "jsonl", "-"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "DECLOAK_DEBUG": ""},
    )
    assert process.stdout is not None
    process.stdout.close()
    _, stderr = process.communicate(b"text\n" * 2000)
    assert process.returncode != 0
    assert b"Traceback" not in stderr


def test_debug_keeps_the_traceback(run_decloak: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ["classify", "--file", "none.csv"]
    assert isinstance(run_decloak(*broken).exception, SystemExit)
    monkeypatch.setenv("DECLOAK_DEBUG", "1")
    assert isinstance(run_decloak(*broken).exception, FileNotFoundError)
