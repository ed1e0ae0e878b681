"""Kokoro from a Hub on loopback; huggingface_hub reads its settings once, so that each reader is a process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from decloak.processing.kokoro_engine import KokoroSpeechEngine
from decloak.processing.kokoro_hub import fetch_kokoro
from tests.hub_stub import HubStub, Repository
from tests.processing import fake_kokoro
from tests.processing.light_package import LIGHT_PACKAGE

ROOT = Path(__file__).parents[2]
NAME = "user/Kokoro-82M-v1.0-ONNX"
READER = f"""
{LIGHT_PACKAGE}
import json
from decloak.processing.kokoro_engine import KokoroSpeechEngine
from tests.processing.fake_kokoro import decode, lower_case_phonemizer
answers = []
for options in json.loads(sys.argv[1]):
    try:
        engine = KokoroSpeechEngine(**options, phonemizer=lower_case_phonemizer)
        answers.append([*decode(engine.speak("Hi")), engine.files.model.name])
    except (OSError, ValueError) as error:
        answers.append([type(error).__name__, str(error)])
print(json.dumps(answers))
"""


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubStub]:
    """Three repositories: the layout of the ONNX repositories, one with a single graph, and a flat one."""
    folder = tmp_path_factory.mktemp("repositories")
    full = files_of(fake_kokoro.make_hub_folder(folder / "hub"))
    graph = full["onnx/model_quantized.onnx"]
    full |= {"onnx/model.onnx": graph, "onnx/model_fp16.onnx": graph, "README.md": b"much", "config.json": b"{}"}
    full["voices/af_two.bin"] = fake_kokoro.style_rows(510, 2).astype("<f4").tobytes()
    voice = "voices/zf_one.bin"
    single = {name: full[name] for name in ("tokenizer.json", voice)} | {"onnx/model_q4.onnx": graph}
    several = {name: full[name] for name in ("tokenizer.json", voice, "onnx/model.onnx", "onnx/model_fp16.onnx")}
    old = full | {voice: fake_kokoro.style_rows(510, 7).astype("<f4").tobytes()}
    with HubStub() as stub:
        for name, content in ((NAME, full), ("user/single", single), ("user/several", several)):
            stub.repositories[name] = Repository()
            stub.repositories[name].add("main", content)
        stub.repositories["user/flat"] = Repository()
        stub.repositories["user/flat"].add("main", files_of(fake_kokoro.make_folder(folder / "flat")))
        stub.repositories[NAME].add("old", old)
        yield stub


def read(hub: HubStub, home: Path, *engines: dict[str, Any], **settings: str) -> list[list[Any]]:
    """Make engines in a process of its own; what each says of "Hi", or its error."""
    environment = os.environ | hub.environment(home) | {"PYTHONPATH": str(ROOT)} | settings
    command = [sys.executable, "-c", READER, json.dumps(engines)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def cached(home: Path) -> set[str]:
    return {path.name for path in (home / "hub").glob("models--*/snapshots/*/**/*") if path.is_file()}


def test_only_what_a_voice_needs_is_downloaded(hub: HubStub, tmp_path: Path) -> None:
    assert read(hub, tmp_path, {"model": NAME, "voice": "zf_one"}) == [["hi", 1001.0, 1.0, "model_quantized.onnx"]]
    assert cached(tmp_path) == {"tokenizer.json", "zf_one.bin", "model_quantized.onnx"}


def test_file_revision_and_voice_are_chosen(hub: HubStub, tmp_path: Path) -> None:
    answers = read(
        hub,
        tmp_path,
        {"model": NAME, "voice": "af_two", "model_file": "onnx/model_fp16.onnx"},
        {"model": NAME, "voice": "af_two"},  # although another graph is in the cache now
        {"model": NAME, "voice": "zf_one", "revision": "old"},
        {"model": "user/single", "voice": "zf_one"},
        {"model": "user/flat", "voice": "zf_one"},
    )
    assert answers == [
        ["hi", 2001.0, 1.0, "model_fp16.onnx"],
        ["hi", 2001.0, 1.0, "model_quantized.onnx"],
        ["hi", 7001.0, 1.0, "model_quantized.onnx"],
        ["hi", 1001.0, 1.0, "model_q4.onnx"],
        ["hi", 1001.0, 1.0, "model.onnx"],
    ]


def test_the_cache_is_enough_offline(hub: HubStub, tmp_path: Path) -> None:
    engine = {"model": NAME, "voice": "zf_one"}
    online = read(hub, tmp_path, engine)
    offline = {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9"}
    other = {"model": NAME, "voice": "af_two"}
    absent = {"model": "user/absent", "voice": "zf_one"}
    answers = read(hub, tmp_path, engine, other, absent, **offline)
    assert answers[0] == online[0]
    assert answers[1][0] in ("FileNotFoundError", "ValueError")  # versions of huggingface_hub differ
    assert "af_two" in answers[1][1]
    assert answers[2][0] == "FileNotFoundError"
    assert "Offline (HF_HUB_OFFLINE=1), download it before: hf download user/absent" in answers[2][1]


WRONG = [
    ({"voice": "zm_none"}, "ValueError", f"voice 'zm_none' is not in {NAME}; allowed: af_two, zf_one"),
    (
        {"model_file": "onnx/model_q8.onnx"},
        "ValueError",
        "has no onnx/model_q8.onnx; pass model_file= with one of: onnx/",
    ),
    ({"model": "user/several"}, "ValueError", "user/several has several models; pass model_file= with one of: onnx/"),
    ({"model": "user/none"}, "FileNotFoundError", "'user/none' is neither a local folder nor a repository"),
    ({"revision": "v9"}, "FileNotFoundError", "at revision 'v9'"),
]


def test_what_is_not_there_is_named(hub: HubStub, tmp_path: Path) -> None:
    answers = read(hub, tmp_path, *({"model": NAME, "voice": "zf_one"} | options for options, _, _ in WRONG))
    for (name, text), (_, kind, message) in zip(answers, WRONG, strict=True):
        assert name == kind
        assert message in text


def test_a_folder_goes_before_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_kokoro.make_folder(tmp_path / "user" / "kokoro")
    monkeypatch.chdir(tmp_path)
    assert KokoroSpeechEngine("user/kokoro", "zf_one").files.model == Path("user/kokoro/model.onnx")


@pytest.mark.parametrize(
    "model", [None, "", "kokoro", "/a/b", "a/b/c", "./a/b", "../b", "a//b", "C:/kokoro", Path("a/b")]
)
def test_what_is_no_repository_is_left_as_it_is(model: str | Path | None) -> None:
    assert fetch_kokoro(model, "zf_one") == (model, None)
