"""One run of an experiment: trained, or found to be trained already."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from decloak.evaluation.classifiers.fingerprints import folder_fingerprint
from decloak.training.data.checksums import sha256_of

from .planning import PlannedRun
from .random_encoder import random_encoder
from .run_state import RunState, can_go_on, text_key
from .variant_recipes import write_recipe
from .written_tables import TrainingFiles

Say = Callable[[str], None]


@dataclass
class EncoderPlaces:
    """Where pretrained encoders and ready banks are: folders or Hub ids, and a folder.

    Attributes:
        text: a BERT.
        speech: a Whisper.
        vision: an image encoder.
        banks: what `decloak build-banks` made.
    """

    text: str | None = None
    speech: str | None = None
    vision: str | None = None
    banks: Path | None = None
    _known: dict[str, str] = field(default_factory=dict, repr=False)

    def identity(self, senses: list[str]) -> str:
        """Hash the encoders that some senses need: the bytes of folders, the names on the Hub."""
        given = {"text": self.text, "speech": self.speech, "vision": self.vision}
        used: dict[str, Any] = {name: place for name, place in given.items() if place is not None and name in senses}
        if self.banks is not None and len(senses) > 1:
            used["banks"] = str(self.banks)
        return text_key({name: self._hash(place) for name, place in used.items()})

    def _hash(self, place: str) -> str:
        if place not in self._known:
            self._known[place] = folder_fingerprint(place) if Path(place).is_dir() else f"hub:{place}"
        return self._known[place]


def run_inputs(run: PlannedRun, files: TrainingFiles, encoders: EncoderPlaces) -> dict[str, str]:
    """Return the hash of each thing that the model of a run depends on."""
    used = [*(f"train-{source.name}" for source in run.recipe.data), "heldout", "validation"]
    used += [f"language-{name}" for name in run.recipe.language_texts]
    return {
        "recipe": text_key({**run.recipe.model_dump(mode="json"), "start": run.variant.text_encoder}),
        "data": text_key({name: files.sha256.get(name) for name in used}),
        "encoder": encoders.identity(run.senses),
    }


def train_run(
    run: PlannedRun, files: TrainingFiles, encoders: EncoderPlaces, output: Path, state: RunState, say: Say
) -> RunState:
    """Train a run, or go on with it; return its new state, which is saved, too.

    The folder keeps `recipe.yaml`, `log.jsonl` and `model/`; checkpoints and the untrained model are deleted.

    Raises:
        ValueError: The recipe, the data or the encoders do not fit together.
    """
    from decloak.training.run import train_mmbert

    folder = run.folder(output)
    resume = can_go_on(folder)
    state.resumed = state.resumed or resume
    state.save(folder)
    write_recipe(run.recipe, folder / "recipe.yaml")
    say(f"{'training goes on' if resume else 'training'} in {folder}")
    model = train_mmbert(
        recipe=folder / "recipe.yaml",
        data=_data_files(run, files),
        eval_data=files.validation,
        output=folder,
        resume=resume,
        **_encoder_arguments(run, encoders, output),
    )
    record = json.loads((model / "config.json").read_text(encoding="utf-8"))["training_record"]
    weights = sorted(model.glob("*.safetensors"))
    digests = text_key([sha256_of(file) for file in weights])
    done = replace(state, trained=True, model_sha256=digests, parameters=count_parameters(weights), record=record)
    done.save(folder)
    for name in ("checkpoints", "initial"):
        shutil.rmtree(folder / name, ignore_errors=True)
    return done


def _data_files(run: PlannedRun, files: TrainingFiles) -> dict[str, Path]:
    train = {source.name: files.train[source.name] for source in run.recipe.data}
    return train | {name: files.language[name] for name in run.recipe.language_texts} | {"heldout": files.excluded}


def _encoder_arguments(run: PlannedRun, encoders: EncoderPlaces, output: Path) -> dict[str, Any]:
    """Return the encoders of the senses that the model has: others would only be carried along."""
    text = encoders.text
    if run.variant.text_encoder == "random" and text is not None:
        text = str(
            random_encoder(text, run.seed, output / "encoders" / f"random-{encoders.identity(['text'])}-{run.seed}")
        )
    return {
        "text_encoder": text,
        "speech_encoder": encoders.speech if "speech" in run.senses else None,
        "vision_encoder": encoders.vision if "vision" in run.senses else None,
        "banks": encoders.banks if len(run.senses) > 1 else None,
    }


def count_parameters(files: list[Path]) -> dict[str, int]:
    """Count the numbers in safetensors files: `total`, and `banks`, those of sound and glyph banks among them."""
    import math

    from safetensors import safe_open

    counts = {"total": 0, "banks": 0}
    for file in files:
        with safe_open(file, framework="numpy") as tensors:
            for name in tensors.keys():
                size = math.prod(tensors.get_slice(name).get_shape())
                counts["total"] += size
                counts["banks"] += size if ".bank." in name else 0
    return counts


__all__ = ["EncoderPlaces", "Say", "count_parameters", "run_inputs", "train_run"]
