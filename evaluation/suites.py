"""The suites of `decloak evaluate --suite`: what data each needs, and what is measured on it."""

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from decloak.evaluation.evaluating import LabelledTable


@dataclass(frozen=True)
class Suite:
    """A way to test a classifier.

    Attributes:
        name: as `--suite` takes it.
        description: what it tests, in one line.
        data: name of the data set in `decloak data ls` that is taken where no file is given; None if a file is needed.
        column: column that the data must have.
        groups: where groups come from, as in `EvaluationSettings`.
        attacks: attack every text.
        several: needs more than one data set.
        language_by_name: each table is one language, and its name says which (`language_of_name`).
    """

    name: str
    description: str
    data: str | None = None
    column: str | None = None
    groups: str = "auto"
    attacks: bool = False
    several: bool = False
    language_by_name: bool = False


SUITES = {
    suite.name: suite
    for suite in (
        Suite("hatecheck", "functional tests: accuracy per functionality and target", "hatecheck", "functionality"),
        Suite(
            "mhc",
            "Multilingual HateCheck: the same for each language",
            "multilingual_hatecheck",
            "functionality",
            language_by_name=True,
        ),
        Suite("bias", "identity terms: false alarms and misses per group", "bias_templates", groups="terms"),
        Suite("robustness", "every attack at every strength", attacks=True),
        Suite("cross-dataset", "several data sets side by side", several=True),
    )
}


def check_suite(suite: Suite, tables: list[LabelledTable]) -> list[LabelledTable]:
    """Check that tables are what a suite needs, and mark them.

    Raises:
        ValueError: There is one table where several are needed, or a table lacks the suite's column.
    """
    if suite.several and len(tables) < 2:
        raise ValueError(f"--suite {suite.name} compares data sets: give two or more, each as --data NAME=PATH")
    for table in tables:
        column = suite.column
        if column and not any(row.values.get(column) not in (None, "") for row in table.rows):
            raise ValueError(
                f"--suite {suite.name} needs a column {column}, which {table.name} lacks (or has empty in every row)"
            )
    return [
        replace(table, suite=suite.name, language=language_of_name(table.name))
        if suite.language_by_name
        else replace(table, suite=suite.name)
        for table in tables
    ]


def language_of_name(name: str) -> str:
    """Return the code of the language in a table's name (`mandarin`, `cases_final_mandarin.csv`); else the name."""
    words = re.split(r"[^a-z]+", name.casefold())
    return next((_codes()[word] for word in words if word in _codes()), name)


@cache
def _codes() -> dict[str, str]:
    lines = Path(__file__).with_name("language_codes.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


__all__ = ["SUITES", "Suite", "check_suite", "language_of_name"]
