from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.cli.evaluation_inputs import Columns, labelled, labels_map, named_files, read_tables, strengths
from decloak.cli.evaluation_output import folder_name
from decloak.evaluation.label_scheme import label_scheme
from decloak.evaluation.suites import SUITES
from decloak.training.data.tables import TableRow

TABLE = "text,label\na,0\nb,1\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file below the test's folder."""

    def made(name: str, content: str = TABLE, encoding: str = "utf-8") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode(encoding))
        return file

    return made


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["hate=1,normal=0"], {"hate": 1, "normal": 0}),
        (["hate=1", " normal = 0 ,"], {"hate": 1, "normal": 0}),
        (["a=b=2"], {"a=b": 2}),
        ([], {}),
        ([" , "], {}),
    ],
)
def test_labels_maps_are_read(values: list[str], expected: dict[str, int]) -> None:
    assert labels_map(values) == expected


@pytest.mark.parametrize("value", ["hate", "=1", "hate=", "hate=x", "hate=-1", "hate=1.5", "hate=²"])
def test_labels_maps_that_cannot_be_read(value: str) -> None:
    with pytest.raises(ValueError, match="must read NAME=CLASS, such as hate=1,normal=0"):
        labels_map([value])


@given(st.text(max_size=12))
def test_any_labels_map_is_read_or_a_clear_error(value: str) -> None:
    try:
        assert all(name and number >= 0 for name, number in labels_map([value]).items())
    except ValueError as error:
        assert "--labels-map has" in str(error)


def test_strengths_are_numbers_in_rising_order() -> None:
    assert strengths("1, 0.1,0.1,.3,") == (0.1, 0.3, 1.0)
    assert strengths("") == ()
    with pytest.raises(ValueError, match="--strengths is '0.1;0.3'; give numbers joined by commas"):
        strengths("0.1;0.3")


def test_files_are_named_by_themselves_or_as_told(write: Callable[..., Path], tmp_path: Path) -> None:
    one, other = write("one.csv"), write("a=b.csv")
    assert named_files([str(one)]) == {"one.csv": one}
    assert named_files([f"first={one}", str(other)]) == {"first": one, "a=b.csv": other}
    missing = tmp_path / "x=y" / "no.csv"
    assert named_files([str(missing)]) == {"no.csv": missing}


def test_a_folder_is_its_tables(write: Callable[..., Path], tmp_path: Path) -> None:
    files = [write(f"data/{name}") for name in ("b.csv", "a.jsonl.gz", "C.TSV")]
    write("data/README.md")
    write("data/deeper/d.csv")
    assert named_files([str(tmp_path / "data")]) == {"C": files[2], "a": files[1], "b": files[0]}
    assert list(named_files([f"set={tmp_path / 'data'}"])) == ["set/C", "set/a", "set/b"]


def test_tables_of_one_name_and_several_endings_are_all_there(write: Callable[..., Path], tmp_path: Path) -> None:
    for name in ("a.csv", "a.csv.gz", "b.csv"):
        write(f"data/{name}")
    assert list(named_files([str(tmp_path / "data")])) == ["a.csv", "a.csv.gz", "b"]


def test_names_that_would_share_a_folder_are_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    one, other = write("x/one.csv"), write("y/one.csv")
    with pytest.raises(ValueError, match="--data has two of the name one.csv: name them apart"):
        named_files([str(one), str(other)])
    with pytest.raises(ValueError, match="a b and a_b, which are one as a folder's name"):
        named_files([f"a b={one}", f"a_b={other}"])
    assert len(named_files([f"a={one}", f"b={other}"])) == 2


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no .csv, .tsv, .jsonl or .parquet file"):
        named_files([str(tmp_path)])


@given(st.text(max_size=20))
def test_any_name_is_a_safe_folder(name: str) -> None:
    made = folder_name(name)
    assert made and made not in (".", "..")
    assert not set(made) & set("/\\\0: ")
    assert not made.startswith((".", "_"))


def test_optional_columns_are_read_where_they_are(write: Callable[..., Path]) -> None:
    file = write("a.csv", "text,label,group,language\na,0,g,en\n")
    ((name, path, rows),) = read_tables({"a": file}, None, Columns())
    assert (name, path) == ("a", file)
    assert rows[0].number == 2
    assert rows[0].values == {"text": "a", "label": "0", "group": "g", "language": "en"} | dict.fromkeys(
        ("id", "target", "category", "functionality")
    )


def test_an_optional_column_may_be_the_label(write: Callable[..., Path]) -> None:
    file = write("a.csv", "body,category\na,0\n")
    ((_, _, rows),) = read_tables({"a": file}, None, Columns("body", "category"))
    assert (rows[0].values["body"], rows[0].values["category"]) == ("a", "0")


def test_another_encoding(write: Callable[..., Path]) -> None:
    file = write("a.csv", "text,label\n今天很好,0\n", "gb18030")
    ((_, _, rows),) = read_tables({"a": file}, None, Columns(encoding="gb18030"))
    assert rows[0].values["text"] == "今天很好"
    with pytest.raises(ValueError, match="encoding"):
        read_tables({"a": file}, None, Columns(encoding="klingon"))


@pytest.mark.parametrize("suite", [None, SUITES["robustness"], SUITES["cross-dataset"]])
def test_no_data_where_no_suite_knows_its_own(suite: object) -> None:
    with pytest.raises(ValueError, match="no data: give --data PATH, or --suite hatecheck, mhc or bias"):
        read_tables({}, suite, Columns())  # type: ignore[arg-type]


def test_the_data_of_a_suite_is_prepared_from_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    import decloak.training.data.preparing as preparing

    asked = []

    def prepared(name: str) -> SimpleNamespace:
        asked.append(name)
        parts = {"french": [{"text": "a", "label": 1}], "mandarin": [{"text": "b", "label": 0}]}
        return SimpleNamespace(dataset=parts if name == "multilingual_hatecheck" else {"test": parts["french"]})

    monkeypatch.setattr(preparing, "prepare_dataset", prepared)
    mhc = read_tables({}, SUITES["mhc"], Columns())
    assert [(name, file, len(rows)) for name, file, rows in mhc] == [("french", None, 1), ("mandarin", None, 1)]
    assert mhc[0][2] == [TableRow(1, {"text": "a", "label": 1})]
    assert [name for name, _, _ in read_tables({}, SUITES["bias"], Columns())] == ["bias_templates"]
    assert asked == ["multilingual_hatecheck", "bias_templates"]


def test_labels_that_do_not_fit_name_their_data() -> None:
    rows = [TableRow(number, {"text": "a", "label": "spam"}) for number in range(2, 9)]
    with pytest.raises(ValueError, match="^second.csv: the labels of data and model do not meet"):
        labelled("second.csv", rows, Columns(), label_scheme(["fine", "hate"], []))
