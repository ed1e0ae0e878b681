"""All texts of a collection that share most of their character n-grams with a text, none missed."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .character_grams import GramSets, GramVocabulary, Integers

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Texts that are compared at once, by characters, by products of the search, and by pairs that are verified: together
# they bound the memory to some hundred megabytes beside the index.
_BLOCK_CHARACTERS = 2_000_000
_BLOCK_PRODUCTS = 4_000_000
_BLOCK_PAIRS = 100_000
# Rare n-grams that two texts must have in common to be compared. Any number gives the same pairs. With 1 the search is
# short and leads to hundreds of times as many candidates; between 4 and 8 the whole takes the least time.
_RARE_SHARED = 6
# Thresholds such as 0.8 have no exact float: without it 4 of 5 would be below 0.8.
_ROUNDING = 1e-9


class Matches(NamedTuple):
    """Pairs of an indexed and another text.

    Attributes:
        indexed: place of the indexed text, int64 of shape (pairs,).
        other: place of the other text, int64 of shape (pairs,).
        similarity: Jaccard similarity of their n-gram sets, float64 of shape (pairs,).
    """

    indexed: Integers
    other: Integers
    similarity: NDArray[np.float64]


class JaccardJoin:
    """Finds the indexed texts whose n-gram sets have at least a Jaccard similarity to those of other texts.

    The search is exact: no pair is missed, and none is found that is not one. It rests on prefix filtering (Chaudhuri,
    Ganti and Kaushik 2006, with the longer prefixes of Wang, Li and Feng 2012): of two sets with a Jaccard similarity
    of t or more, each lies to t in the other, so that their rarest `size - ceil(t * size) + l` n-grams have l in
    common. The product of two sparse matrices counts those; each pair with enough is verified.
    """

    def __init__(self, texts: Sequence[str], threshold: float, characters: int) -> None:
        """Index texts.

        Args:
            texts: what is searched, as it is compared.
            threshold: least similarity, above 0 and at most 1.
            characters: length of the n-grams, 1 to 3; a shorter text is one n-gram.

        Raises:
            ValueError: An argument is out of range.
        """
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold={threshold}; a similarity is above 0 and at most 1, such as 0.8.")
        self.threshold = threshold
        self._vocabulary = GramVocabulary(texts, characters)
        sets = self._vocabulary.sets(texts)
        self._sizes = sets.sizes
        self._all = self._matrix(sets)
        self._rarest = self._matrix(sets, rarest=True).T.tocsr()

    def __len__(self) -> int:
        return len(self._sizes)

    def matches(self, texts: Sequence[str]) -> Iterator[Matches]:
        """Find the pairs of indexed and given texts, in blocks of whole given texts in their order."""
        if not len(self):
            return
        for start, stop in _blocks([len(text) for text in texts], _BLOCK_CHARACTERS):
            sets = self._vocabulary.sets(texts[start:stop])
            whole, rarest = self._matrix(sets), self._matrix(sets, rarest=True)
            products = rarest.astype(np.int64) @ np.diff(self._rarest.indptr)
            for first, last in _blocks(products.tolist(), _BLOCK_PRODUCTS):
                found = self._verified(whole, sets.sizes, rarest[first:last] @ self._rarest, first)
                yield Matches(found.indexed, found.other + start, found.similarity)

    def _matrix(self, sets: GramSets, rarest: bool = False) -> "csr_array":
        """Return which text has which n-gram of the vocabulary; with `rarest` only those that the search uses."""
        from scipy.sparse import csr_array

        chosen = sets.grams >= 0
        if rarest:
            needed = np.ceil(self.threshold * sets.sizes - _ROUNDING).astype(np.int64)
            lengths = sets.sizes - needed + _RARE_SHARED
            chosen &= sets.places() < lengths[sets.rows]
        rows, grams = sets.rows[chosen], sets.grams[chosen]
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(sets.sizes)))])
        values = np.ones(len(rows), dtype=np.int32)
        return csr_array((values, grams, starts), shape=(len(sets.sizes), len(self._vocabulary)))

    def _verified(self, whole: "csr_array", sizes: Integers, candidates: "csr_array", first: int) -> Matches:
        pairs = candidates.tocoo()
        other, indexed = pairs.row.astype(np.int64) + first, pairs.col.astype(np.int64)
        ours, theirs = self._sizes[indexed], sizes[other]
        needed = np.ceil(self.threshold / (1 + self.threshold) * (ours + theirs) - _ROUNDING)
        possible = (np.minimum(ours, theirs) >= needed) & (pairs.data >= np.minimum(needed, _RARE_SHARED))
        indexed, other, total = indexed[possible], other[possible], (ours + theirs)[possible]
        shared = np.zeros(len(indexed), dtype=np.int64)
        for start in range(0, len(indexed), _BLOCK_PAIRS):
            part = slice(start, start + _BLOCK_PAIRS)
            shared[part] = self._all[indexed[part]].multiply(whole[other[part]]).sum(axis=1)
        similarity = shared / (total - shared)
        similar = similarity >= self.threshold - _ROUNDING
        return Matches(indexed[similar], other[similar], similarity[similar])


def _blocks(costs: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """Cut a sequence into runs that cost at most so much together; a dearer item is a run of its own."""
    start = spent = 0
    for place, cost in enumerate(costs):
        if spent and spent + cost > most:
            yield start, place
            start, spent = place, 0
        spent += cost
    if start < len(costs):
        yield start, len(costs)


__all__ = ["JaccardJoin", "Matches"]
