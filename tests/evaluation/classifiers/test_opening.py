import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from decloak.evaluation.baselines.lexicon import make_lexicon
from decloak.evaluation.classifiers.classification_head import linear_head
from decloak.evaluation.classifiers.opening import open_classifier
from tests.evaluation.classifiers.test_tfidf_classifier import tiny_model
from tests.evaluation.classifiers.tiny_sentence_encoder import WIDTH


def save_head(folder: Path) -> Path:
    return linear_head(np.ones((1, WIDTH)), [0.0], ["ok", "hate"]).save(folder)


def test_what_a_folder_holds_decides(tmp_path: Path, sentence_encoder: Path, tiny_bert: Path) -> None:
    from decloak.evaluation.classifiers.tfidf_classifier import TfidfClassifier

    TfidfClassifier(tiny_model(), ["ok", "hate"], "t").save(tmp_path / "svm", {})
    make_lexicon([], tmp_path / "words")
    shutil.copytree(sentence_encoder, tmp_path / "sentences")
    save_head(tmp_path / "sentences")
    wanted = {"svm": "tfidf", "words": "lexicon", "sentences": "sentence-transformers"}
    for name, kind in wanted.items():
        classifier = open_classifier(str(tmp_path / name))
        assert (classifier.kind, classifier.name) == (kind, str(tmp_path / name))
    plain = open_classifier(str(tiny_bert), batch_size=2)
    assert (plain.kind, plain.labels) == ("transformers", ["ok", "hate"])
    for classifier in (plain, open_classifier(str(tmp_path / "svm"))):
        first, second = classifier.answers(["a", ""])
        assert first["label"] in ("ok", "hate") and second["error"]


def test_functions_are_named_in_two_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "opened_by_name.py").write_text("def f(texts):\n    return [1.0] * len(texts)\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert open_classifier("callable:opened_by_name:f").name == "callable:opened_by_name:f"
    named = open_classifier("mine", callable_name="opened_by_name:f", modalities=["text"])
    assert (named.kind, named.name) == ("callable", "mine")


def test_nothing_is_imported_unless_it_is_called_a_callable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "never_imported.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises((ValueError, FileNotFoundError)):
        open_classifier("never_imported:f")


def test_a_head_of_its_own_folder(sentence_encoder: Path, tmp_path: Path) -> None:
    classifier = open_classifier(str(sentence_encoder), head=str(save_head(tmp_path)))
    assert (classifier.kind, classifier.labels) == ("sentence-transformers", ["ok", "hate"])


def test_a_sentence_encoder_without_a_head(tmp_path: Path, sentence_encoder: Path) -> None:
    folder = shutil.copytree(sentence_encoder, tmp_path / "x")
    (folder / "config.json").write_text('{"architectures": ["BertModel"]}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"classification_head\.safetensors .*baseline encoder --frozen"):
        open_classifier(str(folder))
    (folder / "model_head.pkl").touch()
    with pytest.raises(ValueError, match="is a pickle"):
        open_classifier(str(folder))


def test_a_cross_encoder_is_a_classifier_of_transformers(tmp_path: Path, tiny_bert: Path) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / "x")
    (folder / "modules.json").write_text("[]", encoding="utf-8")
    assert open_classifier(str(folder)).kind == "transformers"


@pytest.mark.parametrize("options", [{"revision": "main"}, {"modalities": ["text", "speech"]}, {"head": "x"}])
def test_options_that_do_not_fit_the_kind(tmp_path: Path, options: dict[str, Any]) -> None:
    make_lexicon([], tmp_path / "words")
    for model in (str(tmp_path / "words"), "callable:json:dumps"):
        with pytest.raises(ValueError, match="leave it out"):
            open_classifier(model, **options)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such model folder"):
        open_classifier(str(tmp_path / "none"))


def test_an_empty_folder_is_told_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        open_classifier(str(tmp_path))
