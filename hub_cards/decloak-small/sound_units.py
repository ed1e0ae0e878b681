"""What a text sounds like, without speaking it: syllables of Chinese, phonemes of words in Latin letters.

The tables are plain mappings that travel with the processor, so that a checkpoint hears without a dictionary or a
phonemizer; `decloak build-banks` makes them. A unit names a row of the sound bank: a syllable with its tone (`hao3`,
ü as `v`, the neutral tone 5), a syllable without (`hao`), or a phoneme between slashes (`/h/`).
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .glyph_rendering import characters, simpler_forms

SoundTables = Mapping[str, Mapping[str, str]]
SoundUnit = tuple[int, str]

TABLES = ("readings", "phrases", "simplified", "words", "spellings", "emoji_zh", "emoji_en", "emoji_characters")
TONES = "12345"
LONGEST_SYLLABLE = 6
MEMO_LIMIT = 1 << 16
_SILENT = ("Mn", "Me", "Cf")  # combining marks, zero-width and other format characters

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3007\U00020000-\U0003ffff]")
_LATIN_WORD = re.compile("[a-z]+(?:['\u2019][a-z]+)*")
_MAYBE_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u20e3\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)


@dataclass(frozen=True)
class SpokenSyllable:
    """One Chinese syllable of a text, or an emoji that stands for one.

    Attributes:
        start: offset of what it is read from: a character, letters of pinyin, or an emoji.
        end: offset behind that.
        sounds: toneless syllables (who cloaks a text seldom keeps the tone) to the simplified characters that they are
            written with. A character has one sound and stands for itself, pinyin has one and no character; an emoji may
            have many: it is heard as any character of its name, of its keywords, or of what slang takes it for.
        name: of an emoji, as which it is heard where no sound of it fits.
    """

    start: int
    end: int
    sounds: Mapping[str, str]
    name: str = ""


class PhraseReader:
    """Reads Chinese: each character as the longest phrase that begins there says, else by its most usual reading."""

    def __init__(self, first: Mapping[str, str], phrases: Mapping[str, Sequence[str]]) -> None:
        """Keep the tables.

        Args:
            first: character to its most usual reading.
            phrases: phrase to the readings of its characters.

        Raises:
            ValueError: A phrase has more or fewer readings than characters: what follows it would be misplaced.
        """
        broken = [phrase for phrase, syllables in phrases.items() if not phrase or len(phrase) != len(syllables)]
        if broken:
            raise ValueError(f"The phrase {broken[0]!r} needs one reading for each character, separated by spaces.")
        self.first = first
        self.phrases = phrases
        self._longest: dict[str, int] = {}
        for phrase in phrases:
            self._longest[phrase[0]] = max(len(phrase), self._longest.get(phrase[0], 0))

    def __call__(self, text: str) -> list[str | None]:
        """Return one reading for each character; None for what has none."""
        found: list[str | None] = []
        start = 0
        while start < len(text):
            syllables = self._phrase_at(text, start)
            found += syllables or [self.first.get(text[start])]
            start += len(syllables) or 1
        return found

    def _phrase_at(self, text: str, start: int) -> Sequence[str]:
        longest = min(self._longest.get(text[start], 0), len(text) - start)
        for length in range(longest, 0, -1):
            syllables = self.phrases.get(text[start : start + length])
            if syllables is not None:
                return syllables
        return ()


class _PlainLetters(dict[int, int]):
    """Code point to the plain lower-case letter that it is read as, one for one; filled on demand."""

    def __missing__(self, point: int) -> int:
        plain = simpler_forms(chr(point))[-1:]
        base = unicodedata.normalize("NFD", plain[0] if plain else chr(point))[0].lower()
        letter = ord(base) if len(base) == 1 else point
        if len(self) < MEMO_LIMIT:
            self[point] = letter
        return letter


_PLAIN = _PlainLetters()


class SoundReader:
    """Reads a text into the units of a sound bank.

    A text with a Han character is read as Chinese: its digits, the Chinese names of its emoji, and words in Latin
    letters that spell pinyin and are no English words. Any other text is read as English.
    """

    def __init__(self, tables: SoundTables) -> None:
        """Index the tables, of which any may be missing or empty.

        Args:
            tables: `readings` (syllable to the characters that are read so, and digits), `phrases` (phrase to its
                syllables, separated by spaces), `simplified` (traditional character to its simplified form, in which
                the phrases are written), `words` and `spellings` (a word, or some letters, to their phonemes,
                one character each), `emoji_zh` and `emoji_en` (emoji to its name), `emoji_characters` (emoji to the
                characters that it may stand for in a Chinese text; those of its name, if it is not there).

        Raises:
            ValueError: A table of another name, or a phrase without one syllable for each character.
        """
        unknown = sorted(set(tables) - set(TABLES))
        if unknown:
            raise ValueError(f"There are no sound tables {unknown}; they are {list(TABLES)}.")
        first = {c: syllable for syllable, read_so in tables.get("readings", {}).items() for c in read_so}
        self._simplified = {ord(c): form for c, form in tables.get("simplified", {}).items()}
        phrases = {phrase: syllables.split() for phrase, syllables in tables.get("phrases", {}).items()}
        self._chinese = PhraseReader(first, phrases)
        self._syllables = {syllable.rstrip(TONES) for syllable in first.values()}
        self._words = tables.get("words", {})
        self._spellings = tables.get("spellings", {})
        self._longest_spelling = max(map(len, self._spellings), default=0)
        self._emoji = {True: tables.get("emoji_zh", {}), False: tables.get("emoji_en", {})}
        self._emoji_characters = tables.get("emoji_characters", {})
        self._heard_as: dict[str, Mapping[str, str]] = {}
        self._names: dict[tuple[str, bool], list[str]] = {}

    def __call__(self, text: str) -> list[SoundUnit]:
        """Return (offset, unit) in the order of the text; nothing for what is not spoken."""
        return self._read(text, _is_chinese(text))

    def _read(self, text: str, chinese: bool) -> list[SoundUnit]:
        emoji = list(self._named_emoji(text, chinese))
        plain, places = _spoken_characters(text, emoji)
        units = list(self._read_words(plain, chinese))
        if chinese:
            simplified = plain.translate(self._simplified)
            units += [(at, syllable) for at, syllable in enumerate(self._chinese(simplified)) if syllable]
        else:
            digits = ((match.start(), match.group()) for match in re.finditer("[0-9]", plain))
            units += [(at, f"/{phoneme}/") for at, digit in digits for phoneme in self._spellings.get(digit, "")]
        units = [(places[at], unit) for at, unit in units]
        units += [(at, unit) for at, _, name in emoji for unit in self._name(name, chinese)]
        return sorted(units, key=lambda unit: unit[0])

    def syllables(self, text: str) -> list[SpokenSyllable]:
        """Return the Chinese syllables of a text in their order; none, if it is not read as Chinese.

        Digits are left out: they mean numbers far more often than the sounds of other words.
        """
        if not _is_chinese(text):
            return []
        emoji = list(self._named_emoji(text, chinese=True))
        plain, places = _spoken_characters(text, emoji)
        found = [
            SpokenSyllable(places[at], places[at] + 1, {syllable: written})
            for at, syllable, written in self._read_han(plain)
        ]
        for match in _LATIN_WORD.finditer(plain):
            word = match.group().replace("\u2019", "'")
            syllables = None if word in self._words else split_pinyin(word, self._syllables)
            for offset, syllable in syllables or ():
                first = match.start() + offset
                found.append(SpokenSyllable(places[first], places[first + len(syllable) - 1] + 1, {syllable: ""}))
        found += [
            SpokenSyllable(at, at + length, self._emoji_sounds(text[at : at + length], name), name)
            for at, length, name in emoji
        ]
        return sorted(found, key=lambda spoken: spoken.start)

    def _emoji_sounds(self, emoji: str, name: str) -> Mapping[str, str]:
        """Return the toneless syllables of the characters that an emoji stands for, with these; it is remembered."""
        if emoji not in self._heard_as:
            forms = [form for form in simpler_forms(emoji) if form in self._emoji_characters]
            sounds: dict[str, str] = {}
            for _, syllable, character in self._read_han(self._emoji_characters[forms[0]] if forms else name):
                sounds[syllable] = sounds.get(syllable, "") + character
            self._heard_as[emoji] = sounds
        return self._heard_as[emoji]

    def _read_han(self, plain: str) -> Iterator[tuple[int, str, str]]:
        """Yield (offset, toneless syllable, simplified character) for each Han character that has a reading."""
        simplified = plain.translate(self._simplified)
        for at, syllable in enumerate(self._chinese(simplified)):
            if syllable and _HAN.match(simplified[at]):
                yield at, syllable.rstrip(TONES), simplified[at]

    def word_syllables(self, word: str) -> tuple[str, ...] | None:
        """Return the toneless syllables of a word of Han characters; None if one of them has no reading."""
        found = self._chinese(word.translate(self._simplified))
        return tuple(syllable.rstrip(TONES) for syllable in found if syllable) if all(found) else None

    def spoken_text(self, text: str) -> str:
        """Return a text for a speech engine, which would leave emoji out: they are replaced by their names."""
        chinese = _is_chinese(text)
        parts, end = [], 0
        for at, length, name in self._named_emoji(text, chinese):
            parts += [text[end:at], name if chinese else f" {name} "]
            end = at + length
        return "".join([*parts, text[end:]])

    def _read_words(self, plain: str, chinese: bool) -> Iterator[SoundUnit]:
        for match in _LATIN_WORD.finditer(plain):
            word, start = match.group().replace("\u2019", "'"), match.start()
            phonemes = self._words.get(word)
            if phonemes is not None:
                yield from (
                    (start + place * len(word) // len(phonemes), f"/{phoneme}/")
                    for place, phoneme in enumerate(phonemes)
                )
                continue
            syllables = split_pinyin(word, self._syllables) if chinese else None
            units = syllables if syllables is not None else self._spell(word)
            yield from ((start + at, unit) for at, unit in units)

    def _spell(self, word: str) -> list[SoundUnit]:
        """Read a word that is in no table, by the longest groups of letters that have a usual sound."""
        units: list[SoundUnit] = []
        start = 0
        while start < len(word):
            lengths = range(self._longest_spelling, 0, -1)
            length = next((n for n in lengths if word[start : start + n] in self._spellings), 1)
            group = word[start : start + length]
            units += [(start, f"/{phoneme}/") for phoneme in self._spellings.get(group, "")]
            start += length
        return units

    def _named_emoji(self, text: str, chinese: bool) -> Iterator[tuple[int, int, str]]:
        """Yield (offset, length, name); a joined sequence without a name of its own is split, so that none hides."""
        names = self._emoji[chinese]
        for at, length, unit in characters(text, names) if _MAYBE_EMOJI.search(text) else ():
            if not _MAYBE_EMOJI.search(unit):
                continue
            name = next((names[form] for form in simpler_forms(unit) if form in names), None)
            if name is not None:
                yield at, length, name

    def _name(self, name: str, chinese: bool) -> list[str]:
        """Return the units of a name; what is said is remembered, and names hold no emoji."""
        key = (name, chinese)
        if key not in self._names:
            self._names[key] = []  # a table whose name of an emoji holds an emoji would never end
            self._names[key] = [unit for _, unit in self._read(name, chinese)]
        return self._names[key]


def _is_chinese(text: str) -> bool:
    return _HAN.search(text) is not None


def _spoken_characters(text: str, emoji: Iterable[tuple[int, int, str]]) -> tuple[str, Sequence[int]]:
    """Return a text in plain letters, and the offset in it of each one.

    What has no sound of its own is left out, as it would part a word: combining marks, zero-width characters. Emoji
    with a name are blanks: a keycap would be read twice.
    """
    plain = text.translate(_PLAIN)
    if plain.isascii():
        return plain, range(len(plain))
    letters = list(plain)
    for at, length, _ in emoji:
        letters[at : at + length] = " " * length
    places = [at for at, letter in enumerate(letters) if not is_silent(letter)]
    return "".join(letters[at] for at in places), places


def is_silent(character: str) -> bool:
    """Tell whether a character has no sound and no width: a combining mark, a zero-width or other format character."""
    return unicodedata.category(character) in _SILENT


def split_pinyin(word: str, syllables: Collection[str]) -> list[SoundUnit] | None:
    """Split a word into toneless syllables of at least two letters each, the longest first; None if it is none.

    The time is proportional to the word's length, whatever its letters.

    Args:
        word: lower-case letters; an apostrophe ends a syllable.
        syllables: those that there are, without tones.
    """
    # From the end: the length of the first syllable of each rest that can be split, 0 if it cannot.
    steps = [0] * len(word) + [1]
    for start in range(len(word) - 1, -1, -1):
        if word[start] == "'":
            steps[start] = int(steps[start + 1] > 0)
            continue
        lengths = range(min(LONGEST_SYLLABLE, len(word) - start), 1, -1)
        fits = (n for n in lengths if steps[start + n] and word[start : start + n] in syllables)
        steps[start] = next(fits, 0)
    if not steps[0]:
        return None
    units: list[SoundUnit] = []
    start = 0
    while start < len(word):
        if word[start] != "'":
            units.append((start, word[start : start + steps[start]]))
        start += steps[start]
    return units


def sound_id(unit: str, table: Mapping[str, int], unknown: int = 0) -> int:
    """Return the row of a unit: its own, else that of its syllable without tone, else `unknown`."""
    row = table.get(unit)
    return table.get(unit.rstrip(TONES), unknown) if row is None else row


__all__ = [
    "TABLES",
    "PhraseReader",
    "SoundReader",
    "SoundTables",
    "SpokenSyllable",
    "is_silent",
    "sound_id",
    "split_pinyin",
]
