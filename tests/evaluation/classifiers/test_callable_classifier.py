import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.classifiers.callable_classifier import CallableClassifier


def ask(function: Callable[[list[str]], Any], *texts: str, labels: Any = None, batch_size: int = 8) -> list[Any]:
    """Ask a function through the classifier; its labels are set on a wrapper."""

    def wrapped(batch: list[str]) -> Any:
        return function(batch)

    if labels is not None:
        wrapped.labels = labels  # type: ignore[attr-defined]
    return list(CallableClassifier(wrapped, "mine", batch_size).answers(texts))


@pytest.mark.parametrize(
    "item",
    [
        0.75,
        np.float32(0.75),
        torch.tensor(0.75),
        [0.25, 0.75],
        (0.25, 0.75),
        np.array([0.25, 0.75]),
        {"0": 0.25, "1": 0.75},
        [{"label": "1", "score": 0.75}, {"label": "0", "score": 0.25}],
        {"label": "1", "score": 0.75},
    ],
)
def test_each_form_of_answer_is_read(item: Any) -> None:
    (answer,) = ask(lambda texts: [item for _ in texts], "a")
    assert answer["scores"] == {"0": 0.25, "1": 0.75}
    assert (answer["label"], answer["score"]) == ("1", 0.75)


@pytest.mark.parametrize("make", [np.array, torch.tensor, tuple, iter])
def test_a_whole_answer_may_be_an_array(make: Callable[[Any], Any]) -> None:
    assert [one["score"] for one in ask(lambda texts: make([0.75, 0.5]), "a", "b")] == [0.75, 0.5]
    if make is not iter:
        got = ask(lambda texts: make([[0.0, 0.25, 0.75]] * 2), "a", "b", labels=["x", "y", "z"])
        assert [one["label"] for one in got] == ["z", "z"]


def test_a_label_alone_is_sure() -> None:
    (answer,) = ask(lambda texts: ["rude"], "a", labels=["kind", "rude"])
    assert answer["scores"] == {"kind": 0.0, "rude": 1.0}


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (math.nan, "0 ... 1"),
        (1.5, "softmax"),
        ([0.1, -3.0], "softmax"),
        ([0.1], "1 scores for the 2 labels"),
        ({"0": 0.5}, "no score for 1"),
        ({"0": 0.5, "2": 0.5}, "none of its labels"),
        ("2", "none of its labels"),
        ({"label": "2", "score": 0.5}, "none of its labels"),
        ([{"name": "0"}], "allowed are"),
        (None, "allowed are"),
        ({"0": "high", "1": 0.5}, "a number is needed"),
        ([None, 0.5], "a number is needed"),
    ],
)
def test_an_item_that_cannot_be_used_loses_no_other(item: Any, message: str) -> None:
    calls = []

    def function(texts: list[str]) -> list[Any]:
        calls.append(texts)
        return [item if text == "b" else 0.75 for text in texts]

    first, second, third = ask(function, "a", "b", "c")
    assert (first["label"], second["label"], third["label"]) == ("1", None, "1")
    assert message in second["error"]
    assert len(calls) == 1


def test_one_number_is_not_enough_for_three_labels() -> None:
    for item in (0.5, {"label": "x", "score": 0.5}):
        (answer,) = ask(lambda texts, item=item: [item], "a", labels=["x", "y", "z"])
        assert "3 labels" in answer["error"]


def test_a_batch_that_fails_is_asked_text_by_text() -> None:
    def function(texts: list[str]) -> list[float]:
        if "b" in texts:
            raise RuntimeError("no b")
        return [0.75] * len(texts)

    got = ask(function, "a", "b", "c")
    assert [one["label"] for one in got] == ["1", None, "1"]
    assert got[1]["error"] == "RuntimeError: no b"


@pytest.mark.parametrize("answer", [[0.75], [], "0.75", 0.75, {"a": 0.75}, None])
def test_a_wrong_length_is_asked_again_text_by_text(answer: Any) -> None:
    got = ask(lambda texts: answer if len(texts) > 1 else [0.75], "a", "b")
    assert [one["label"] for one in got] == ["1", "1"]
    alone = ask(lambda texts: [0.5, 0.5], "a")
    assert "2 items for 1 texts" in alone[0]["error"]


@given(st.lists(st.text(max_size=4), max_size=20), st.integers(1, 6))
def test_no_call_is_larger_than_the_batch(texts: list[str], batch_size: int) -> None:
    sizes: list[int] = []
    ask(lambda batch: sizes.append(len(batch)) or [0.5] * len(batch), *texts, batch_size=batch_size)
    assert max(sizes, default=1) <= batch_size


@pytest.mark.parametrize("labels", [[], ["a"], ["a", "a"], "ab", [0, 1], 5])
def test_labels_that_are_none(labels: Any) -> None:
    with pytest.raises(ValueError, match="names"):
        ask(lambda texts: [0.5], "a", labels=labels)


MODULE = """
labels = ["no", "yes"]

def score(texts):
    return [min(len(text), 9) / 10 for text in texts]

class Model:
    labels = ["no", "yes"]
    fingerprint = "weights-1"
    def __call__(self, texts):
        return ["yes"] * len(texts)

class Holder:
    model = Model()

class Needy:
    def __init__(self, path):
        pass

number = 5
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"scorer_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / f"{name}_broken.py").write_text("raise RuntimeError('at import')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


def test_functions_classes_and_objects_are_found_by_name(module: str) -> None:
    function = CallableClassifier.load(f"{module}:score")
    assert (function.name, function.labels) == (f"callable:{module}:score", ["0", "1"])
    for target in ("Model", "Holder.model"):
        classifier = CallableClassifier.load(f"{module}:{target}", "mine")
        assert next(classifier.answers(["a"]))["label"] == "yes"
        assert classifier.describe()["name"] == "mine"


def test_the_fingerprint_follows_the_file_and_what_the_function_states(module: str) -> None:
    classifier = CallableClassifier.load(f"{module}:Model")
    before = classifier.fingerprint()
    classifier.function.fingerprint = "weights-2"  # type: ignore[attr-defined]
    assert classifier.fingerprint() != before
    one = CallableClassifier.load(f"{module}:score").fingerprint()
    file = Path(f"{module}.py")
    file.write_text(file.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert CallableClassifier.load(f"{module}:score").fingerprint() != one


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("module", "module:function"),
        (":f", "module:function"),
        ("m:", "module:function"),
        ("no_such_module_here:f", "installed, or lie in the working folder"),
        ("{}_broken:f", "RuntimeError: at import"),
        ("{}:nothing", "Holder, Model, Needy, score"),
        ("{}:number", "is int"),
        ("{}:Needy", "without arguments"),
    ],
)
def test_targets_that_cannot_be_found(module: str, target: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CallableClassifier.load(target.format(module))
