"""`decloak card`: the model card of a repository."""

from pathlib import Path
from typing import Annotated

import typer

from decloak.cli.errors import clear_errors
from decloak.cli.options import pairs


def card(
    folder: Annotated[Path, typer.Argument(help="A finished model repository; its README.md is written anew.")],
    evaluation: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATA=FILE",
            help="What `decloak evaluate --format json` printed for this model on DATA; may be repeated.",
            show_default=False,
        ),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL:DATA=FILE",
            help="Such a file of another model, to show beside the evaluation on DATA; may be repeated.",
            show_default=False,
        ),
    ] = None,
    repo_id: Annotated[
        str | None, typer.Option(help="Name on the Hub, for the examples: USER/NAME.", show_default=False)
    ] = None,
    base_model: Annotated[
        list[str] | None,
        typer.Option(help="Hub id of a pretrained model that it was made from; may be repeated.", show_default=False),
    ] = None,
    routers: Annotated[
        Path | None,
        typer.Option(
            help="routers.json, which `decloak routers` wrote: a picture of the experts goes into the card.",
            show_default=False,
        ),
    ] = None,
    license_: Annotated[
        str, typer.Option("--license", help="The model's licence, as the Hub calls it.")
    ] = "apache-2.0",
) -> None:
    """Write the model card of a repository from its configuration and from measurements.

    No number is typed: the training run left its account in config.json, and the measures come from files. The
    card's path is printed.

    **Examples**

    ```
    decloak evaluate --model ./model --data test.csv --format json > test.json
    decloak card ./model --evaluation "my test=test.json" --baseline "TF-IDF + linear SVM:my test=svm.json"
    decloak card ./model --evaluation "my test=test.json" --repo-id me/my-model
    decloak card ./model --evaluation "my test=test.json" --routers routers/mine/routers.json
    ```
    """
    with clear_errors():
        from decloak.hub_cards.cards import write_card

        measured = {name: Path(file) for name, file in pairs("--evaluation", evaluation or []).items()}
        others = {model_and_data(name): Path(file) for name, file in pairs("--baseline", baseline or []).items()}
        typer.echo(write_card(folder, measured, others, license_, repo_id, base_model or [], routers))


def model_and_data(name: str) -> tuple[str, str]:
    """Split MODEL:DATA at the first colon.

    Raises:
        ValueError: One of them is missing.
    """
    model, colon, data = (part.strip() for part in name.partition(":"))
    if not (model and colon and data):
        raise ValueError(f"--baseline names {name!r}; it must read MODEL:DATA=FILE")
    return model, data
