"""What a listener would write down of a text: the likeliest words that sound like it.

A homophone cloaks a word from who reads; who hears it still hears the word. The transcript is found as a recogniser
finds it: the syllables of a text, without tones, are decoded into words by a back-off bigram model (Katz 1987), in
which a word costs the negative logarithm of its probability. Whatever is heard otherwise than it is written costs
`price` a character more, so that an ordinary text is heard as it is written. Who cloaks one word of a text cloaks
others: a text of which much is heard otherwise at that price is heard again at the lower `cloaked_price`. At no price
traditional characters are heard as the simplified ones that words are written in, pinyin as words, and emoji as
characters that they may stand for (Chinese "abstract speech" writes whole sentences so), or else as their names.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from operator import itemgetter, ne
from typing import NamedTuple

from .sound_units import SoundReader, SpokenSyllable, is_silent

TranscriptTables = Mapping[str, Mapping[str, float]]

TABLES = ("unigrams", "backoffs", "bigrams")
SENTENCE, UNKNOWN = "<s>", "<unk>"
LONGEST_WORD = 5
LONGEST_GAP = 2  # visible characters between two syllables of a run: a blank, a sign that splits a word
CANDIDATES = 8  # words of the same sound that are tried at a place
BEAM = 4
CLOAKED = 0.1  # share of the written characters that are heard otherwise from which a text counts as cloaked
SIGN_PRICE = 1.0  # of a character that only sounds like one that an emoji stands for; it is usual
UNSAID = 12.0  # what it costs that an emoji is heard as its name: rather any word that fits
MOST_READINGS = 256  # ways to read some emoji that are tried; a row of more emoji than that is no word


class HeardWord(NamedTuple):
    """A word that is heard otherwise than it is written.

    Attributes:
        start: offset of the characters that it is heard from.
        end: offset behind them.
        text: the word.
    """

    start: int
    end: int
    text: str


class _Hypothesis(NamedTuple):
    """A way to hear a run up to some syllable.

    Attributes:
        cost: of all of it.
        word: that the next one follows.
        start: syllable at which what is heard last begins.
        before: what comes before that.
        heard: what is heard last: the word, or the name of an emoji, which no word follows.
    """

    cost: float
    word: str
    start: int
    before: "_Hypothesis | None"
    heard: str


class Transcriber:
    """Hears Chinese texts."""

    def __init__(
        self, reader: SoundReader, tables: TranscriptTables, price: float = 4.0, cloaked_price: float = 1.0
    ) -> None:
        """Index the words by their sound.

        Args:
            reader: reads texts and words.
            tables: costs in nats: `unigrams` of words, with `<unk>` for a character that is no word of it;
                `backoffs` of words and `<s>`, added where a word is not known to follow one; `bigrams` of two words
                with a blank between them.
            price: cost of each character that is heard otherwise than it is written, and of each gap in a word.
            cloaked_price: the same in a text that seems to be cloaked, if it is lower.

        Raises:
            ValueError: A table is missing or unknown, `<unk>` has no cost, a bigram is not two words, or a price is
                negative or no finite number.
        """
        _check(tables, price, cloaked_price)
        self._reader = reader
        self._price = price
        self._cloaked_price = cloaked_price
        self._unigrams = tables["unigrams"]
        self._backoffs = tables["backoffs"]
        self._unknown = self._unigrams[UNKNOWN]
        self._bigrams: dict[str, dict[str, float]] = {}
        for pair, cost in tables["bigrams"].items():
            first, second = pair.split(" ")
            self._bigrams.setdefault(first, {})[second] = cost
        self._by_sound = self._index()

    def __call__(self, text: str) -> list[HeardWord]:
        """Return the words that are heard otherwise than they are written, in the order of the text."""
        runs = list(_runs(text, self._reader.syllables(text)))
        words, changed = self._hear(text, runs, self._price)
        written = sum(_is_written(spoken) for run in runs for spoken in run)
        if self._cloaked_price < self._price and changed > 0 and changed >= CLOAKED * written:
            words, _ = self._hear(text, runs, self._cloaked_price)
        return words

    def _hear(self, text: str, runs: Iterable[Sequence[SpokenSyllable]], price: float) -> tuple[list[HeardWord], int]:
        """Return what is heard otherwise at a price, and how many written characters that are."""
        words = []
        changed = 0
        for run in runs:
            for start, end, word in self._decode(text, run, price):
                first, last = run[start].start, run[end - 1].end
                if text[first:last] != word:
                    words.append(HeardWord(first, last, word))
                    heard = zip(run[start:end], word, strict=False)
                    changed += sum(_is_written(spoken) and one not in _shown(spoken) for spoken, one in heard)
        return words, changed

    def transcript(self, text: str) -> str:
        """Return the text as it is heard."""
        parts, end = [], 0
        for word in self(text):
            parts += [text[end : word.start], word.text]
            end = word.end
        return "".join([*parts, text[end:]])

    def _index(self) -> dict[tuple[str, ...], list[str]]:
        """Return the likeliest words of each sound; equally likely ones in an order that saving does not change."""
        by_sound: dict[tuple[str, ...], list[str]] = {}
        for word in sorted(sorted(self._unigrams), key=self._unigrams.__getitem__):
            sound = self._reader.word_syllables(word) if len(word) <= LONGEST_WORD else None
            if sound:
                alike = by_sound.setdefault(sound, [])
                if len(alike) < CANDIDATES:
                    alike.append(word)
        return by_sound

    def _decode(self, text: str, run: Sequence[SpokenSyllable], price: float) -> list[tuple[int, int, str]]:
        """Return the likeliest words of a run as (first syllable, syllable behind the last, word)."""
        gaps = [0.0] + [price * (before.end < after.start) for before, after in zip(run, run[1:], strict=False)]
        ends: list[list[_Hypothesis]] = [[] for _ in range(len(run) + 1)]
        ends[0] = [_Hypothesis(0.0, SENTENCE, 0, None, "")]
        for start, hypotheses in enumerate(ends[:-1]):
            hypotheses = sorted(hypotheses, key=_cost)[:BEAM]
            found = []
            for end in range(start + 1, min(len(run), start + LONGEST_WORD) + 1):
                crossed = sum(gaps[start + 1 : end])
                for word, cost in self._candidates(run[start:end], price):
                    found.append((end, word, crossed + cost))
            if run[start].name:
                best = hypotheses[0]
                ends[start + 1].append(_Hypothesis(best.cost + UNSAID, best.word, start, best, run[start].name))
            elif all(end > start + 1 for end, _, _ in found):
                # Pinyin of which no character is known stays as it is.
                found.append((start + 1, text[run[start].start : run[start].end], 0.0))
            self._extend(hypotheses, found, start, ends)
        return list(_words(min(ends[-1], key=_cost), len(run)))[::-1]

    def _candidates(self, spoken: Sequence[SpokenSyllable], price: float) -> list[tuple[str, float]]:
        """Return the words that sound like these syllables, and what it costs that they are written otherwise."""
        found: list[tuple[str, float]] = []
        signs = any(one.name for one in spoken)
        prices = [SIGN_PRICE if one.name else price for one in spoken] if signs else []
        for sounds, written in _readings(spoken):
            alike = self._by_sound.get(sounds, ())
            if signs:  # any of an emoji's characters is as good as written
                found += [(word, sum(map(_cost_of, prices, written, word))) for word in alike]
                continue
            unwritten = written.count("")
            found += [(word, price * (sum(map(ne, word, written)) - unwritten)) for word in alike]
            plain = "".join(written)
            if not unwritten and plain not in alike and (len(sounds) == 1 or plain in self._unigrams):
                found.append((plain, 0.0))
        return found

    def _extend(
        self,
        hypotheses: Sequence[_Hypothesis],
        found: Sequence[tuple[int, str, float]],
        start: int,
        ends: Sequence[list[_Hypothesis]],
    ) -> None:
        """Append each word that begins at a place, behind the hypothesis that it is cheapest after, where it ends."""
        contexts = [self._context(hypothesis) for hypothesis in hypotheses]
        for end, word, cost in found:
            alone = self._unigrams.get(word, self._unknown)
            least, before = math.inf, contexts[0][0]
            for hypothesis, backoff, following in contexts:
                follows = following.get(word)
                reached = hypothesis[0] + (alone + backoff if follows is None else follows)
                if reached < least:
                    least, before = reached, hypothesis
            ends[end].append(_Hypothesis(least + cost, word, start, before, word))

    def _context(self, hypothesis: _Hypothesis) -> tuple[_Hypothesis, float, Mapping[str, float]]:
        """Return a hypothesis with the cost of backing off from its last word, and the words known to come next."""
        word = hypothesis.word
        return hypothesis, self._backoffs.get(word, 0.0), self._bigrams.get(word, {})


_cost = itemgetter(0)


def _cost_of(price: float, written: str, character: str) -> float:
    return 0.0 if not written or character in written else price


def _is_written(spoken: SpokenSyllable) -> bool:
    """Tell whether a syllable is a character of the text: no emoji, no pinyin."""
    return not spoken.name and _shown(spoken) != ""


def _shown(spoken: SpokenSyllable) -> str:
    return next(iter(spoken.sounds.values()), "")


def _readings(spoken: Sequence[SpokenSyllable]) -> Iterable[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the ways to read some syllables: their sounds, and the characters that each is written with."""
    if math.prod(len(one.sounds) for one in spoken) > MOST_READINGS:
        return ()
    readings = product(*(one.sounds.items() for one in spoken))
    return ((tuple(map(_sound, reading)), tuple(map(_written, reading))) for reading in readings)


_sound, _written = itemgetter(0), itemgetter(1)


def _words(best: _Hypothesis, end: int) -> Iterator[tuple[int, int, str]]:
    """Yield the words of a hypothesis from its end to its start."""
    while best.before is not None:
        yield best.start, end, best.heard
        end, best = best.start, best.before


def _runs(text: str, syllables: Sequence[SpokenSyllable]) -> Iterator[list[SpokenSyllable]]:
    """Yield stretches of syllables with at most a blank or a sign between them: words may hide across those."""
    run: list[SpokenSyllable] = []
    for spoken in syllables:
        between = text[run[-1].end : spoken.start] if run else ""
        if run and between and _parts(between):
            yield run
            run = []
        run.append(spoken)
    if run:
        yield run


def _parts(between: str) -> bool:
    """Tell whether characters part a word; any number of invisible ones does not."""
    visible = sum(not is_silent(character) for character in between)
    return visible > LONGEST_GAP or any(character.isalnum() for character in between)


def _check(tables: TranscriptTables, price: float, cloaked_price: float) -> None:
    if sorted(tables) != sorted(TABLES):
        raise ValueError(f"The transcript's tables are {sorted(tables)}; {sorted(TABLES)} are needed.")
    if UNKNOWN not in tables["unigrams"]:
        raise ValueError(f"unigrams has no {UNKNOWN}: what a character costs that is no word of the table.")
    broken = [pair for pair in tables["bigrams"] if not all(pair.split(" ")) or pair.count(" ") != 1]
    if broken:
        raise ValueError(f"The bigram {broken[0]!r} needs two words with one blank between them.")
    for name, value in (("price", price), ("cloaked_price", cloaked_price)):
        if not 0 <= value < math.inf:
            raise ValueError(f"{name}={value}; a character that is heard otherwise costs a finite number, 0 or more.")


__all__ = ["TABLES", "HeardWord", "Transcriber", "TranscriptTables"]
