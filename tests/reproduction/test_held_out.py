import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.reproduction.experiment_parts import Holdout, Source
from decloak.reproduction.held_out import held_out_groups, row_groups
from decloak.reproduction.source_tables import SourceRow, SourceTable
from decloak.training.data.text_identity import normalised

SOURCES = {"base": Source(), "cloaked": Source(variant_of="base"), "other": Source()}


def table(texts: list[str], start: int = 0) -> SourceTable:
    return SourceTable([SourceRow(text, 0, str(number)) for number, text in enumerate(texts, start)])


@given(st.lists(st.text("ab 你", min_size=1, max_size=4), min_size=1, max_size=12))
def test_groups_are_those_of_the_source_sentences(texts: list[str]) -> None:
    tables = {"base": table(texts), "cloaked": table([text + "!" for text in texts]), "other": table(texts[::-1])}
    groups = row_groups(tables, SOURCES)
    assert groups["cloaked"] == groups["base"]
    for one, first in zip(texts, groups["base"], strict=True):
        for other, second in zip(texts[::-1], groups["other"], strict=True):
            if normalised(one) and normalised(other):
                assert (first == second) == (normalised(one) == normalised(other))


def test_variants_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="1 ids of cloaked are not in base, the first '2'"):
        row_groups({"base": table(["a", "b"]), "cloaked": table(["a", "b"], 1)}, SOURCES)
    sources = {**SOURCES, "other": Source(variant_of="cloaked")}
    with pytest.raises(ValueError, match="other is a variant of cloaked, which is a variant itself"):
        row_groups({name: table(["a"]) for name in sources}, sources)


@given(st.lists(st.integers(0, 30), min_size=4, max_size=60), st.data())
def test_held_out_rows_are_met_but_for_the_largest_group(numbers: list[int], data: st.DataObject) -> None:
    groups = [str(number) for number in numbers]
    labels = [number % 2 for number in numbers]
    wanted = data.draw(st.integers(1, len(groups) - 1))
    held = held_out_groups(groups, labels, Holdout(source="base", rows=wanted))
    count = sum(group in held for group in groups)
    assert abs(count - wanted) < max(groups.count(group) for group in groups)
    again = held_out_groups(groups[::-1], labels[::-1], Holdout(source="base", rows=wanted))
    assert again == held


def test_each_group_is_held_out_in_one_fold() -> None:
    groups = [str(number // 2) for number in range(40)]
    labels = [number // 2 % 2 for number in range(40)]
    folds = [held_out_groups(groups, labels, Holdout(source="base", folds=4, fold=fold)) for fold in range(4)]
    assert sorted(group for fold in folds for group in fold) == sorted(set(groups))


def test_not_every_row_can_be_held_out() -> None:
    with pytest.raises(ValueError, match="3 rows of base are to be held out, which has 3"):
        held_out_groups(["a", "b", "c"], [0, 0, 1], Holdout(source="base", rows=3))
