import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.classifiers.classification_head import (
    CONVERSION,
    HEAD_SETTINGS,
    HEAD_WEIGHTS,
    ClassificationHead,
    has_head,
    linear_head,
    load_head,
)

WIDTH = 4


def tiny_head(**settings: Any) -> ClassificationHead:
    random = np.random.default_rng(0)
    weight, bias = random.normal(size=(3, WIDTH)), random.normal(size=3)
    return linear_head(weight, bias, ["a", "b", "c"], **settings)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    head = tiny_head(normalize=True, prompt="query: ")
    loaded = load_head(head.save(tmp_path / "x"))
    vectors = np.random.default_rng(1).normal(size=(5, WIDTH))
    assert np.array_equal(head.probabilities(vectors), loaded.probabilities(vectors))
    assert (loaded.labels, loaded.normalize, loaded.prompt) == (["a", "b", "c"], True, "query: ")


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_are_those_of_logistic_regression(classes: int) -> None:
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(0)
    vectors = random.normal(size=(60, WIDTH))
    regression = LogisticRegression().fit(vectors, np.arange(60) % classes)
    head = linear_head(regression.coef_, regression.intercept_, ["a", "b", "c"][:classes])
    assert np.allclose(head.probabilities(vectors), regression.predict_proba(vectors), atol=1e-6)


@given(st.lists(st.floats(-1e30, 1e30), min_size=WIDTH, max_size=WIDTH))
def test_probabilities_add_up_however_large_the_embedding(vector: list[float]) -> None:
    for normalize in (False, True):
        got = tiny_head(normalize=normalize).probabilities([vector])
        assert got.sum() == pytest.approx(1)
        assert (got >= 0).all()


def test_normalised_embeddings_have_no_length() -> None:
    head = tiny_head(normalize=True)
    assert np.allclose(head.probabilities([[1, 2, 3, 4]]), head.probabilities([[10, 20, 30, 40]]))


def test_embeddings_of_another_width() -> None:
    with pytest.raises(ValueError, match=r"the head reads \(n, 4\)"):
        tiny_head().probabilities([[1, 2]])


@pytest.mark.parametrize(
    ("weight", "bias", "labels", "message"),
    [
        (np.zeros((2, 3)), np.zeros(3), ["a", "b"], "need"),
        (np.zeros((3, 3)), np.zeros(3), ["a", "b"], "need"),
        (np.zeros((2, 3)), np.zeros(2), ["a", "a"], "different names"),
        (np.full((2, 3), np.nan), np.zeros(2), ["a", "b"], "not finite"),
    ],
)
def test_parts_that_do_not_fit(weight: Any, bias: Any, labels: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ClassificationHead(weight, bias, labels)


def test_a_pickled_head_is_refused_unread_and_the_fix_is_named(tmp_path: Path) -> None:
    (tmp_path / "model_head.pkl").write_bytes(b"would run code")
    with pytest.raises(ValueError, match="is a pickle") as caught:
        has_head(tmp_path)
    assert CONVERSION in str(caught.value)


def test_the_named_fix_converts_a_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import joblib
    from sklearn.linear_model import LogisticRegression

    vectors = np.random.default_rng(0).normal(size=(20, WIDTH))
    regression = LogisticRegression().fit(vectors, np.arange(20) % 2)
    joblib.dump(regression, tmp_path / "model_head.pkl")
    monkeypatch.chdir(tmp_path)
    exec(CONVERSION)  # noqa: S102  the very line that the error names
    head = load_head(tmp_path)
    assert head.labels == ["0", "1"]
    assert np.allclose(head.probabilities(vectors), regression.predict_proba(vectors), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"labels": "abc"}, "a list of names"),
        ({"labels": ["a", "b"]}, "2 labels need"),
        ({"normalize": "yes"}, "true or false"),
        ({"prompt": 5}, "a string or null"),
    ],
)
def test_settings_that_are_wrong(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    tiny_head().save(tmp_path)
    content = json.loads((tmp_path / HEAD_SETTINGS).read_text(encoding="utf-8"))
    (tmp_path / HEAD_SETTINGS).write_text(json.dumps(content | settings), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load_head(tmp_path)


@pytest.mark.parametrize("name", [HEAD_SETTINGS, HEAD_WEIGHTS])
@pytest.mark.parametrize("data", [b"", b"[]", b"{}", pickle.dumps({"weight": 1})])
def test_damaged_files(tmp_path: Path, name: str, data: bytes) -> None:
    tiny_head().save(tmp_path)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match="cannot be used"):
        load_head(tmp_path)


def test_no_head(tmp_path: Path) -> None:
    assert not has_head(tmp_path)
    with pytest.raises(ValueError, match="has no head"):
        load_head(tmp_path)
