import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.kokoro_folder import file_stamp, open_kokoro_folder, sha256_of_file
from tests.processing import fake_kokoro


def test_both_layouts_hold_the_same(tmp_path: Path) -> None:
    flat = open_kokoro_folder(fake_kokoro.make_folder(tmp_path / "flat"))
    hub = open_kokoro_folder(str(fake_kokoro.make_hub_folder(tmp_path / "hub")))
    assert flat.read_vocabulary() == hub.read_vocabulary()
    assert "$" not in flat.read_vocabulary()
    assert flat.voice_names() == ["af_two", "zf_one"]
    assert hub.voice_names() == ["zf_one"]
    np.testing.assert_array_equal(flat.read_voice("zf_one"), hub.read_voice("zf_one"))
    assert flat.read_voice("af_two").shape == (510, 256)
    assert hub.model.name == "model_quantized.onnx"


def test_half_precision_voices_become_float32(tmp_path: Path) -> None:
    fake_kokoro.make_folder(tmp_path)
    np.savez_compressed(tmp_path / "voices.npz", zf_one=fake_kokoro.style_rows(510, 1).astype(np.float16))
    voice = open_kokoro_folder(tmp_path).read_voice("zf_one")
    assert voice.dtype == np.float32
    np.testing.assert_array_equal(voice, fake_kokoro.style_rows(510, 1))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["model.onnx"], r"lacks model\.onnx; allowed"),
        (["vocab.json", "voices.npz"], r"lacks vocab\.json, voices\.npz; allowed: model\.onnx with"),
    ],
)
def test_missing_files_are_named(tmp_path: Path, names: list[str], message: str) -> None:
    fake_kokoro.make_folder(tmp_path)
    for name in names:
        (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        open_kokoro_folder(tmp_path)


def test_missing_files_of_the_hub_layout_are_named(tmp_path: Path) -> None:
    root = fake_kokoro.make_hub_folder(tmp_path / "hub")
    (root / "tokenizer.json").unlink()
    (root / "voices" / "zf_one.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks tokenizer\.json, voices; allowed"):
        open_kokoro_folder(root)


def test_an_empty_folder_lacks_everything(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"lacks model\.onnx, vocab\.json, voices\.npz"):
        open_kokoro_folder(tmp_path)


@pytest.mark.parametrize("folder", [None, ""])
def test_no_folder(folder: str | None) -> None:
    with pytest.raises(FileNotFoundError, match="no Kokoro model was given; allowed: the path of a local folder"):
        open_kokoro_folder(folder)


def test_a_repository_id_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="'user/kokoro' does not exist.*or the name of a repository"):
        open_kokoro_folder("user/kokoro")


def test_several_models_need_a_choice(tmp_path: Path) -> None:
    root = fake_kokoro.make_hub_folder(tmp_path / "hub")
    (root / "onnx" / "model.onnx").write_bytes(b"")
    assert open_kokoro_folder(root).model == root / "onnx" / "model_quantized.onnx"  # the default one is there
    assert open_kokoro_folder(root, model_file="onnx/model.onnx").model == root / "onnx" / "model.onnx"
    (root / "onnx" / "model_quantized.onnx").rename(root / "onnx" / "model_fp16.onnx")
    with pytest.raises(ValueError, match="model_file= with one of: onnx/model.onnx, onnx/model_fp16.onnx"):
        open_kokoro_folder(root)
    with pytest.raises(FileNotFoundError, match=r"lacks onnx/model_q4\.onnx"):
        open_kokoro_folder(root, model_file="onnx/model_q4.onnx")


@given(st.binary(max_size=200))
def test_garbage_in_any_file_is_a_clear_error(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    root = tmp_path_factory.getbasetemp() / "garbage"
    paths = open_kokoro_folder(root if root.exists() else fake_kokoro.make_folder(root))
    for name in ("vocab.json", "voices.npz"):
        (root / name).write_bytes(garbage)
    with pytest.raises(ValueError, match="vocab.json"):
        paths.read_vocabulary()
    with pytest.raises(ValueError, match="voices.npz"):
        paths.read_voice("zf_one")


@pytest.mark.parametrize("content", [[], {}, {"ab": 1}, {"a": "1"}, {"a": True}, {"a": 0}, {"model": {}}, "a", 1])
def test_a_vocabulary_without_phonemes(tmp_path: Path, content: object) -> None:
    fake_kokoro.make_folder(tmp_path)
    (tmp_path / "vocab.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="holds no phonemes; allowed: an object that maps"):
        open_kokoro_folder(tmp_path).read_vocabulary()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((3, 128), np.float32), "has 384 values of dtype float32; floating-point rows of 256"),
        (np.zeros((0, 256), np.float32), "has 0 values"),
        (np.zeros((2, 256), np.int64), "dtype int64; floating-point rows"),
        (np.full((2, 256), np.nan, np.float32), "non-finite values"),
    ],
)
def test_damaged_voices(tmp_path: Path, values: np.ndarray, message: str) -> None:
    fake_kokoro.make_folder(tmp_path)
    np.savez(tmp_path / "voices.npz", zf_one=values)
    with pytest.raises(ValueError, match=message):
        open_kokoro_folder(tmp_path).read_voice("zf_one")


@pytest.mark.parametrize("size", [0, 3, 1000, 256 * 4 + 1])
def test_truncated_voice_file(tmp_path: Path, size: int) -> None:
    root = fake_kokoro.make_hub_folder(tmp_path / "hub")
    os.truncate(root / "voices" / "zf_one.bin", size)
    with pytest.raises(ValueError, match="rows of 256 values are allowed: fetch the file again"):
        open_kokoro_folder(root).read_voice("zf_one")


def test_a_pickle_among_the_voices_is_not_loaded(tmp_path: Path) -> None:
    fake_kokoro.make_folder(tmp_path)
    np.savez(tmp_path / "voices.npz", zf_one=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="voices.npz is not an archive of NumPy arrays"):
        open_kokoro_folder(tmp_path).read_voice("zf_one")


def test_digest_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    first = file_stamp(path)
    assert sha256_of_file(first) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    path.write_bytes(b"other")
    assert sha256_of_file(file_stamp(path)) != sha256_of_file(first)
