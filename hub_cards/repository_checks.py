"""What a model repository must be before it is published: known files, no pickles, no traces of a machine."""

import fnmatch
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .eval_results import FOLDER, eval_result_problems

PICKLE_SUFFIXES = (".bin", ".ckpt", ".joblib", ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth")
TEXT_SUFFIXES = (".json", ".md", ".txt", ".yaml", ".yml")
CODE_KEYS = ("auto_map", "custom_pipelines")
# Pieces of a vocabulary, and a normaliser's table in base64, may look like paths; nobody's paths are among them.
VOCABULARIES = {("tokenizer.json", key) for key in ("model", "added_tokens", "normalizer")}
VOCABULARY_FILES = ("vocab.json", "vocab.txt", "merges.txt", "added_tokens.json")
# Two components at least: a lone "/x" is a fraction or a command. What stands before rules out URLs, relative paths,
# closing tags and "and/or/not".
MACHINE_PATH = re.compile(
    r"""(?<![\w.:/<~%*$}\])-])/[\w.@+-]+/[\w.@+-]+(?:/[\w.@+-]+)*"""
    r"""|(?<!\w)[A-Za-z]:[\\/]+\w[^\s"'`]*|\bfile:///?\w[^\s"'`]*"""
)


def check_repository(folder: Path, max_bytes: int) -> list[Path]:
    """Check that a folder may be published.

    Args:
        folder: the repository.
        max_bytes: most bytes of all files together.

    Returns:
        Its files, sorted.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: Something must not be published or is missing; the message lists all that was found.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    files = sorted(file for file in folder.rglob("*") if file.is_symlink() or not file.is_dir())
    problems = [*_missing(folder), *_unknown_files(folder, files), *_machine_paths(folder, files)]
    total = sum(file.lstat().st_size for file in files)
    if total > max_bytes:
        problems.append(f"the files have {total} bytes, more than the {max_bytes} that were allowed")
    problems = problems or [*_damaged_weights(files), *_broken_config(folder), *_broken_results(folder)]
    if problems:
        raise ValueError(f"{folder} cannot be published: {'; '.join(problems)}.")
    return files


def _missing(folder: Path) -> Iterator[str]:
    if not (folder / "README.md").is_file():
        yield "it has no README.md (make the card with `decloak card`)"
    if not (folder / "config.json").is_file():
        yield "it has no config.json"
    if not any(folder.glob("*.safetensors")):
        yield "it has no weights (*.safetensors)"


def _unknown_files(folder: Path, files: list[Path]) -> Iterator[str]:
    known = _known_patterns()
    try:
        code = remote_code_files(folder)
    except ValueError as error:
        code = set()
        yield str(error)
    for file in files:
        name = file.relative_to(folder).as_posix()
        if file.is_symlink():
            yield f"{name} is a link; put the file itself there"
        elif file.suffix.lower() in PICKLE_SUFFIXES:
            yield f"{name} may hold a pickle, which runs code when it is loaded; save safetensors and remove it"
        elif name not in code and not any(_matches(name, entry) for entry in known):
            yield f"{name} is no file of a model repository; remove it"


def _matches(name: str, pattern: str) -> bool:
    """Tell whether a pattern is of a file: a star stands for no slash, so that it leads into no folder."""
    return name.count("/") == pattern.count("/") and fnmatch.fnmatchcase(name, pattern)


def _known_patterns() -> list[str]:
    lines = (Path(__file__).parent / "publishable_files.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def remote_code_files(folder: Path) -> set[str]:
    """Find the Python files that the configurations of a repository lead to, and all that these import.

    Raises:
        ValueError: One of them is not there, or a configuration is no JSON object.
    """
    from transformers.dynamic_module_utils import get_relative_import_files

    entries = set()
    for name in ("config.json", "processor_config.json", "preprocessor_config.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            entries |= {reference.split(".")[0] for reference in _code_references(_read_object(folder / name))}
    found: set[str] = set()
    for entry in sorted(entries):
        file = folder / f"{entry}.py"
        if not file.is_file():
            raise ValueError(f"a configuration names {file.name}, which is not there")
        try:
            found |= {file.name, *(Path(path).name for path in get_relative_import_files(file))}
        except OSError as error:
            raise ValueError(
                f"{file.name} imports a file that is not there: {Path(str(error.filename)).name}"
            ) from error
    return found


def _code_references(settings: dict[str, Any]) -> Iterator[str]:
    """Yield `module.Class` of each class that comes from this repository (`repo--module.Class` comes from another)."""
    for key in CODE_KEYS:
        for _, value in _strings(settings.get(key, {})):
            if re.fullmatch(r"\w+\.\w+", value):
                yield value


def _read_object(file: Path) -> dict[str, Any]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file.name} is no JSON: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{file.name} holds {type(values).__name__}, not a JSON object")
    return values


def _strings(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string of a JSON value, keys too, with the dotted place where it stands."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield place, key
            yield from _strings(item, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, f"{place}[{index}]")


def _machine_paths(folder: Path, files: list[Path]) -> Iterator[str]:
    for file in files:
        if file.suffix.lower() not in TEXT_SUFFIXES or file.name in VOCABULARY_FILES or file.is_symlink():
            continue
        name = file.relative_to(folder).as_posix()
        try:
            for place, text in _texts(file):
                if found := MACHINE_PATH.search(text):
                    yield f"{name} names a path of a machine at {place}: {found.group()[:100]}"
        except ValueError as error:
            yield str(error)


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the texts of a file with their places: strings of JSON, else lines.

    Raises:
        ValueError: The file is no JSON object though its name says so, or no UTF-8.
    """
    if file.suffix.lower() != ".json":
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise ValueError(f"{file.name} is no UTF-8: {error}") from error
        yield from ((f"line {number}", line) for number, line in enumerate(lines, start=1))
        return
    values = _read_object(file)
    yield from _strings({key: value for key, value in values.items() if (file.name, key) not in VOCABULARIES})


def _damaged_weights(files: list[Path]) -> Iterator[str]:
    from safetensors import SafetensorError, safe_open

    for file in files:
        if file.suffix == ".safetensors":
            try:
                with safe_open(file, "pt"):
                    pass
            except (SafetensorError, OSError) as error:
                yield f"{file.name} is damaged or no safetensors: {error}"


def _broken_results(folder: Path) -> Iterator[str]:
    for file in sorted((folder / FOLDER).glob("*.yaml")):
        yield from (f"{FOLDER}/{problem}" for problem in eval_result_problems(file))


def _broken_config(folder: Path) -> Iterator[str]:
    from transformers import AutoConfig

    import decloak.modeling  # noqa: F401  registers decloak's own configurations, so that no remote code runs

    try:
        AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # a broken configuration can make its class raise anything
        yield f"config.json does not load: {type(error).__name__}: {error}"
