"""Put banks into a model and its processor."""

import inspect
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from decloak.modeling import MMBertForSequenceClassification
from decloak.processing import MultimodalHateProcessor

from ..export import save_repository
from .feature_bank import FeatureBank
from .sound_tables import SoundTables

GLYPHS, SOUNDS = "glyphs", "sounds"
TABLES_FILE = "sound_tables.json"
SPEAKER_FILE = "speaker.json"
SIZES = {"speech": "sound_bank_size", "vision": "glyph_bank_size"}


@dataclass(frozen=True)
class Banks:
    """The banks of a checkpoint; any may be missing.

    Attributes:
        glyphs: features of characters.
        sounds: features of syllables and phonemes.
        sound_tables: how a text becomes these.
        speaker: who spoke them: the processor's `speech_engine`, `speech_voice` and `speech_version`.
    """

    glyphs: FeatureBank | None = None
    sounds: FeatureBank | None = None
    sound_tables: SoundTables | None = None
    speaker: dict[str, str] | None = None

    def save(self, folder: Path) -> None:
        """Write each bank into a folder of its own below `folder`."""
        if self.glyphs is not None:
            self.glyphs.save(folder / GLYPHS)
        if self.sounds is not None:
            self.sounds.save(folder / SOUNDS)
            for name, content in ((TABLES_FILE, self.sound_tables), (SPEAKER_FILE, self.speaker)):
                text = json.dumps(content, ensure_ascii=False, indent=1)
                (folder / SOUNDS / name).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Banks":
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: There is neither bank, or a file of one is missing.
        """
        glyphs = FeatureBank.load(folder / GLYPHS) if (folder / GLYPHS).is_dir() else None
        if not (folder / SOUNDS).is_dir():
            if glyphs is None:
                raise FileNotFoundError(
                    f"{folder} has no banks ({GLYPHS}/, {SOUNDS}/): make them, decloak build-banks."
                )
            return cls(glyphs)
        tables, speaker = (
            json.loads((folder / SOUNDS / name).read_text(encoding="utf-8")) for name in (TABLES_FILE, SPEAKER_FILE)
        )
        return cls(glyphs, FeatureBank.load(folder / SOUNDS), tables, speaker)


def with_banks(model: MMBertForSequenceClassification, banks: Banks) -> MMBertForSequenceClassification:
    """Return a model with these banks in place of its own.

    Where the model's aligner reads features as wide as the encoder gives them, or the bank keeps all of their
    dimensions, the model holds these as they are; else its projection to fewer, which is kept in the checkpoint. A
    sense that the model did not have, or had in another width, gets a new aligner; it must be trained, and so must an
    old one that meets another bank.

    Args:
        model: any MMBERT classifier; it is left as it is.
        banks: the banks.
    """
    fields: dict[str, Any] = {}
    tables = {}
    for sense, bank in (("speech", banks.sounds), ("vision", banks.glyphs)):
        if bank is None:
            continue
        width, dimension = len(bank.mean), bank.features.shape[1]
        raw = width in (getattr(model.config, f"{sense}_feature_size"), dimension)
        tables[sense] = (bank, raw)
        fields |= {SIZES[sense]: len(bank.features), f"{sense}_feature_size": width if raw else dimension}
        if not raw:
            fields[f"{sense}_encoder_size"] = width
    config = type(model.config)(**(model.config.to_dict() | fields))
    made = type(model)(config)
    shapes = {name: tensor.shape for name, tensor in made.state_dict().items()}
    kept = {name: tensor for name, tensor in model.state_dict().items() if shapes.get(name) == tensor.shape}
    made.load_state_dict(kept, strict=False)
    for sense, (bank, raw) in tables.items():
        fill_bank(getattr(made.mmbert, sense), bank, raw)
    made = made.to(dtype=model.dtype)  # type: ignore[call-arg]
    return made.eval()


@torch.no_grad()
def fill_bank(sense: Any, bank: FeatureBank, raw: bool) -> None:
    """Write a bank's features, and its projection where it has one, into a sense of a model.

    Args:
        sense: the model's `MMBertSpeech` or `MMBertVision`.
        bank: the bank.
        raw: keep the encoder's own features.
    """
    rows = bank.raw_features + bank.mean if raw else bank.features
    sense.bank.weight.copy_(torch.from_numpy(np.ascontiguousarray(rows)))
    if not raw:
        weight, bias = bank.projection
        sense.projection.weight.copy_(torch.from_numpy(weight))
        sense.projection.bias.copy_(torch.from_numpy(bias))


def give_banks(processor: MultimodalHateProcessor, banks: Banks) -> MultimodalHateProcessor:
    """Return a processor with the units and tables of these banks in place of its own."""
    settings = {name: getattr(processor, name) for name in processor_settings()}
    settings |= bank_settings(banks)
    return MultimodalHateProcessor(
        processor.tokenizer, processor.feature_extractor, processor.image_processor, **settings
    )


def install_banks(banks: Banks, model: Path, folder: Path) -> Path:
    """Save the MMBERT of one folder, with these banks, in another.

    Raises:
        OSError, ValueError: `model` is no saved model.
    """
    processor = give_banks(MultimodalHateProcessor.from_pretrained(model), banks)
    return save_repository(with_banks(MMBertForSequenceClassification.from_pretrained(model), banks), processor, folder)


def bank_settings(banks: Banks) -> dict[str, Any]:
    """Return the `MultimodalHateProcessor` settings that belong to banks."""
    settings: dict[str, Any] = {}
    if banks.glyphs is not None:
        settings["glyph_characters"] = list(banks.glyphs.units)
    if banks.sounds is not None:
        settings |= {"sound_units": list(banks.sounds.units), "sound_tables": banks.sound_tables}
        settings |= banks.speaker or {}
    return settings


def processor_settings() -> list[str]:
    """Return the names of a processor's settings."""
    parameters = inspect.signature(MultimodalHateProcessor).parameters
    return [name for name in parameters if name not in ("tokenizer", "feature_extractor", "image_processor")]


__all__ = ["Banks", "bank_settings", "give_banks", "install_banks", "with_banks"]
