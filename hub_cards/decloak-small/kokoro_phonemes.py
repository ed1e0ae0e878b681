"""How text becomes the phonemes that Kokoro v1.0 was trained on, and how those are cut to its window.

Chinese goes through misaki's `ZHG2P` (jieba for words, pypinyin for readings, cn2an for numbers), text in
Latin letters through espeak-ng with misaki's mapping. phonemizer-fork and espeak-ng are GPL-3: they are
imported where they are installed, never shipped. Other scripts (kana, Hangul, Cyrillic ...) have no phonemes
here and are left out, like emoji: espeak-ng would say only "Japanese letter" or an emoji's description.
"""

import importlib
import logging
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Literal

from .optional_dependencies import import_optional

#: Unicode blocks whose Han characters misaki's ZHG2P reads by itself.
_BASIC_HAN = "\u4e00-\u9fff"
#: Extensions of them, which it passes through unread.
_RARE_HAN = "\u3400-\u4dbf\U00020000-\U0003ffff"
_LATIN_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"

_HAN_PATTERN = re.compile(f"[{_BASIC_HAN}{_RARE_HAN}]")
_RARE_HAN_PATTERN = re.compile(f"([{_RARE_HAN}])")
_OTHER_LETTERS_PATTERN = re.compile(rf"[^\W\d{_LATIN_LETTER}{_BASIC_HAN}{_RARE_HAN}]+")
_LATIN_WORD = rf"[{_LATIN_LETTER}](?:['’-]?[{_LATIN_LETTER}0-9])*"
_LATIN_RUN_PATTERN = re.compile(rf"{_LATIN_WORD}(?:[ ]+{_LATIN_WORD})*")
_LONG_WORD_PATTERN = re.compile(rf"[{_LATIN_LETTER}]{{41,}}")
#: Numbers that are read digit by digit: telephone and account numbers, long fractions (cn2an cuts them at 16 digits).
_DIGITS_PATTERN = re.compile(r"(?<![\d.])(?:\d+\.\d{9,}|\d{17,}\.\d+|(?:0\d+|\d{9,})(?![.\d]))")
_END_OF_SENTENCE = re.compile(r"[!?;…]+[\"”)]* *|\.+[\"”)]*(?: +|$)")
_END_OF_CLAUSE = re.compile(r"[,:—]+ *")
_SPACES = re.compile(" +")

#: Full-width punctuation that ZHG2P turns into a pause, where its ASCII twin would touch the next word.
_KEPT_PUNCTUATION = "，！：；？（）"
#: Symbols that the two phonemizers read out; currency signs are kept by their category.
_SPOKEN_SYMBOLS = "+=°℃"
#: Punctuation that espeak-ng would spell out ("asterisk").
_SILENT_PUNCTUATION = "*_"
_KEPT_CATEGORIES = frozenset({"Lu", "Ll", "Lt", "Lo", "Lm", "Nl", "No", "Sc"})


def clean_text(text: str) -> str:
    """Reduce a text to characters that a phonemizer can use.

    Compatibility forms (full-width or mathematical letters, ligatures) and digits of any script become plain;
    control and format characters, lone surrogates, combining marks without a composed form, unassigned
    characters, emoji and other symbols are dropped. Line breaks stay, other white space becomes one space.

    Args:
        text: Any string, lone surrogates included.

    Returns:
        The cleaned text, possibly empty.
    """
    lines = unicodedata.normalize("NFC", text).splitlines()
    cleaned = (" ".join("".join(map(_clean_character, line)).split()) for line in lines)
    return "\n".join(line for line in cleaned if line)


@lru_cache(maxsize=65536)
def _clean_character(character: str) -> str:
    if character in _KEPT_PUNCTUATION or character in _SPOKEN_SYMBOLS:
        return character
    return "".join(map(_keep_character, unicodedata.normalize("NFKC", character)))


def _keep_character(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace():
        return " "
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category.startswith("P"):
        return "" if character in _SILENT_PUNCTUATION else character
    return character if category in _KEPT_CATEGORIES or character in _SPOKEN_SYMBOLS else ""


@dataclass(frozen=True)
class MisakiPhonemizer:
    """Phonemizer for Chinese, English and mixed text; the packages it needs are imported at the first call.

    Attributes:
        british: Whether English is read in the British way.
        digits_in: Language in which a text with neither Han characters nor Latin letters (a number) is read.
    """

    british: bool = False
    digits_in: Literal["zh", "en"] = "zh"

    def __call__(self, text: str) -> str:
        """Return the phonemes of a text, possibly none.

        Args:
            text: Any string; each line is read by itself and ends a sentence.

        Raises:
            ImportError: misaki (Chinese), or phonemizer-fork and espeakng-loader (English), are missing.
        """
        lines = (self._read_line(line).strip() for line in clean_text(text).split("\n"))
        return " ".join(_end_sentence(line) for line in lines if line)

    def _read_line(self, line: str) -> str:
        chinese = _HAN_PATTERN.search(line) or "〇" in line
        if not chinese and (self.digits_in == "en" or re.search(f"[{_LATIN_LETTER}]", line)):
            return _read_english(line, self.british)
        parts = []
        position = 0
        line = line.replace("°C", "℃")
        for match in _LATIN_RUN_PATTERN.finditer(line):
            parts.append(_read_chinese(line[position : match.start()]))
            parts.append(_read_english(match.group(), self.british))
            position = match.end()
        parts.append(_read_chinese(line[position:]))
        return " ".join(part for part in parts if part)


def _end_sentence(phonemes: str) -> str:
    return phonemes if phonemes[-1] in ".!?;…" else f"{phonemes}."


def _read_chinese(text: str) -> str:
    text = _OTHER_LETTERS_PATTERN.sub(" ", text.replace("〇", "零")).strip()
    if not re.search(f"[{_BASIC_HAN}{_RARE_HAN}0-9]", text):
        return _map_chinese_punctuation(text)
    text = _DIGITS_PATTERN.sub(_spell_number, text)
    return "".join(_read_chinese_part(part) for part in _RARE_HAN_PATTERN.split(text) if part)


def _read_chinese_part(text: str) -> str:
    """Read one rare character, or a run of common ones; a character without a reading is left out."""
    if _RARE_HAN_PATTERN.match(text):
        return _read_character(text)
    try:
        phonemes = str(_chinese_g2p()(text)[0])
    except ValueError:  # pypinyin knows no reading of some character, and misaki gives the whole run up
        text = "".join(c for c in text if not _HAN_PATTERN.match(c) or _read_character(c))
        phonemes = str(_chinese_g2p()(text)[0])
    if re.search("[0-9]", phonemes):  # cn2an could not convert a number: more than 16 digits, for example
        phonemes = str(_chinese_g2p()(re.sub(r"\d+(?:\.\d+)?", _spell_number, text))[0])
    return phonemes


def _read_character(character: str) -> str:
    try:
        return str(_chinese_g2p().word2ipa(character))
    except ValueError:
        return ""


def _spell_number(match: re.Match[str]) -> str:
    """Read a number digit by digit, as telephone numbers are."""
    converter = import_optional("cn2an", "reading numbers in Chinese")
    return "点".join(converter.an2cn(digits, "direct") for digits in match.group().split("."))


def _map_chinese_punctuation(text: str) -> str:
    """Return what is left of text without letters or digits: the pauses."""
    return str(_chinese_g2p().map_punctuation(text)) if text else ""


def _read_english(text: str, british: bool) -> str:
    text = _OTHER_LETTERS_PATTERN.sub(" ", text).replace("。", ". ").replace("、", ", ")
    text = re.sub("[，！：；？]", lambda match: unicodedata.normalize("NFKC", match.group()) + " ", text)
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    text = _LONG_WORD_PATTERN.sub(lambda match: _in_pieces(match.group(), 40), text)
    text = re.sub(r"\d{17,}", lambda match: " ".join(match.group()), text)
    if not re.search(f"[{_LATIN_LETTER}0-9]", text):
        return ""
    return str(_english_g2p(british)(SimpleNamespace(text=text))[0] or "")


def _in_pieces(word: str, length: int) -> str:
    """Put spaces into a word that espeak-ng would cut off (it reads some 160 bytes of one word)."""
    return " ".join(word[start : start + length] for start in range(0, len(word), length))


@lru_cache(maxsize=1)
def _chinese_g2p() -> Any:
    module = import_optional("misaki.zh", "speaking Chinese")
    importlib.import_module("jieba").setLogLevel(logging.WARNING)  # it reports each load of its dictionary
    return module.ZHG2P()


@lru_cache(maxsize=2)
def _english_g2p(british: bool) -> Any:
    module = import_optional("misaki.espeak", "speaking English")
    reader = module.EspeakFallback(british=british)
    logging.getLogger("phonemizer").setLevel(logging.ERROR)  # it warns of each number: one word becomes several
    return reader


def is_speakable(phonemes: str) -> bool:
    """Tell whether phonemes hold a sound, and not only punctuation, stress and tones."""
    return any(character.isalpha() for character in phonemes)


def split_phonemes(phonemes: str, limit: int, target: int | None = None) -> list[str]:
    """Cut phonemes into pieces that fit the model's window, losing nothing.

    Sentences are put together up to `target`. A longer sentence is cut after its clauses; a clause stays whole
    up to `limit`, beyond which it is cut at spaces, and a run without any space anywhere.

    Args:
        phonemes: Any string of phonemes.
        limit: Most phonemes in a piece, at least 1.
        target: Length up to which sentences and clauses share a piece; None means `limit`.

    Returns:
        Pieces, each of 1 to `limit` characters, whose concatenation is `phonemes`.

    Raises:
        ValueError: `limit` or `target` is less than 1.
    """
    target = limit if target is None else min(target, limit)
    if target < 1:
        raise ValueError(f"limit is {limit} and target is {target}; at least 1 is allowed")
    return _pack(phonemes, limit, target, ((_END_OF_SENTENCE, target), (_END_OF_CLAUSE, limit), (_SPACES, limit)))


def _pack(phonemes: str, limit: int, target: int, levels: tuple[tuple[re.Pattern[str], int], ...]) -> list[str]:
    """Join the units of the first level up to the target; what is longer than the level allows goes to the next."""
    if not levels:
        return [phonemes[start : start + limit] for start in range(0, len(phonemes), limit)]
    (boundary, longest), *finer = levels
    pieces: list[str] = []
    current = ""
    for unit in _split_after(phonemes, boundary):
        if len(current) + len(unit) <= target:
            current += unit
            continue
        pieces += [current] if current else []
        *whole, current = [unit] if len(unit) <= longest else _pack(unit, limit, target, tuple(finer))
        pieces += whole
    return [*pieces, current] if current else pieces


def _split_after(text: str, pattern: re.Pattern[str]) -> list[str]:
    ends = [match.end() for match in pattern.finditer(text)]
    starts = [0, *ends]
    return [text[start:end] for start, end in zip(starts, [*ends, len(text)], strict=True) if end > start]
