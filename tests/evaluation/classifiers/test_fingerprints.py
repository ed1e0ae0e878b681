import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.classifiers.fingerprints import (
    fingerprint,
    folder_fingerprint,
    model_files,
    text_fingerprint,
)
from decloak.training.data.checksums import sha256_of


def test_content_counts_and_the_folder_does_not(tmp_path: Path) -> None:
    for name, text in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_text(text)
    one, same, other = (folder_fingerprint(tmp_path / name) for name in "abc")
    assert one == same != other
    assert len(one) == 16 and set(one) <= set("0123456789abcdef")


def test_cards_do_not_matter_and_settings_inside_do(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = folder_fingerprint(tmp_path)
    (tmp_path / "README.md").write_text("words")
    (tmp_path / "training_record.json").write_text("{}")
    assert folder_fingerprint(tmp_path) == before
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text("{}")
    assert [file.name for file in model_files(tmp_path)] == ["config.json", "config.json"]
    assert folder_fingerprint(tmp_path) != before


@given(st.dictionaries(st.text(), st.integers()))
def test_the_order_of_settings_does_not_matter(settings: dict[str, int]) -> None:
    assert fingerprint(settings) == fingerprint(dict(reversed(settings.items())))


@given(st.text(), st.text())
def test_other_texts_have_other_fingerprints(first: str, second: str) -> None:
    assert (text_fingerprint(first) == text_fingerprint(second)) is (first == second)


def test_files_larger_than_a_block(tmp_path: Path) -> None:
    data = bytes(3_000_000)
    (tmp_path / "a").write_bytes(data)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(data).hexdigest()
