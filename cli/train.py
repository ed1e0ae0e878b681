"""`decloak train`: one verb for each kind of model."""

from pathlib import Path
from typing import Annotated, Any

import typer

from decloak.cli.errors import clear_errors
from decloak.cli.options import pairs

train = typer.Typer(help="Train a model from labelled texts. Needs decloak[train].", no_args_is_help=True)


@train.callback()
def _kinds() -> None:
    """Keep `mmbert` a verb of its own: a Typer app of one command would swallow its name."""


@train.command()
def mmbert(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for checkpoints and the finished model.")],
    recipe: Annotated[str, typer.Option(help="A YAML file, or the name of a recipe that comes with decloak.")],
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATH",
            help="A table with text and label, named as in the recipe, to train on or to keep out; may be repeated.",
            show_default=False,
        ),
    ] = None,
    eval_data: Annotated[
        Path | None,
        typer.Option(help="Table that is measured while training, never trained on.", show_default=False),
    ] = None,
    text_encoder: Annotated[
        str | None, typer.Option(help="BERT to start from: a folder or a Hub id.", show_default=False)
    ] = None,
    speech_encoder: Annotated[
        str | None, typer.Option(help="Whisper whose encoder hears the text.", show_default=False)
    ] = None,
    vision_encoder: Annotated[
        str | None, typer.Option(help="Image encoder that sees the text.", show_default=False)
    ] = None,
    banks: Annotated[
        Path | None,
        typer.Option(help="Folder of ready banks, made by decloak build-banks.", show_default=False),
    ] = None,
    init: Annotated[
        Path | None,
        typer.Option(help="A decloak model to train on from, instead of encoders.", show_default=False),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in --output.")] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Override a setting of the recipe by its dotted key; may be repeated.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Train MMBERT in three stages: align the senses, specialise the experts, train all together.

    A recipe sets everything; options and --set override it. A run that was stopped goes on with --resume.

    The finished model is a Hub repository of its own; its folder is printed.

    **Examples**

    ```
    decloak train mmbert --recipe my.yaml --data all=train.csv --text-encoder ./bert --output runs/a
    decloak train mmbert --recipe my.yaml --data all=train.csv --init ./model --set seed=1 --output runs/b
    decloak train mmbert --recipe my.yaml --data all=train.csv --output runs/a --resume
    ```
    """
    with clear_errors():
        arguments = {
            "recipe": recipe_path(recipe),
            "data": {name: Path(path) for name, path in pairs("--data", data or []).items()},
            "eval_data": eval_data,
            "text_encoder": text_encoder,
            "speech_encoder": speech_encoder,
            "vision_encoder": vision_encoder,
            "banks": banks,
            "init": init,
            "output": output,
            "resume": resume,
            "overrides": pairs("--set", set_ or []),
        }
        typer.echo(_train(arguments))


def _train(arguments: dict[str, Any]) -> Path:
    from decloak.training.run import train_mmbert

    return train_mmbert(**arguments)


def recipe_path(recipe: str) -> Path:
    """Find a recipe: a file, or the name of one that comes with decloak.

    Raises:
        FileNotFoundError: It is neither.
    """
    import decloak.training.recipes

    if Path(recipe).is_file():
        return Path(recipe)
    folder = Path(decloak.training.recipes.__file__).parent
    shipped = {file.stem: file for file in sorted(folder.glob("*.yaml"))}
    if recipe not in shipped:
        raise FileNotFoundError(
            f"no recipe {recipe}: give a YAML file or one of {', '.join(shipped) or '(none is shipped)'}"
        )
    return shipped[recipe]
