"""Invisible characters, width and look-alikes, one by one."""

import pytest

from decloak.processing.normalization import normalize

INVISIBLE = {
    "zero width space": ("h\u200bi", "hi"),
    "between Chinese characters": ("你\u200b好\u2060吗\ufeff", "你好吗"),
    "joiners in Latin": ("h\u200ci\u200d", "hi"),
    "soft hyphen": ("in\u00advisible", "invisible"),
    "override": ("\u202eabc\u202c", "abc"),
    "mark of direction without such a script": ("ab\u200fc", "abc"),
    "mark of direction inside a word": ("של\u200fום", "שלום"),
    "selectors on letters": ("h\ufe0fi\U000e0101", "hi"),
    "tags behind a letter": ("a\U000e0068\U000e0069", "a"),
    "tags behind an emoji": ("😀\U000e0068\U000e0069", "😀"),
    "joiner between emoji and letter": ("👩\u200da", "👩a"),
    "lone joiner": ("\u200d", ""),
    "joiner for every letter of Persian": ("س\u200c\u200cلام", "س\u200cلام"),
    "at the end of Persian": ("سلام\u200c", "سلام"),
    "a control": ("a\x00b\x7fc", "abc"),
    "filler": ("a\u3164b\u1160c", "abc"),
    "break between Thai and Latin": ("ดี\u200bok", "ดีok"),
}


@pytest.mark.parametrize(("text", "expected"), INVISIBLE.values(), ids=INVISIBLE)
def test_invisible_characters_go(text: str, expected: str) -> None:
    assert normalize(text) == expected


def test_wrongly_decoded_quotes_are_not_invisible() -> None:
    assert normalize("don\x92t") == "don\x92t"


def test_width_of_letters_and_digits_goes_and_punctuation_stays() -> None:
    assert normalize("\uff28\uff49\uff01\uff12\uff10，？") == "Hi\uff0120，？"


HOMOGLYPHS = {
    "Cyrillic in a Latin word": ("h\u0430t\u0435", "hate"),
    "Greek in a Latin word": ("g\u03bfod", "good"),
    "Armenian, Cherokee, small capitals": ("\u0570ell\u13aa \u1d1bhere", "hellA there"),
    "mathematical letters beside Latin": ("h𝒆llo", "hello"),
    "a lowered letter": ("wa\u209cer", "water"),
    "capitals stay capitals": ("\u0410pple", "Apple"),
    "Latin in a Cyrillic word": ("пpивeт", "привет"),
    "Latin in a Greek word": ("κaλημέρα", "καλημέρα"),
    "all look-alikes in an English text": ("we \u0441\u043e\u0440\u0435 with it", "we cope with it"),
    "a one-letter word": ("\u0456 am here", "i am here"),
    "two alphabets, no Latin": ("\u0430\u03bf", "ao"),
    "behind an apostrophe": ("don'\u1d1b", "don't"),
    "a digit beside digits": ("room 20\u0417", "room 203"),
    "in Russian text the majority decides": ("вот \u0441\u043e\u0440a", "вот сора"),
    "beside Chinese": ("他说h\u0435llo", "他说hello"),
    "decomposed marks in the word": ("c\u0430fe\u0301", "cafe\u0301"),
}


@pytest.mark.parametrize(("text", "expected"), HOMOGLYPHS.values(), ids=HOMOGLYPHS)
def test_look_alikes_go_back_to_the_alphabet_of_the_word(text: str, expected: str) -> None:
    assert normalize(text) == expected


STAYING = {
    "a Cyrillic word": "сор",
    "an honest mixture": "smsка и WEBинар",
    "Russian words beside English": "the word сор and the word мир",
    "a class letter": "ученик 2б класса, дом 5а",
    "an index": "x\u2099 and t\u1d62",
    "a circled letter and a flag": "\u24d8 🇺🇸USA 🅰",
    "a lone Greek letter": "the \u03bd of this",
}


@pytest.mark.parametrize("text", STAYING.values(), ids=STAYING)
def test_other_words_stay(text: str) -> None:
    assert normalize(text) == text
