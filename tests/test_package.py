import runpy
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import setuptools

import decloak

ROOT = Path(__file__).parents[1]
LINKS = ("cli", "evaluation", "hub_cards", "modeling", "processing", "reproduction", "spaces", "training")


@pytest.fixture(scope="module")
def setup_arguments() -> dict[str, Any]:
    """What setup.py hands to setuptools."""
    seen: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **arguments: seen.update(arguments))
        runpy.run_path(str(ROOT / "setup.py"))
    return seen


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built outside the tree."""
    base = tmp_path_factory.mktemp("wheel")
    command = f"egg_info --egg-base {base} build --build-base {base}/build bdist_wheel --dist-dir {base}"
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", *command.split()], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(base.glob("*.whl")))


def test_importing_decloak_loads_nothing_heavy() -> None:
    code = (
        "import sys, decloak; dir(decloak); print([m for m in ('torch', 'transformers', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", decloak.__all__)
def test_public_names_load(name: str) -> None:
    assert getattr(decloak, name)
    assert name in dir(decloak)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'; public names: MMBertConfig"):
        _ = decloak.nothing


def test_links_are_relative_and_lead_to_the_folders() -> None:
    links = {path.name: path.readlink() for path in (ROOT / "decloak").iterdir() if path.is_symlink()}
    assert links == {name: Path("..") / name for name in LINKS}


def test_setup_lists_every_package(setup_arguments: dict[str, Any]) -> None:
    folders = [file.parent for name in LINKS for file in (ROOT / name).rglob("__init__.py")]
    packages = {".".join(("decloak", *folder.relative_to(ROOT).parts)) for folder in folders}
    assert set(setup_arguments["packages"]) == packages | {"decloak"}


def test_versions_agree(setup_arguments: dict[str, Any]) -> None:
    assert setup_arguments["version"] == decloak.__version__


def test_torchaudio_and_gpl_phonemisers_are_in_one_extra_only(setup_arguments: dict[str, Any]) -> None:
    extras = {"core": setup_arguments["install_requires"], **setup_arguments["extras_require"]}
    for package in ("torchaudio", "phonemizer", "espeakng", "misaki"):
        assert [name for name, needs in extras.items() if any(package in need for need in needs)] == ["speech"]


def test_the_wheel_holds_every_module_and_data_file_as_a_real_file(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for name in LINKS:
        for file in (ROOT / name).rglob("*"):
            if file.suffix in (".py", ".yaml", ".json", ".jinja") and "__pycache__" not in file.parts:
                assert f"decloak/{file.relative_to(ROOT)}" in names
    assert "decloak/py.typed" in names
    assert all(not (info.external_attr >> 16) & 0o170000 == 0o120000 for info in wheel.infolist())


def test_the_wheel_holds_only_decloak(wheel: zipfile.ZipFile) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel.namelist()} == {"decloak"}


def test_the_default_model_is_shipped_whole(wheel: zipfile.ZipFile) -> None:
    folder = ROOT / "hub_cards" / "decloak-small"
    files = {f"decloak/{file.relative_to(ROOT)}" for file in folder.rglob("*") if file.is_file()}
    assert {file for file in files if "__pycache__" not in file} <= set(wheel.namelist())
