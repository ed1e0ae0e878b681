"""Pictures of every kind become RGB, or a clear error."""

import io
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from decloak.processing.image_input import read_image

PIXELS = (np.arange(6 * 8 * 3).reshape(6, 8, 3) * 37 % 256).astype(np.uint8)


def file_bytes(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def bomb(side: int) -> bytes:
    """A small file that claims to be a huge picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


PNG = file_bytes(Image.fromarray(PIXELS))


def test_the_same_picture_from_every_source(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    sources: list[Any] = [path, str(path), PNG, PIXELS, PIXELS.astype(np.float32), PIXELS.astype(np.int64)]
    sources += [Image.fromarray(PIXELS), {"bytes": PNG, "path": None}, {"bytes": None, "path": str(path)}]
    for source in sources:
        image = read_image(source)
        assert image.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(image), PIXELS)


@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 1), (6, 8, 3), (6, 8, 4)])
def test_channels(shape: tuple[int, ...]) -> None:
    assert read_image(np.full(shape, 255, dtype=np.uint8)).size == (8, 6)


def test_transparent_parts_are_white() -> None:
    letters = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    letters.putpixel((1, 1), (0, 0, 0, 255))
    for image in (letters, Image.open(io.BytesIO(file_bytes(letters.convert("LA"))))):
        pixels = np.asarray(read_image(image))
        assert pixels[1, 1].tolist() == [0, 0, 0]
        assert pixels[0, 0].tolist() == [255, 255, 255]


def test_a_mask_is_black_and_white() -> None:
    assert np.asarray(read_image(np.array([[True, False]]))).tolist() == [[[255] * 3, [0] * 3]]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (b"", "cannot be opened"),
        (b"no picture", "cannot be opened"),
        (PNG[:60], "cannot be (opened|decoded)"),
        (bomb(20_000), "cannot be opened|20000 x 20000"),
        (bomb(5_001), "5001 x 5001 pixels; 1 to 25000000"),
        (np.zeros((0, 4, 3), dtype=np.uint8), "shape"),
        (np.zeros((3, 4, 5), dtype=np.uint8), "shape"),
        (np.zeros(5, dtype=np.uint8), "shape"),
        (PIXELS.astype(np.int16) * 2, "0 to 255"),
        (PIXELS.astype(np.int16) - 1, "0 to 255"),
        (np.full((2, 2), np.nan), "0 to 255"),
        (PIXELS / 255, "multiply by 255"),
        (np.array([["a"]]), "0 to 255"),
        (5, "int is no picture"),
        ({}, "no picture"),
        ("\0", "cannot be opened"),
    ],
)
def test_bad_pictures(image: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_image(image)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_image(tmp_path / "none.png")


@given(st.binary(max_size=60), st.integers(0, len(PNG)))
def test_damaged_files_give_an_error_or_a_picture(noise: bytes, at: int) -> None:
    for data in (noise, PNG[:at] + noise + PNG[at + len(noise) :]):
        try:
            assert read_image(data).mode == "RGB"
        except ValueError:
            continue


def test_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match="pip install Pillow"):
        read_image(PNG)
