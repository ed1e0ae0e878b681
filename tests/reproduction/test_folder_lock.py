import subprocess
import sys
from pathlib import Path

import pytest

from decloak.reproduction.folder_lock import only_writer
from decloak.reproduction.running import reproduce
from tests.reproduction.tiny_experiment import request

HOLD = """
import sys, time
from pathlib import Path
from decloak.reproduction.folder_lock import only_writer
with only_writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_folder_has_one_writer_and_is_free_when_that_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(ValueError, match=r"Another process writes .*out.*--output"), only_writer(folder):
            raise AssertionError
        other.kill()
    with only_writer(folder):
        assert folder.is_dir()


def test_a_folder_is_let_go_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), only_writer(tmp_path):
        raise KeyError
    with only_writer(tmp_path):
        pass


def test_nothing_is_written_into_a_folder_that_another_writes(inputs: Path, tmp_path: Path) -> None:
    with only_writer(tmp_path), pytest.raises(ValueError, match="Another process"):
        reproduce(request(inputs), tmp_path)
    assert [file.name for file in tmp_path.iterdir() if not file.name.startswith(".")] == []
