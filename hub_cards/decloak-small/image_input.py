"""Reading pictures: checked, bounded, RGB."""

import importlib
import io
from os import PathLike
from typing import Any

import numpy as np

MAX_PIXELS = 25_000_000  # A decompression bomb is refused before it is decoded.


def read_image(image: Any, max_pixels: int = MAX_PIXELS) -> Any:
    """Return a picture as a Pillow image in RGB.

    Args:
        image: a Pillow image, a path, the bytes of a file, an array (height, width[, channels]) of 0 to 255, or a
            dict with `bytes` or `path` as the datasets library gives it undecoded. Transparent parts become white.
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
    if isinstance(image, dict):
        image = image.get("path") if image.get("bytes") is None else image["bytes"]
    if isinstance(image, np.ndarray):
        image = pillow.fromarray(_as_bytes(image))
    opened = _open(image, pillow) if isinstance(image, (str, PathLike, bytes)) else image
    if not isinstance(opened, pillow.Image):
        raise ValueError(f"A {type(image).__name__} is no picture: give a path, bytes, an array or a Pillow image.")
    width, height = opened.size
    if width * height > max_pixels or not width * height:
        raise ValueError(f"The picture has {width} x {height} pixels; 1 to {max_pixels} are taken.")
    try:
        if opened.has_transparency_data:
            opened = opened.convert("RGBA")
            opened = pillow.alpha_composite(pillow.new("RGBA", opened.size, "white"), opened)
        return opened.convert("RGB")
    except Exception as error:  # truncated data surfaces only here, under many classes
        raise ValueError(f"The picture cannot be decoded: {error}") from error


def _as_bytes(image: np.ndarray) -> np.ndarray:
    """Return an array as bytes, gray or with 3 or 4 channels; other values would wrap around in silence."""
    if image.ndim == 3 and image.shape[-1] == 1:
        image = image[..., 0]
    if 0 in image.shape or not (image.ndim == 2 or (image.ndim == 3 and image.shape[-1] in (3, 4))):
        raise ValueError(f"An image array has shape (height, width[, 1, 3 or 4 channels]); this one {image.shape}.")
    if image.dtype.kind not in "biuf" or not (np.isfinite(image) & (image >= 0) & (image <= 255)).all():
        raise ValueError(f"An image array has numbers of 0 to 255; this one, of {image.dtype}, has others.")
    if image.dtype.kind == "f" and 0 < image.max() <= 1:
        raise ValueError(
            "An image array has numbers of 0 to 255; the largest of this one is 1 or less: multiply by 255."
        )
    return (image * 255 if image.dtype.kind == "b" else image).astype(np.uint8)


def _open(source: Any, pillow: Any) -> Any:
    try:
        return pillow.open(io.BytesIO(source) if isinstance(source, bytes) else source)
    except FileNotFoundError:
        raise
    except Exception as error:  # UnidentifiedImageError, DecompressionBombError, OSError and others
        raise ValueError(f"The picture cannot be opened: {error}") from error


__all__ = ["MAX_PIXELS", "read_image"]
