import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from typer.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def launches(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the Space was launched with; the Space itself is replaced."""
    calls: list[dict[str, Any]] = []
    app = ModuleType("decloak.spaces.demo.app")
    app.build_demo = lambda model: SimpleNamespace(  # type: ignore[attr-defined]
        launch=lambda **options: calls.append({"model": model, **options})
    )
    monkeypatch.setitem(sys.modules, "decloak.spaces.demo.app", app)
    return calls


def test_loopback_is_the_default(run_decloak: Run, launches: list[dict[str, Any]]) -> None:
    result = run_decloak("demo", "--model", "m")
    assert result.exit_code == 0, result.stderr
    assert launches == [{"model": "m", "server_name": "127.0.0.1", "server_port": 7860}]
    assert "anyone" not in result.stderr


def test_other_addresses_are_warned_about(run_decloak: Run, launches: list[dict[str, Any]]) -> None:
    result = run_decloak("demo", "--model", "m", "--host", "0.0.0.0", "--port", 80)  # noqa: S104
    assert result.exit_code == 0
    assert "anyone" in result.stderr
    assert launches[0]["server_port"] == 80


def test_missing_extra_is_named(run_decloak: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "decloak.spaces.demo.app", None)
    result = run_decloak("demo", "--model", "m")
    assert result.exit_code == 1
    assert "Error:" in result.stderr
