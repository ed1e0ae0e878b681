"""The texts whose routing is looked at, each with its uncloaked twin where there is one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from decloak.processing.cloaking import Attack

from .changed_characters import ChangedCharacters, compared, from_edits

# More are a column of something else: a group of tokens a label would then be of a handful of texts each.
MOST_LABELS = 12


@dataclass(frozen=True)
class RoutedText:
    """A text that is sent through the model.

    Attributes:
        text: as it is read; the cloaked one where there are two.
        number: its row in the table, to name it by; 0 for none.
        id: by which its twin is found, or None.
        label: its label as the table writes it, or None.
        twin: the uncloaked text, or None.
        changed: where the two differ; nothing without a twin.
    """

    text: str
    number: int = 0
    id: str | None = None
    label: str | None = None
    twin: str | None = None
    changed: ChangedCharacters = ChangedCharacters()


def with_twins(texts: Iterable[RoutedText], twins: Mapping[str, str]) -> list[RoutedText]:
    """Give cloaked texts their uncloaked twins.

    Args:
        texts: the cloaked ones. Those without an id among the twins stay as they are.
        twins: uncloaked texts by id.

    Raises:
        ValueError: No text has a twin, or none differs from its own: the tables do not belong together.
    """
    paired = [_paired(text, twins.get(text.id)) if text.id is not None else text for text in texts]
    found = [text for text in paired if text.twin is not None]
    if not found:
        raise ValueError(
            f"none of the {len(paired)} texts has a twin: texts and twins need a column id with the same ids in both"
        )
    if not any(text.changed for text in found):
        raise ValueError(f"none of the {len(found)} twins differs from its text: give the uncloaked texts as twins")
    return paired


def with_attack(texts: Iterable[RoutedText], attack: Attack) -> list[RoutedText]:
    """Attack texts, each of which becomes the twin of what the attack makes of it.

    Raises:
        ValueError: The attack changes no text: it is for another language, or too weak for so few.
    """
    attacked = [(text, attack.apply(text.text)) for text in texts]
    if not any(result.changes for _, result in attacked):
        raise ValueError(
            f"{attack!r} changes none of the {len(attacked)} texts; it is for texts in {', '.join(attack.languages)}"
        )
    return [replace(text, text=got.text, twin=text.text, changed=from_edits(got)) for text, got in attacked]


def labels_of_texts(texts: Sequence[RoutedText]) -> list[str]:
    """List the labels that the texts have, sorted; none where there are too many to be classes (`MOST_LABELS`)."""
    labels = sorted({text.label for text in texts if text.label is not None})
    return labels if len(labels) <= MOST_LABELS else []


def _paired(text: RoutedText, twin: str | None) -> RoutedText:
    return text if twin is None else replace(text, twin=twin, changed=compared(text.text, twin))


__all__ = ["MOST_LABELS", "RoutedText", "labels_of_texts", "with_attack", "with_twins"]
