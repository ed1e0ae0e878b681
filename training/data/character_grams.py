"""Texts as sets of character n-grams, in arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
# Unicode ends at 0x10FFFF, so that a character takes 21 bits and three of them fit 64 without a collision.
_BITS = 21
MOST_CHARACTERS = 3


@dataclass(frozen=True)
class GramSets:
    """The distinct n-grams of texts, in the order of the texts and then of the numbers.

    Attributes:
        rows: text of each n-gram, int64 of shape (n-grams,).
        grams: number of each n-gram, int64 of shape (n-grams,), rising within a text. Numbers of n-grams that the
            vocabulary lacks are negative.
        sizes: distinct n-grams of each text, int64 of shape (texts,), never 0.
    """

    rows: Integers
    grams: Integers
    sizes: Integers

    def places(self) -> Integers:
        """Return the place of each n-gram within its text, from 0; shape (n-grams,)."""
        starts = np.cumsum(self.sizes) - self.sizes
        return np.arange(len(self.rows)) - starts[self.rows]


class GramVocabulary:
    """Numbers for the n-grams of some texts, the rarest first.

    Attributes:
        characters: length of the n-grams.
    """

    def __init__(self, texts: Sequence[str], characters: int) -> None:
        """Give each n-gram a number.

        Args:
            texts: any strings, lone surrogates included.
            characters: length of the n-grams, 1 to 3.

        Raises:
            ValueError: `characters` is not 1, 2 or 3.
        """
        if not 1 <= characters <= MOST_CHARACTERS:
            raise ValueError(f"characters={characters}; n-grams of 1 to {MOST_CHARACTERS} characters are allowed.")
        self.characters = characters
        _, keys = _gram_keys(texts, characters)
        self._keys, counts = np.unique(keys, return_counts=True)
        self._numbers = np.empty(len(counts), dtype=np.int64)
        self._numbers[np.argsort(counts, kind="stable")] = np.arange(len(counts))

    def __len__(self) -> int:
        return len(self._keys)

    def sets(self, texts: Sequence[str]) -> GramSets:
        """Return the n-grams of texts, these or others."""
        rows, keys = _gram_keys(texts, self.characters)
        grams = self._numbered(keys)
        # Rows and numbers in one integer are sorted far faster than pairs, and sorted faster than hashed (np.unique).
        lowest = min(int(grams.min(initial=0)), 0)
        width = len(self) - lowest + 1
        joined = np.sort(rows * width + (grams - lowest))
        joined = joined[np.diff(joined, prepend=-1) > 0]
        rows, grams = joined // width, joined % width + lowest
        return GramSets(rows, grams, np.bincount(rows, minlength=len(texts)).astype(np.int64))

    def _numbered(self, keys: NDArray[np.uint64]) -> Integers:
        if not len(self):
            return -1 - np.unique(keys, return_inverse=True)[1].astype(np.int64)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self) - 1)
        grams = self._numbers[places]
        unknown = self._keys[places] != keys
        grams[unknown] = -1 - np.unique(keys[unknown], return_inverse=True)[1]
        return grams


def _gram_keys(texts: Sequence[str], characters: int) -> tuple[Integers, NDArray[np.uint64]]:
    """Return the text and the n-gram, packed into 64 bits, of each place; a text that is too short is filled up."""
    filled = [text.ljust(characters, "\0") for text in texts]
    lengths = np.fromiter(map(len, filled), dtype=np.int64, count=len(filled))
    codes = np.frombuffer("".join(filled).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    places = max(len(codes) - characters + 1, 0)
    keys = np.zeros(places, dtype=np.uint64)
    for offset in range(characters):
        keys = (keys << np.uint64(_BITS)) | codes[offset : offset + places]
    rows = np.repeat(np.arange(len(filled)), lengths)[:places]
    inside = np.arange(places) + characters <= np.cumsum(lengths)[rows]
    return rows[inside], keys[inside]


__all__ = ["MOST_CHARACTERS", "GramSets", "GramVocabulary"]
