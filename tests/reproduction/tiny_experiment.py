"""A tiny experiment on generated data with four variants a sentence; as a program, one that is killed while it trains.

Arguments of the program: the folder of the inputs, the folder of the runs, the step after whose checkpoint it dies.
"""

import copy
import csv
import gzip
import random
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from decloak.reproduction.running import Request, reproduce
from decloak.reproduction.source_tables import Places
from decloak.reproduction.training_runs import EncoderPlaces
from decloak.training import MMBertTrainer
from decloak.training.banks.feature_bank import FeatureBank, make_bank
from decloak.training.banks.installing import Banks
from decloak.training.banks.sound_bank import build_sound_bank
from tests.tiny import tiny_tokenizer
from tests.training.banks.fake_hearing import WIDTH, FakeHearing
from tests.training.killed_run import Kill
from tests.training.tiny_run import RECIPE

LETTERS = "你好坏人今天气很"
CLOAKS = {
    "homophone": {"好": "郝", "坏": "淮"},
    "emoji": {"人": "\U0001f464", "天": "\u2600"},
    "homophone_keyword": {"坏": "淮"},
    "emoji_keyword": {"人": "\U0001f464"},
}
SENTENCES, TRAINED, TESTED = 40, 60, 16
SOUND_TABLES = {
    "readings": {"ni3": "你", "hao3": "好郝", "huai4": "坏淮", "ren2": "人", "jin1": "今", "tian1": "天", "qi4": "气"},
    "phrases": {},
    "words": {},
}


def experiment_values() -> dict[str, Any]:
    """Return an experiment of four variants, one of which never trains."""
    tested = {"rows": "heldout", "changed_only": True, "uncloaked": True}
    return {
        "name": "tiny",
        "description": "Generated sentences.",
        "setting": "A test.",
        "paper": {
            "source": "Nobody",
            "table": "none",
            "numbers": [{"test": "homophone", "variant": "all", "value": 0.5}, {"test": "toxicn", "value": 0.25}],
        },
        "data": {
            "toxicn_train": {"entry": "toxicn", "part": "train"},
            "toxicn_test": {"entry": "toxicn", "part": "test"},
            "base": {"entry": "toxicloakcn", "part": "base"},
            "homophone": {"entry": "toxicloakcn", "part": "homophone", "variant_of": "base"},
            "emoji": {"entry": "toxicloakcn", "part": "emoji", "variant_of": "base"},
        },
        "train": ["toxicn_train"],
        "holdout": {"source": "base", "rows": 12},
        "validation": {"share": 0.1},
        "tests": [
            {"name": "toxicn", "source": "toxicn_test", "attacks": {"names": ["zero_width"], "strengths": [0.5]}},
            {"name": "homophone", "source": "homophone", **tested},
        ],
        "seeds": [0, 1],
        "measuring": {"resamples": 50, "batch_size": 8},
        "variants": [
            {"name": "text", "recipe": "tiny.yaml", "senses": ["text"], "baseline": True, "seeds": [0]},
            {"name": "broken", "recipe": "tiny.yaml", "set": {"sound_bank.dimension": 3}, "seeds": [0]},
            {"name": "all", "recipe": "tiny.yaml", "train": ["toxicn_train", "homophone"], "seeds": [0]},
        ],
    }


def tiny_recipe() -> dict[str, Any]:
    """Return a recipe with both banks, of a few steps."""
    recipe = copy.deepcopy(RECIPE)
    senses = ["text", "speech", "vision"]
    recipe["data"], recipe["exclude"] = [{"name": "train"}], ["heldout"]
    recipe["sound_bank"] = {"dimension": 4}
    recipe["text_encoder"].pop("vocabulary_size")
    recipe["labels"] = ["not_toxic", "toxic"]
    recipe["model"]["default_modalities"] = recipe["processor"]["default_modalities"] = senses
    recipe["training"] |= {"max_steps": 8, "save_steps": 3, "eval_strategy": "no"}
    return recipe


def sentences(count: int, seed: int) -> list[tuple[str, int]]:
    """Return different texts that resemble no other, toxic where there is a 坏 in them."""
    chance = random.Random(seed)
    texts = {"".join(chance.choices(LETTERS, k=chance.randint(14, 20))) for _ in range(3 * count)}
    labelled = sorted((text, int("坏" in text)) for text in texts)
    positive, negative = ([one for one in labelled if one[1] == label] for label in (1, 0))
    negative += [(text.replace("坏", "好"), 0) for text, _ in positive[count:]]
    return positive[: count // 2] + negative[: count - count // 2]


def cloaked(text: str, kind: str) -> str:
    """Return a text after one of `CLOAKS`, which leaves some texts as they are."""
    return text.translate(str.maketrans(CLOAKS[kind]))


def write_inputs(folder: Path, bert: Path) -> Path:
    """Write data, encoder, banks, recipe and experiment; return the experiment file."""
    base = sentences(SENTENCES, 1)
    base[0] = (base[0][0].replace("好", "人").replace("坏", "人"), base[0][1])
    # The first is no homophone's, the third has nothing that an emoji stands for.
    base[2] = (base[2][0].replace("人", "气").replace("天", "气"), base[2][1])
    base.append(base[1])  # a sentence that is there twice
    write_rows(folder / "data" / "toxicloakcn" / "base.csv.gz", base)
    for kind in CLOAKS:
        changed = [(cloaked(text, kind), label) for text, label in base]
        write_rows(folder / "data" / "toxicloakcn" / f"{kind}.csv.gz", changed)
    write_rows(folder / "data" / "toxicn" / "train.csv.gz", [*base[:-1], *sentences(TRAINED, 2)])
    write_rows(folder / "data" / "toxicn" / "test.csv.gz", sentences(TESTED, 3))
    tiny_tokenizer().save_pretrained(Path(shutil.copytree(bert, folder / "bert")))
    Banks(glyph_bank(), build_sound_bank(SOUND_TABLES, FakeHearing(), 4), SOUND_TABLES).save(folder / "banks")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(tiny_recipe()), encoding="utf-8")
    return write_experiment(folder / "experiment.yaml", experiment_values())


def write_experiment(file: Path, values: dict[str, Any]) -> Path:
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    return file


def write_rows(file: Path, rows: list[tuple[str, int]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file, "wt", encoding="utf-8", newline="") as table:
        csv.writer(table).writerows([("id", "text", "label"), *((str(n), *row) for n, row in enumerate(rows))])


def glyph_bank() -> FeatureBank:
    features = np.random.default_rng(0).normal(size=(len(LETTERS), WIDTH))
    return make_bank(list(LETTERS), features, 4)


def request(folder: Path, **changes: Any) -> Request:
    """Return the request for the experiment of a folder of inputs."""
    encoders = EncoderPlaces(text=str(folder / "bert"), banks=folder / "banks")
    return Request(folder / "experiment.yaml", Places(root=folder / "data"), encoders, **changes)


def main(folder: Path, output: Path, step: int) -> None:
    torch.set_num_threads(1)
    train = MMBertTrainer.train

    def killed(self: MMBertTrainer, *args: Any, **kwargs: Any) -> Any:
        self.add_callback(Kill(step))
        return train(self, *args, **kwargs)

    MMBertTrainer.train = killed  # type: ignore[method-assign]
    reproduce(request(folder, only=["text"]), output, print)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
