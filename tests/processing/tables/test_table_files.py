"""Table files: those that are shipped, and that what is written is what is read."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.tables import available_tables, load_table, table_files, table_header, write_table

HEADER = {"source": "made up", "licence": "CC0-1.0"}
Load = Mapping[str, tuple[str, ...]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that takes the place of the shipped tables."""
    monkeypatch.setattr(table_files, "FOLDER", tmp_path)
    load_table.cache_clear()
    yield tmp_path
    load_table.cache_clear()


@pytest.mark.parametrize("name", available_tables())
def test_every_shipped_table_can_be_read_and_says_where_it_is_from(name: str) -> None:
    header = table_header(name)
    assert header["source"].strip() and header["licence"].strip()
    rows = load_table(name)
    assert rows
    assert all(key and values and all(values) for key, values in rows.items())
    assert load_table(name) is rows
    with pytest.raises(TypeError):
        rows["new"] = ("value",)  # type: ignore[index]


def test_the_tables_that_a_sound_bank_is_made_of_are_shipped() -> None:
    wanted = {"readings", "phrase_readings", "spellings_en", "emoji_words_zh", "emoji_words_en"}
    assert wanted <= set(available_tables())


cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\t\r\n"), min_size=1, max_size=6)
keys = cells.filter(lambda key: not key.startswith("# "))


@given(st.dictionaries(keys, st.lists(cells, min_size=1, max_size=3), max_size=6), cells)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[str, list[str]], source: str
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    header = HEADER | {"source": source, "note": "a: b"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_files, "FOLDER", folder)
        load_table.cache_clear()
        path = write_table(folder, "mine", header, rows)
        assert path == folder / "mine.tsv"
        assert available_tables() == ["mine"]
        loaded = load_table("mine")
        assert list(loaded.items()) == [(key, tuple(values)) for key, values in rows.items()]
        assert table_header("mine") == header
    load_table.cache_clear()


@pytest.mark.parametrize("lacks", ["source", "licence"])
def test_source_and_licence_are_required(folder: Path, lacks: str) -> None:
    header = {name: text for name, text in HEADER.items() if name != lacks}
    for short in (header, header | {lacks: ""}):
        with pytest.raises(ValueError, match=f"must state its {lacks}"):
            write_table(folder, "mine", short, {"a": ["b"]})
    (folder / "mine.tsv").write_text(f"# {[*header][0]}: x\na\tb\n", encoding="utf-8")
    with pytest.raises(ValueError, match=f"mine does not state its {lacks}"):
        table_header("mine")
    assert dict(load_table("mine")) == {"a": ("b",)}


@pytest.mark.parametrize(
    "rows",
    [{"a\tb": ["c"]}, {"a": ["b\tc"]}, {"a": ["b\n"]}, {"a\r": ["b"]}, {"": ["b"]}, {"a": ["b", ""]}, {"a": []}],
)
def test_cells_that_cannot_be_read_back_are_not_written(folder: Path, rows: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="cells are not empty and hold no tab or line break"):
        write_table(folder, "mine", HEADER, rows)
    assert not list(folder.iterdir())


def test_headers_that_would_be_read_as_other_lines_are_not_written(folder: Path) -> None:
    for header in ({"note": "a\nb"}, {"no\rte": "a"}, {"a: b": "c"}):
        with pytest.raises(ValueError, match="a header field"):
            write_table(folder, "mine", HEADER | header, {"a": ["b"]})
    with pytest.raises(ValueError, match="the first key cannot start with '# '"):
        write_table(folder, "mine", HEADER, {"# a": ["b"]})
    write_table(folder, "mine", HEADER, {"a": ["b"], "# c": ["d"]})
    assert dict(load_table("mine")) == {"a": ("b",), "# c": ("d",)}


@pytest.mark.parametrize(
    ("content", "line"),
    [("a\tb\nc\td\na\te", 3), ("a", 1), ("a\tb\n\nc\td", 2), ("a\t", 1), ("\tb", 1), ("a\tb\t\tc", 1)],
)
def test_damaged_lines_are_named(folder: Path, content: str, line: int) -> None:
    (folder / "mine.tsv").write_text(content + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"mine\.tsv, line {line}: .* empty cell, or its key stands twice"):
        load_table("mine")


def test_an_unknown_name_lists_the_names(folder: Path) -> None:
    for name in ("beta", "alpha"):
        write_table(folder, name, HEADER, {"a": ["b"]})
    for wrong in ("gamma", "", "../alpha", "alpha.tsv"):
        with pytest.raises(ValueError, match="no table .*; choose from alpha, beta"):
            load_table(wrong)
