"""The files of a Kokoro model on disk: where they are, what they hold, and what is wrong with them.

Two layouts are read: `model.onnx`, `vocab.json` and `voices.npz` in one folder, and the layout of the
ONNX repositories on the Hub (`onnx/model*.onnx`, `tokenizer.json`, `voices/*.bin`).
"""

import hashlib
import json
import os
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

#: Width of a row of a voice: half is the timbre, half the prosody (Kokoro v1.0).
STYLE_SIZE = 256

#: The ONNX file that is taken where there are several: 92 MB instead of 326 MB, and no worse to Whisper.
DEFAULT_HUB_MODEL = "onnx/model_quantized.onnx"

_LAYOUTS = "model.onnx with vocab.json and voices.npz, or onnx/model*.onnx with tokenizer.json and voices/*.bin"


@dataclass(frozen=True)
class KokoroFolder:
    """Paths of the three parts of a Kokoro model.

    Attributes:
        model: The ONNX graph.
        vocabulary: `vocab.json` (phoneme to id) or a `tokenizer.json` that holds it.
        voices: `voices.npz` or the folder of `*.bin` files.
    """

    model: Path
    vocabulary: Path
    voices: Path

    def read_vocabulary(self) -> dict[str, int]:
        """Return the id of each phoneme, a single character; the padding symbol (id 0) is left out.

        Raises:
            ValueError: The file is not JSON or does not map characters to ids.
        """
        try:
            content = json.loads(self.vocabulary.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{self.vocabulary} is not JSON in UTF-8: {error}") from error
        if isinstance(content, dict) and isinstance(content.get("model"), dict):
            content = content["model"].get("vocab")
        vocabulary = content.items() if isinstance(content, dict) else ()
        phonemes = {key: value for key, value in vocabulary if len(key) == 1 and _is_phoneme_id(value)}
        if not phonemes:
            raise ValueError(
                f"{self.vocabulary} holds no phonemes; allowed: an object that maps single characters to "
                "positive ids, or a tokenizer.json with such an object under model.vocab"
            )
        return phonemes

    def voice_names(self) -> list[str]:
        """Return the names of the voices in alphabetical order.

        Raises:
            ValueError: `voices.npz` is damaged.
        """
        if self.voices.is_dir():
            return sorted(path.stem for path in self.voices.glob("*.bin"))
        return sorted(self._load_archive(None))

    def read_voice(self, name: str) -> np.ndarray:
        """Return the style vectors of a voice.

        Args:
            name: One of `voice_names()`.

        Returns:
            float32 array of shape (lengths, 256): row `n - 1` is for an utterance of `n` phonemes.

        Raises:
            ValueError: There is no such voice, or its numbers are not rows of 256 finite values.
        """
        names = self.voice_names()
        if name not in names:
            raise ValueError(f"voice {name!r} is not in {self.voices}; allowed: {', '.join(names) or 'none'}")
        if self.voices.is_dir():
            content = self.voice_path(name).read_bytes()
            values = np.frombuffer(content[: len(content) // 4 * 4], dtype="<f4")
            complete = len(content) % 4 == 0
        else:
            values, complete = self._load_archive(name)[name], True
        if not complete or values.size == 0 or values.size % STYLE_SIZE or values.dtype.kind != "f":
            raise ValueError(
                f"voice {name!r} in {self.voices} has {values.size} values of dtype {values.dtype}; "
                f"floating-point rows of {STYLE_SIZE} values are allowed: fetch the file again"
            )
        styles = values.reshape(-1, STYLE_SIZE).astype(np.float32)
        if not np.isfinite(styles).all():
            raise ValueError(f"voice {name!r} in {self.voices} has non-finite values: fetch it again")
        return styles

    def voice_path(self, name: str) -> Path:
        """Return the file that holds a voice."""
        return self.voices / f"{name}.bin" if self.voices.is_dir() else self.voices

    def _load_archive(self, name: str | None) -> dict[str, np.ndarray]:
        try:
            with np.load(self.voices, allow_pickle=False) as archive:
                return {key: archive[key] if key == name else np.empty(0) for key in archive.files}
        except (ValueError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
            raise ValueError(f"{self.voices} is not an archive of NumPy arrays (npz): {error}") from error


def open_kokoro_folder(folder: str | os.PathLike[str] | None, model_file: str | None = None) -> KokoroFolder:
    """Find the parts of a Kokoro model in a local folder.

    Args:
        folder: The folder; nothing is downloaded.
        model_file: Path inside the folder of the ONNX file to use. Where there are several, None means
            `onnx/model_quantized.onnx` if it is one of them.

    Returns:
        The paths.

    Raises:
        FileNotFoundError: No folder was given, or it or some of its files are missing; the message names them.
        ValueError: Several ONNX files are there, none of them the default one, and none was chosen.
    """
    if folder is None or not os.fspath(folder):
        raise FileNotFoundError(
            f"no Kokoro model was given; allowed: the path of a local folder with {_LAYOUTS}, or the name of a "
            "repository on the Hub that has these files"
        )
    root = Path(folder)
    if not root.is_dir():
        raise FileNotFoundError(
            f"the Kokoro folder {os.fspath(folder)!r} does not exist; allowed: a local folder with "
            f"{_LAYOUTS}, or the name of a repository on the Hub that has these files"
        )
    hub_layout = not (root / "model.onnx").exists() and (root / "onnx").is_dir()
    paths = KokoroFolder(
        model=_choose_model(root, model_file),
        vocabulary=root / ("tokenizer.json" if hub_layout else "vocab.json"),
        voices=root / ("voices" if hub_layout else "voices.npz"),
    )
    _check_present(root, paths)
    return paths


def _is_phoneme_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _choose_model(root: Path, model_file: str | None) -> Path:
    if model_file is not None:
        return root / model_file
    if (root / "model.onnx").exists():
        return root / "model.onnx"
    candidates = sorted((root / "onnx").glob("model*.onnx"))
    if len(candidates) > 1:
        if root / DEFAULT_HUB_MODEL in candidates:
            return root / DEFAULT_HUB_MODEL
        names = ", ".join(path.relative_to(root).as_posix() for path in candidates)
        raise ValueError(f"{root} has several models; pass model_file= with one of: {names}")
    return candidates[0] if candidates else root / "model.onnx"


def _check_present(root: Path, paths: KokoroFolder) -> None:
    missing = [path for path in (paths.model, paths.vocabulary) if not path.is_file()]
    if not (paths.voices.is_file() or any(paths.voices.glob("*.bin"))):
        missing.append(paths.voices)
    if missing:
        names = ", ".join(path.relative_to(root).as_posix() for path in missing)
        raise FileNotFoundError(f"the Kokoro folder {os.fspath(root)!r} lacks {names}; allowed: {_LAYOUTS}")


def file_stamp(path: Path) -> tuple[str, int, int]:
    """Return absolute path, modification time and size: a cheap key that changes when a file is replaced."""
    status = path.stat()
    return os.path.abspath(path), status.st_mtime_ns, status.st_size


@lru_cache(maxsize=16)
def sha256_of_file(stamp: tuple[str, int, int]) -> str:
    """Return the hexadecimal SHA-256 of a file.

    Args:
        stamp: What `file_stamp` returned for it, so that a file is read once as long as it does not change.
    """
    digest = hashlib.sha256()
    with open(stamp[0], "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
