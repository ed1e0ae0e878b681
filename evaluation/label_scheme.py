"""How the labels of a table and of a classifier meet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from decloak.training.data.tables import TableRow, whole_number

MOST_UNKNOWN = 0.05  # More labels that fit no class are the sign of a wrong column or model, not of bad rows.


@dataclass(frozen=True)
class LabelScheme:
    """How the labels of data and model meet.

    Attributes:
        names: The classes that are measured, by id.
        model_names: The labels of the model, by id.
        positive: The model's labels that count as class 1, every other as class 0; empty when the classes are
            the model's.
    """

    names: list[str]
    model_names: list[str]
    positive: list[str]

    def true_class(self, label: object) -> int | None:
        """Find the class of a label in the data: a class id, or a name of the model's; None if neither."""
        if isinstance(label, str) and label in self.model_names:
            return self.model_class(label)
        number = whole_number(label)
        return number if number is not None and 0 <= number < len(self.names) else None

    def model_class(self, name: str) -> int:
        """Find the class of one of the model's labels."""
        return int(name in self.positive) if self.positive else self.model_names.index(name)

    def predicted_class(self, label: str, class_scores: Sequence[float]) -> int:
        """Choose the class: the model's own answer, or among classes of several labels the likelier."""
        return int(class_scores[1] > class_scores[0]) if self.positive else self.model_class(label)

    def class_scores(self, scores: dict[str, float]) -> list[float]:
        """Add up the model's scores class by class."""
        totals = [0.0] * len(self.names)
        for name, score in scores.items():
            totals[self.model_class(name)] += score
        return totals


@dataclass(frozen=True)
class LabelledText:
    """A text and its true class, or why the row cannot be used.

    Attributes:
        text: The text; empty when `error` is set.
        true: Its class; -1 when `error` is set.
        error: What is wrong with the row, or None.
    """

    text: str = ""
    true: int = -1
    error: str | None = None


def label_scheme(model_names: Sequence[str], positive: Sequence[str]) -> LabelScheme:
    """Decide which classes are measured.

    Raises:
        ValueError: A positive label is none of the model's, or all of them are positive, or the model has one
            label only.
    """
    names = list(model_names)
    unknown = [name for name in positive if name not in names]
    if unknown:
        raise ValueError(f"positive labels are {', '.join(unknown)}, but the model's labels are {', '.join(names)}")
    if len(names) < 2:
        raise ValueError(f"the model has the one label {', '.join(names)}: it scores, it does not classify")
    if len(set(positive)) == len(names):
        raise ValueError("every label of the model is positive; leave one out")
    chosen = list(dict.fromkeys(positive))
    return LabelScheme(["other", "+".join(chosen)] if chosen else names, names, chosen)


def labelled_texts(
    rows: Iterable[TableRow], text_column: str, label_column: str, scheme: LabelScheme
) -> list[LabelledText]:
    """Turn rows of a table into texts and classes; a few rows with another label become errors.

    Raises:
        ValueError: More than a few labels (`MOST_UNKNOWN`) are no class of the scheme: it is not the data's.
    """
    rows = list(rows)
    found = {row.number: row.values.get(label_column) for row in rows if row.error is None}
    labels = {number: label for number, label in found.items() if not _is_absent(label)}
    classes = {number: scheme.true_class(label) for number, label in labels.items()}
    unknown = sum(true is None for true in classes.values())
    if unknown > MOST_UNKNOWN * len(classes):
        held = sorted({str(label) for label in labels.values()})
        raise ValueError(
            f"the labels of data and model do not meet: column {label_column} holds "
            f"{_some(held)}; allowed are the class ids 0 to {len(scheme.names) - 1} and "
            f"the model's labels {_some(scheme.model_names)}. For 0/1 data say which of the model's labels are "
            "positive (--positive-label)."
        )
    return [_labelled_text(row, text_column, labels.get(row.number), classes.get(row.number)) for row in rows]


def _labelled_text(row: TableRow, text_column: str, label: object, true: int | None) -> LabelledText:
    text = row.values.get(text_column)
    if row.error is not None:
        return LabelledText(error=row.error)
    if true is None:
        return LabelledText(error="the label is missing" if label is None else f"the label {label!r} is no class")
    if not isinstance(text, str):
        return LabelledText(error=f"{text_column} is {type(text).__name__}, a string is needed")
    return LabelledText(text, true)


def _is_absent(label: object) -> bool:
    return label is None or label != label or (isinstance(label, str) and not label.strip())  # NaN differs from itself


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f", ... ({len(names)} in all)" if len(names) > 10 else "")
