from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation.identity_terms import mentioned_groups
from decloak.evaluation.identity_terms.mentions import FILE


def entries() -> list[tuple[str, str, list[str]]]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    split = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [(group, language, terms.split("|")) for group, language, terms in split]


def test_every_term_alone_names_its_own_group() -> None:
    for group, _, terms in entries():
        for term in terms:
            assert mentioned_groups(term) == [group], term


def test_a_term_is_listed_once_and_groups_have_chinese_or_english_terms() -> None:
    found = entries()
    assert [term for term, n in Counter(term for *_, terms in found for term in terms).items() if n > 1] == []
    assert {language for _, language, _ in found} == {"zh", "en"}
    assert {group for group, language, _ in found if language == "en"} >= {"women", "gay people", "muslims"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Women and MEN dance", ["women", "men"]),
        ("men, then women, then men", ["men", "women"]),
        ("a womanly mention of menus", []),
        ("a gay, happy crowd", ["gay people"]),
        ("ＷＯＭＥＮ", ["women"]),
        ("trans women are here", ["trans people"]),  # the longer term alone
        ("a black woman", ["black people"]),
        ("a black cat", []),
        ("non-binary, nonbinary", ["trans people"]),
        ("跨性别者跳舞", ["trans people"]),
        ("我的妻子是移民", ["women", "immigrants"]),
        ("他是gay吗", ["gay people"]),  # no space between alphabets
        ("这些asian学生", ["asian people"]),
        ("gays_2 xgay", []),
        ("", []),
    ],
)
def test_mentions(text: str, expected: list[str]) -> None:
    assert mentioned_groups(text) == expected


@given(st.text())
def test_any_text_has_groups_of_the_table_each_once(text: str) -> None:
    groups = mentioned_groups(text)
    assert len(groups) == len(set(groups))
    assert set(groups) <= {group for group, *_ in entries()}


@given(st.lists(st.sampled_from(["women", "jews", "farmer", "穆斯林", "老人"]), max_size=5))
def test_words_apart_are_found_in_order(words: list[str]) -> None:
    one = {"women": "women", "jews": "jews", "farmer": "rural people", "穆斯林": "muslims", "老人": "old people"}
    assert mentioned_groups(" und ".join(words)) == list(dict.fromkeys(one[word] for word in words))
