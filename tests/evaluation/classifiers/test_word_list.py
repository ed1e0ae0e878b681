from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.classifiers.word_list import WordListEntry, folded, read_word_list, unique_entries


def write(folder: Path, text: str | bytes, name: str = "list.txt") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_plain_lists(tmp_path: Path) -> None:
    text = "# source: me\r\n#\n# licence: none\nbad\r\n\n坏 人\n# later\n#tag\n"
    entries, head = read_word_list(write(tmp_path, text))
    assert head == ["source: me", "", "licence: none"]
    assert [(entry.entry, entry.severity) for entry in entries] == [("bad", 1), ("坏 人", 1), ("#tag", 1)]
    assert entries[0].source == "list.txt"


@pytest.mark.parametrize("header", ["", "entry\tseverity\n"])
def test_lists_with_severities(tmp_path: Path, header: str) -> None:
    entries, _ = read_word_list(write(tmp_path, header + "bad\t0.5\nworse\t2\nplain\n"))
    assert [(entry.entry, entry.severity) for entry in entries] == [("bad", 0.5), ("worse", 2), ("plain", 1)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("good\nbad\tmuch\n", "line 2: the severity is 'much'"),
        ("bad\t0\n", "above 0"),
        ("bad\tnan\n", "above 0"),
        ("bad\tinf\n", "above 0"),
        ("a\t1\t2\n", "line 1 has 3 columns"),
        ("\t1\n", "line 1: the entry is empty"),
        ("# only a comment\n", "has no entries"),
        ("", "has no entries"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_lists_that_cannot_be_used(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_word_list(write(tmp_path, text))


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such word list"):
        read_word_list(tmp_path / "none.txt")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_width_and_case_fold() -> None:
    assert folded("ＢＡＤ Straße") == "bad strasse"


def test_of_entries_alike_the_most_severe_stays() -> None:
    entries = [WordListEntry("Bad", 1, "a"), WordListEntry("ｂａｄ", 2, "b"), WordListEntry("bad", 2, "c")]
    assert unique_entries(entries) == {"bad": entries[1]}
