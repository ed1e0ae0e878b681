"""How the labels of a table and of a classifier meet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from decloak.training.data.tables import TableRow, whole_number

MOST_UNKNOWN = 0.05  # More labels that fit no class are the sign of a wrong column or model, not of bad rows.


@dataclass(frozen=True)
class LabelScheme:
    """How the labels of data and model meet.

    Attributes:
        names: The classes that are measured, by id.
        model_names: The labels of the model, by id.
        positive: The model's labels that count as class 1, every other as class 0; empty when the classes are
            the model's, or those of `labels_map`.
        labels_map: The class of labels on either side, by what `label_keys` makes of them, all of the model's among
            them; empty when there is no map.
        independent: The model scores each label on its own (several labels a text, or one label): a text is as much
            of class 1 as the highest of the positive labels says.
    """

    names: list[str]
    model_names: list[str]
    positive: list[str]
    labels_map: Mapping[str, int] = field(default_factory=dict)
    independent: bool = False

    def true_class(self, label: object) -> int | None:
        """Find the class of a label in the data; None if it has none.

        With a map it is what the map says, whatever the case and the white space around. A whole number is a class id
        unless the map names numbers itself. Without one it is a name of the model's, or a class id.
        """
        number = whole_number(label)
        if self.labels_map:
            mapped = next((self.labels_map[key] for key in label_keys(label) if key in self.labels_map), None)
            if mapped is not None or any(whole_number(key) is not None for key in self.labels_map):
                return mapped
        elif isinstance(label, str) and label in self.model_names:
            return self.model_class(label)
        return number if number is not None and 0 <= number < len(self.names) else None

    def model_class(self, name: str) -> int:
        """Find the class of one of the model's labels."""
        if self.labels_map:
            return self.labels_map[label_keys(name)[0]]
        return int(name in self.positive) if self.positive else self.model_names.index(name)

    def predicted_class(self, label: str, class_scores: Sequence[float]) -> int:
        """Choose the class: the model's own answer, or among classes of several labels the likelier."""
        if len(self.names) == len(self.model_names) and not self.positive and not self.independent:
            return self.model_class(label)
        return max(range(len(class_scores)), key=class_scores.__getitem__)

    def class_scores(self, scores: dict[str, float]) -> list[float]:
        """Add up the model's scores class by class; independent ones make two classes that add up to 1."""
        if self.independent:
            highest = max(score for name, score in scores.items() if self.model_class(name))
            return [1 - highest, highest]
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
        number: Which row of its table it is, as `TableRow` counts; 0 when it is of none. No part of equality.
        values: The row's other columns that were asked for; empty when the row could not be read. No part of equality.
    """

    text: str = ""
    true: int = -1
    error: str | None = None
    number: int = field(default=0, compare=False)
    values: dict[str, Any] = field(default_factory=dict, compare=False)


def label_keys(label: object) -> list[str]:
    """List what a label is looked up by in a labels map, the surest first.

    Case and white space around do not count, nor how a whole number is written: 1, "1", 1.0 and " 1.0 " are one label.
    """
    if isinstance(label, bool):
        return [str(label).casefold(), str(int(label))]
    number = whole_number(label)
    if number is not None:
        return [str(number)]
    return [str(label).strip().casefold()] if isinstance(label, str | float) else []


def label_scheme(
    model_names: Sequence[str],
    positive: Sequence[str],
    labels_map: Mapping[str, int] | None = None,
    independent: bool = False,
) -> LabelScheme:
    """Decide which classes are measured.

    Args:
        model_names: The labels of the model, by id.
        positive: Those that count as class 1, every other as class 0. Empty for the model's own classes.
        labels_map: The class of labels on either side: the model's, and values in the data, such as
            `{"hate": 1, "offensive": 1, "normal": 0, "LABEL_1": 1, "LABEL_0": 0}`. With `positive` it need not name the
            model's. None and an empty one are no map.
        independent: The model scores each label on its own; it may then have one label, or be all positive.

    Raises:
        ValueError: A positive label is none of the model's, or all of them are positive; the model has one label
            only; the map leaves out a label of the model, contradicts itself or `positive`, or has a class that no
            label of the model is of; independent labels and nothing that says which are positive.
    """
    names = list(model_names)
    unknown = [name for name in positive if name not in names]
    if unknown:
        raise ValueError(f"positive labels are {', '.join(unknown)}, but the model's labels are {', '.join(names)}")
    if independent:
        return _independent_scheme(names, list(dict.fromkeys(positive)), labels_map or {})
    if len(names) < 2:
        raise ValueError(f"the model has the one label {', '.join(names)}: it scores, it does not classify")
    if len(set(positive)) == len(names):
        raise ValueError("every label of the model is positive; leave one out")
    chosen = list(dict.fromkeys(positive))
    if labels_map:
        return _mapped_scheme(names, chosen, labels_map)
    return LabelScheme(["other", "+".join(chosen)] if chosen else names, names, chosen)


def _independent_scheme(names: list[str], positive: list[str], given: Mapping[str, int]) -> LabelScheme:
    """Make two classes of labels that are scored each on its own."""
    classes = _checked(given.items())
    chosen = positive or [name for name in names if classes.get(label_keys(name)[0]) == 1]
    beyond = [label for label, number in given.items() if number > 1]
    if not chosen or beyond:
        raise ValueError(
            f"the model scores {_some(names)} each on its own, which makes two classes: say which count as class 1, by "
            f"--positive-label or a labels map{f' (it names class {given[beyond[0]]})' if beyond else ''}"
        )
    # Those of the model that the map leaves out count as class 0: no text needs to be of any label.
    whole = _checked([*given.items(), *((name, int(name in chosen)) for name in names)]) if given else {}
    return LabelScheme(["other", "+".join(chosen)], names, [] if given else chosen, whole, independent=True)


def _mapped_scheme(names: list[str], positive: list[str], given: Mapping[str, int]) -> LabelScheme:
    classes = _checked(given.items())
    if positive:
        classes = _checked([*given.items(), *((name, int(name in positive)) for name in names)])
    homeless = [name for name in names if label_keys(name)[0] not in classes]
    if homeless:
        raise ValueError(
            f"the labels map says no class for {_some(homeless)} of the model, whose labels are {_some(names)}; it "
            f"names {_some(list(given))}. Add an entry for each label of the model and of the data"
        )
    members: dict[int, list[str]] = {number: [] for number in range(max(classes.values()) + 1)}
    for name in names:
        members[classes[label_keys(name)[0]]].append(name)
    empty = [str(number) for number, labels in members.items() if not labels]
    if empty or len(members) < 2:
        raise ValueError(
            f"the labels map must give each class, from 0 to the largest and at least 1, a label of the model; "
            f"{_some(empty) or '1'} has none. The model's labels are {_some(names)}"
        )
    return LabelScheme(_class_names(members), names, [], classes)


def _checked(entries: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Fold the labels of a map to keys."""
    classes: dict[str, int] = {}
    for label, number in entries:
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise ValueError(f"the labels map gives {label!r} the class {number!r}; allowed are 0, 1, 2, ...")
        if not (keys := label_keys(label)):
            raise ValueError(f"the labels map has the label {label!r}; allowed are names and numbers")
        key = keys[0]
        if classes.setdefault(key, number) != number:
            raise ValueError(
                f"the label {label!r} has two classes, {classes[key]} and {number}; case, white space around, and how "
                "a number is written make no difference, and positive labels are of class 1"
            )
    return classes


def _class_names(members: dict[int, list[str]]) -> list[str]:
    """Name classes by the model's labels where that is short and plain."""
    if all(len(labels) == 1 for labels in members.values()):
        return [label for labels in members.values() for label in labels]
    return ["negative", "positive"] if len(members) == 2 else ["+".join(labels) for labels in members.values()]


def labelled_texts(
    rows: Iterable[TableRow], text_column: str, label_column: str, scheme: LabelScheme
) -> list[LabelledText]:
    """Turn rows of a table into texts and classes; a few rows with another label become errors.

    Raises:
        ValueError: More than a few labels (`MOST_UNKNOWN`) are no class of the scheme: it is not the data's.
    """
    rows = list(rows)
    labels = [None if _is_absent(label := row.values.get(label_column)) else label for row in rows]
    classes = [scheme.true_class(label) for label in labels]
    held = [label for label in labels if label is not None]
    homeless = [label for label, true in zip(labels, classes, strict=True) if label is not None and true is None]
    if len(homeless) > MOST_UNKNOWN * len(held):
        raise ValueError(_no_meeting(label_column, held, homeless, scheme))
    taken = {text_column, label_column}
    return [
        _labelled_text(row, text_column, label, true, {key: row.values[key] for key in row.values if key not in taken})
        for row, label, true in zip(rows, labels, classes, strict=True)
    ]


def _no_meeting(label_column: str, held: list[object], homeless: list[object], scheme: LabelScheme) -> str:
    values, unknown = (sorted({str(label) for label in labels}) for labels in (held, homeless))
    if scheme.labels_map:
        allowed = f"the labels map names {_some(list(scheme.labels_map))}, and the model's labels are"
        fix = "Add an entry to the map for each that has no class."
    else:
        allowed = f"allowed are the class ids 0 to {len(scheme.names) - 1} and the model's labels"
        fix = "For 0/1 data say which of the model's labels are positive (--positive-label)."
        fix += (
            f" Else say the class of each label on both sides by a labels map (--labels-map), such as "
            f"{unknown[0]}=1, for all of {_some(list(dict.fromkeys([*values, *scheme.model_names])))}."
        )
    return (
        f"the labels of data and model do not meet: column {label_column} holds {_some(values)}, of which "
        f"{_some(unknown)} have no class; {allowed} {_some(scheme.model_names)}. {fix}"
    )


def _labelled_text(
    row: TableRow, text_column: str, label: object, true: int | None, values: dict[str, Any]
) -> LabelledText:
    text = row.values.get(text_column)
    error = row.error
    if error is None and true is None:
        error = "the label is missing" if label is None else f"the label {label!r} is no class"
    if error is None and not isinstance(text, str):
        error = f"{text_column} is {type(text).__name__}, a string is needed"
    if error is not None or true is None or not isinstance(text, str):
        return LabelledText(error=error, number=row.number, values=values)
    return LabelledText(text, true, None, row.number, values)


def duplicate_ids(rows: Iterable[TableRow | LabelledText], column: str = "id") -> list[tuple[str, list[int]]]:
    """Find ids that several rows bear, to be noted: nothing is wrong with the rows themselves.

    Args:
        rows: Rows with the column among their values; those without one are passed over.
        column: The column of ids. They are compared as text: 1 and "1" are one id.

    Returns:
        Each such id with the numbers of its rows, in the order of the first.
    """
    numbers: dict[str, list[int]] = {}
    for row in rows:
        value = row.values.get(column)
        if not _is_absent(value):
            numbers.setdefault(str(value).strip(), []).append(row.number)
    return [(value, found) for value, found in numbers.items() if len(found) > 1]


def _is_absent(label: object) -> bool:
    return label is None or label != label or (isinstance(label, str) and not label.strip())  # NaN differs from itself


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f", ... ({len(names)} in all)" if len(names) > 10 else "")
