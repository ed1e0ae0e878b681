import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.training.data.text_encoding import HEAD, detected_encoding, known_encoding, marked_encoding

PATH = Path("table.csv")
SIMPLIFIED = "今天天气很好，我们去公园散步。\n晚饭吃了三碗米饭，还喝了汤。\n"
TRADITIONAL = "今天天氣很好，我們去公園散步。\n晚飯吃了三碗米飯，還喝了湯。\n"
JAPANESE = "今日は天気がいいので、公園を散歩しました。\nコーヒーを飲みました。\n"
FRENCH = "L’été dernier, ma sœur a mangé des crêpes.\nIl a plu à Orléans.\nC’était très agréable.\n"


def test_byte_order_marks_name_the_encoding() -> None:
    for encoding in ("utf-16", "utf-32"):
        assert marked_encoding("a字".encode(encoding)) == encoding
        assert detected_encoding(PATH, "a字".encode(encoding)) == encoding
    assert marked_encoding(codecs.BOM_UTF32_BE + b"\0\0\0a") == "utf-32"
    assert marked_encoding(codecs.BOM_UTF16_BE) == "utf-16"
    assert marked_encoding(codecs.BOM_UTF8 + b"a") is marked_encoding(b"") is None


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_all_unicode_passes_for_utf8(text: str) -> None:
    assert detected_encoding(PATH, text.encode()) == "utf-8-sig"


@pytest.mark.parametrize("cut", range(4))
def test_a_character_that_the_end_of_the_head_cuts_is_no_bad_byte(cut: int) -> None:
    head = ("x" * cut + "😀" * (HEAD // 4)).encode()[:HEAD]
    assert detected_encoding(PATH, head) == "utf-8-sig"


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        (SIMPLIFIED, "gb18030", "GB18030"),
        (TRADITIONAL, "big5", "Big5"),
        (JAPANESE, "shift_jis", "Shift_JIS"),
        (FRENCH, "cp1252", "Windows-1252"),
        (SIMPLIFIED, "utf-16-le", "UTF-16 without a byte order mark"),
        (FRENCH, "utf-16-be", "UTF-16 without a byte order mark"),
    ],
)
@pytest.mark.parametrize("rows", [1, 2000])
def test_other_encodings_are_named(text: str, encoding: str, name: str, rows: int) -> None:
    head = ("id,text\n1," + text * rows).encode(encoding)[: HEAD - rows % 2]
    with pytest.raises(
        ValueError, match=rf"table.csv is not UTF-8 .*looks like {name}: .*--encoding {encoding},"
    ) as caught:
        detected_encoding(PATH, head)
    assert f"first bad byte in line {1 if 'utf' in encoding else 2})" in str(caught.value)


def test_what_looks_like_nothing_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="first bad byte in line 2") as caught:
        detected_encoding(PATH, b"text\n" + bytes(range(128, 256)) * 20)
    assert "looks like" not in str(caught.value)
    assert 'such as encoding="' in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"text,label\ngood,1\nb\xffd,0\n",
        b"text\n" + "天气很好\n".encode() * 50 + b"\xe5\xa4\n" * 20,
        b"text\n" + b"all in plain letters\n" * 500 + b"cut \xe2\x80\n" * 3,
    ],
    ids=["one stray byte", "some cut characters among many", "three cut characters in English"],
)
def test_damaged_rows_do_not_make_another_encoding(content: bytes) -> None:
    assert detected_encoding(PATH, content) == "utf-8-sig"


def test_rare_accents_without_one_right_character_are_another_encoding() -> None:
    content = b"text\n" + (b"all in plain letters\n" * 300 + b"one caf\xe9 there\n") * 5
    with pytest.raises(ValueError, match=r"line 302\); it looks like Windows-1252"):
        detected_encoding(PATH, content)


def test_some_nul_bytes_are_not_utf16() -> None:
    assert detected_encoding(PATH, b"text\n" + b"a\0b\n" + b"plain\n" * 100) == "utf-8-sig"


@given(st.binary(max_size=300))
def test_any_bytes_have_an_encoding_or_a_clear_error(content: bytes) -> None:
    try:
        assert detected_encoding(PATH, content) in ("utf-8-sig", "utf-16", "utf-32")
    except ValueError as error:
        assert "table.csv is not UTF-8" in str(error)


@pytest.mark.parametrize(
    ("name", "known"), [("utf8", "utf-8-sig"), ("UTF-8", "utf-8-sig"), ("GBK", "gbk"), ("windows-1252", "cp1252")]
)
def test_encodings_go_by_all_their_names(name: str, known: str) -> None:
    assert known_encoding(name) == known


@pytest.mark.parametrize("name", ["", "utf-9", "hex", "rot13", "undefined", "a\0b", "字"])
def test_unknown_encodings_list_some(name: str) -> None:
    with pytest.raises(ValueError, match="no text encoding is called .*gb18030"):
        known_encoding(name)


def test_zeros_in_texts_do_not_make_a_table_utf_16(tmp_path: Path) -> None:
    file = tmp_path / "zeros.csv"
    content = '"text","label"\n' + '"\x00","0"\n' * 9
    file.write_bytes(content.encode())
    assert detected_encoding(file, content.encode()) == "utf-8-sig"
    for name in ("utf-16-le", "utf-16-be"):
        with pytest.raises(ValueError, match=name):
            detected_encoding(file, content.replace("\x00", "a").encode(name))
