"""`decloak attack`: hide the words of texts, to test a classifier."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from decloak.cli.attack_files import TableFormat
from decloak.cli.errors import clear_errors, note

if TYPE_CHECKING:
    from rich.table import Table

    from decloak.cli.attack_files import AttackFile, SourceRow
    from decloak.processing.cloaking import Composition

# More errors than these are only counted.
MOST_ERRORS = 20


def attack(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="A .csv, .tsv, .jsonl, .parquet or .txt (one text a line) file, also with .gz; - or none is stdin.",
            show_default=False,
        ),
    ] = None,
    attacks: Annotated[
        list[str] | None,
        typer.Option(
            "--attack",
            "-a",
            metavar="NAME",
            help="What is done to the texts; see --list. Repeat it to compose attacks, in the order given.",
            show_default=False,
        ),
    ] = None,
    strength: Annotated[
        float, typer.Option(help="Share of the places that change: 0 changes nothing, 1 every place.")
    ] = 0.3,
    seed: Annotated[int, typer.Option(help="Another seed chooses other places and replacements.")] = 0,
    keywords: Annotated[
        Path | None,
        typer.Option(help="A file with one word a line: only these words are changed.", show_default=False),
    ] = None,
    column: Annotated[str, typer.Option(help="The column that holds the text.")] = "text",
    spans: Annotated[bool, typer.Option("--spans", help="Add a column changes: what became what, as JSON.")] = False,
    format_: Annotated[
        TableFormat | None,
        typer.Option(
            "--format", help="What FILE holds. Default: what its name says; plain lines on stdin.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write here instead of to stdout, in the same format.", show_default=False),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Show all attacks and stop.")] = False,
) -> None:
    """Hide the words of texts, as people do who want to get past a filter.

    Run a classifier on a file and on the attacked file, and compare. The same seed, text and strength give the same
    result on every machine.

    The text is changed and all other columns stay. New columns are original (the text before) and attack (its
    name); --spans adds changes, a list of start and end in the original, new_start and new_end in the result, and the
    two pieces. Plain lines come back as plain lines, or with --spans as JSON lines. A row without a text stays as it
    is and is reported.

    Web addresses, mail addresses and @names are never changed.

    **Examples**

    ```
    decloak attack --list
    echo "今天天气很好" | decloak attack --attack homophone --strength 0.5
    decloak attack --attack leet --attack spaces --strength 0.2 test.csv --output attacked.csv
    decloak attack --attack emoji --keywords words.txt --strength 1 --spans test.jsonl
    ```
    """
    from decloak.cli.attack_files import chosen_format, open_attack_file
    from decloak.cli.output import show_progress

    if list_:
        _show_attacks()
        return
    with clear_errors():
        chosen = _attacks(attacks or [], strength, seed, keywords)
        file, output = (None if path is None or str(path) == "-" else path for path in (file, output))
        added = ["original", "attack", *(["changes"] if spans else [])]
        with open_attack_file(chosen_format(format_, file, output), file, output, column, added) as table:
            rows = show_progress(cast(Any, table.rows()), hidden=output is None and _is_terminal())
            counts = _attack_rows(table, cast("Iterator[SourceRow]", rows), chosen, spans)
    _report(*counts)


def _is_terminal() -> bool:
    import sys

    return sys.stdout.isatty()


def _attacks(names: list[str], strength: float, seed: int, keywords: Path | None) -> "Composition":
    """Make the attack.

    Raises:
        OSError: The file of keywords cannot be read.
        ValueError: No attack is named, or one is unknown, or they do not compose, or there are no keywords.
    """
    from decloak.processing.cloaking import compose, load_attack

    if not names:
        raise ValueError("no attack given: name one with --attack, out of those that --list shows")
    words = None if keywords is None else _keywords(keywords)
    return compose([load_attack(name, strength, seed, words) for name in names])


def _keywords(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8-sig").split("\n")
    words = [line.strip() for line in lines if line.strip()]
    if not words:
        raise ValueError(f"--keywords {file} holds no word; write one a line")
    return words


def _attack_rows(
    table: "AttackFile", rows: "Iterator[SourceRow]", chosen: "Composition", spans: bool
) -> tuple[int, int, int]:
    """Attack all rows; count the changed, the unchanged and those with errors."""
    changed = unchanged = failed = 0
    for row in rows:
        if row.text is None:
            failed += 1
            if failed <= MOST_ERRORS:
                note(f"row {row.number} stays as it is: {row.error}")
            table.write(row, None, {})
            continue
        result = chosen.apply(row.text)
        added: dict[str, Any] = {"original": row.text, "attack": chosen.name}
        if spans:
            added["changes"] = [change.as_dict() for change in result.changes]
        table.write(row, result.text, added)
        changed += bool(result.changes)
        unchanged += not result.changes
    return changed, unchanged, failed


def _report(changed: int, unchanged: int, failed: int) -> None:
    if failed:
        note(f"{failed} of {changed + unchanged + failed} rows have no text and stay as they are")
    if unchanged:
        note(f"{unchanged} texts had nothing to change at this strength")
    if not changed + unchanged:
        if not failed:
            note("no texts came in")
        raise typer.Exit(1)


def _show_attacks() -> None:
    from rich.console import Console

    Console().print(_attack_table())


def _attack_table() -> "Table":
    from rich.table import Table

    from decloak.processing.cloaking import Stage, attack_class, available_attacks

    order = ", ".join(stage.name for stage in Stage)
    caption = f"Attacks compose in the order of their kinds: {order}. A later one breaks what an earlier one reads."
    table = Table(caption=caption, caption_justify="left")
    table.add_column("name", no_wrap=True)
    for title in ("language", "what it does", "kind", "composes with"):
        table.add_column(title)
    for name in available_attacks():
        known = attack_class(name)
        later = ", ".join(stage.name for stage in Stage if stage >= known.stage)
        table.add_row(name, ", ".join(known.languages), known.description, known.stage.name, later)
    return table
