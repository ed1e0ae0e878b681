import re

import pytest
from pydantic import ValidationError

from decloak.training.data.catalogue import ENTRIES, TABLE, Entry, check_commit, entry_names, load_entry
from decloak.training.data.layouts import alternatives

EXPECTED = {
    "toxicn", "toxicloakcn", "cold", "swsr", "ihc", "sbic", "dynahate", "toxigen", "hatexplain", "davidson",
    "stormfront", "olid", "hatemoji", "hatecheck", "multilingual_hatecheck", "mustard", "urfunny", "mmsd2", "harmeme",
    "bias_templates", "table",
}  # fmt: skip
DATA_SETS = sorted(EXPECTED - {TABLE})


def test_the_catalogue_is_complete() -> None:
    assert set(entry_names()) == EXPECTED
    assert entry_names()[-1] == TABLE


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_entry_is_named_like_its_file_and_pins_no_revision(name: str) -> None:
    """Nobody who wrote an entry saw a commit of the Hub: a revision there would be invented."""
    assert load_entry(name).name == name
    assert load_entry(name).revision is None
    assert not re.search("[0-9a-f]{40}", (ENTRIES / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", DATA_SETS)
def test_an_entry_says_what_people_must_know(name: str) -> None:
    entry = load_entry(name)
    assert entry.homepage.startswith("https://")
    assert entry.languages and entry.licence.name and entry.label_meaning.one and entry.label_meaning.zero
    assert entry.layouts.upstream is not None and entry.layouts.normalised is not None
    assert (entry.layouts.hub is None) == (entry.hub_id is None)


@pytest.mark.parametrize("name", DATA_SETS)
def test_layouts_map_text_and_label_and_know_the_splits(name: str) -> None:
    layouts = load_entry(name).layouts
    assert layouts.upstream is not None and layouts.normalised is not None
    parts = {*layouts.upstream.parts, *layouts.normalised.parts}
    assert set(load_entry(name).splits) <= parts
    for layout in filter(None, (layouts.upstream, layouts.hub)):
        assert "text" in layout.columns
        assert "label" in layout.columns or layout.labels.sum_of
    assert all(alternatives(part.file) for part in layouts.upstream.parts.values())
    assert set(layouts.normalised.on_request) <= set(layouts.normalised.parts)


@pytest.mark.parametrize("name", DATA_SETS)
def test_sizes_are_possible(name: str) -> None:
    for split in load_entry(name).splits.values():
        assert split.positives is None or (split.rows is not None and 0 < split.positives < split.rows)


def test_test_suites_are_marked() -> None:
    suites = {name for name in entry_names() if load_entry(name).role == "test_suite"}
    assert suites == {"hatecheck", "multilingual_hatecheck", "bias_templates"}


def test_rows_are_known_only_if_those_of_each_split_are() -> None:
    assert load_entry("cold").rows == 25_726 + 6_431 + 5_323
    assert load_entry("dynahate").rows is None


@pytest.mark.parametrize("name", ["", "COLD", "../recipes/decloak-small", "none"])
def test_unknown_names_are_told_which_are_known(name: str) -> None:
    with pytest.raises(ValueError, match="is unknown; known are bias_templates, cold, .*read as 'table'"):
        load_entry(name)


@pytest.mark.parametrize("commit", ["main", "", "A" * 40, "a" * 39, "a" * 41, f"{'a' * 40}\n"])
def test_only_whole_commits_are_revisions(commit: str) -> None:
    with pytest.raises(ValueError, match="a whole commit id is needed"):
        check_commit(commit)


@pytest.mark.parametrize(
    ("field", "value"),
    [("revision", "main"), ("role", "train_and_test"), ("task", "love"), ("unknown", 1), ("languages", "zh")],
)
def test_wrong_entries_are_refused(field: str, value: object) -> None:
    good = load_entry("cold").model_dump()
    assert Entry.model_validate(good) == load_entry("cold")
    with pytest.raises(ValidationError, match=field):
        Entry.model_validate({**good, field: value})
