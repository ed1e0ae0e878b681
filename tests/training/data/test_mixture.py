"""What is trained on, and the account of what is not."""

import csv
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.training.data import test_suites
from decloak.training.data.mixture import Mixture, class_id, load_mixture, load_texts, normalised
from decloak.training.data.test_suites import suite_hashes
from decloak.training.recipe import DataSource

LABELS = ("not_hateful", "hateful")


def table(path: Path, rows: list[tuple[Any, ...]], header: tuple[str, ...] = ("text", "label")) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def mix(
    folder: Path,
    *tables: list[tuple[Any, ...]],
    excluded: set[str] | None = None,
    near: float | None = 0.7,
    **source: Any,
) -> Mixture:
    names = [f"t{number}" for number in range(len(tables))]
    paths = {name: table(folder / f"{name}.csv", rows) for name, rows in zip(names, tables, strict=True)}
    sources = [DataSource(name=name, **source) for name in names]
    return load_mixture(sources, paths, excluded or set(), LABELS, seed=0, near_duplicates=near)


def test_counts_add_up(tmp_path: Path) -> None:
    first = [("a", 0), ("A ", 0), ("b", 1), ("", 1), ("  ", 0), ("tést", 1), ("c", 0)]
    second = [("b", 0), ("a", 0), ("d", "hateful"), ("ｄ", 1), ("e", "not_hateful")]
    (tmp_path / "t0.csv").touch()
    mixture = mix(tmp_path, first, second, excluded={normalised("TÉST")})
    zero = {"over_limit": 0, "test_suite": 0, "near_duplicate": 0}
    assert mixture.counts == {
        "t0": {"read": 7, "unusable": 2, "excluded": 1, "duplicate": 1, "conflicting": 1, "kept": 2} | zero,
        "t1": {"read": 5, "unusable": 0, "excluded": 0, "duplicate": 2, "conflicting": 1, "kept": 2} | zero,
    }
    kept = {(normalised(row.text), row.label, row.source) for row in mixture.rows}
    assert kept == {("a", 0, "t0"), ("c", 0, "t0"), ("d", 1, "t1"), ("e", 0, "t1")}


rows = st.lists(
    st.tuples(st.sampled_from(["a", "A", "b", " b", "c", "d", "", "x y"]), st.sampled_from([0, 1])),
    min_size=1,
    max_size=12,
)


@given(rows, rows, st.none() | st.integers(1, 4), st.integers(1, 3))
def test_counts_add_up_for_any_tables(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[str, int]],
    second: list[tuple[str, int]],
    limit: int | None,
    repeat: int,
) -> None:
    mixture = mix(tmp_path_factory.mktemp("any"), first, second, excluded={"c"}, limit=limit, repeat=repeat)
    for counts, table_of in zip(mixture.counts.values(), (first, second), strict=True):
        assert counts["read"] == len(table_of)
        assert sum(value for name, value in counts.items() if name != "read") == counts["read"]
        assert limit is None or counts["kept"] <= limit
        assert min(counts.values()) >= 0
    assert len(mixture.rows) == repeat * sum(counts["kept"] for counts in mixture.counts.values())
    labels: dict[str, set[int]] = {}
    for row in mixture.rows:
        labels.setdefault(normalised(row.text), set()).add(row.label)
    assert "c" not in labels
    assert all(len(found) == 1 for found in labels.values())


def test_limits_choose_by_the_seed_and_repeats_repeat(tmp_path: Path) -> None:
    rows = [(f"text {number}", number % 2) for number in range(30)]
    path = table(tmp_path / "x.csv", rows)

    def chosen(seed: int, **source: Any) -> list[str]:
        return [row.text for row in load_mixture([DataSource(name="x", **source)], {"x": path}, (), LABELS, seed).rows]

    assert chosen(0, limit=10) == chosen(0, limit=10)
    assert set(chosen(0, limit=10)) != set(chosen(1, limit=10))
    assert len(chosen(0, limit=10)) == 10
    assert sorted(chosen(0, repeat=3)) == sorted([text for text, _ in rows] * 3)
    assert chosen(0) != chosen(1) != [text for text, _ in rows]


def test_columns_and_only(tmp_path: Path) -> None:
    path = table(tmp_path / "x.csv", [("a", 1, "en"), ("b", 0, "zh"), ("c", 1, "zh")], ("words", "hate", "language"))
    source = DataSource(name="x", text_column="words", label_column="hate", only={"language": "zh"})
    mixture = load_mixture([source], {"x": path}, (), LABELS, 0)
    assert sorted((row.text, row.label) for row in mixture.rows) == [("b", 0), ("c", 1)]
    assert mixture.counts["x"]["read"] == 2


def test_broken_rows_are_counted_under_a_filter_too(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(
        '{"text": "a", "label": 1, "language": "zh"}\nbroken\n{"text": null, "label": 1, "language": "zh"}\n'
    )
    mixture = load_mixture([DataSource(name="x", only={"language": "zh"})], {"x": path}, (), LABELS, 0)
    assert {name: mixture.counts["x"][name] for name in ("read", "unusable", "kept")} == {
        "read": 3,
        "unusable": 2,
        "kept": 1,
    }


def test_unknown_labels_name_their_row(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"t0.csv, row 3: the label is 'maybe'; allowed are 0 to 1 or \['not_hateful'"):
        mix(tmp_path, [("a", 1), ("b", "maybe")])


@pytest.mark.parametrize(
    ("value", "expected"), [(1, 1), ("1", 1), (1.0, 1), ("0.0", 0), (True, 1), ("hateful", 1), ("not_hateful", 0)]
)
def test_class_ids(value: Any, expected: int) -> None:
    assert class_id(value, LABELS, "here") == expected


@pytest.mark.parametrize("value", [2, -1, "", None, float("nan"), 0.5, "Hateful", [1]])
def test_no_class_ids(value: Any) -> None:
    with pytest.raises(ValueError, match="here: the label is"):
        class_id(value, LABELS, "here")


def test_sources_and_paths_must_match(tmp_path: Path) -> None:
    path = table(tmp_path / "x.csv", [("a", 1)])
    with pytest.raises(ValueError, match=r"Missing: \['y'\].*not in the recipe: \['x'\]"):
        load_mixture([DataSource(name="y")], {"x": path}, (), LABELS, 0)


LONG = "we walked through the old park on sunday and fed the ducks"


def test_near_duplicates_of_excluded_texts_leave_unless_told_otherwise(tmp_path: Path) -> None:
    path = table(tmp_path / "x.csv", [(LONG, 0), (f"{LONG}!", 0), (f"{LONG} again", 1), ("we stayed at home", 0)])

    def found(near: float | None) -> tuple[int, int, int]:
        mixture = load_mixture([DataSource(name="x")], {"x": path}, {normalised(LONG)}, LABELS, 0, near)
        assert len(mixture.rows) == mixture.counts["x"]["kept"]
        return tuple(mixture.counts["x"][key] for key in ("excluded", "near_duplicate", "kept"))

    assert found(None) == (1, 0, 3)
    assert found(0.95) == (1, 1, 2)
    assert found(0.7) == (1, 2, 1)
    default = load_mixture([DataSource(name="x")], {"x": path}, {normalised(LONG)}, LABELS, 0)
    assert default.counts["x"]["near_duplicate"] == 2


def test_texts_of_test_suites_leave_and_a_suite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = suite_hashes({"ours": [f"case {number} of the suite" for number in range(60)]})
    monkeypatch.setattr(test_suites, "shipped_hashes", lambda: suite)
    ordinary = [(f"remark {number} on the weather", number % 2) for number in range(400)]
    mixture = mix(tmp_path, [*ordinary, ("Case 1  of the suite", 1), ("case 2 of the suite", 0), ("", 0)], near=None)
    assert {key: mixture.counts["t0"][key] for key in ("read", "unusable", "test_suite", "kept")} == {
        "read": 403,
        "unusable": 1,
        "test_suite": 2,
        "kept": 400,
    }
    assert not any("suite" in row.text for row in mixture.rows)
    with pytest.raises(ValueError, match=r"t0.csv is a test suite.*60 of its 60 rows.*60 of ours.*rows 2, 3, 4, 5, 6"):
        mix(tmp_path, [(f"case {number} of the suite", 1) for number in range(60)])


def test_a_mixture_is_the_same_each_time(tmp_path: Path) -> None:
    path = table(tmp_path / "x.csv", [(f"{LONG} {number}", number % 2) for number in range(80)])
    excluded = [normalised(f"{LONG} {number}{number}") for number in range(9)]
    one, other = (
        load_mixture([DataSource(name="x")], {"x": path}, given, LABELS, 0, 0.97)
        for given in (excluded, excluded[::-1])
    )
    assert one == other
    assert one.rows and one.counts["x"]["near_duplicate"]


def test_texts_of_a_table(tmp_path: Path) -> None:
    assert load_texts(table(tmp_path / "x.csv", [("Ａ b", 1), ("", 0), ("你 好", 1)])) == {"ab", "", "你好"}


readable = st.text(st.characters(exclude_categories=()))
letters = st.text(st.sampled_from("abcXYZ你好ßĲ１Ⅷ㎏ｱ "))


@given(readable)
def test_normalised_texts_have_no_blanks(text: str) -> None:
    found = normalised(text)
    assert found == "".join(found.split())
    assert normalised(unicodedata.normalize("NFKC", text)) == found


@given(letters, st.data())
def test_case_width_and_blanks_make_no_difference(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    blank = data.draw(st.sampled_from([" ", "\n", "\u3000", "\u00a0"]))
    wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)
    for same in (text[:at] + blank + text[at:], text.upper(), text.lower(), wide, normalised(text)):
        assert normalised(same) == normalised(text)


@pytest.mark.parametrize(("one", "other"), [("你好", "好你"), ("a.b", "ab"), ("é", "e"), ("你", "妳"), ("a", "а")])
def test_other_texts_stay_apart(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)
