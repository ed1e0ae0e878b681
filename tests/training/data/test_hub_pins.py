from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decloak.training.data.catalogue import load_entry
from decloak.training.data.hub_pins import load_pins, pinned_revision, resolve_pin, save_pins

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PINS = {"cold": {"hub_id": "thu-coai/cold", "revision": COMMIT}, "a": {"hub_id": "b/c", "revision": COMMIT[::-1]}}


def test_pins_are_written_sorted_and_read_again(tmp_path: Path) -> None:
    save_pins(tmp_path / "pins.yaml", PINS)
    assert load_pins(tmp_path / "pins.yaml") == PINS
    lines = (tmp_path / "pins.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# Commits of data sets") and lines[1] == "a:"
    assert [file.name for file in tmp_path.iterdir()] == ["pins.yaml"]


def test_a_commit_of_digits_stays_text(tmp_path: Path) -> None:
    pins = {"cold": {"hub_id": "thu-coai/cold", "revision": "1" * 40}}
    save_pins(tmp_path / "pins.yaml", pins)
    assert load_pins(tmp_path / "pins.yaml") == pins


def test_no_file_is_no_pins(tmp_path: Path) -> None:
    assert load_pins(tmp_path / "none.yaml") == {}
    (tmp_path / "empty.yaml").write_text("# nothing yet\n", encoding="utf-8")
    assert load_pins(tmp_path / "empty.yaml") == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", "is not YAML"),
        ("- cold", "is no file of pins"),
        ("cold: main", "is no file of pins"),
        ("cold: {hub_id: a/b}", "is no file of pins"),
        ("cold: {hub_id: a/b, revision: main}", "cold: revision is 'main'; a whole commit id is needed"),
    ],
)
def test_other_files_are_told_what_is_wrong(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "pins.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=f"pins.yaml.*{message}"):
        load_pins(tmp_path / "pins.yaml")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("ab: -#{}", max_size=8),
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["hub_id", "revision", "x"]), inner)
        ),
        max_leaves=6,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_yaml_gives_pins_or_one_clear_error(tmp_path: Path, content: Any) -> None:
    (tmp_path / "pins.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    try:
        assert load_pins(tmp_path / "pins.yaml") == {}
    except ValueError as error:
        assert "pins.yaml" in str(error)


def test_a_pin_holds_for_its_repository_alone() -> None:
    assert pinned_revision("cold", "thu-coai/cold", PINS) == COMMIT
    assert pinned_revision("olid", "x/y", PINS) is None
    with pytest.raises(ValueError, match="pinned for thu-coai/cold, and it is read from other/cold"):
        pinned_revision("cold", "other/cold", PINS)


def test_what_is_not_on_the_hub_is_not_pinned() -> None:
    with pytest.raises(ValueError, match="toxicn has no repository on the Hub that could be pinned"):
        resolve_pin(load_entry("toxicn"))


def test_offline_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: Any, **__: Any) -> None:
        raise ConnectionError("no route\nsecond line")

    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", offline)
    with pytest.raises(ValueError, match=r"thu-coai/cold is not known: .*\(ConnectionError: no route\). Pinning needs"):
        resolve_pin(load_entry("cold"))
