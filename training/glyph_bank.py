"""Build the frozen table of glyph features that lets a model see characters without a font or a vision encoder.

Each distinct unit of text is drawn once, encoded once by a vision model, and projected to a few dimensions.
"""

import json
import logging
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from os import PathLike
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image
from safetensors.numpy import load_file, save_file
from transformers import AutoConfig, AutoImageProcessor, AutoModel

from decloak.processing.glyph_rendering import GlyphRenderer, characters, is_emoji, plain_form

logger = logging.getLogger(__name__)

Features = NDArray[np.float32]
Encoder = Callable[[Sequence[Image]], Features]

HOMOGLYPH_NAMES = ("LATIN", "GREEK", "CYRILLIC", "FULLWIDTH", "HALFWIDTH", "MATHEMATICAL", "DOUBLE-STRUCK", "CIRCLED")
RECOGNISER_HEIGHT = 48
FEATURES_FILE = "bank.safetensors"
CHARACTERS_FILE = "characters.json"


@dataclass(frozen=True)
class GlyphBank:
    """A frozen table of glyph features.

    Attributes:
        characters: The units that have a row; unit i has row i + 1.
        features: (n + 1, dimension) float32. Row 0, for unknown glyphs, is zeros: the mean glyph.
        raw_features: (n + 1, D) float32, the encoder's output, centred; row 0 is zeros.
        mean: (D,) the encoder's mean output.
        components: (dimension, D) the projection: `features = (output - mean) @ components.T`.
        explained_variance: The share of the raw features' variance that the projection keeps.
        missing: Units that were asked for and left out: the fonts lack them, or they look like a simpler form.
    """

    characters: tuple[str, ...]
    features: Features
    raw_features: Features
    mean: Features
    components: Features
    explained_variance: float
    missing: tuple[str, ...] = ()

    @property
    def table(self) -> dict[str, int]:
        """The row of each unit, for `glyph_id`."""
        return {character: row for row, character in enumerate(self.characters, start=1)}

    def save(self, folder: str | PathLike[str]) -> None:
        """Write the arrays (safetensors) and the units (JSON) into a folder, which is made if missing."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        names = ("features", "raw_features", "mean", "components")
        save_file({name: np.ascontiguousarray(getattr(self, name)) for name in names}, target / FEATURES_FILE)
        content = {
            "characters": self.characters,
            "explained_variance": self.explained_variance,
            "missing": self.missing,
        }
        (target / CHARACTERS_FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> "GlyphBank":
        """Read what `save` wrote.

        Raises:
            ValueError: The two files do not belong together.
            FileNotFoundError: One is missing.
        """
        content = json.loads(Path(folder, CHARACTERS_FILE).read_text(encoding="utf-8"))
        arrays = load_file(Path(folder, FEATURES_FILE))
        units = tuple(content["characters"])
        if len(arrays["features"]) != len(units) + 1:
            raise ValueError(
                f"{FEATURES_FILE} has {len(arrays['features'])} rows and {CHARACTERS_FILE} {len(units)} characters; "
                f"allowed: one row more than characters. Fix: build the bank in {folder} again."
            )
        return cls(
            characters=units,
            features=arrays["features"],
            raw_features=arrays["raw_features"],
            mean=arrays["mean"],
            components=arrays["components"],
            explained_variance=float(content["explained_variance"]),
            missing=tuple(content["missing"]),
        )


def build_glyph_bank(
    units: Iterable[str],
    renderer: GlyphRenderer,
    encode: Encoder,
    dimension: int | None = 64,
    whiten: bool = True,
    batch_size: int = 256,
) -> GlyphBank:
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
    mean = output.mean(axis=0, keepdims=True)
    components, explained = principal_components(output - mean, dimension, whiten)
    raw = np.concatenate([np.zeros_like(mean), output - mean])
    return GlyphBank(
        characters=tuple(drawn),
        features=(raw @ components.T).astype(np.float32),
        raw_features=raw.astype(np.float32),
        mean=mean[0].astype(np.float32),
        components=components.astype(np.float32),
        explained_variance=explained,
        missing=tuple(unit for unit in wanted if unit not in set(drawn)),
    )


def _encode_batch(batch: list[str], renderer: GlyphRenderer, encode: Encoder) -> NDArray[np.float64]:
    output = np.asarray(encode([renderer.render(unit) for unit in batch]), dtype=np.float64)
    if output.ndim != 2 or len(output) != len(batch):
        raise ValueError(f"encode gave shape {output.shape} for {len(batch)} images; allowed: ({len(batch)}, D).")
    bad = [unit for unit, row in zip(batch, output, strict=True) if not np.isfinite(row).all()]
    if bad:
        raise ValueError(
            f"encode gave NaN or infinite features for {bad[:10]} ({len(bad)} units). "
            "Fix: check the encoder's weights; use float32."
        )
    return output


def principal_components(
    centred: NDArray[np.float64], dimension: int | None, whiten: bool = False
) -> tuple[NDArray[np.float64], float]:
    """Compute the principal components of centred rows by SVD; the largest entry of each is positive, to fix its sign.

    Args:
        centred: (n, D) rows with mean zero.
        dimension: How many to keep; None keeps min(n, D).
        whiten: Divide each by its standard deviation (components without variance become zeros).

    Returns:
        The (dimension, D) components and the share of the variance that they keep.

    Raises:
        ValueError: `dimension` is not within 1 ... min(n, D).
    """
    limit = min(centred.shape)
    kept = limit if dimension is None else dimension
    if not 1 <= kept <= limit:
        raise ValueError(
            f"dimension={dimension} for {centred.shape[0]} glyphs with {centred.shape[1]} features; "
            f"allowed: 1 ... {limit}. Fix: a smaller dimension or more glyphs."
        )
    _, scales, components = np.linalg.svd(centred, full_matrices=False)
    peaks = components[np.arange(limit), np.abs(components).argmax(axis=1)]
    components = components * np.where(peaks < 0, -1.0, 1.0)[:, None]
    variances = scales**2 / len(centred)
    explained = float(variances[:kept].sum() / max(variances.sum(), np.finfo(float).tiny))
    if whiten:
        spread = np.sqrt(variances)
        floor = spread[0] * 1e-6
        components = components * np.where(spread > floor, 1 / np.maximum(spread, floor or 1), 0.0)[:, None]
    return components[:kept], explained


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


def count_units(texts: Iterable[str]) -> Counter[str]:
    """Count the units of texts, without variation selectors where they do not change the look."""
    units = Counter(unit for text in texts for _, _, unit in characters(text))
    counts: Counter[str] = Counter()
    for unit, count in units.items():
        counts[unit if is_emoji(unit) else plain_form(unit)] += count
    return counts


def codec_characters(codec: str) -> list[str]:
    """List the visible characters that one of Python's codecs can encode ("gb2312", "gbk", "big5"), by code point.

    Raises:
        LookupError: Python has no such codec.
    """
    return [character for character in _visible() if _encodes(character, codec)]


def _encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


@cache
def _visible() -> tuple[str, ...]:
    """List every assigned code point that is a unit by itself, in order."""
    points = map(chr, range(sys.maxunicode + 1))
    assigned = (point for point in points if unicodedata.category(point) not in ("Cn", "Co", "Cs", "Cc"))
    return tuple(unit for _, _, unit in characters("\n".join(assigned)))


def bank_characters(
    texts: Iterable[str] = (),
    minimum_count: int = 1,
    vocabulary: Iterable[str] = (),
    codecs: Sequence[str] = ("gb2312",),
    names: Sequence[str] = HOMOGLYPH_NAMES,
    emoji: bool = True,
    limit: int | None = None,
) -> list[str]:
    """Choose the units that get a row of a bank, the most useful first.

    The order is: printable ASCII, units of the texts by falling count, units of the vocabulary, characters of the
    codecs, emoji, then letters whose Unicode name starts with one of `names` (look-alikes of Latin letters).

    Args:
        texts: Training texts.
        minimum_count: How often a unit must occur in the texts.
        vocabulary: More strings, for instance a tokenizer's pieces; each of their units counts, however rare.
        codecs: Python codecs whose characters are included: "gb2312" has 6,763 Han, "gbk" 20,902.
        names: Beginnings of Unicode names.
        emoji: Whether to include emoji and pictographs of one code point that this Python's Unicode version knows.
        limit: At most so many; what is dropped is logged.
    """
    counts = count_units(texts)
    chosen = dict.fromkeys(chr(point) for point in range(0x21, 0x7F))
    chosen.update(dict.fromkeys(unit for unit, count in counts.most_common() if count >= minimum_count))
    chosen.update(dict.fromkeys(count_units(vocabulary)))
    for codec in codecs:
        chosen.update(dict.fromkeys(codec_characters(codec)))
    if emoji:
        chosen.update(dict.fromkeys(unit for unit in _visible() if is_emoji(unit) or is_emoji(unit + "\ufe0f")))
    prefixes = tuple(names)
    chosen.update(dict.fromkeys(c for c in _visible() if unicodedata.name(c, "").startswith(prefixes)))
    if limit is not None and len(chosen) > limit:
        logger.warning("The bank's limit of %d drops %d of %d units.", limit, len(chosen) - limit, len(chosen))
    return list(chosen)[:limit]
