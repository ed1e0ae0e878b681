"""The tables with which a processor hears a text through a bank: readings, words, spellings, emoji names."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from decloak.processing.tables import load_table

SoundTables = dict[str, dict[str, str]]

WORD = re.compile("[a-z]+(?:'[a-z]+)*")
HAN = re.compile("[\u4e00-\u9fff]")
SELECTOR = "\ufe0f"
CHINESE_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
# What a phonemizer writes beside sounds: stress, length and tone marks, joiners.
NO_SOUND = re.compile("[^\\w]|[ˈˌːˑ‿]")


def make_sound_tables(
    words: Iterable[str] = (),
    phonemize: Callable[[str], str] | None = None,
    characters: Iterable[str] | None = None,
    emoji: bool = True,
) -> SoundTables:
    """Build the tables of a `SoundReader` from those that decloak ships.

    Args:
        words: words in Latin letters that get phonemes of their own; others than plain English ones are left out.
        phonemize: a word to its phonemes, one character each, such as `english_phonemizer()`; needed for `words`.
        characters: Han characters that get a reading; all that have one, if None.
        emoji: whether the names of emoji are read.

    Raises:
        ValueError: There are words and no phonemizer.
    """
    tables = {
        "readings": _readings(characters),
        "phrases": _phrases(characters),
        "simplified": _simplified(characters),
        "words": word_phonemes(words, phonemize),
        "spellings": {letters: values[0] for letters, values in load_table("spellings_en").items()},
    }
    if emoji:
        tables |= {name: _first(load_table(f"emoji_words_{name[-2:]}")) for name in ("emoji_zh", "emoji_en")}
        tables["emoji_characters"] = emoji_characters()
    return tables


def emoji_characters() -> dict[str, str]:
    """Return for each emoji the Han characters that it may stand for, the likeliest first.

    Those of its names, of the words that it is used for, of what slang takes it for and of its keywords; digits as
    characters.
    """
    meanings: dict[str, list[str]] = {}
    for word, signs in load_table("emoji_meanings_zh").items():
        for sign in signs:
            meanings.setdefault(sign.replace(SELECTOR, ""), []).append(word)
    slang, keywords = load_table("emoji_slang_zh"), load_table("emoji_keywords_zh")
    found = {}
    for emoji, names in load_table("emoji_words_zh").items():
        plain = emoji.replace(SELECTOR, "")
        words = "".join([*names, *meanings.get(plain, ()), *slang.get(plain, ()), *keywords.get(plain, ())])
        characters = [CHINESE_DIGITS.get(character, character) for character in words]
        found[emoji] = "".join(dict.fromkeys(filter(HAN.match, characters)))
    return {emoji: characters for emoji, characters in found.items() if characters}


def _readings(characters: Iterable[str] | None) -> dict[str, str]:
    table = load_table("readings")
    wanted = table.keys() if characters is None else dict.fromkeys(c for c in characters if c in table)
    grouped: dict[str, str] = {}
    for character in wanted:
        syllable = table[character][0]
        grouped[syllable] = grouped.get(syllable, "") + character
    for digit, character in CHINESE_DIGITS.items():
        syllable = table[character][0]
        grouped[syllable] = grouped.get(syllable, "") + digit
    return dict(sorted(grouped.items()))


def _phrases(characters: Iterable[str] | None) -> dict[str, str]:
    table = load_table("phrase_readings")
    kept = None if characters is None else set(characters)
    return {phrase: values[0] for phrase, values in table.items() if kept is None or kept.issuperset(phrase)}


def _simplified(characters: Iterable[str] | None) -> dict[str, str]:
    kept = None if characters is None else set(characters)
    table = _first(load_table("traditional"))
    return {character: form for character, form in table.items() if kept is None or character in kept}


def _first(table: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {key: values[0] for key, values in table.items()}


def word_phonemes(words: Iterable[str], phonemize: Callable[[str], str] | None) -> dict[str, str]:
    """Return the phonemes of the words that are plain English, one character each.

    Raises:
        ValueError: There are words and no phonemizer.
    """
    wanted = sorted({word for word in (given.strip("\u2581").lower() for given in words) if WORD.fullmatch(word)})
    if wanted and phonemize is None:
        raise ValueError(f"{len(wanted)} words are to be read: give phonemize, such as english_phonemizer().")
    found = {}
    for word in wanted:
        assert phonemize is not None  # noqa: S101 - for the type checker
        phonemes = sounds_of(phonemize(word))
        if phonemes:
            found[word] = phonemes
    return found


def sounds_of(phonemes: str) -> str:
    """Leave the sounds of a phoneme string, without stress, length, tones and pauses."""
    return NO_SOUND.sub("", "".join(c for c in unicodedata.normalize("NFC", phonemes) if not unicodedata.combining(c)))


def english_phonemizer() -> Callable[[str], str]:
    """Return what reads English words into the phonemes of Kokoro, through misaki and eSpeak NG.

    Raises:
        ImportError: `decloak[speech]` is not installed; raised by the first word.
    """
    from decloak.processing.kokoro_phonemes import MisakiPhonemizer

    return MisakiPhonemizer(digits_in="en")


__all__ = ["SoundTables", "english_phonemizer", "make_sound_tables", "sounds_of", "word_phonemes"]
