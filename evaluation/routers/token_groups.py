"""Groups of tokens: what a token is, what it carries, whether cloaking changed it, and which label its text has."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decloak.modeling import MODALITIES

from .changed_characters import touches
from .routed_windows import RoutedWindow

Mask = NDArray[np.bool_]
ALL, SPECIAL, WORDS, CHANGED, UNCHANGED = "all", "special", "words", "changed", "unchanged"
LABEL = "label "
CARRIED = {"speech": "with_sound", "vision": "with_glyph", "transcript": "with_heard_word"}
GROUPS = {
    ALL: "every token that is not padding: what the load-balancing loss is about",
    SPECIAL: "special tokens, such as [CLS] and [SEP]",
    WORDS: "tokens of the text itself",
    "speech": "speech tokens, heard words among them (fusion=concat)",
    "heard_word": "tokens of words that are heard otherwise than they are written (fusion=concat)",
    "vision": "vision tokens (fusion=concat)",
    "text_alone": "text tokens to which no sense adds anything (fusion=add)",
    "with_sound": "text tokens to which a sound was added (fusion=add)",
    "with_glyph": "text tokens to which a glyph was added (fusion=add)",
    "with_heard_word": "text tokens to which a word heard otherwise was added (fusion=add)",
    CHANGED: "text tokens with a character that the cloaking changed",
    UNCHANGED: "the other text tokens of texts that the cloaking changed",
    "changed_speech": "speech tokens that belong to a changed text token (fusion=concat)",
    "unchanged_speech": "the other speech tokens of such texts (fusion=concat)",
    "changed_vision": "vision tokens that belong to a changed text token (fusion=concat)",
    "unchanged_vision": "the other vision tokens of such texts (fusion=concat)",
}


def group_names(labels: Sequence[str]) -> list[str]:
    """List all groups in their order, with one for each label of the texts."""
    return [*GROUPS, *(f"{LABEL}{label}" for label in labels)]


def describe_group(name: str) -> str:
    """Say what is in a group."""
    return GROUPS.get(name) or f"text tokens of texts with the {name}"


def token_groups(
    windows: Sequence[RoutedWindow],
    batch: Mapping[str, Any],
    modality_ids: NDArray[np.int64],
    fusion: str,
    labels: Sequence[str],
) -> dict[str, Mask]:
    """Tell which tokens of a batch belong to which group; a token is in several.

    Args:
        windows: the rows of the batch.
        batch: what the model was given (see `processing.batching`), as arrays.
        modality_ids: (rows, length) from the model; 0 text, 1 speech, 2 vision, -1 padding.
        fusion: of the model, `"add"` or `"concat"`.
        labels: of all texts.

    Returns:
        For each group (rows, length) of booleans; all False where this model or batch has none.
    """
    length = np.asarray(batch["input_ids"]).shape[1]
    width = modality_ids.shape[1]
    words, changed = _word_masks(windows, width)
    altered = _rows([window.source.changed is not None for window in windows])
    groups: dict[str, Mask] = dict.fromkeys(group_names(labels), np.zeros(modality_ids.shape, dtype=np.bool_))
    groups |= {
        ALL: modality_ids >= 0,
        SPECIAL: (modality_ids == 0) & ~words,
        WORDS: words,
        CHANGED: changed,
        UNCHANGED: words & altered & ~changed,
    }
    for label in labels:
        groups[f"{LABEL}{label}"] = words & _rows([window.source.label == label for window in windows])
    if fusion == "add":
        return groups | _carrying(words, batch, length)
    return groups | _sense_tokens(changed, altered, batch, modality_ids)


def covered(batch: Mapping[str, Any], name: str, length: int) -> Mask:
    """Tell which text tokens a kind of sense tokens belongs to: (rows, length) of booleans.

    Args:
        batch: as arrays.
        name: `"speech"`, `"vision"` or `"transcript"`.
        length: text tokens of the batch, padding included.
    """
    found = np.zeros((len(np.asarray(batch["input_ids"])), length), dtype=np.bool_)
    if f"{name}_positions" in batch:
        rows, tokens = np.nonzero(np.asarray(batch[f"{name}_attention_mask"]))
        found[rows, np.asarray(batch[f"{name}_positions"])[rows, tokens]] = True
    return found


def _rows(values: Sequence[bool]) -> Mask:
    return np.array(values, dtype=np.bool_)[:, None]


def _word_masks(windows: Sequence[RoutedWindow], width: int) -> tuple[Mask, Mask]:
    """Return the tokens that are words, and those of them that cover changed characters."""
    words = np.zeros((len(windows), width), dtype=np.bool_)
    changed = np.zeros_like(words)
    for row, window in enumerate(windows):
        for place, span in enumerate(window.spans):
            if span is not None:
                words[row, place] = True
                changed[row, place] = touches(window.source.changed or (), *span)
    return words, changed


def _carrying(words: Mask, batch: Mapping[str, Any], length: int) -> dict[str, Mask]:
    """Group text tokens by what was added to them; a token with a sound and a glyph is in both groups."""
    found = {group: words & covered(batch, name, length) for name, group in CARRIED.items()}
    anything = np.logical_or.reduce(list(found.values()))
    return found | {"text_alone": words & ~anything}


def _sense_tokens(
    changed: Mask, altered: Mask, batch: Mapping[str, Any], modality_ids: NDArray[np.int64]
) -> dict[str, Mask]:
    """Group the tokens behind the text by their sense, and by the text token that they belong to.

    A transcript stands last: the model concatenates speech, vision, transcript.
    """
    groups = {name: modality_ids == MODALITIES.index(name) for name in ("speech", "vision")}
    heard = np.zeros_like(changed)
    inherits = np.zeros_like(changed)
    place = np.asarray(batch["input_ids"]).shape[1]
    for name in ("speech", "vision", "transcript"):
        if f"{name}_positions" not in batch:
            continue
        positions = np.asarray(batch[f"{name}_positions"])
        end = place + positions.shape[1]
        inherits[:, place:end] = np.take_along_axis(changed, positions, axis=1)
        heard[:, place:end] = name == "transcript"
        place = end
    for name in ("speech", "vision"):
        groups[f"changed_{name}"] = groups[name] & inherits
        groups[f"unchanged_{name}"] = groups[name] & altered & ~inherits
    return groups | {"heard_word": groups["speech"] & heard}


__all__ = [
    "ALL",
    "CHANGED",
    "GROUPS",
    "LABEL",
    "SPECIAL",
    "UNCHANGED",
    "WORDS",
    "covered",
    "describe_group",
    "group_names",
    "token_groups",
]
