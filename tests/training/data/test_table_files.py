import gzip
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.training.data import table_files
from decloak.training.data.table_files import bounded_lines, open_seekable, open_text
from decloak.training.data.tables import table_rows


@given(st.text(st.sampled_from("ab\r\n字"), max_size=60), st.integers(2, 12))
def test_lines_are_those_of_the_file_but_for_the_long(content: str, longest: int) -> None:
    lines = content.splitlines(keepends=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_files, "LONGEST_LINE", longest)
        got = list(bounded_lines(io.StringIO(content, newline=""), "\r\n"))
    assert got == [line if len(line) < longest else None for line in lines]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_taken_away(tmp_path: Path, encoding: str, packed: bool) -> None:
    path = tmp_path / ("a.csv.gz" if packed else "a.csv")
    content = "字,b\r\n".encode(encoding)
    path.write_bytes(gzip.compress(content) if packed else content)
    with open_text(path, None, "") as file:
        assert list(bounded_lines(file)) == ["字,b\r\n"]


def test_a_mark_is_taken_away_though_the_encoding_is_told(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16-le", "gb18030"):
        (tmp_path / "a.csv").write_text("\ufeff字\n", encoding=encoding)
        with open_text(tmp_path / "a.csv", encoding, "") as file:
            assert list(bounded_lines(file)) == ["字\n"]


def test_bytes_that_do_not_fit_are_kept_as_surrogates(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a\xff\n\xd7\xd6\n")
    with open_text(tmp_path / "a.txt", "gb18030", "") as file:
        assert list(bounded_lines(file)) == ["a\udcff\n", "字\n"]
    (tmp_path / "a.txt").write_bytes("a\ud800\n字\n".encode("utf-16", "surrogatepass"))
    with open_text(tmp_path / "a.txt", None, "") as file:
        assert list(bounded_lines(file)) == ["a\ud800\n", "字\n"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_file_that_unpacks_without_line_ends_does_not_fill_the_memory(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_files, "LONGEST_LINE", 10_000)
    path = tmp_path / f"bomb.{suffix}.gz"
    head = b"text\n" if suffix == "csv" else b'{"text": "first"}\n'
    path.write_bytes(gzip.compress(head + b"a" * 30_000_000 + b"\n" + head))
    tracemalloc.start()
    try:
        *_, long, last = table_rows(path, ["text"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "characters or more" in (long.error or "")
    assert last.values["text"] in ("first", "text")
    assert peak < 5_000_000


def test_parquet_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.parquet.gz"
    path.write_bytes(gzip.compress(bytes(3_000_000)))
    monkeypatch.setattr(table_files, "_ALWAYS_ALLOWED", 1_000_000)
    with pytest.raises(ValueError, match="unpacks to more than 1,000,000 bytes"):
        open_seekable(path)
    with pytest.raises(ValueError, match="unpacks to more than"):
        table_rows(path, ["text"])


def test_a_gzip_file_that_is_cut_gives_its_rows_and_then_an_error(tmp_path: Path) -> None:
    whole = gzip.compress(b"text\n" + b"".join(b"%d\n" % number for number in range(50_000)))
    (tmp_path / "a.csv.gz").write_bytes(whole[:-2000])
    rows = table_rows(tmp_path / "a.csv.gz", ["text"])
    assert next(rows).values == {"text": "0"}
    with pytest.raises(ValueError, match=r"a\.csv\.gz is not a whole gzip file"):
        list(rows)
