import hashlib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decloak.training.data.checksums import changed_files, describe_files, sha256_of


@given(st.binary(max_size=300), st.integers(0, 20_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_checksums_are_those_of_the_whole_file(tmp_path: Path, content: bytes, repeats: int) -> None:
    file = tmp_path / "a"
    file.write_bytes(content * repeats)
    assert sha256_of(file) == hashlib.sha256(content * repeats).hexdigest()


def test_files_are_named_below_their_root_and_once(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    inside, outside = tmp_path / "in" / "deep" / "a.csv", tmp_path / "b.csv"
    for file in (inside, outside):
        file.write_bytes(b"abc")
    described = describe_files([inside, outside, inside], tmp_path / "in")
    assert [file["name"] for file in described] == ["deep/a.csv", "b.csv"]
    assert described[0] == {"name": "deep/a.csv", "bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}


def test_only_files_of_both_sides_can_have_changed() -> None:
    before = [{"name": "a", "sha256": "1"}, {"name": "b", "sha256": "2"}, {"name": "gone", "sha256": "3"}, {}]
    now = [{"name": "a", "sha256": "1"}, {"name": "b", "sha256": "9"}, {"name": "new", "sha256": "4"}]
    assert changed_files(before, now) == ["b"]
    assert changed_files([], now) == []
