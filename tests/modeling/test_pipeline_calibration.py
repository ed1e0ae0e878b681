"""The pipeline answers with the checkpoint's calibration, here and where decloak is not installed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from decloak.modeling import MMBertTextClassificationPipeline
from tests.tiny import CJK, tiny_model, tiny_processor

ISOTONIC = {"scores": [0.0, 0.4, 0.6, 1.0], "probabilities": [0.05, 0.1, 0.8, 0.85]}
NAMES: dict[str, Any] = {"id2label": {0: "ok", 1: "hate"}, "label2id": {"ok": 0, "hate": 1}}
TEXTS = ["你好坏人", "hate 今天", "a text", "好人", "zz top"]
LONG = (CJK + "hate ") * 4  # more than the 64 tokens of a window
# Run where `import decloak` fails: everything comes from the folder.
ELSEWHERE = """
import json, sys
sys.modules["decloak"] = None
from transformers import pipeline
pipe = pipeline("text-classification", model=sys.argv[1], trust_remote_code=True)
texts = json.loads(sys.argv[2])
json.dump([pipe(texts, return_details=True), pipe(texts, false_positive_rate=0.01, return_details=True)], sys.stdout)
"""


def make_pipe(**fields: Any) -> MMBertTextClassificationPipeline:
    return MMBertTextClassificationPipeline(model=tiny_model(**(NAMES | fields)), processor=tiny_processor())


def hate(answer: dict[str, Any]) -> float:
    return answer["scores"]["hate"]


def detailed(pipe: MMBertTextClassificationPipeline, texts: Any = TEXTS, **options: Any) -> Any:
    return pipe(texts, return_details=True, **options)


def test_scores_are_mapped_and_the_answer_follows_them() -> None:
    raw, mapped = detailed(make_pipe(temperature=2.0)), detailed(make_pipe(temperature=2.0, isotonic=ISOTONIC))
    for before, after in zip(raw, mapped, strict=True):
        expected = np.interp(hate(before), ISOTONIC["scores"], ISOTONIC["probabilities"])
        assert hate(after) == pytest.approx(expected, abs=1e-6)
        assert sum(after["scores"].values()) == pytest.approx(1)
        assert after["label"] == ("hate" if hate(after) > 0.5 else "ok")
        assert after["score"] == max(after["scores"].values())
    assert detailed(make_pipe())[0]["calibrated"] is False
    assert mapped[0]["calibrated"] is True


@pytest.mark.parametrize("function", ["none", "sigmoid"])
def test_scores_of_another_function_are_not_mapped(function: str) -> None:
    plain, mapped = (
        detailed(make_pipe(**fields), function_to_apply=function) for fields in ({}, {"isotonic": ISOTONIC})
    )
    assert [answer["scores"] for answer in mapped] == [pytest.approx(answer["scores"], abs=1e-6) for answer in plain]


def test_a_rate_labels_by_the_threshold_of_the_language() -> None:
    scores = [hate(answer) for answer in detailed(make_pipe())]
    chinese, english = scores[0], scores[2]
    thresholds = {"zh": {"0.01": chinese - 1e-4, "0.05": 0.0}, "en": {"0.01": english + 1e-4, "0.05": 1.0}}
    pipe = make_pipe(thresholds=thresholds)
    at_one = detailed(pipe, false_positive_rate=0.01)
    assert [answer["language"] for answer in at_one] == ["zh", "zh", "en", "zh", "en"]
    for answer in at_one:
        assert answer["threshold"] == thresholds[answer["language"]]["0.01"]
        assert answer["label"] == ("hate" if hate(answer) >= answer["threshold"] else "ok")
        assert answer["score"] == answer["scores"][answer["label"]]
    assert (at_one[0]["label"], at_one[2]["label"]) == ("hate", "ok")
    at_five = [answer["label"] for answer in pipe(TEXTS, false_positive_rate=0.05)]
    assert at_five == ["hate", "hate", "ok", "hate", "ok"]
    assert [answer[0]["label"] for answer in pipe(TEXTS, false_positive_rate=0.05, top_k=None)] == at_five
    assert detailed(pipe)[0]["threshold"] is None


def test_windows_are_joined_on_calibrated_scores() -> None:
    for how in ("max", "mean"):
        pipe = make_pipe(isotonic=ISOTONIC, thresholds={"*": {"0.01": 0.5}})
        windows = pipe.processor.encode_windows(LONG)
        raw = [pipe.model(**pipe.processor.pad([window])).logits[0].softmax(-1)[1].item() for window in windows]
        mapped = np.interp(raw, ISOTONIC["scores"], ISOTONIC["probabilities"])
        answer = detailed(pipe, LONG, window_join=how, false_positive_rate=0.01)
        assert hate(answer) == pytest.approx(mapped.max() if how == "max" else mapped.mean(), abs=1e-5)
        assert answer["label"] == ("hate" if hate(answer) >= 0.5 else "ok")


def test_the_language_is_that_of_all_texts_of_a_row() -> None:
    pipe = make_pipe(thresholds={"zh": {"0.01": 0.3}, "*": {"0.01": 0.7}}, default_modalities=["text"])
    rows: list[Any] = [{"text": "a", "text_pair": "你好"}, {"text": "a"}, {"image": Image.new("RGB", (16, 16))}]
    answers = detailed(pipe, rows, false_positive_rate=0.01)
    assert [answer["language"] for answer in answers] == ["zh", "en", None]
    assert [answer["threshold"] for answer in answers] == [0.3, 0.7, 0.7]


@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_language_without_a_threshold_loses_no_other_row(batch_size: int) -> None:
    pipe = make_pipe(thresholds={"zh": {"0.01": 0.5}})
    answers = detailed(pipe, false_positive_rate=0.01, batch_size=batch_size)
    assert [answer["label"] is None for answer in answers] == [False, False, True, False, True]
    assert "zh: ['0.01']" in answers[2]["error"]
    with pytest.raises(ValueError, match="no threshold for texts of the language 'en'"):
        pipe("a text", false_positive_rate=0.01)


@pytest.mark.parametrize(
    ("fields", "parameters", "message"),
    [
        ({}, {"false_positive_rate": 0.01}, "this model has none"),
        ({"thresholds": {"zh": {"0.05": 0.5}}}, {"false_positive_rate": 0.01}, r"zh: \['0.05'\]"),
        ({"thresholds": {"*": {"0.05": 0.5}}}, {"false_positive_rate": 5}, "between 0 and 1"),
        (
            {"thresholds": {"*": {"0.05": 0.5}}},
            {"false_positive_rate": 0.05, "function_to_apply": "none"},
            "function_to_apply='none'",
        ),
        (
            {"thresholds": {"*": {"0.05": 0.5}}, "problem_type": "multi_label_classification"},
            {"false_positive_rate": 0.05},
            "this one's are sigmoid",
        ),
    ],
)
def test_rates_are_checked_before_any_row_is_answered(
    fields: dict[str, Any], parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make_pipe(**fields)(TEXTS, **parameters)


def test_it_holds_where_decloak_is_not_installed(tmp_path: Path) -> None:
    thresholds = {"zh": {"0.01": 0.2}, "en": {"0.01": 0.9}}
    pipe = make_pipe(temperature=1.7, isotonic=ISOTONIC, thresholds=thresholds)
    pipe.save_pretrained(tmp_path / "model")
    run = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path / "model"), json.dumps(TEXTS)],
        cwd=tmp_path,
        env=os.environ | {"HF_HOME": str(tmp_path), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    for there, here in zip(
        json.loads(run.stdout), (detailed(pipe), detailed(pipe, false_positive_rate=0.01)), strict=True
    ):
        for got, expected in zip(there, here, strict=True):
            assert got.pop("scores") == pytest.approx(expected.pop("scores"), abs=1e-6)
            assert got.pop("score") == pytest.approx(expected.pop("score"), abs=1e-6)
            assert got == expected
