"""Errors that a user can mend become one line on stderr and exit code 1; all others keep their traceback."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.text import Text

# The extra that brings a package.
_EXTRAS = {
    **dict.fromkeys(("accelerate", "datasets", "fontTools", "jinja2", "pydantic", "yaml"), "train"),
    **dict.fromkeys(("ahocorasick_rs", "evaluate", "fairlearn", "matplotlib"), "evaluate"),
    **dict.fromkeys(("kokoro", "misaki", "onnxruntime", "phonemizer", "scipy", "soundfile", "torchaudio"), "speech"),
    "gradio": "space",
    "sentence_transformers": "embeddings",
}


def note(message: str, style: str = "dim") -> None:
    """Say something to the person, on stderr, so that it never mixes with data on stdout."""
    Console(stderr=True, soft_wrap=True).print(Text(message), style=style)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Report bad input in one line; with DECLOAK_DEBUG set the traceback is kept."""
    try:
        yield
    except (ImportError, OSError, ValueError) as error:
        # A closed pipe (`decloak classify ... | head`) is no error of the input.
        if os.environ.get("DECLOAK_DEBUG") or isinstance(error, BrokenPipeError):
            raise
        note(f"Error: {error}{_hint(error)}", style="bold red")
        raise typer.Exit(1) from error


def _hint(error: Exception) -> str:
    if not isinstance(error, ModuleNotFoundError) or not error.name or error.name.startswith("decloak"):
        return ""
    extra = _EXTRAS.get(error.name.partition(".")[0])
    return f". Install it: pip install 'decloak[{extra}]'" if extra else f". Install {error.name}"
