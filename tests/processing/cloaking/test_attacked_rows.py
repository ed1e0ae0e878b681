"""Rows of a data set: the text changes and labels never do."""

import logging

import pytest
from datasets import Dataset

from decloak.processing.cloaking import RowAttack, attack_rows, compose, load_attack

ROWS = [
    {"text": "the first cat", "label": 1, "source": {"id": 7}},
    {"text": "the second dog", "label": 0, "source": None},
]
ATTACK = load_attack("random_case", 1.0)


def test_every_other_column_stays() -> None:
    attacked = list(attack_rows(ROWS, ATTACK))
    assert [row["text"] for row in attacked] == ["THE FIRST CAT", "THE SECOND DOG"]
    assert [{**row, "text": ""} for row in attacked] == [{**row, "text": ""} for row in ROWS]
    assert ROWS[0]["text"] == "the first cat"


def test_another_column() -> None:
    [row] = attack_rows([{"label": "Cat", "comment": "Cat"}], ATTACK, column="comment")
    assert row == {"label": "Cat", "comment": "cAT"}


def test_rows_without_a_text_stay_and_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    rows = [{"text": None, "label": 1}, {"label": 0}, {"text": 3.0}, {"text": "good"}]
    with caplog.at_level(logging.WARNING):
        assert list(attack_rows(rows, ATTACK)) == [*rows[:3], {"text": "GOOD"}]
    assert "3 rows have no string in column 'text'" in caplog.text


def test_the_own_errors_of_an_attack_are_not_hidden() -> None:
    def broken(text: str) -> str:
        raise TypeError("broken")

    with pytest.raises(TypeError, match="broken"):
        list(attack_rows(ROWS, broken))


def test_rows_come_one_by_one() -> None:
    endless = ({"text": str(number)} for number in iter(int, 1))
    assert next(attack_rows(endless, ATTACK)) == {"text": "0"}


def test_one_row_without_a_text_is_an_error() -> None:
    with pytest.raises(KeyError, match="no column 'text'; its columns are: label"):
        RowAttack(ATTACK)({"label": 1})
    with pytest.raises(TypeError, match="must be a string; NoneType was given"):
        RowAttack(ATTACK)({"text": None})


def test_a_data_set_is_mapped() -> None:
    data = Dataset.from_dict({"text": [row["text"] for row in ROWS], "label": [1, 0]})
    both = compose([ATTACK, load_attack("spaces", 1.0, target_words=["cat"])])
    mapped = data.map(RowAttack(both), load_from_cache_file=False)
    assert mapped["text"][:] == ["THE FIRST C A T", "THE SECOND DOG"]
    assert mapped["label"][:] == [1, 0]
