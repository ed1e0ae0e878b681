"""The pipeline: forms of input and answer, windows, and bad rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from transformers.pipelines.pt_utils import KeyDataset

from decloak.modeling import MMBertForSequenceClassification, MMBertTextClassificationPipeline
from decloak.processing import MultimodalHateProcessor
from decloak.processing.glyph_rendering import characters
from tests.tiny import CJK, RATE, tiny_model, tiny_processor, tone

LONG = (CJK + "hate ") * 4  # more than the 64 tokens of a window


@pytest.fixture(scope="module")
def pipe(
    tiny_classifier: MMBertForSequenceClassification, bank_processor: MultimodalHateProcessor
) -> MMBertTextClassificationPipeline:
    return MMBertTextClassificationPipeline(model=tiny_classifier, processor=bank_processor)


def make_pipe(processor: MultimodalHateProcessor | None = None, **fields: Any) -> MMBertTextClassificationPipeline:
    return MMBertTextClassificationPipeline(model=tiny_model(**fields), processor=processor or tiny_processor())


def scores(answers: list[dict[str, Any]]) -> dict[str, float]:
    return {answer["label"]: answer["score"] for answer in answers}


def assert_close(got: Any, expected: Any) -> None:
    """Equal but for the last digits of the scores."""
    if isinstance(expected, list):
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            assert_close(one, other)
    elif isinstance(expected, dict):
        assert got.keys() == expected.keys()
        for name, value in expected.items():
            assert_close(got[name], value)
    elif isinstance(expected, float):
        assert got == pytest.approx(expected, abs=1e-5)
    else:
        assert got == expected


def test_forms_of_input(pipe: MMBertTextClassificationPipeline) -> None:
    single = pipe("你好")
    assert isinstance(single, list) and set(single[0]) == {"label", "score"}
    assert single[0]["label"] in ("LABEL_0", "LABEL_1") and 0.5 <= single[0]["score"] <= 1
    assert_close(pipe({"text": "你好"}), single[0])
    assert_close(pipe(["你好"]), single)
    both = [single[0], pipe("hate")[0]]
    assert_close(pipe(["你好", "hate"]), both)
    assert_close(pipe(("你好", "hate")), both)
    assert_close(pipe(np.array(["你好", "hate"])), both)
    assert_close(list(pipe(text for text in ("你好", "hate"))), both)
    assert_close(list(pipe(iter(["你好", "hate"]))), both)
    assert_close(list(pipe(KeyDataset([{"t": "你好"}, {"t": "hate"}], "t"))), both)
    assert pipe([]) == [] == pipe(())
    assert list(pipe(text for text in ())) == []


def test_pairs(pipe: MMBertTextClassificationPipeline) -> None:
    pair = {"text": "你好", "text_pair": "hate"}
    answer = pipe(pair)
    assert set(answer) == {"label", "score"}
    assert_close(pipe([pair, "hate"]), [answer, pipe("hate")[0]])
    assert_close(pipe([[["你好", "hate"]]]), [answer])
    assert_close(pipe([[["你好", "hate"]]], top_k=None), [pipe(pair, top_k=None)])
    turned = pipe({"text": "hate", "text_pair": "你好"}, top_k=None)
    assert scores(turned) != pytest.approx(scores(pipe(pair, top_k=None)), abs=1e-4)


def test_top_k() -> None:
    pipe = make_pipe(num_labels=4)
    everything = pipe("你好", top_k=None)
    assert sum(answer["score"] for answer in everything) == pytest.approx(1)
    assert [answer["score"] for answer in everything] == sorted((a["score"] for a in everything), reverse=True)
    assert len(everything) == 4
    for top_k in (1, 2, 9):
        assert_close(pipe("你好", top_k=top_k), everything[:top_k])
        assert_close(pipe(["你好", "hate"], top_k=top_k)[0], everything[:top_k])
    assert_close(pipe("你好", top_k=""), everything[:1])
    assert_close(pipe({"text": "你好"}, top_k=2), everything[:2])
    for wrong in (0, -1, 1.5, "3"):
        with pytest.raises(ValueError, match="top_k="):
            pipe("你好", top_k=wrong)


def test_parameters_of_the_constructor() -> None:
    pipe = MMBertTextClassificationPipeline(
        model=tiny_model(num_labels=3), processor=tiny_processor(), top_k=2, batch_size=4, modalities=["text"]
    )
    assert len(pipe("你好")) == 2
    assert len(pipe("你好", top_k=None)) == 3
    both = ["text", "vision"]
    assert_close(pipe("你好", modalities=both), make_pipe(num_labels=3)("你好", top_k=2, modalities=both))


@pytest.mark.parametrize("fusion", ["concat", "add"])
@pytest.mark.parametrize("batch_size", [2, 3, 16])
def test_a_batch_gives_what_single_calls_give(fusion: str, batch_size: int, tmp_path: Path) -> None:
    """Texts of different lengths and windows, pairs, audio and pictures, drawn glyphs; in order."""
    pipe = make_pipe(tiny_processor(tmp_path, bank=False), fusion=fusion, banks=False)
    picture = Image.new("RGB", (20, 30), (200, 10, 10))
    rows: list[Any] = [
        "你好坏人",
        LONG,
        {"text": "hate", "audio": tone(0.3)},
        {"text": "你", "text_pair": "好 is it"},
        {"image": picture},
        {"audio": tone(1.2, 200.0)},
        "a",
        {"text": "你好", "image": picture, "audio": tone(0.15)},
        "好" * 40,
    ]
    everything: dict[str, Any] = {"modalities": ["text", "speech", "vision"], "return_details": True}
    heard = [row for row in rows if isinstance(row, dict) and "audio" in row]
    assert_close(pipe(heard, batch_size=batch_size, **everything), [pipe(row, **everything) for row in heard])
    singles = [pipe(row, top_k=None) for row in rows]
    assert_close(pipe(rows, batch_size=batch_size, top_k=None), singles)
    assert_close(list(pipe((row for row in rows), batch_size=batch_size, top_k=None)), singles)
    distinct = {round(scores(answer)["LABEL_0"], 4) for answer in singles}
    assert len(distinct) == len(rows)


def test_a_generator_is_read_as_it_is_answered(pipe: MMBertTextClassificationPipeline) -> None:
    read = []

    def texts() -> Iterator[str]:
        for number in range(100):
            read.append(number)
            yield f"你好{number}"

    answers = pipe(texts(), batch_size=2)
    next(answers)
    assert len(read) < 30
    assert len([*answers]) == 99


def test_functions_and_temperature() -> None:
    for temperature in (1.0, 2.0):
        pipe = make_pipe(num_labels=3, temperature=temperature)
        batch = pipe.processor(text="你好")
        with torch.no_grad():
            logits = pipe.model(**batch).logits[0].double() / temperature
        for function, expected in (
            (None, logits.softmax(-1)),
            ("softmax", logits.softmax(-1)),
            ("sigmoid", logits.sigmoid()),
            ("none", logits),
        ):
            got = scores(pipe("你好", function_to_apply=function, top_k=None))
            assert [got[f"LABEL_{i}"] for i in range(3)] == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("fields", "function"),
    [
        ({"problem_type": "multi_label_classification", "num_labels": 3}, "sigmoid"),
        ({"problem_type": "regression", "num_labels": 1}, "none"),
        ({"num_labels": 1}, "sigmoid"),
        ({"num_labels": 2}, "softmax"),
    ],
)
def test_the_function_follows_the_problem(fields: dict[str, Any], function: str) -> None:
    pipe = make_pipe(**fields)
    assert_close(pipe("你好", top_k=None), pipe("你好", top_k=None, function_to_apply=function))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"topk": 1}, "Unknown parameters.*topk.*top_k"),
        ({"function_to_apply": "tanh"}, "function_to_apply='tanh'.*softmax"),
        ({"window_join": "median"}, "window_join='median'.*max.*mean"),
        ({"modalities": ["smell"]}, "smell.*choose from"),
        ({"max_length": 3}, "max_length is 3"),
    ],
)
def test_parameters_are_checked(
    pipe: MMBertTextClassificationPipeline, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        pipe("你好", **parameters)


def test_modalities_and_details(pipe: MMBertTextClassificationPipeline) -> None:
    text = pipe("你好", return_details=True)
    read = {"modalities", "sources", "windows", "joined", "truncated"}
    assert set(text) == {"label", "score", "scores", *read, "calibrated", "language", "threshold"}
    assert (text["modalities"], text["windows"], text["joined"], text["truncated"]) == (["text"], 1, None, False)
    assert text["scores"][text["label"]] == text["score"] == max(text["scores"].values())
    seen = pipe("你好", return_details=True, modalities=["text", "vision"])
    assert seen["modalities"] == ["text", "vision"]
    assert seen["scores"] != pytest.approx(text["scores"], abs=1e-4)
    heard = pipe({"text": "你好", "audio": tone(0.5)}, return_details=True)
    assert heard["modalities"] == ["text", "speech"]
    everything = pipe(["你好"], return_details=True, top_k=1)
    assert_close(everything, [text])


def test_default_modalities_of_the_model_and_what_is_given() -> None:
    pipe = make_pipe(default_modalities=["text", "vision"])
    assert pipe("你好", return_details=True)["modalities"] == ["text", "vision"]
    heard = pipe({"text": "你好", "audio": tone(0.5)}, return_details=True)
    assert heard["modalities"] == ["text", "speech", "vision"]
    assert pipe({"text": "你好", "audio": tone(0.5)}, return_details=True, modalities=["text"])["modalities"] == [
        "text"
    ]


@pytest.mark.parametrize("how", ["max", "mean"])
def test_long_texts_are_read_in_windows(pipe: MMBertTextClassificationPipeline, how: str) -> None:
    answer = pipe(LONG, window_join=how, return_details=True)
    assert (answer["joined"], answer["truncated"]) == (how, False)
    assert answer["windows"] > 4
    plain = pipe(LONG, window_join=how)
    assert set(plain[0]) == {"label", "score", "windows", "joined"}
    assert plain[0]["windows"] == answer["windows"]
    windows = pipe.processor.encode_windows(LONG)
    with torch.no_grad():
        parts = [pipe.model(**pipe.processor.pad([window])).logits[0].softmax(-1) for window in windows]
    stacked = torch.stack(parts)
    expected = stacked.mean(0) if how == "mean" else stacked[stacked[:, 0].argmin()]
    assert list(answer["scores"].values()) == pytest.approx(expected.tolist(), abs=1e-5)
    raw = pipe(LONG, window_join=how, function_to_apply="none", return_details=True)
    if how == "max":  # the same window decides, whatever the scores are shown as
        assert raw["label"] == answer["label"]


def test_independent_labels_are_joined_one_by_one() -> None:
    """A text is insulting in one window and threatening in another: it is both."""
    pipe = make_pipe(problem_type="multi_label_classification", num_labels=3)
    windows = pipe.processor.encode_windows(LONG)
    with torch.no_grad():
        parts = torch.stack([pipe.model(**pipe.processor.pad([window])).logits[0].sigmoid() for window in windows])
    got = pipe(LONG, return_details=True)["scores"]
    assert list(got.values()) == pytest.approx(parts.max(dim=0).values.tolist(), abs=1e-5)


def test_truncation_is_reported(pipe: MMBertTextClassificationPipeline) -> None:
    answer = pipe(LONG, truncation=True, return_details=True)
    assert (answer["windows"], answer["truncated"]) == (1, True)
    assert pipe("你好", truncation=True, return_details=True)["truncated"] is False
    assert pipe(LONG, max_length=16, return_details=True)["windows"] > answer["windows"]
    wide = pipe(LONG, max_length=10_000, return_details=True)  # no window is longer than the model's positions
    assert_close(wide, pipe(LONG, return_details=True))


def test_windows_fit_the_model_when_the_tokenizer_names_no_limit() -> None:
    processor = tiny_processor()
    processor.tokenizer.model_max_length = 10**30
    assert make_pipe(processor)(LONG, return_details=True)["windows"] > 4


BAD: dict[str, Any] = {
    "empty": "",
    "blank": " \n\t",
    "number": 7,
    "none": None,
    "list": ["你", "好"],
    "no keys": {},
    "unknown key": {"txt": "你好"},
    "pair without text": {"text_pair": "你好"},
    "text of numbers": {"text": 3.5},
    "silence of no length": {"text": "你好", "audio": np.zeros(0)},
    "not a number": {"text": "你好", "audio": np.array([0.0, np.nan, 0.1])},
    "infinite": {"audio": np.full(4000, np.inf)},
    "three dimensions": {"audio": np.zeros((2, 3, 4))},
    "samples of words": {"audio": ["a", "b"]},
    "no rate": {"audio": {"array": tone(0.2), "sampling_rate": 0}},
    "no such audio": {"text": "你好", "audio": "no-such-file.wav"},
    "no such picture": {"text": "你好", "image": "no-such-file.png"},
    "broken picture": {"text": "你好", "image": b"\x89PNG\r\n\x1a\n" + b"\x00" * 40},
    "not a picture": {"image": object()},
    "empty picture": {"image": np.zeros((0, 4, 3))},
    "broken audio": {"audio": b"RIFF\x00\x00"},
}


@pytest.mark.parametrize("name", [name for name in BAD if name != "list"])  # a list alone is a list of rows
def test_a_bad_row_alone_raises(pipe: MMBertTextClassificationPipeline, name: str) -> None:
    with pytest.raises((ValueError, OSError)) as error:
        pipe(BAD[name])
    assert len(str(error.value)) > 10


@pytest.mark.parametrize("batch_size", [1, 4])
def test_bad_rows_lose_no_others(pipe: MMBertTextClassificationPipeline, batch_size: int) -> None:
    rows: list[Any] = []
    for bad in BAD.values():
        rows += [bad, "你好"]
    answers = pipe(rows, batch_size=batch_size)
    expected = pipe("你好")[0]
    for bad, good in zip(answers[::2], answers[1::2], strict=True):
        assert (bad["label"], bad["score"]) == (None, None)
        assert len(bad["error"]) > 10
        assert_close(good, expected)
    ranked = pipe(rows[:4], batch_size=batch_size, top_k=None)
    assert [type(answer) for answer in ranked] == [list] * 4
    assert ranked[0][0]["error"] == answers[0]["error"]
    assert pipe(rows[:2], return_details=True)[0] == answers[0]


@pytest.mark.parametrize("batch_size", [1, 8])
def test_a_sense_that_the_model_lacks_loses_no_other_row(batch_size: int) -> None:
    """This fails in the model, not in the processor, and so for a whole batch at once."""
    pipe = make_pipe(encoders=False, speech_feature_size=None, sound_bank_size=0)
    rows = ["你好", {"text": "你好", "audio": tone(0.3)}, {"text": "坏人", "image": Image.new("RGB", (9, 9))}, "坏人"]
    answers = pipe(rows, batch_size=batch_size)
    assert "no speech" in answers[1]["error"]
    assert "no image encoder" in answers[2]["error"]
    assert_close([answers[0], answers[3]], [pipe("你好")[0], pipe("坏人")[0]])
    with pytest.raises(ValueError, match="no speech"):
        pipe(rows[1])


def test_damaged_weights_are_said_to_be_so() -> None:
    pipe = make_pipe()
    pipe.model.classifier.weight.data[0, 0] = float("nan")
    with pytest.raises(ValueError, match="nan.*weights are damaged"):
        pipe("你好")
    assert "damaged" in pipe(["你好"])[0]["error"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("好" * 10_000, id="10,000 characters"),
        pytest.param("a" * 10_000, id="one word"),
        pytest.param("\ud800你好\udfff", id="lone surrogates"),
        pytest.param("你\x00\x01\x1b[31m好\u202e\u200b", id="control characters"),
        pytest.param("😀👨\u200d👩\u200d👧", id="emoji"),
        pytest.param("\u0301\u0301", id="combining characters"),
    ],
)
def test_odd_texts_are_answered(pipe: MMBertTextClassificationPipeline, text: str) -> None:
    answer = pipe(text, return_details=True, modalities=["text", "vision"])
    assert 0 <= answer["score"] <= 1
    assert sum(answer["scores"].values()) == pytest.approx(1)
    assert_close(pipe([text, "你好"], return_details=True, modalities=["text", "vision"], batch_size=8)[0], answer)


@settings(max_examples=40)
@given(st.lists(st.text() | st.integers() | st.none() | st.binary(), max_size=4))
def test_any_list_gets_an_answer_for_each_row(rows: list[Any]) -> None:
    answers = GARBAGE(rows, batch_size=3, modalities=["text", "vision"])
    assert len(answers) == len(rows)
    for row, answer in zip(rows, answers, strict=True):
        readable = isinstance(row, str) and bool(characters(row))
        assert (answer["label"] is not None) is readable, (row, answer)


GARBAGE = make_pipe()


def test_silent_audio_is_heard(pipe: MMBertTextClassificationPipeline) -> None:
    answer = pipe({"audio": np.zeros(RATE // 2)}, return_details=True)
    assert answer["modalities"] == ["speech"]
    assert np.isfinite(answer["score"])
