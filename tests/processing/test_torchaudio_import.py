"""With packages that stand for torchaudio; the real one is tried in test_torchaudio_environment."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from decloak.processing.torchaudio_import import import_torchaudio, prepare_torchaudio

BREAKS = "raise OSError('libcudart.so.13: cannot open shared object file')"
FILES = {
    "__init__.py": "from . import _extension\nfrom . import functional\n",
    "_extension/__init__.py": f"import torchaudio._internal\n{BREAKS}",
    "_extension/utils.py": "known = True",
    "_internal.py": "names = ['resample']",
    "functional.py": """
import torchaudio._internal
names = torchaudio._internal.names  # not there if a failed import has left the module, but not the package
from torchaudio._extension import _IS_TORCHAUDIO_EXT_AVAILABLE, fail_if_no_align
compiled = _IS_TORCHAUDIO_EXT_AVAILABLE
@fail_if_no_align
def forced_align(samples): return samples
""",
}
Install = Callable[..., None]


def loaded() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] == "torchaudio"]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Write a torchaudio with the given files instead of the above, and take it away afterwards."""
    assert not loaded()

    def write(**changed: str) -> None:
        for name, content in (FILES | {f"{key}.py": value for key, value in changed.items()}).items():
            path = tmp_path / "torchaudio" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        importlib.invalidate_caches()

    monkeypatch.syspath_prepend(str(tmp_path))
    yield write
    for name in loaded():
        del sys.modules[name]


def test_it_is_imported_without_its_compiled_part(install: Install) -> None:
    install()
    with pytest.raises(OSError, match="libcudart"):
        importlib.import_module("torchaudio")
    assert prepare_torchaudio()
    torchaudio = importlib.import_module("torchaudio")
    assert torchaudio is import_torchaudio()
    assert torchaudio.functional.compiled is False
    with pytest.raises(RuntimeError, match="forced_align needs torchaudio's compiled part"):
        torchaudio.functional.forced_align(1)
    assert torchaudio._extension._load_lib("torchaudio_prefixctc") is False
    assert importlib.import_module("torchaudio._extension.utils").known


@pytest.mark.parametrize("error", ["RuntimeError('CUDA versions differ')", "ImportError('libtorchaudio')"])
def test_other_ways_in_which_it_does_not_load(install: Install, error: str) -> None:
    install(**{"_extension/__init__": f"raise {error}"})
    assert import_torchaudio().functional.compiled is False


def test_one_that_loads_is_left_as_it_is(install: Install) -> None:
    works = "_IS_TORCHAUDIO_EXT_AVAILABLE = True\nfail_if_no_align = lambda function: function"
    install(**{"_extension/__init__": works})
    assert prepare_torchaudio()
    assert import_torchaudio().functional.compiled is True
    assert import_torchaudio().functional.forced_align(1) == 1


def test_one_that_cannot_be_mended_is_named(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    install(functional="raise AttributeError('another torch')")
    with pytest.raises(ImportError, match=r"libcudart.*; nor without its compiled part: another torch\. Uninstall it"):
        import_torchaudio()
    assert not loaded()
    assert prepare_torchaudio() is False
    assert "another torch" in caplog.text


@pytest.mark.parametrize("blocked", [False, True])
def test_where_it_is_absent(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, blocked: bool) -> None:
    if blocked:
        monkeypatch.setitem(sys.modules, "torchaudio", None)
    assert prepare_torchaudio() is False
    assert bool(caplog.records) is blocked
    with pytest.raises(ImportError, match=r'torchaudio is not installed .*pip install "decloak\[speech\]"'):
        import_torchaudio()
