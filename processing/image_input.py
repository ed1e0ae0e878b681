"""Reading pictures: checked, bounded, RGB."""

import importlib
import io
from os import PathLike
from typing import Any

import numpy as np

MAX_PIXELS = 25_000_000  # A decompression bomb is refused before it is decoded.


def read_image(image: Any, max_pixels: int = MAX_PIXELS) -> Any:  # noqa: ANN401  Pillow is imported late
    """Return a picture as a Pillow image in RGB.

    Args:
        image: a Pillow image, a path, the bytes of a file, or an array (height, width[, channels]) of 0 to 255.
        max_pixels: largest number of pixels that is taken.

    Raises:
        ValueError: The picture cannot be decoded, is empty, or has too many pixels.
        FileNotFoundError: There is no such file.
        ImportError: Pillow is not installed.
    """
    try:
        pillow = importlib.import_module("PIL.Image")
    except ImportError as error:
        raise ImportError("Reading pictures needs Pillow: pip install Pillow") from error
    if isinstance(image, np.ndarray):
        if image.ndim not in (2, 3) or 0 in image.shape:
            raise ValueError(f"An image array has shape (height, width[, channels]); this one {image.shape}.")
        image = pillow.fromarray(image.astype(np.uint8))
    opened = _open(image, pillow) if isinstance(image, (str, PathLike, bytes)) else image
    if not isinstance(opened, pillow.Image):
        raise ValueError(f"A {type(image).__name__} is no picture: give a path, bytes, an array or a Pillow image.")
    width, height = opened.size
    if width * height > max_pixels or not width * height:
        raise ValueError(f"The picture has {width} x {height} pixels; 1 to {max_pixels} are taken.")
    try:
        return opened.convert("RGB")
    except Exception as error:  # truncated data surfaces only here, under many classes
        raise ValueError(f"The picture cannot be decoded: {error}") from error


def _open(source: Any, pillow: Any) -> Any:  # noqa: ANN401
    try:
        return pillow.open(io.BytesIO(source) if isinstance(source, bytes) else source)
    except FileNotFoundError:
        raise
    except Exception as error:  # UnidentifiedImageError, DecompressionBombError, OSError and others
        raise ValueError(f"The picture cannot be opened: {error}") from error


__all__ = ["MAX_PIXELS", "read_image"]
