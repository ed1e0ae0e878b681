import re
from pathlib import Path

import pytest
import typer

from decloak.cli.errors import _EXTRAS, clear_errors

SETUP = (Path(__file__).parents[2] / "setup.py").read_text(encoding="utf-8")


def test_a_missing_package_is_named_with_the_extra_that_brings_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), clear_errors():
        raise ModuleNotFoundError("No module named 'fairlearn.metrics'", name="fairlearn.metrics")
    assert "pip install 'decloak[evaluate]'" in capsys.readouterr().err


def test_an_unknown_package_is_named_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), clear_errors():
        raise ModuleNotFoundError("No module named 'my_filter'", name="my_filter")
    assert "Install my_filter" in capsys.readouterr().err


def test_other_errors_keep_their_traceback() -> None:
    with pytest.raises(KeyError), clear_errors():
        raise KeyError("a bug")


@pytest.mark.parametrize("extra", sorted(set(_EXTRAS.values())))
def test_every_extra_that_is_named_exists(extra: str) -> None:
    assert re.search(rf'^        "{extra}": ', SETUP, re.MULTILINE)
