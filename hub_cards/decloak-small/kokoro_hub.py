"""A Kokoro model from the Hugging Face Hub: only the files that one voice needs are downloaded."""

import importlib
import os
import re
from pathlib import Path
from typing import Any

from .kokoro_folder import DEFAULT_HUB_MODEL

_REPOSITORY_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")

#: Vocabulary of either layout, and the voices of the flat one.
_SMALL_FILES = ("tokenizer.json", "vocab.json", "voices.npz")


def fetch_kokoro(
    model: str | os.PathLike[str] | None, voice: str, model_file: str | None = None, revision: str | None = None
) -> tuple[str | os.PathLike[str] | None, str | None]:
    """Return the folder of a Kokoro model, downloaded where `model` is no folder but the name of a repository.

    The cache of huggingface_hub is used: what it holds is not downloaded again, and is found offline.

    Args:
        model: A local folder, which is returned as it is, or `user/name`.
        voice: Voice whose file is needed.
        model_file: Path of the ONNX file in the repository. None means `onnx/model_quantized.onnx`, else
            `model.onnx`, else the only one of `onnx/model*.onnx`.
        revision: Branch, tag or commit of the repository; None means its main branch.

    Returns:
        The folder, and the path of the ONNX file in it (None: not chosen).

    Raises:
        FileNotFoundError: There is neither such a folder nor such a repository, or the Hub cannot be reached.
        ValueError: The repository does not have the voice or the file, has several ONNX files of which none is the
            default one, or a revision was given for a folder.
    """
    if model is None or not _names_repository(model):
        if revision is not None:
            raise ValueError(f"revision is {revision!r}, but {model!r} is no repository on the Hub: leave it out")
        return model, model_file
    name = os.fspath(model)
    graphs = [model_file] if model_file else [DEFAULT_HUB_MODEL, "model.onnx"]
    root = _download(name, revision, [*graphs, *_SMALL_FILES, f"voices/{voice}.bin"])
    chosen = next((graph for graph in graphs if (root / graph).is_file()), None)
    if chosen is None:
        chosen = _only_graph(name, revision, root, model_file)
        root = _download(name, revision, [chosen])
    if not (root / "voices.npz").is_file() and not (root / "voices" / f"{voice}.bin").is_file():
        names = [Path(path).stem for path in _list(name, revision, root) if path.startswith("voices/")]
        raise ValueError(f"voice {voice!r} is not in {name}; allowed: {', '.join(sorted(names)) or 'none'}")
    return root, chosen


def _names_repository(model: str | os.PathLike[str]) -> bool:
    return isinstance(model, str) and not os.path.exists(model) and _REPOSITORY_NAME.fullmatch(model) is not None


def _download(name: str, revision: str | None, paths: list[str]) -> Path:
    hub = importlib.import_module("huggingface_hub")
    return Path(_ask(name, revision, hub.snapshot_download, allow_patterns=paths))


def _only_graph(name: str, revision: str | None, root: Path, wanted: str | None) -> str:
    """Return the one ONNX file that a repository has, or say which there are."""
    graphs = [path for path in _list(name, revision, root) if re.fullmatch(r"onnx/model[^/]*\.onnx", path)]
    if wanted is None and len(graphs) == 1:
        return graphs[0]
    problem = f"has no {wanted}" if wanted else "has several models" if graphs else "has no onnx/model*.onnx"
    raise ValueError(f"{name} {problem}; pass model_file= with one of: {', '.join(graphs) or 'none'}")


def _list(name: str, revision: str | None, root: Path) -> list[str]:
    """List the files of a repository: those on the Hub, or offline those that are here."""
    hub = importlib.import_module("huggingface_hub")
    try:
        return list(_ask(name, revision, hub.HfApi().list_repo_files))
    except FileNotFoundError:
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def _ask(name: str, revision: str | None, function: Any, **arguments: Any) -> Any:
    try:
        return function(name, revision=revision, **arguments)
    except Exception as error:  # classes of huggingface_hub and of its HTTP client, which change with its versions
        at = f" at revision {revision!r}" if revision else ""
        raise FileNotFoundError(
            f"{name!r} is neither a local folder nor a repository that could be read from the Hub{at} "
            f"({type(error).__name__}: {error}). Give the path of a folder or the name of a repository that you may "
            f"read. Offline (HF_HUB_OFFLINE=1), download it before: hf download {name}"
        ) from error
