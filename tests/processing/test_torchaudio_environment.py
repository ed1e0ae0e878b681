"""The real torchaudio beside the CPU build of torch, in an environment that has it; `make test` fetches it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = Path(sys.prefix) / "torchaudio"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"torchaudio is not at {FOLDER}: make test fetches it"),
]

PROGRAM = """
import json
import decloak.processing
import decloak.modeling
import numpy as np
import torch, torchaudio
from transformers import WhisperConfig, WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder
from decloak.processing.audio_resampling import resample
from decloak.training.audio_augmentation import AudioAugmentation, add_noise, change_speed

random = np.random.default_rng(0)
speech = np.clip(random.standard_normal((2, 24000)) * 0.25, -1, 1).astype(np.float32)
answers = {"version": torchaudio.__version__, "resampled": {}, "speed": {}}
for rates in ((24000, 16000), (22050, 16000), (44100, 16000), (8000, 16000), (16000, 24000), (1999, 2000)):
    one, other = (resample(speech, *rates, backend) for backend in ("scipy", "torchaudio"))
    assert one.shape == other.shape and one.dtype == other.dtype == np.float32
    answers["resampled"][str(rates)] = float(np.abs(one - other).max())
for speed in (0.9, 1.0, 1.1, 1.37):
    one, other = (change_speed(speech, speed, backend) for backend in ("scipy", "torchaudio"))
    answers["speed"][speed] = float(np.abs(one - other).max())
one, other = (add_noise(speech[0], 10, np.random.default_rng(3), backend) for backend in ("scipy", "torchaudio"))
answers["noise"] = float(np.abs(one - other).max())
one, other = (AudioAugmentation(backend=backend)(speech[0], 5, 1) for backend in ("auto", "torchaudio"))
answers["augmented"] = float(np.abs(one - other).max())

tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000).astype(np.float32)
theirs = torchaudio.functional.speed(torch.from_numpy(tone), 16000, 1.1)[0].numpy()
answers["their speed"] = float(np.abs(theirs - change_speed(tone, 1.1))[200:-200].max())
try:
    resample(speech, 47999, 48000, "torchaudio")
except ValueError as error:
    answers["too large"] = str(error)

features = WhisperFeatureExtractor(feature_size=80)(tone, sampling_rate=16000, return_tensors="pt").input_features
config = WhisperConfig(d_model=16, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=16)
answers["encoded"] = list(WhisperEncoder(config)(features).last_hidden_state.shape)
print(json.dumps(answers))
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(FOLDER)]), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    done = run(PROGRAM)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_torchaudio_is_no_part_of_the_other_tests() -> None:
    done = subprocess.run([sys.executable, "-c", "import torchaudio"], capture_output=True, text=True, timeout=60)
    assert "No module named 'torchaudio'" in done.stderr


def test_whisper_hears_beside_torchaudio(answers: dict[str, Any]) -> None:
    assert answers["version"].startswith("2.")
    assert answers["encoded"] == [1, 1500, 16]


def test_both_backends_resample_alike(answers: dict[str, Any]) -> None:
    assert answers["resampled"]
    assert max(answers["resampled"].values()) < 1e-6
    assert "'scipy', or rates with a larger common divisor" in answers["too large"]


def test_both_backends_augment_alike(answers: dict[str, Any]) -> None:
    assert max(answers["speed"].values()) < 1e-6
    assert answers["noise"] < 1e-6
    assert answers["augmented"] < 1e-6
    assert answers["their speed"] < 0.005  # theirs has a wider filter
