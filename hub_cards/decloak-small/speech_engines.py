"""The registry of speech engines: one function loads any of them by name."""

import inspect
import os
from collections.abc import Callable
from typing import Any

from .espeak_engine import EspeakSpeechEngine
from .fallback_engine import FallbackSpeechEngine
from .kokoro_engine import KokoroSpeechEngine
from .speech_engine_base import SpeechEngine

SpeechEngineFactory = Callable[..., SpeechEngine]

_FACTORIES: dict[str, SpeechEngineFactory] = {}


def register_speech_engine(name: str, factory: SpeechEngineFactory, *, replace: bool = False) -> None:
    """Make a speech engine available under a name.

    Args:
        name: Name that `load_speech_engine` takes.
        factory: Called as `factory(model, voice, **options)`; a `SpeechEngine` class will do.
        replace: Allow the name of an engine that is registered already.

    Raises:
        ValueError: The name is empty, or taken while `replace` is false.
    """
    if not name:
        raise ValueError("the name of a speech engine is empty; a non-empty string is allowed")
    if name in _FACTORIES and not replace:
        raise ValueError(
            f"a speech engine named {name!r} is registered already; choose another name or pass replace=True"
        )
    _FACTORIES[name] = factory


def available_speech_engines() -> list[str]:
    """Return the names of the registered engines in alphabetical order."""
    return sorted(_FACTORIES)


def load_speech_engine(
    name: str,
    model: str | os.PathLike[str] | None = None,
    voice: str | None = None,
    *,
    fallback: str | SpeechEngine | None = None,
    **options: Any,
) -> SpeechEngine:
    """Load a speech engine by name.

    Args:
        name: One of `available_speech_engines()`.
        model: Local folder (or whatever the engine takes) with the weights.
        voice: Name of a voice; None means the engine's default.
        fallback: Engine that speaks where this one is missing or fails: a name, for its default voice, or an engine.
            None means that those errors are raised.
        **options: Settings of the engine, for example `speed`.

    Returns:
        The engine; a `FallbackSpeechEngine` where a fallback was given.

    Raises:
        ValueError: The engine, the voice or an option is unknown; the message says what is allowed.
        FileNotFoundError: The folder, or a file that it must have, is missing.
        ImportError: A package that the engine needs at once is not installed.
        SpeechEngineError: The program of the engine, or of the fallback, is missing.
    """
    factory = _FACTORIES.get(name)
    if factory is None:
        raise ValueError(
            f"speech engine {name!r} is unknown; allowed: {', '.join(available_speech_engines())} "
            "(add others with register_speech_engine)"
        )
    _check_options(name, factory, options)
    if fallback is None:
        return factory(model, voice, **options)
    secondary = fallback if isinstance(fallback, SpeechEngine) else load_speech_engine(fallback)
    return FallbackSpeechEngine(lambda: factory(model, voice, **options), secondary)


def load_versioned_engine(
    name: str, folder: str | None, voice: str | None, fallback: str | None, version: str | None
) -> tuple[SpeechEngine, str | None]:
    """Load the engine that a checkpoint was trained with, and return it with its version.

    Args:
        name: of the engine.
        folder: of its weights.
        voice: of the engine.
        fallback: name of the engine that speaks where this one is missing; then no version is checked, as the report
            of each row says who spoke.
        version: that the checkpoint was made with; None accepts any.

    Raises:
        ValueError: It is another version; otherwise as `load_speech_engine`.
    """
    engine = load_speech_engine(name, folder, voice, fallback=fallback)
    if isinstance(engine, FallbackSpeechEngine) and engine.primary is None:
        return engine, version
    if version not in (None, engine.version):
        raise ValueError(
            f"The checkpoint was made with {name} {version}, this one is {engine.version}: give its folder "
            "(speech_model), or set speech_version=None to accept another voice."
        )
    return engine, engine.version


def _check_options(name: str, factory: SpeechEngineFactory, options: dict[str, Any]) -> None:
    parameters = inspect.signature(factory).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    allowed = sorted(parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY)
    unknown = sorted(set(options) - set(allowed))
    if unknown:
        raise ValueError(
            f"speech engine {name!r} has no option {', '.join(unknown)}; allowed: {', '.join(allowed) or 'none'}"
        )


register_speech_engine("espeak", EspeakSpeechEngine)
register_speech_engine("kokoro", KokoroSpeechEngine)
