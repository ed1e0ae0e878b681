import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.answer_store import AnswerStore
from tests.evaluation.scripted import BROKEN, WORD, WordClassifier

TEXTS = ["a", f"b {WORD}", "a", "c", f"b {WORD}", ""]
texts_of_any_kind = st.lists(st.text(st.characters(), max_size=4), max_size=20)


class OnceBroken(WordClassifier):
    """Fails on its first text, and never again."""

    def answers(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        for text in texts:
            first = not self.asked
            self.asked.append(text)
            yield {"label": None, "score": None, "error": "asleep"} if first else self._answer(text)


def files_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def test_each_distinct_text_is_asked_once_and_answers_keep_their_order(tmp_path: Path) -> None:
    classifier = WordClassifier()
    with AnswerStore(classifier, tmp_path / "answers") as store:
        got = list(store.answers(TEXTS))
        assert got == list(WordClassifier().answers(TEXTS))
        assert list(store.answers(reversed(TEXTS))) == got[::-1]
        assert sorted(classifier.asked) == sorted(set(TEXTS))
        assert store.found == 0  # what this run asked itself is no find


@given(texts_of_any_kind, texts_of_any_kind)
def test_a_store_answers_as_its_classifier_does(first: list[str], second: list[str]) -> None:
    classifier = WordClassifier()
    with AnswerStore(classifier) as store:
        for texts in (first, second):
            assert list(store.answers(iter(texts))) == list(WordClassifier().answers(texts))
    assert len(classifier.asked) == len(set(first + second))


def test_a_second_run_asks_only_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "answers"
    with AnswerStore(WordClassifier(), file) as store:
        before = list(store.answers(TEXTS[:3]))
    second = WordClassifier()
    with AnswerStore(second, file) as store:
        assert list(store.answers(TEXTS))[:3] == before
        assert second.asked == ["c", ""]
        assert store.found == 2
        assert len(list(store.answers(TEXTS))) == len(TEXTS)
        assert store.found == 2


def test_a_run_that_breaks_off_keeps_what_was_committed(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(900)]

    class Mortal(WordClassifier):
        def answers(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
            yield from islice(super().answers(texts), 600)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), AnswerStore(Mortal(), tmp_path / "answers") as store:
        list(store.answers(texts))
    second = WordClassifier()
    with AnswerStore(second, tmp_path / "answers") as again:
        assert list(again.answers(texts)) == list(WordClassifier().answers(texts))
    assert second.asked == texts[512:]
    assert again.found == 512


def test_texts_beyond_a_chunk_and_doubles_far_apart() -> None:
    texts = [f"text {number % 2500}" for number in range(5200)]
    classifier = WordClassifier()
    with AnswerStore(classifier) as store:
        assert list(store.answers(texts)) == list(WordClassifier().answers(texts))
    assert len(classifier.asked) == 2500


def test_answers_are_lazy() -> None:
    classifier = WordClassifier()
    with AnswerStore(classifier) as store:
        answers = store.answers(f"text {number}" for number in iter(int, 1))
        assert next(answers)["label"] in ("fine", "hate")


def test_errors_are_not_kept(tmp_path: Path) -> None:
    with AnswerStore(OnceBroken(), tmp_path / "answers") as store:
        assert [one["label"] is None for one in store.answers(["a", "b"])] == [True, False]
        assert [one["label"] is None for one in store.answers(["a", "b"])] == [False, False]
        assert store.classifier.asked == ["a", "b", "a"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("other", [WordClassifier("wizard"), WordClassifier(name="other settings")])
def test_another_fingerprint_takes_nothing(tmp_path: Path, other: WordClassifier) -> None:
    with AnswerStore(WordClassifier(), tmp_path / "answers") as store:
        list(store.answers(TEXTS))
    other.asked.clear()
    with AnswerStore(other, tmp_path / "answers") as store:
        list(store.answers(TEXTS))
        assert (store.found, sorted(other.asked)) == (0, sorted(set(TEXTS)))


def test_lone_surrogates_are_texts_of_their_own() -> None:
    with AnswerStore(WordClassifier()) as store:
        texts = ["\ud800", "\udcff", "?"]
        assert list(store.answers(texts)) == list(WordClassifier().answers(texts))


def test_no_text_is_in_the_file(tmp_path: Path) -> None:
    texts = ["a most peculiar gardener", f"a most peculiar {WORD}", f"a most peculiar {BROKEN}"]
    with AnswerStore(WordClassifier(), tmp_path / "answers") as store:
        list(store.answers(texts))
        assert b"hate" in files_of(tmp_path)
        assert b"peculiar" not in files_of(tmp_path)
        store.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "answers"
    file.write_bytes(b"this is no database" * 100)
    with pytest.raises(ValueError, match=r"answers is no store of answers .*; delete it"):
        AnswerStore(WordClassifier(), file)


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "answers").mkdir()
    with pytest.raises(ValueError, match="answers is no store of answers"):
        AnswerStore(WordClassifier(), tmp_path / "answers")


def test_damage_in_the_middle_of_a_store_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "answers"
    texts = [f"text {number}" for number in range(500)]
    with AnswerStore(WordClassifier(), file) as store:
        list(store.answers(texts))
    whole = bytearray(file.read_bytes())
    whole[4096:] = b"\xff" * (len(whole) - 4096)
    file.write_bytes(whole)
    with pytest.raises(ValueError, match=r"answers is no store of answers .*; delete it"):
        with AnswerStore(WordClassifier(), file) as store:
            list(store.answers(texts))


def test_an_answer_that_cannot_be_read_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "answers"
    with AnswerStore(WordClassifier(), file) as store:
        list(store.answers(TEXTS))
    with sqlite3.connect(file) as database:
        database.execute("UPDATE answers SET answer = substr(answer, 1, 9)")
    database.close()
    with pytest.raises(ValueError, match=r"answers is no store of answers .*; delete it"):
        with AnswerStore(WordClassifier(), file) as store:
            list(store.answers(TEXTS))


def test_a_store_in_use_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda file, timeout: connect(file, timeout=0))
    with AnswerStore(WordClassifier(), tmp_path / "answers") as first:
        first._keep(b"key", {"label": "fine"})  # a transaction that is not committed yet
        with AnswerStore(WordClassifier(), tmp_path / "answers") as second:
            with pytest.raises(ValueError, match="answers is in use: another run"):
                list(second.answers(["a"]))


def test_another_table_under_the_name_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "answers") as database:
        database.execute("CREATE TABLE answers (something INTEGER)")
    database.close()
    with pytest.raises(ValueError, match=r"answers is no store of answers"):
        with AnswerStore(WordClassifier(), tmp_path / "answers") as store:
            list(store.answers(TEXTS))
