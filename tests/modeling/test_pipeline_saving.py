"""A saved pipeline is a repository that `pipeline` of transformers loads, and damaged ones are refused."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import pipeline

from decloak.modeling import MMBertTextClassificationPipeline
from tests.tiny import tiny_model, tiny_processor, tone

TEXTS = ["你好坏人", "hate 今天", "😀"]
FIELDS: dict[str, Any] = {
    "default_modalities": ["text", "vision"],
    "id2label": {0: "ok", 1: "hate"},
    "label2id": {"ok": 0, "hate": 1},
}
# Run where `import decloak` fails: everything comes from the folder.
ELSEWHERE = """
import json, sys
sys.modules["decloak"] = None
from transformers import AutoModel, AutoModelForSequenceClassification, pipeline
folder, texts = sys.argv[1], json.loads(sys.argv[2])
pipe = pipeline("text-classification", model=folder, trust_remote_code=True)
classes = [type(pipe), type(pipe.model), type(pipe.processor)]
for auto in (AutoModel, AutoModelForSequenceClassification):
    classes.append(type(auto.from_pretrained(folder, trust_remote_code=True)))
answers = [answer["scores"] for answer in pipe(texts, return_details=True)]
json.dump({"modules": [each.__module__ for each in classes], "scores": answers}, sys.stdout)
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipeline")
    make_pipe().save_pretrained(folder)
    return folder


def make_pipe() -> MMBertTextClassificationPipeline:
    return MMBertTextClassificationPipeline(model=tiny_model(**FIELDS), processor=tiny_processor())


@pytest.fixture(scope="module", autouse=True)
def own_module_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Remote code is copied to a cache: give these tests one of their own."""
    patch = pytest.MonkeyPatch()
    cache = str(tmp_path_factory.mktemp("modules"))
    patch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", cache)
    patch.syspath_prepend(cache)
    yield
    patch.undo()


def test_the_folder_has_all_that_the_auto_classes_fetch(saved: Path) -> None:
    names = {path.name for path in saved.iterdir()}
    assert {"config.json", "model.safetensors", "processor_config.json", "tokenizer.json"} <= names
    assert {"pipeline_mmbert.py", "modeling_mmbert.py", "configuration_mmbert.py", "whisper_mmbert.py"} <= names
    config = json.loads((saved / "config.json").read_text())
    assert config["auto_map"]["AutoModel"] == "modeling_mmbert.MMBertModel"
    assert set(config["custom_pipelines"]) == {"text-classification", "sentiment-analysis"}


@pytest.mark.parametrize("task", ["text-classification", "sentiment-analysis"])
def test_the_pipeline_of_transformers_loads_it(saved: Path, tmp_path: Path, task: str) -> None:
    loaded = pipeline(task, model=str(saved), trust_remote_code=True)
    assert type(loaded).__name__ == "MMBertTextClassificationPipeline"
    own = make_pipe()
    for row in (*TEXTS, {"text": "你好", "audio": tone(0.4)}):
        got, expected = (each(row, return_details=True) for each in (loaded, own))
        assert got.pop("scores") == pytest.approx(expected.pop("scores"), abs=1e-6)
        assert got.pop("score") == pytest.approx(expected.pop("score"), abs=1e-6)
        assert got == expected
    loaded.save_pretrained(tmp_path)  # and what was loaded can be saved again
    again = pipeline(task, model=str(tmp_path), trust_remote_code=True)
    assert again(TEXTS) == loaded(TEXTS)


def test_it_loads_where_decloak_is_not_installed(saved: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(saved), json.dumps(TEXTS)],
        cwd=tmp_path,
        env=os.environ | {"HF_HOME": str(tmp_path), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    found = json.loads(run.stdout)
    assert all(name.startswith("transformers_modules.") for name in found["modules"])
    for got, expected in zip(found["scores"], make_pipe()(TEXTS, return_details=True), strict=True):
        assert got == pytest.approx(expected["scores"], abs=1e-6)


@pytest.mark.parametrize("damage", ["garbage", "cut", "pickle"])
def test_damaged_weights_and_pickles_are_refused(saved: Path, tmp_path: Path, damage: str) -> None:
    folder = Path(shutil.copytree(saved, tmp_path / "damaged"))
    weights = folder / "model.safetensors"
    if damage == "pickle":
        torch.save(load_file(weights), folder / "pytorch_model.bin")
        weights.unlink()
    else:
        weights.write_bytes(b"garbage" * 99 if damage == "garbage" else weights.read_bytes()[:5000])
    with pytest.raises(Exception, match=r"(?i)safetensors|header|incomplete"):
        pipeline("text-classification", model=str(folder), trust_remote_code=True)
