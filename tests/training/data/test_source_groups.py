from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.training.data.group_splits import text_groups
from decloak.training.data.layouts import GroupRule
from decloak.training.data.source_groups import groups_on_two_sides, source_groups
from decloak.training.data.text_identity import normalised

TEXT = GroupRule()


def rows(*texts: str, **columns: Any) -> list[dict[str, Any]]:
    return [
        {"id": str(n), "text": text} | {key: value[n] for key, value in columns.items()} for n, text in enumerate(texts)
    ]


def test_equal_texts_are_one_group_across_parts_and_data_sets() -> None:
    first = source_groups({"train": rows("Good day", "rain"), "test": rows("good  DAY")}, TEXT, "one")
    other = source_groups({"all": rows("ｇｏｏｄ day")}, TEXT, "other")
    assert first["train"][0] == first["test"][0] == other["all"][0] != first["train"][1]
    assert groups_on_two_sides(first) == 1
    assert all(len(group) == 16 and int(group, 16) >= 0 for group in first["train"])


def test_the_hash_of_a_text_is_that_of_the_splits() -> None:
    assert source_groups({"all": rows("Good day")}, TEXT, "one")["all"] == text_groups(["Good day"])


def test_variants_are_in_the_group_of_their_base_text() -> None:
    parts = {"base": rows("sun", "rain", "sun"), "emoji": rows("☀", "☔", "🌞"), "leet": rows("5un", "r4in", "5un")}
    groups = source_groups(parts, GroupRule(rule="base_text", part="base"), "cloaked")
    assert groups["emoji"] == groups["base"] == groups["leet"]
    assert groups["base"][0] == groups["base"][2] != groups["base"][1]
    assert groups["base"] == source_groups({"base": parts["base"]}, TEXT, "other")["base"]


def test_without_its_base_a_variant_is_known_by_its_own_text() -> None:
    parts = {"emoji": rows("☀", "☔", "☀")}
    assert source_groups(parts, GroupRule(rule="base_text", part="base"), "x") == source_groups(parts, TEXT, "x")


def test_neighbouring_ids_are_pairs() -> None:
    groups = source_groups({"all": rows("a", "b", "c", "d")}, GroupRule(rule="id_pairs"), "pairs")["all"]
    assert groups[0] == groups[1] != groups[2] == groups[3]
    odd = [{"id": name, "text": name} for name in ("x1", "9" * 5000, "²")]
    assert len(set(source_groups({"all": odd}, GroupRule(rule="id_pairs"), "pairs")["all"])) == 3


def test_links_and_columns_join() -> None:
    linked = source_groups({"a": rows("a", "b", "c", link=[None, "0", None])}, TEXT, "x")["a"]
    assert linked[0] == linked[1] != linked[2]
    across = {"a": rows("a", "b"), "b": [{"id": "7", "text": "z", "link": "1"}]}
    assert source_groups(across, TEXT, "x")["b"] == [source_groups(across, TEXT, "x")["a"][1]]
    rule = GroupRule(rule="column", column="speaker")
    spoken = source_groups({"a": rows("a", "b", "c", speaker=["S", "S", None])}, rule, "x")["a"]
    assert spoken[0] == spoken[1] != spoken[2]


@pytest.mark.parametrize("rule", [TEXT, GroupRule(rule="id_pairs"), GroupRule(rule="base_text", part="base")])
@given(
    texts=st.lists(st.sampled_from(["a", "A", "b", "c", "d e", "de"]), min_size=1, max_size=8),
    variants=st.lists(st.sampled_from(["a", "x", "y", "z"]), min_size=8, max_size=8),
    links=st.lists(st.sampled_from([None, "0", "1", "5"]), min_size=8, max_size=8),
)
def test_groups_are_the_connected_rows(
    rule: GroupRule, texts: list[str], variants: list[str], links: list[str | None]
) -> None:
    """Compare with the plain reference: merge two sets while any two rows in them belong together."""
    size = len(texts)
    parts = {"base": rows(*texts, link=links), "other": rows(*variants[:size], link=[None] * size)}
    every = [(part, row) for part, content in parts.items() for row in content]

    def together(one: tuple[str, dict[str, Any]], two: tuple[str, dict[str, Any]]) -> bool:
        (_, a), (_, b) = one, two
        same_id = a["id"] == b["id"]
        ruled = {"id_pairs": int(a["id"]) // 2 == int(b["id"]) // 2, "base_text": same_id}.get(rule.rule, False)
        linked = a["link"] == b["id"] or b["link"] == a["id"] or (a["link"] and a["link"] == b["link"])
        by_id = same_id and any(links[:size])
        return bool(ruled or linked or by_id or normalised(a["text"]) == normalised(b["text"]))

    sets = [{number} for number in range(len(every))]
    while pair := next(
        ((s, t) for s, t in combinations(sets, 2) if any(together(every[i], every[j]) for i in s for j in t)), None
    ):
        sets.remove(pair[1])
        pair[0].update(pair[1])
    groups = source_groups(parts, rule, "x")
    found = [*groups["base"], *groups["other"]]
    for number, group in enumerate(found):
        home = next(s for s in sets if number in s)
        assert {other for other, name in enumerate(found) if name == group} == home
