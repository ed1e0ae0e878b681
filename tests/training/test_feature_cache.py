"""The cache of features: processes beside each other, kills, damage, and fingerprints."""

import copy
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from decloak.training.feature_cache import FeatureCache, _decoded, _encoded, module_fingerprint
from tests.training import cache_writer
from tests.training.cache_writer import NAMESPACE, Hearing, features_of
from tests.training.test_mmbert_trainer import ROOT, environment


def writer(path: Path, letter: str, count: int, how: str = "write") -> subprocess.Popen[str]:
    command = [sys.executable, str(Path(cache_writer.__file__)), str(path), letter, str(count), how]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    return FeatureCache(tmp_path / "new" / "cache.sqlite", NAMESPACE)


@given(
    st.text(st.characters(exclude_categories=()), max_size=9),
    st.sampled_from([np.float16, np.float32, np.int64]).flatmap(
        lambda kind: arrays(kind, array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    ),
)
def test_what_is_put_is_got(tmp_path_factory: pytest.TempPathFactory, content: str, features: np.ndarray) -> None:
    folder = tmp_path_factory.getbasetemp() / "one_cache"
    cache = FeatureCache(folder / "cache.sqlite", NAMESPACE)
    cache.put(content, features)
    found = cache.get(content)
    assert found is not None and found.dtype == features.dtype
    np.testing.assert_array_equal(found, features)
    assert cache.get(content + "!") is None
    cache.close()


def test_many(cache: FeatureCache) -> None:
    """More than SQLite takes in one question."""
    rows = {f"a{number}": features_of(f"a{number}") for number in range(1100)}
    cache.put_many(rows)
    found = cache.get_many([*rows, "b1", "b2"])
    assert set(found) == set(rows)
    np.testing.assert_array_equal(found["a1099"], features_of("a1099"))
    assert len(cache) == 1100
    cache.put("a1", features_of("a7"))
    np.testing.assert_array_equal(cache.get_many(iter(["a1"]))["a1"], features_of("a7"))
    assert len(cache) == 1100
    assert cache.get_many([]) == {}


def test_namespaces_do_not_mix(cache: FeatureCache) -> None:
    other = FeatureCache(cache.path, "other")
    cache.put("a", features_of("a1"))
    assert other.get("a") is None
    other.put("a", features_of("a2"))
    for one, value in ((cache, 1), (other, 2)):
        found = one.get("a")
        assert found is not None and found[0, 0] == value
    assert len(cache) == len(other) == 2


def test_two_processes_write_at_once(cache: FeatureCache) -> None:
    writers = [writer(cache.path, letter, 60) for letter in "ab"]
    for process in writers:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    wanted = [f"{letter}{number}" for letter in "abx" for number in range(60)]
    found = cache.get_many(wanted)
    assert set(found) == set(wanted)
    for content, features in found.items():
        np.testing.assert_array_equal(features, features_of(content))
    assert len(cache) == len(wanted)


def test_a_kill_while_writing_leaves_the_file_usable(cache: FeatureCache) -> None:
    process = writer(cache.path, "a", 5, "kill")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, errors
    left_behind = sum(file.stat().st_size for file in cache.path.parent.iterdir())
    assert left_behind > 10_000_000  # it was in the middle of it
    assert set(cache.get_many([f"a{number}" for number in range(5)])) == {f"a{number}" for number in range(5)}
    assert cache.get("z0") is None
    assert len(cache) == 10
    cache.put("z0", features_of("z3"))
    assert FeatureCache(cache.path, NAMESPACE).get("z0") is not None


def test_pickles_and_copies_open_the_file_for_themselves(cache: FeatureCache) -> None:
    cache.put("a1", features_of("a1"))
    for other in (pickle.loads(pickle.dumps(cache)), copy.deepcopy(cache), copy.copy(cache)):  # noqa: S301  our own
        assert other._connection is None
        np.testing.assert_array_equal(other.get("a1"), features_of("a1"))
        assert other._connection is not cache._connection


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_opens_the_file_for_itself(cache: FeatureCache) -> None:
    cache.put("a1", features_of("a1"))
    connection = cache._connection
    child = os.fork()
    if child == 0:
        good = cache.get("a1") is not None and cache._connection is not connection
        cache.put("b2", features_of("b2"))
        cache.close()
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert cache.get("b2") is not None
    assert cache._connection is connection


def test_a_closed_cache_opens_again(cache: FeatureCache) -> None:
    cache.put("a1", features_of("a1"))
    cache.close()
    cache.close()
    assert cache.get("a1") is not None


@given(st.data())
def test_damaged_values_are_none_or_whole(data: st.DataObject) -> None:
    """Whatever the disk does to a value, reading it raises nothing."""
    whole = _encoded(np.arange(12, dtype=np.float16).reshape(3, 4))
    place = data.draw(st.integers(0, len(whole) - 1))
    how = data.draw(st.sampled_from(["cut", "flip", "longer", "head"]))
    value = {
        "cut": whole[:place],
        "flip": whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :],
        "longer": whole + bytes(1 + place),
        "head": data.draw(st.binary(max_size=8)) + whole[place:],
    }[how]
    array = _decoded(value)
    if how in ("cut", "longer"):
        assert array is None
    assert array is None or isinstance(array, np.ndarray)


@pytest.mark.parametrize(
    "value", [b"", b"PK\x03\x04 no zip", _encoded(np.zeros((3, 4))).replace(b"(3, 4)", b"(3333333333333, 4)")]
)
def test_damaged_values_are_made_again(cache: FeatureCache, value: bytes) -> None:
    cache.put("a1", features_of("a1"))
    with sqlite3.connect(cache.path) as connection:
        connection.execute("UPDATE features SET value = ?", (value,))
    assert cache.get("a1") is None
    assert cache.get_many(["a1"]) == {}
    cache.put("a1", features_of("a1"))
    assert cache.get("a1") is not None


def test_files_that_are_no_cache(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database " * 999, encoding="utf-8")
    with pytest.raises(ValueError, match=r"notes\.txt is no feature cache .*delete it, or name another"):
        FeatureCache(text, NAMESPACE)
    assert text.read_text(encoding="utf-8").startswith("no database")
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE features (name TEXT)")
    with pytest.raises(OSError, match=r"other\.sqlite cannot be used as a feature cache: no such column") as raised:
        FeatureCache(other, NAMESPACE)
    assert "delete" not in str(raised.value)
    with pytest.raises(OSError, match="cannot be used as a feature cache: unable to open"):
        FeatureCache(tmp_path, NAMESPACE)


def test_a_callable_with_a_cache_has_one_fingerprint_in_every_process(cache: FeatureCache) -> None:
    """`datasets.map` would make everything again, if a cache that was used were another than a new one."""
    from datasets import Dataset
    from datasets.fingerprint import Hasher

    cache.put("a0", features_of("a0"))
    before = Hasher.hash(Hearing(cache))
    assert cache.get("a0") is not None
    assert Hasher.hash(Hearing(cache)) == before
    assert Hasher.hash(Hearing(FeatureCache(cache.path, "other"))) != before
    printed = []
    for _ in range(2):
        output, errors = writer(cache.path, "a", 0, "fingerprint").communicate(timeout=120)
        printed.append(output.strip())
        assert printed[-1], errors
    assert printed[0] == printed[1]
    mapped = Dataset.from_dict({"text": ["a0", "b0"]}).map(Hearing(cache))
    assert mapped["known"] == [True, False]


class Twin(torch.nn.Linear):
    pass


def test_fingerprints_of_modules() -> None:
    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    seen = {module_fingerprint(layer)}
    assert module_fingerprint(copy.deepcopy(layer)) in seen
    for name, tensor in layer.state_dict().items():
        changed = copy.deepcopy(layer)
        flat = changed.state_dict()[name].view(-1)
        flat[-1] = flat[-1] + 1
        seen.add(module_fingerprint(changed))
        assert tensor is not flat
    assert len(seen) == 1 + len(layer.state_dict())
    zeros = torch.nn.Linear(2, 2)
    torch.nn.init.zeros_(zeros.weight)
    torch.nn.init.zeros_(zeros.bias)
    for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64):
        seen.add(module_fingerprint(zeros.to(dtype)))
    assert len(seen) == 5 + len(layer.state_dict())
    twin = Twin(3, 4)
    twin.load_state_dict(torch.nn.Linear(3, 4).state_dict())
    plain = torch.nn.Linear(3, 4)
    plain.load_state_dict(twin.state_dict())
    assert module_fingerprint(twin) != module_fingerprint(plain)
