import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.processing.espeak_text import PIECE_CHARACTERS, clean_for_espeak, split_for_espeak


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


@pytest.mark.parametrize(
    ("text", "latin", "every"),
    [
        ("Hello, world!", "Hello, world!", "Hello, world!"),
        ("one\ntwo!\n\nthree", "one. two! three.", "one. two! three."),
        ("", "", ""),
        (" \t\n", "", ""),
        ("caf\u00e9 cafe\u0301", "café café.", "café café."),  # a mark with a composed form is part of its letter
        ("Z\u0351\u036b\u0343algo", "Zalgo.", "Zalgo."),
        ("hi😀there \u200bnow\x00 \ud800!", "hithere now !", "hithere now !"),
        ("ｆｕｌｌ ①", "full 1.", "full 1."),
        ("\u202eright שָׁלוֹם to مرحبا left", "right to left.", "right שָׁלוֹם to مرحبا left."),
        ("नमस्ते", "", "नमस्ते."),
        ("你好。再见", ".", "你好. 再见."),
        ("[[h@l'oU]] {x} a\\b n*gger_y", "h@l'oU x a b nggery.", "h@l'oU x a b nggery."),
    ],
)
def test_what_cleaning_keeps(text: str, latin: str, every: str) -> None:
    assert clean_for_espeak(text, latin_only=True) == latin
    assert clean_for_espeak(text, latin_only=False) == every


@given(st.text(st.characters(), max_size=1500), st.booleans())
def test_all_that_is_kept_is_in_the_pieces(text: str, latin_only: bool) -> None:
    cleaned = clean_for_espeak(text, latin_only)
    cleaned.encode()  # no lone surrogate is left
    pieces = split_for_espeak(cleaned)
    assert all(letters(piece) and len(piece) <= PIECE_CHARACTERS for piece in pieces)
    assert letters("".join(pieces)) == letters(cleaned)
    assert not set(cleaned) & set("[]{}\\\0\n")


@given(st.integers(1, 1000), st.sampled_from(["a", "9", "x/"]))
def test_no_word_is_longer_than_espeak_reads(length: int, unit: str) -> None:
    pieces = split_for_espeak(clean_for_espeak(unit * length, latin_only=True))
    assert max(len(word) for piece in pieces for word in piece.split()) <= 41  # and the full stop
    assert "".join("".join(pieces).split()).rstrip(".") == unit * length


def test_pieces_end_where_sentences_do() -> None:
    sentence = "This is a sentence of some length, with a clause in it. "
    pieces = split_for_espeak(sentence.strip() + " " + sentence * 20)
    assert len(pieces) > 2
    assert all(piece.endswith("it.") for piece in pieces)
