"""Test suites are known by their hashes, and tables that hold one are refused."""

import hashlib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.training.data import test_suites as suites
from decloak.training.data.test_suites import check_test_suites, shipped_hashes, suite_hashes, text_hash

OURS = suite_hashes(
    {"ours": [f"sentence number {number} of the suite" for number in range(200)], "theirs": ["it rains"]}
)
OTHERS = [f"an ordinary remark, {number}" for number in range(1000)]


def suite_texts(count: int) -> list[str]:
    return [f"Sentence number {number}  of the SUITE" for number in range(count)]


def test_the_shipped_hashes_are_those_of_two_suites() -> None:
    found = shipped_hashes()
    assert len(found) == 7077
    assert set(found.values()) == {"hatecheck", "multilingual_hatecheck_mandarin"}
    assert all(len(digits) == 16 and int(digits, 16) >= 0 for digits in found)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_hash_is_that_of_the_published_rule(text: str) -> None:
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    assert text_hash(text) == hashlib.sha256(plain.encode()).hexdigest()[:16]
    assert text_hash(f" {text.replace(' ', '   ')}\n") == text_hash(text)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_has_a_hash_and_blanks_are_in_no_suite(text: str) -> None:
    assert len(text_hash(text)) == 16
    assert text.strip() or suites.test_suite_of(text, suite_hashes({"blank": ["", " "]})) is None


def test_case_width_and_spacing_do_not_hide_a_text_of_a_suite() -> None:
    for text in ("it rains", " IT  rains ", "Ｉt\u3000rains"):
        assert suites.test_suite_of(text, OURS) == "theirs"
    assert suites.test_suite_of("it rained", OURS) is None
    assert suites.test_suite_of("it rains") is None


def test_a_few_texts_by_chance_are_named_not_refused() -> None:
    found = check_test_suites("t.csv", [*OTHERS, *suite_texts(10), suite_texts(1)[0].upper()], more=OURS)
    assert found == [None] * 1000 + ["ours"] * 11


def test_more_than_one_per_cent_is_a_suite() -> None:
    texts = [*suite_texts(11), *OTHERS[:989]]
    with pytest.raises(
        ValueError, match=r"t.csv is a test suite.*11 of its 1000 rows.*11 of ours.*rows 1, 2, 3, 4, 5\."
    ):
        check_test_suites("t.csv", texts, more=OURS)


def test_more_than_fifty_texts_are_a_suite_whatever_the_table_has() -> None:
    many = OTHERS * 10
    assert check_test_suites("t.csv", [*many, *suite_texts(50)], more=OURS).count("ours") == 50
    with pytest.raises(ValueError, match="51 of ours"):
        check_test_suites("t.csv", [*many, *suite_texts(51)], more=OURS)
    repeated = suite_texts(1) * 60
    assert check_test_suites("t.csv", [*many, *repeated], more=OURS).count("ours") == 60


def test_the_error_names_the_rows_of_the_file() -> None:
    with pytest.raises(ValueError, match=r"1 of theirs; different texts\), the first in rows 7\."):
        check_test_suites("t.csv", ["it rains", "it snows"], [7, 9], OURS)


def test_an_empty_table_holds_no_suite() -> None:
    assert check_test_suites("t.csv", []) == []


@pytest.mark.parametrize("line", ["0123456789abcdef", "0123\thatecheck", "0123456789abcdef\t"])
def test_a_damaged_file_of_hashes_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    file = tmp_path / "hashes.tsv"
    file.write_text(f"# a note\n{line}\n", encoding="utf-8")
    monkeypatch.setattr(suites, "_HASHES", file)
    shipped_hashes.cache_clear()
    try:
        with pytest.raises(ValueError, match="line 2"):
            shipped_hashes()
    finally:
        shipped_hashes.cache_clear()
