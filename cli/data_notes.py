"""What `decloak data prepare` tells the person, on stderr: licences, rows left out, sizes."""

import sys
from typing import TYPE_CHECKING

from decloak.cli.errors import note

if TYPE_CHECKING:
    from decloak.training.data.catalogue import Entry
    from decloak.training.data.columns import Account
    from decloak.training.data.preparing import PreparedData


def hide_unwatched_progress() -> None:
    """Switch the progress bars of datasets off when nobody looks at stderr."""
    if not sys.stderr.isatty():
        from datasets import disable_progress_bars

        disable_progress_bars()


def say_licence(entry: "Entry") -> None:
    """Say what the licence forbids or leaves open, and that a test suite is one."""
    licence = entry.licence
    limits = [
        "no redistribution" if licence.redistribution is False else "",
        "no commercial use" if licence.commercial is False else "",
        "nothing says that you may pass it on" if licence.redistribution is None else "",
    ]
    if any(limits):
        note(f"Licence of {entry.name}: {licence.name} ({', '.join(filter(None, limits))})", style="yellow")
    if entry.role == "test_suite":
        note(f"{entry.name} is a test suite: measure with it, never train on it", style="yellow")


def report(prepared: "PreparedData", changed: list[str]) -> None:
    """Say what became of the rows, what changed since the last time, and what came out."""
    for message in changed:
        note(message, style="yellow")
    for message in prepared.notes:
        note(message)
    for part, account in prepared.accounts.items():
        _account(part, account)
    for split, counts in prepared.preparation["splits"].items():
        labels = counts["labels"]
        note(f"{split}: {counts['rows']:,} rows, {labels['1']:,} of label 1, {counts['groups']:,} groups")


def _account(part: str, account: "Account") -> None:
    for reason, rows in account.lost.items():
        first = ", ".join(map(str, rows[:5])) + (", ..." if rows[5:] else "")
        note(f"{part}: {len(rows):,} of {account.read:,} rows left out: {reason} (rows {first})")
    if account.renamed_ids:
        note(f"{part}: {len(account.renamed_ids):,} ids were there before and got a number behind them")
    for column, rows in account.cleared.items():
        note(f"{part}: {column} could not be used in {len(rows):,} rows and is empty there")
    for column, rows in account.missing_media.items():
        note(f"{part}: {len(rows):,} files of {column} are not in the folder; their names stay as they are")


__all__ = ["hide_unwatched_progress", "report", "say_licence"]
