"""`decloak reproduce`: the papers' tables, one verb a paper."""

import json
import shlex
import sys
from contextlib import redirect_stdout
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decloak.cli.errors import clear_errors, note
from decloak.cli.options import pairs

if TYPE_CHECKING:
    from decloak.reproduction.running import Request

ALL = "all"

reproduce = typer.Typer(
    help="Make a paper's tables again, without its leaks. Needs decloak[train,evaluate].", no_args_is_help=True
)


class ResultFormat(str, Enum):
    """How results and plans are printed."""

    table = "table"
    json = "json"


@reproduce.callback()
def _papers() -> None:
    """Keep `mmbert` a verb of its own: a Typer app of one command would swallow its name."""


@reproduce.command()
def mmbert(
    experiment: Annotated[
        str,
        typer.Option(
            help="toxicn-small, toxicn-folds, cold-small (all three for a CPU), paper (full size), or a YAML file."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of tables, models and results.", show_default=False),
    ] = None,
    data_root: Annotated[
        Path | None,
        typer.Option(
            help="Folder with a folder for each data set: DIR/toxicn/train.csv.gz, or as its authors publish it.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATH",
            help="Where a table of the experiment is, or a whole data set: a file or a folder; may be repeated. "
            "Goes before --data-root.",
            show_default=False,
        ),
    ] = None,
    text_encoder: Annotated[
        str | None, typer.Option(help="BERT to start from: a folder or a Hub id.", show_default=False)
    ] = None,
    speech_encoder: Annotated[
        str | None, typer.Option(help="Whisper whose encoder hears the text, without a sound bank.", show_default=False)
    ] = None,
    vision_encoder: Annotated[
        str | None, typer.Option(help="Image encoder; also what a glyph bank is built with.", show_default=False)
    ] = None,
    banks: Annotated[
        Path | None,
        typer.Option(help="Folder of ready banks, made by decloak build-banks.", show_default=False),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Train this variant alone; may be repeated. Others that are done stay in the tables."),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(help="Seeds, joined by commas. Default: the experiment's.", show_default=False),
    ] = None,
    fold: Annotated[
        str | None,
        typer.Option(
            metavar="K|all",
            help="Which fold is held out, from 0, where the experiment has folds; all runs each in OUTPUT/fold-K, "
            "and joins the answers to held-out rows.",
            show_default=False,
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a setting of every recipe by its dotted key; may be repeated.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the runs and how many rows each table has; write nothing.")
    ] = False,
    format_: Annotated[
        ResultFormat, typer.Option("--format", help="Tables for people, or one JSON object.")
    ] = ResultFormat.table,
) -> None:
    """Make the tables of MMBERT (arXiv 2508.00760) again: train every variant, measure it, compare.

    Sentences are held out with all their variants, and no training text equals or resembles a test text. --output gets
    data/ (every table, and what became of each row), a folder for each variant and seed, results.json and results.md.

    Start it again after it was killed: what is done is skipped, what is half done goes on. If a run fails, the others
    go on, and the exit code is 1.

    With --fold all every source sentence is held out once, in one of the folds: the tables are of all of them, with
    each fold's macro-F1 beside. A fold that a variant lacks is named, and differences are of the folds that both have.

    **Examples**

    ```
    decloak reproduce mmbert --experiment toxicn-small --data-root data --dry-run
    decloak reproduce mmbert --experiment toxicn-small --data-root data --text-encoder ./bert --banks ./banks -o runs/a
    decloak reproduce mmbert --experiment toxicn-small --data toxicn=ToxiCN/ --data toxicloakcn=ToxiCloakCN/
      --text-encoder ./bert --banks ./banks --only text-only --only all --seeds 0 --set max_steps=20 --output runs/try
    decloak reproduce mmbert --experiment toxicn-folds --data-root data --text-encoder ./bert --fold all
      --output runs/folds
    decloak reproduce mmbert --experiment paper --data-root data --output runs/paper
    ```
    """
    from decloak.cli.data_notes import hide_unwatched_progress

    with clear_errors():
        from decloak.reproduction.experiment import experiment_file
        from decloak.reproduction.running import Request
        from decloak.reproduction.source_tables import Places
        from decloak.reproduction.training_runs import EncoderPlaces

        hide_unwatched_progress()
        if output is None and not dry_run:
            raise ValueError("--output is missing: name a folder for the runs, or pass --dry-run")
        named = {name: Path(path) for name, path in pairs("--data", data or []).items()}
        request = Request(
            experiment_file(experiment),
            Places(named, data_root),
            EncoderPlaces(text_encoder, speech_encoder, vision_encoder, banks),
            only or (),
            _numbers(seeds),
            pairs("--set", set_ or []),
            _fold_number(fold),
            shlex.join(["decloak", *sys.argv[1:]]),
        )
        every_fold = fold == ALL
        found = _planned(request, output, every_fold) if dry_run else _reproduced(request, output, every_fold)
        _print(found, format_)
    if found.get("failed"):
        note(f"{found['failed']} of {len(found['runs'])} runs failed; start again to repeat them", style="bold red")
        raise typer.Exit(1)


def _numbers(seeds: str | None) -> list[int] | None:
    """Read `--seeds`.

    Raises:
        ValueError: One is no whole number from 0, or there is none.
    """
    if seeds is None:
        return None
    parts = [part.strip() for part in seeds.split(",") if part.strip()]
    if not parts or not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError(f"--seeds is {seeds!r}; give whole numbers joined by commas, such as 0,1,2")
    return [int(part) for part in parts]


def _fold_number(fold: str | None) -> int | None:
    """Read `--fold`; None where no single fold is named.

    Raises:
        ValueError: It is neither a whole number from 0 nor `all`.
    """
    if fold is None or fold == ALL:
        return None
    if not (fold.isascii() and fold.isdecimal()):
        raise ValueError(f"--fold is {fold!r}; give a whole number from 0, or {ALL} for every fold")
    return int(fold)


def _planned(request: "Request", output: Path | None, every_fold: bool) -> dict[str, Any]:
    from decloak.reproduction.folds import plan_folds
    from decloak.reproduction.running import plan, prepare

    return plan_folds(request, output) if every_fold else plan(prepare(request), output)


def _reproduced(request: "Request", output: Path | None, every_fold: bool) -> dict[str, Any]:
    from decloak.reproduction.folds import reproduce_folds
    from decloak.reproduction.running import PAGE, RESULTS, reproduce

    assert output is not None  # noqa: S101  checked with the options
    # Training prints its log to stdout, which is for the results.
    with redirect_stdout(sys.stderr):
        found = (reproduce_folds if every_fold else reproduce)(request, output, note)
    note(f"wrote {output / RESULTS} and {output / PAGE}")
    return found


def _print(found: dict[str, Any], form: ResultFormat) -> None:
    from decloak.cli.reproduction_tables import print_fold_plans, print_folds, print_plan, print_results

    printers = {"plan": print_plan, "fold plans": print_fold_plans, "folds": print_folds, "results": print_results}
    if form is ResultFormat.json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        printers[found["kind"]](found)
