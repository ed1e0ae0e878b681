"""What is done of a run, in a file beside it, so that a killed one goes on and a finished one is not made again."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FILE = "run.json"
_LENGTH = 16


@dataclass
class RunState:
    """The state of a run.

    Attributes:
        inputs: hash of each thing that the trained model depends on, by what it is called.
        trained: whether the model is whole.
        resumed: whether its training was cut off and went on, so that its seconds are of the last part.
        model_sha256: of the trained weights.
        parameters: of the trained model: `total`, and `banks`, the frozen ones that are looked up.
        record: the training record of the model.
        tests: key of each test that was measured (`text_key` of all that its report depends on).
    """

    inputs: dict[str, str]
    trained: bool = False
    resumed: bool = False
    model_sha256: str = ""
    parameters: dict[str, int] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    tests: dict[str, str] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write it into the folder of its run; a killed run leaves the old file or the new one."""
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{FILE}.partial"
        partial.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        partial.replace(folder / FILE)


def load_state(folder: Path) -> RunState | None:
    """Read the state of a run; None where there is none.

    Raises:
        ValueError: The file is damaged.
    """
    file = folder / FILE
    if not file.is_file():
        return None
    try:
        return RunState(**json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{file} is damaged ({error}): delete {folder}, the run then starts anew") from error


def checked_state(folder: Path, inputs: dict[str, str]) -> RunState:
    """Return the state of a run, a new one where it never began to learn.

    Raises:
        ValueError: What is there was trained with other inputs.
    """
    state = load_state(folder)
    if state is None:
        if folder.is_dir() and any(folder.iterdir()):
            raise ValueError(f"{folder} holds files and no {FILE}: delete it, or name another --output")
        return RunState(inputs)
    other = [name for name in {**state.inputs, **inputs} if state.inputs.get(name) != inputs.get(name)]
    if other and not state.trained and not any((folder / "checkpoints").glob("checkpoint-*")):
        shutil.rmtree(folder / "initial", ignore_errors=True)  # of the other inputs
        return RunState(inputs)
    if other:
        raise ValueError(
            f"{folder} was trained with another {', another '.join(other)}: delete it, or name another --output"
        )
    return state


def can_go_on(folder: Path) -> bool:
    """Tell whether training can go on in a folder, and clear away what a kill left half written.

    A checkpoint is whole once its `trainer_state.json` is there, which is written last; the untrained model once its
    processor is.
    """
    for checkpoint in (folder / "checkpoints").glob("checkpoint-*"):
        if not (checkpoint / "trainer_state.json").is_file():
            shutil.rmtree(checkpoint)
    initial = folder / "initial"
    if (initial / "processor_config.json").is_file() and any(initial.glob("*.safetensors")):
        return True
    shutil.rmtree(initial, ignore_errors=True)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return False


def text_key(value: Any) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of what JSON makes of a value; the order of keys does not count."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:_LENGTH]


__all__ = ["FILE", "RunState", "can_go_on", "checked_state", "load_state", "text_key"]
