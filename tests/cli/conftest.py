"""The command, run in this process."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from decloak.cli.main import app


@pytest.fixture
def run_decloak() -> Callable[..., Result]:
    """Run `decloak ...` in this process; `stdin` is what is piped into it."""

    def run(*arguments: object, stdin: bytes = b"") -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return run
