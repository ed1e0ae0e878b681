"""Open any classifier by what a person names: a folder, a Hub id, or a function."""

import json
from collections.abc import Sequence
from pathlib import Path

from .baseline_folder import FILE, read_manifest
from .callable_classifier import PREFIX, CallableClassifier
from .classification_head import HEAD_SETTINGS, HEAD_WEIGHTS, has_head
from .sentence_encoder import MODULES
from .text_classifier import TextClassifier


def open_classifier(
    model: str,
    revision: str | None = None,
    trust_remote_code: bool = False,
    device: str = "auto",
    dtype: str = "auto",
    batch_size: int = 32,
    modalities: Sequence[str] | None = None,
    head: str | None = None,
    callable_name: str | None = None,
) -> TextClassifier:
    """Open a classifier.

    What a folder holds decides: `decloak_baseline.json`, a baseline of `decloak baseline`; `modules.json` and a head,
    sentence embeddings; else config.json and safetensors weights, any text classifier of transformers.

    Args:
        model: A folder, a Hub id, or `callable:package.module:function`, **which imports that module and so runs its
            code**.
        revision: Commit, tag or branch of a Hub model.
        trust_remote_code: Run the Python code of the model's repository.
        device: `auto`, `cpu`, `cuda` or `mps`.
        dtype: `auto`, `float32`, `float16` or `bfloat16`.
        batch_size: Texts that are answered at once.
        modalities: The senses to use, for a decloak model; None is all that it has.
        head: Folder of a linear head; `model` is then a sentence-transformers folder or Hub id.
        callable_name: `package.module:function` to ask; `model` is then only what reports call it.

    Raises:
        FileNotFoundError: There is no such folder.
        ImportError: A package that this kind needs is missing.
        ValueError: The model cannot be loaded, or an option does not fit its kind.
    """
    target = callable_name or (model.removeprefix(PREFIX) if model.startswith(PREFIX) else None)
    folder = Path(model)
    if target is not None:
        _refuse_options("a function", revision=revision, modalities=_senses(modalities), head=head)
        return CallableClassifier.load(target, model, batch_size)
    if (folder / FILE).is_file():
        _refuse_options("a baseline", revision=revision, modalities=_senses(modalities), head=head)
        return _open_baseline(folder, model)
    if _is_embedding(folder, head):
        from .embedding_classifier import EmbeddingClassifier

        _refuse_options("an embedding classifier", modalities=_senses(modalities))
        return EmbeddingClassifier.load(model, head, revision, trust_remote_code, device, dtype, batch_size)
    return _open_pipeline(model, revision, trust_remote_code, device, dtype, batch_size, modalities)


def _senses(modalities: Sequence[str] | None) -> Sequence[str] | None:
    """Return the senses that only a decloak model has; all others read the text, with or without being told."""
    return None if modalities is None or list(modalities) == ["text"] else modalities


def _refuse_options(kind: str, **options: object) -> None:
    given = [f"{name} {value}" for name, value in options.items() if value is not None]
    if given:
        raise ValueError(f"{', '.join(given)} was given, but {kind} has no such thing: leave it out")


def _open_baseline(folder: Path, name: str) -> TextClassifier:
    if read_manifest(folder)["kind"] == "tfidf":
        from .tfidf_classifier import TfidfClassifier

        return TfidfClassifier.load(folder, name)
    from .lexicon_classifier import LexiconClassifier

    return LexiconClassifier.load(folder, name)


def _is_embedding(folder: Path, head: str | None) -> bool:
    """Tell whether a model is a sentence encoder with a head.

    Raises:
        ValueError: It is an encoder without one, or with a pickled one.
    """
    if head is not None:
        return True
    if not (folder / MODULES).is_file():
        return False
    if has_head(folder):
        return True
    if _is_sequence_classifier(folder):
        return False  # sentence-transformers saves cross-encoders so
    raise ValueError(
        f"{folder} is a sentence encoder ({MODULES}) without a head: {HEAD_WEIGHTS} and {HEAD_SETTINGS} are needed in "
        "it, or in a folder named by the option head. `decloak baseline encoder --frozen` makes both."
    )


def _is_sequence_classifier(folder: Path) -> bool:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    names = config.get("architectures") if isinstance(config, dict) else None
    return any(str(name).endswith("ForSequenceClassification") for name in names or [])


def _open_pipeline(
    model: str,
    revision: str | None,
    trust_remote_code: bool,
    device: str,
    dtype: str,
    batch_size: int,
    modalities: Sequence[str] | None,
) -> TextClassifier:
    from decloak.evaluation.classifier_loading import load_text_classifier

    from .pipeline_classifier import PipelineClassifier

    pipeline = load_text_classifier(model, revision, trust_remote_code, device, dtype)
    name = f"{model}@{revision}" if revision else model
    return PipelineClassifier(pipeline, name, batch_size, list(modalities) if modalities is not None else None)


__all__ = ["open_classifier"]
