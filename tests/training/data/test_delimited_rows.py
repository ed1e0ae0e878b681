import csv
import io
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.training.data import delimited_rows
from decloak.training.data.delimited_rows import LONGEST_RECORD, Record, delimited_records
from decloak.training.data.table_files import bounded_lines

BOUND = 5


def read(content: str, delimiter: str = ",") -> list[Record]:
    return list(delimited_records(bounded_lines(io.StringIO(content, newline=""), "\r\n"), delimiter))


@pytest.fixture
def short_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_rows, "LONGEST_RECORD", BOUND)


cells = st.text(st.sampled_from('ab,"\n\r\t 字'), max_size=6)
tables = st.lists(st.lists(cells, min_size=1, max_size=3), max_size=6)


@given(
    tables, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from("\t,"), st.sampled_from(["\n", "\r\n"])
)
def test_what_the_csv_module_wrote_is_read_as_it_reads_it(
    table: list[list[str]], quoting: int, delimiter: str, end: str
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=quoting, delimiter=delimiter, lineterminator=end).writerows(table)
    expected = [row for row in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=delimiter) if row]
    assert [record.cells for record in read(file.getvalue(), delimiter)] == expected


@given(st.text(st.sampled_from('a,"\n'), max_size=60))
def test_any_text_loses_no_line(content: str) -> None:
    """Records end at their numbers, errors stand at their own line, and what lies between is in a record."""
    records = read(content)
    numbers = [record.number for record in records]
    assert numbers == sorted(set(numbers))
    assert all(bool(record.error) != bool(record.cells) for record in records)
    before = 0
    lines = content.split("\n")
    for record in records:
        skipped = lines[before : record.number - 1]
        inside = sum(cell.count("\n") for cell in record.cells)
        assert len([line for line in skipped if line]) <= inside
        before = record.number


@st.composite
def spoilt_tables(draw: st.DrawFn) -> tuple[list[str], set[int]]:
    """Make a table of lines that name their number, and put quotation marks into some of them."""
    kinds = draw(st.lists(st.sampled_from(["{},plain", '{},"quoted, ""so"""', '{},a "b" c', '{},""']), max_size=40))
    lines = ["line,text", *(kind.format(number) for number, kind in enumerate(kinds, 2))]
    touched = draw(st.sets(st.integers(1, len(kinds)), max_size=4)) if kinds else set()
    for index in touched:
        place = draw(st.integers(0, len(lines[index])))
        lines[index] = lines[index][:place] + '"' + lines[index][place:]
    return lines, {index + 1 for index in touched}


@pytest.mark.usefixtures("short_records")
@given(spoilt_tables())
@settings(max_examples=300)
def test_lines_beyond_the_bound_of_a_stray_quote_all_come_out(table: tuple[list[str], set[int]]) -> None:
    lines, touched = table
    got = {record.number: record.cells for record in read("\n".join(lines))}
    for number, line in enumerate(lines, 1):
        if not any(0 <= number - stray < BOUND for stray in touched):
            assert [got[number]] == list(csv.reader([line]))


@pytest.mark.usefixtures("short_records")
def test_honest_texts_of_many_lines_are_read_up_to_the_bound() -> None:
    fits, too_long = ("\n".join("x" * count) for count in (BOUND, BOUND + 1))
    records = read(f'text,label\n"{fits}",1\n"{too_long}",0\nlast,1\n')
    assert records[1] == Record(BOUND + 1, [fits, "1"])
    assert records[2].number == BOUND + 2
    assert "is opened in line 7 or later and not closed within 5 lines" in (records[2].error or "")
    assert records[-1].cells == ["last", "1"]


def test_the_bound_leaves_room_for_long_posts() -> None:
    text = "\n".join(map(str, range(LONGEST_RECORD)))
    assert read(f'text\n"{text}"\nnext')[1:] == [
        Record(LONGEST_RECORD + 1, [text]),
        Record(LONGEST_RECORD + 2, ["next"]),
    ]


def test_two_stray_quotes_far_apart_lose_no_line_between() -> None:
    lines = ["text,label", *(f"{number},1" for number in range(2, 5000))]
    lines[9], lines[3999] = '"stray,1', 'stray",1'
    records = read("\n".join(lines))
    assert [record.number for record in records if record.error] == [10]
    assert [record.cells[0] for record in records[1:] if not record.error] == [
        line.split(",")[0] for line in lines[1:] if line != '"stray,1'
    ]


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_stray_quote_does_not_pair_with_the_next_honest_one(delimiter: str) -> None:
    lines = ["id,text,label", '1,"stray,0', "2,plain,1", '3,"honest; text",0', "4,plain,1"]
    records = read("\n".join(lines).replace(",", delimiter), delimiter)
    assert [(record.number, record.cells[:2]) for record in records[1:]] == [
        (2, []),
        (3, ["2", "plain"]),
        (4, ["3", "honest; text"]),
        (5, ["4", "plain"]),
    ]
    assert records[1].line == '1,"stray,0\n'.replace(",", delimiter)
    assert records[1].error == (
        "a quotation mark is opened in line 2 and closed inside of a text in line 4: close it, or double it"
    )


def test_marks_inside_of_an_honest_text_of_two_lines_are_read_as_ever() -> None:
    content = 'text,label\n"one\nand "two" of them",1\nnext,0\n'
    assert [record.cells for record in read(content)] == list(csv.reader(io.StringIO(content)))


def test_every_line_is_read_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a file of many stray quotes would take a thousand times as long as another."""
    taken = 0
    plain = delimited_rows._RecordLines.__next__

    def counting(source: delimited_rows._RecordLines) -> str:
        nonlocal taken
        taken += 1
        return plain(source)

    monkeypatch.setattr(delimited_rows._RecordLines, "__next__", counting)
    for line in ('"a,1\n', '1,"a,1\n', 'a,""\n', ',"""\n', '"a""b,1\n'):
        taken, count = 0, 20 * LONGEST_RECORD
        read("text,label\n" + '"open,1\n' + line * count)
        assert taken <= 2 * count + 10


def endless(line: str) -> Iterator[str]:
    yield "text,label\n"
    yield '"open,1\n'
    while True:
        yield line


def test_an_endless_file_is_read_as_it_comes() -> None:
    records = list(islice(delimited_records(endless("a,0\n"), ","), 5000))
    assert [record.number for record in records if record.error] == [2]


def test_lines_and_records_that_are_too_long_cost_themselves_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_rows, "LONGEST_LINE", 10)
    lines = ["text,label\n", "a,0\n", None, "b,1\n", '"c\n', None, '"open,1\n', "d,0\n", "e,1\n"]
    records = list(delimited_records(iter(lines), ","))
    assert [(record.number, record.cells[:1]) for record in records[1:]] == [
        (2, ["a"]), (3, []), (4, ["b"]), (5, []), (6, []), (7, []), (8, ["d"]), (9, ["e"]),
    ]  # fmt: skip
    reasons = [record.error for record in records if record.error]
    assert ["10 characters" in (reason or "") for reason in reasons] == [True] * 4
