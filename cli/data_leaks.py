"""`decloak data leaks` and `decloak data split`: what splits share, and splits that share nothing."""

import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decloak.cli.errors import clear_errors, note
from decloak.cli.options import TextColumn, pairs

if TYPE_CHECKING:
    from decloak.evaluation.leaks import SplitRows


class LeakFormat(str, Enum):
    """How a report is written."""

    table = "table"
    json = "json"


LabelColumn = Annotated[str, typer.Option(help="The column that holds the label, where there is one.")]
GroupColumn = Annotated[
    str | None,
    typer.Option(help="A column that is the same for all variants of a sentence, such as group.", show_default=False),
]
Threshold = Annotated[
    float,
    typer.Option(
        min=0.01, max=1.0, help="Share of character trigrams (Jaccard) that near duplicates have in common, at least."
    ),
]
Cloaked = Annotated[
    bool, typer.Option("--cloaked", help="Look through cloaks too (profile full of `decloak normalize`); slower.")
]


def leaks(
    tables: Annotated[list[str], typer.Argument(metavar="NAME=FILE...", help="Splits, of one data set or of several.")],
    text_column: TextColumn = "text",
    group_column: GroupColumn = None,
    id_column: Annotated[str, typer.Option(help="The column of the ids to name rows by, where there is one.")] = "id",
    label_column: LabelColumn = "label",
    threshold: Threshold = 0.7,
    cloaked: Cloaked = False,
    test_suite: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help="A test suite beside HateCheck and Mandarin HateCheck, which decloak knows; may be repeated.",
            show_default=False,
        ),
    ] = None,
    texts: Annotated[bool, typer.Option("--texts", help="Show texts, not only row numbers and ids.")] = False,
    rows: Annotated[int, typer.Option(min=0, help="Rows to show of each pair of splits; json has them all.")] = 5,
    format_: Annotated[
        LeakFormat, typer.Option("--format", help="Tables for people, or one JSON object.")
    ] = LeakFormat.table,
    fail: Annotated[bool, typer.Option("--fail", help="End with exit code 1 if anything leaks, for CI.")] = False,
) -> None:
    """Find what splits share: equal texts, near duplicates, groups, and texts of test suites.

    For each pair of splits it says how many rows of the second have a sibling in the first. exact: equal but for case,
    width and white space. near: similar from the threshold on. cloaked: so under the cloak. group: of the same group.
    other label: the sibling has another label. Texts of test suites count as a leak in splits whose names begin with
    train. Rows are named by number and id; the data itself is not shown without --texts.

    **Examples**

    ```
    decloak data leaks train=train.csv test=test.csv
    decloak data leaks train=a.csv.gz dev=b.jsonl test=c.parquet --group-column group --fail
    decloak data leaks train=a.csv test=b.csv --cloaked --format json > leaks.json
    decloak data leaks train=a.csv --test-suite ours=our-cases.csv
    ```
    """
    from decloak.evaluation.leaks import has_leaks, leak_report, read_split
    from decloak.training.data.test_suites import suite_hashes

    with clear_errors():
        files = pairs("NAME=FILE", tables)
        splits = [
            read_split(name, file, text_column, group_column, id_column, label_column) for name, file in files.items()
        ]
        suites = {
            name: read_split(name, file, text_column).texts
            for name, file in pairs("--test-suite", test_suite or []).items()
        }
        report = leak_report(splits, threshold, cloaked=cloaked, texts=texts, suites=suite_hashes(suites))
    if format_ is LeakFormat.json:
        typer.echo(json.dumps(report))
    else:
        from rich.console import Console

        from decloak.cli.data_leaks_tables import leak_tables

        Console(soft_wrap=True).print(*leak_tables(report, rows), sep="\n")
    if fail and has_leaks(report):
        note("something leaks", style="bold red")
        raise typer.Exit(1)


def split(
    file: Annotated[Path, typer.Argument(help="A .csv, .tsv, .jsonl or .parquet file, also with .gz.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files of the splits and split.json.")],
    shares: Annotated[
        list[str],
        typer.Option(metavar="NAME=SHARE", help="A split and its share of the rows; repeat until they are 1 in sum."),
    ],
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    group_column: GroupColumn = None,
    near_duplicates: Annotated[
        bool, typer.Option(help="Keep near duplicates on one side; without it only equal texts and groups.")
    ] = True,
    threshold: Threshold = 0.7,
    cloaked: Cloaked = False,
    seed: Annotated[int, typer.Option(help="Chooses which groups go where.")] = 0,
) -> None:
    """Split a table so that all variants of a sentence are on one side, with equal shares of the labels.

    Rows are joined by their group column, equal texts and near duplicates. The files have all columns of the table, and
    its format. split.json says how they were made. The same seed gives the same splits, whatever the order of the rows.

    **Examples**

    ```
    decloak data split all.csv --shares train=0.8 --shares dev=0.1 --shares test=0.1 --output splits
    decloak data split all.jsonl --shares train=0.9 --shares test=0.1 --group-column id --no-near-duplicates -o splits
    ```
    """
    from decloak.evaluation.leaks import read_split
    from decloak.training.data.group_splits import split_groups, text_groups
    from decloak.training.data.table_parts import write_parts

    with clear_errors():
        wanted = _shares(shares)
        table = read_split(file.name, file, text_column, group_column, label_column=label_column)
        if not table.texts:
            raise ValueError(f"{file}: none of its rows has a text in column {text_column}")
        groups = text_groups(table.texts, table.groups, threshold if near_duplicates else None, cloaked=cloaked)
        sides = split_groups(groups, wanted, seed, _classes(table))
        settings = {
            "seed": seed,
            "shares": wanted,
            "group_column": group_column,
            "threshold": threshold if near_duplicates else None,
            "cloaked": cloaked,
            "unusable": table.unusable,
        }
        record = {**settings, "splits": _contents(table, groups, sides, wanted)}
        write_parts(file, dict(zip(table.numbers, sides, strict=True)), output)
        (output / "split.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    _print_split(record)
    typer.echo(output)


def _shares(values: list[str]) -> dict[str, float]:
    try:
        return {name: float(share) for name, share in pairs("--shares", values).items()}
    except ValueError as error:
        raise ValueError(
            f"--shares {' '.join(values)}: each must read NAME=SHARE, such as train=0.8 ({error})"
        ) from error


def _classes(table: "SplitRows") -> list[int] | None:
    """Give each label a number; rows without one are a class of their own. None if there is nothing to tell apart."""
    names = {name: number for number, name in enumerate(sorted({label or "" for label in table.labels}))}
    return [names[label or ""] for label in table.labels] if len(names) > 1 else None


def _contents(
    table: "SplitRows", groups: list[str], sides: list[str], wanted: Mapping[str, float]
) -> dict[str, dict[str, Any]]:
    contents: dict[str, dict[str, Any]] = {}
    for name in wanted:
        rows = [row for row, side in enumerate(sides) if side == name]
        labels = [table.labels[row] or "" for row in rows]
        contents[name] = {
            "rows": len(rows),
            "share": len(rows) / len(sides),
            "groups": len({groups[row] for row in rows}),
            "labels": {label: labels.count(label) for label in sorted(set(labels))},
        }
    return contents


def _print_split(record: Mapping[str, Any]) -> None:
    for name, content in record["splits"].items():
        labels = ", ".join(f"{count:,} of {label or 'no label'}" for label, count in content["labels"].items())
        share = f"{content['share']:.1%} (wanted {record['shares'][name]:.1%})"
        note(f"{name}: {content['rows']:,} rows, {share}, {content['groups']:,} groups; {labels}")
        if not content["rows"]:
            note(f"{name} is empty, and has no file: its share is less than a group", style="yellow")
    if record["unusable"]:
        first = ", ".join(map(str, record["unusable"][:5]))
        note(f"{len(record['unusable'])} rows have no text or cannot be read and are left out (rows {first}, ...)")
