"""The `decloak` command. Each verb imports what it needs when it runs, so that `--help` answers at once."""

from typing import Annotated

import typer

from decloak import __version__
from decloak.cli.attack import attack
from decloak.cli.baseline import baseline
from decloak.cli.build_banks import build_banks
from decloak.cli.calibrate import calibrate
from decloak.cli.card import card
from decloak.cli.classify import classify
from decloak.cli.compare import compare
from decloak.cli.data import data
from decloak.cli.demo import demo
from decloak.cli.evaluate import evaluate
from decloak.cli.normalize import normalize
from decloak.cli.publish import publish
from decloak.cli.reproduce import reproduce
from decloak.cli.routers import routers
from decloak.cli.train import train

app = typer.Typer(
    name="decloak",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(no_args_is_help=False)(classify)
app.command()(evaluate)
app.command()(compare)
app.command()(routers)
app.add_typer(train, name="train")
app.add_typer(reproduce, name="reproduce")
app.add_typer(baseline, name="baseline")
app.add_typer(data, name="data")
app.command()(calibrate)
app.command("build-banks")(build_banks)
app.command()(attack)
app.command(no_args_is_help=False)(normalize)
app.command()(card)
app.command()(publish)
app.command()(demo)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"decloak {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and stop."),
    ] = False,
) -> None:
    """Find hate speech that hides: homophones, emoji, split characters, code words.

    Data goes to stdout, notes and progress to stderr. Nothing is sent anywhere: models run on this machine,
    and a Hub model is downloaded once (never with HF_HUB_OFFLINE=1).

    **Start here**

    ```
    decloak classify "a text" "another text"
    decloak classify --help
    ```
    """
