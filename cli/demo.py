"""`decloak demo`: the demonstration Space on this machine."""

from typing import Annotated

import typer

from decloak.cli.errors import clear_errors, note

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def demo(
    host: Annotated[
        str, typer.Option(help="Address to listen on; the default is reachable from this machine only.")
    ] = LOOPBACK[0],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 7860,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            help="Folder or Hub id of an MMBERT. Default: what DECLOAK_MODEL names, else decloak-small.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Type a text in a browser; see its label, the glyphs that the model saw and how its experts were mixed.

    Needs decloak[space]. The page has no login: on another address than the default anyone who reaches it
    can use it.

    **Example**

    ```
    decloak demo --port 7861
    ```
    """
    with clear_errors():
        from decloak.spaces.demo.app import build_demo

        if host not in LOOPBACK:
            note(f"Listening on {host}: anyone who reaches this machine can use the page", style="yellow")
        build_demo(model).launch(server_name=host, server_port=port)
