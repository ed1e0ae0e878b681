"""Build the frozen table of glyph features that lets a model see characters without a font or a vision encoder.

Each distinct unit of text is drawn once, encoded once by a vision model, and projected to a few dimensions.
"""

from collections.abc import Callable, Iterable, Sequence
from os import PathLike

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image
from transformers import AutoConfig, AutoImageProcessor, AutoModel

from decloak.processing.glyph_rendering import GlyphRenderer

from .feature_bank import FeatureBank, Features, make_bank

Encoder = Callable[[Sequence[Image]], Features]

RECOGNISER_HEIGHT = 48


def build_glyph_bank(
    units: Iterable[str],
    renderer: GlyphRenderer,
    encode: Encoder,
    dimension: int | None = 64,
    whiten: bool = True,
    batch_size: int = 256,
    source: str = "",
) -> FeatureBank:
    """Draw and encode each unit once, and project the features by principal components.

    Args:
        units: What shall have a row, in this order (see `bank_characters`); repetitions are dropped, and so are
            units that the renderer cannot draw as themselves (they are reported in `missing`).
        renderer: Draws one image per unit.
        encode: A list of n images to an (n, D) array, such as `vision_feature_extractor` returns.
        dimension: Columns of the bank; None keeps all D, rotated.
        whiten: Scale every component to variance 1, instead of keeping distances. On Chinese look-alikes it raised
            recall among the ten nearest from 0.46 to 0.50 (64 components, mean of four tables).
        batch_size: Images per call of `encode`.
        source: What draws and encodes, for the bank's record.

    Raises:
        ValueError: Nothing can be drawn, `encode` returns another shape or values that are not finite, or
            `dimension` exceeds what the features have.
    """
    wanted = list(dict.fromkeys(units))
    drawn = [unit for unit in wanted if unit in renderer]
    if not drawn:
        raise ValueError(f"None of the {len(wanted)} units can be drawn with {renderer.text_faces}. Fix: other fonts.")
    batches = (drawn[start : start + batch_size] for start in range(0, len(drawn), batch_size))
    output = np.concatenate([_encode_batch(batch, renderer, encode) for batch in batches])
    drawn_set = set(drawn)
    missing = [unit for unit in wanted if unit not in drawn_set]
    return make_bank(drawn, output, dimension, whiten, missing, source)


def _encode_batch(batch: list[str], renderer: GlyphRenderer, encode: Encoder) -> NDArray[np.float64]:
    output = np.asarray(encode([renderer.render(unit) for unit in batch]), dtype=np.float64)
    if output.ndim != 2 or len(output) != len(batch):
        raise ValueError(f"encode gave shape {output.shape} for {len(batch)} images; allowed: ({len(batch)}, D).")
    return output


def vision_feature_extractor(folder: str | PathLike[str], device: str = "cpu") -> Encoder:
    """Load a vision model and return a function from images to features.

    Text recognisers of the PP-OCR family and any image encoder that `AutoModel` and `AutoImageProcessor` load are
    supported. Of an image encoder the pooled output is used where it was trained, else the mean of the last hidden
    states; of a two-tower model (CLIP) the vision tower.

    Args:
        folder: A local folder or a Hub id.
        device: Where the model runs.

    Returns:
        A function from n images to an (n, D) float32 array.

    Raises:
        OSError: The folder has no model that transformers can load.
    """
    config = AutoConfig.from_pretrained(folder)
    if any(name.endswith("ForTextRecognition") for name in config.architectures or ()):
        return _recogniser_extractor(folder, config.architectures[0], device)
    return _image_encoder_extractor(folder, device)


def _recogniser_extractor(folder: str | PathLike[str], architecture: str, device: str) -> Encoder:
    """Make features of a PP-OCR text recogniser: the mean of its backbone's last map.

    That ranked look-alike characters as well as or better than the text head's states, the maximum, and raw pixels.
    The recogniser's own image processor needs torchvision, so pixels are made here.
    """
    import transformers

    model = getattr(transformers, architecture).from_pretrained(folder, dtype=torch.float32).to(device).eval()

    @torch.inference_mode()
    def encode(images: Sequence[Image]) -> Features:
        pixels = torch.from_numpy(np.stack([_recogniser_pixels(image) for image in images])).to(device)
        maps = model.model(pixels).last_hidden_state
        return maps.mean(dim=(2, 3)).float().cpu().numpy()

    return encode


def _recogniser_pixels(image: Image) -> Features:
    """Return an image as the recogniser wants it: 48 high, BGR, -1 ... 1, (3, 48, width)."""
    width = max(8, round(image.width * RECOGNISER_HEIGHT / image.height))
    pixels = np.asarray(image.convert("RGB").resize((width, RECOGNISER_HEIGHT)), dtype=np.float32)
    return np.ascontiguousarray((pixels[:, :, ::-1] / 127.5 - 1).transpose(2, 0, 1))


def _image_encoder_extractor(folder: str | PathLike[str], device: str) -> Encoder:
    loaded, info = AutoModel.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    tower: torch.nn.Module = getattr(loaded, "vision_model", loaded)
    tower.to(torch.device(device)).eval()
    processor = AutoImageProcessor.from_pretrained(folder)
    # A pooler whose weights the checkpoint lacks is random: its output says nothing.
    trained_pooler = not any("pooler" in name for name in info["missing_keys"])

    @torch.inference_mode()
    def encode(images: Sequence[Image]) -> Features:
        inputs = processor(images=[image.convert("RGB") for image in images], return_tensors="pt")
        outputs = tower(pixel_values=inputs["pixel_values"].to(device))
        pooled = getattr(outputs, "pooler_output", None)
        if pooled is None or not trained_pooler:
            states = outputs.last_hidden_state
            pooled = states.mean(dim=1) if states.ndim == 3 else states
        pooled = pooled.mean(dim=(2, 3)) if pooled.ndim == 4 else pooled
        return pooled.float().cpu().numpy()

    return encode


__all__ = ["Encoder", "build_glyph_bank", "vision_feature_extractor"]
