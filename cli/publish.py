"""`decloak publish`: a repository to the Hugging Face Hub."""

from pathlib import Path
from typing import Annotated

import typer

from decloak.cli.errors import clear_errors


def publish(
    folder: Annotated[Path, typer.Argument(help="A finished model repository with its card.")],
    repo_id: Annotated[str, typer.Argument(metavar="USER/NAME", help="Name on the Hub; made if it does not exist.")],
    private: Annotated[bool, typer.Option("--private", help="Only you can see the repository.")] = False,
    revision: Annotated[
        str | None,
        typer.Option(help="Branch to publish on; made if it does not exist. Default: main.", show_default=False),
    ] = None,
) -> None:
    """Check a model repository and upload it to the Hugging Face Hub; the commit is printed.

    Refused are pickles, files that no model needs, links, paths of your machine in settings and texts, damaged
    weights, and a folder without a card. You must be logged in (`hf auth login`, or HF_TOKEN).

    **Example**

    ```
    decloak publish ./model me/my-model
    ```
    """
    with clear_errors():
        from decloak.hub_cards.publishing import publish as upload

        typer.echo(upload(folder, repo_id, private=private, revision=revision))
