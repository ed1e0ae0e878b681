"""Texts that say the same: equal once normalised, nearly equal, or equal once a cloak is taken off."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from decloak.processing.normalization import normalize

from .character_grams import Integers
from .jaccard_join import JaccardJoin
from .text_identity import normalised

Kind = Literal["exact", "near", "cloaked"]
# Measured on Chinese and English sets (COLD, ToxiCN, SBIC, HateXplain) between train and test, against pairs whose edit
# distance is at most 15 % of the longer text: trigrams from 0.7 on find 50 to 88 % of them, and 88 to 100 % of what
# they find differs in at most 30 %. Bigrams need 0.8 for the same and take six times as long; trigrams at 0.8 find 33
# to 65 %. A changed character costs three trigrams, so that texts of 20 characters must be equal but for one.
THRESHOLD = 0.7
CHARACTERS = 3


@dataclass(frozen=True)
class DuplicatePair:
    """Two texts that say the same.

    Attributes:
        index_a: place of the first among the first texts.
        index_b: place of the second among the second texts.
        similarity: Jaccard similarity of their character n-grams, as they were compared.
        kind: `exact` (equal once normalised), `near` (similar once normalised), or `cloaked` (equal or similar only
            under the profile `full` of `decloak.processing.normalization`).
    """

    index_a: int
    index_b: int
    similarity: float
    kind: Kind


@dataclass(frozen=True)
class ClosestText:
    """What an index holds that says the same as a text.

    Attributes:
        index: place of the most similar indexed text; the first of several.
        similarity: to that text, as in `DuplicatePair`.
        kind: as in `DuplicatePair`.
        count: indexed texts that are found in the same way: equal and similar ones, or, for `cloaked`, all that are
            equal or similar without their cloak.
    """

    index: int
    similarity: float
    kind: Kind
    count: int


class NearDuplicateIndex:
    """Texts in which others are looked up. Blank texts have no duplicates.

    All pairs at or above the threshold are found, so that nothing hangs on a seed or on the order of the texts. The
    memory of an index grows with its texts, that of a look-up does not grow with what is looked up.
    """

    def __init__(
        self,
        texts: Sequence[str],
        threshold: float = THRESHOLD,
        characters: int = CHARACTERS,
        cloaked: bool = False,
    ) -> None:
        """Index texts.

        Args:
            texts: any strings.
            threshold: least Jaccard similarity of near duplicates, above 0 and at most 1.
            characters: length of the n-grams, 1 to 3.
            cloaked: compare without cloaks too. It takes about a millisecond a text.

        Raises:
            ValueError: An argument is out of range.
        """
        views: list[Callable[[str], str]] = [normalised, uncloaked] if cloaked else [normalised]
        self._layers = [_Layer(view, texts, threshold, characters) for view in views]

    def pairs(self, texts: Sequence[str]) -> Iterator[DuplicatePair]:
        """Find every pair of an indexed text (`index_a`) and a given one (`index_b`), each once."""
        plain, *bare = self._layers
        seen: set[tuple[int, int]] = set()
        for pair in plain.pairs(texts, None):
            if bare:
                seen.add((pair.index_a, pair.index_b))
            yield pair
        for layer in bare:
            yield from (pair for pair in layer.pairs(texts, "cloaked") if (pair.index_a, pair.index_b) not in seen)

    def closest(self, texts: Sequence[str]) -> list[ClosestText | None]:
        """Return for each text what the index holds of it, or None. Its memory does not grow with the pairs."""
        found: list[ClosestText | None] = [None] * len(texts)
        for layer in self._layers:
            views = _Views([layer.view(text) for text in texts])
            kind: Kind | None = None if layer is self._layers[0] else "cloaked"
            for place, closest in layer.closest(views.texts, kind):
                for row in views.rows_of(place):
                    found[row] = found[row] or closest
        return found


def near_duplicates(
    texts_a: Sequence[str],
    texts_b: Sequence[str] | None = None,
    threshold: float = THRESHOLD,
    characters: int = CHARACTERS,
    cloaked: bool = False,
) -> list[DuplicatePair]:
    """Find the pairs of texts that say the same, all of them, in the order of their places.

    Of n copies of a text there are n (n - 1) / 2 pairs: where many are expected, ask `NearDuplicateIndex.closest`.

    Args:
        texts_a: any strings.
        texts_b: the second texts; None finds the pairs within the first, `index_a` before `index_b`.
        threshold: as in `NearDuplicateIndex`.
        characters: as in `NearDuplicateIndex`.
        cloaked: as in `NearDuplicateIndex`.

    Raises:
        ValueError: An argument is out of range.
    """
    pairs = NearDuplicateIndex(texts_a, threshold, characters, cloaked).pairs(texts_a if texts_b is None else texts_b)
    chosen = (pair for pair in pairs if texts_b is not None or pair.index_a < pair.index_b)
    return sorted(chosen, key=lambda pair: (pair.index_a, pair.index_b))


def duplicate_components(
    texts: Sequence[str],
    threshold: float | None = THRESHOLD,
    characters: int = CHARACTERS,
    cloaked: bool = False,
    links: Sequence[Integers] = (),
) -> Integers:
    """Give texts that say the same, directly or by way of others, the same number.

    Args:
        texts: any strings.
        threshold: as in `NearDuplicateIndex`; None joins equal texts only.
        characters: as in `NearDuplicateIndex`.
        cloaked: as in `NearDuplicateIndex`.
        links: further numbers of the texts, int64 of shape (texts,); equal ones that are not negative join too.

    Returns:
        Numbers from 0, int64 of shape (texts,).
    """
    numbers = np.arange(len(texts))
    for link in links:
        numbers = _joined(numbers, link)
    views: list[Callable[[str], str]] = [normalised, uncloaked] if cloaked else [normalised]
    for view in views:
        found = _Views([view(text) for text in texts])
        numbers = _joined(numbers, found.numbers)
        if threshold is None:
            continue
        first = np.array([found.rows_of(place)[0] for place in range(len(found.texts))], dtype=np.int64)
        for match in JaccardJoin(found.texts, threshold, characters).matches(found.texts):
            numbers = _united(numbers, numbers[first[match.indexed]], numbers[first[match.other]])
    return numbers


def uncloaked(text: str) -> str:
    """Return how a text is compared without its cloak: the profile `full`, then as any other text."""
    return normalised(normalize(text, "full"))


def _joined(numbers: Integers, link: Integers) -> Integers:
    """Give texts with the same link the same number."""
    linked = np.flatnonzero(link >= 0)
    _, first, places = np.unique(link[linked], return_index=True, return_inverse=True)
    return _united(numbers, numbers[linked], numbers[linked[first]][places])


def _united(numbers: Integers, ones: Integers, others: Integers) -> Integers:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(ones):
        return numbers
    size = int(numbers.max()) + 1
    edges = coo_array((np.ones(len(ones), dtype=np.int8), (ones, others)), shape=(size, size))
    return connected_components(edges, directed=False)[1].astype(np.int64)[numbers]


class _Views:
    """The different ones among texts as they are compared, and who has which.

    Attributes:
        texts: each once, in the order of their first occurrence; never blank.
        numbers: place in `texts` of each given text, -1 for a blank one.
    """

    def __init__(self, views: Sequence[str]) -> None:
        places: dict[str, int] = {}
        found = [places.setdefault(view, len(places)) if view else -1 for view in views]
        self.texts = list(places)
        self.numbers: Integers = np.array(found, dtype=np.int64)
        self.counts: Integers = np.bincount(self.numbers[self.numbers >= 0], minlength=len(places)).astype(np.int64)
        self._order = np.argsort(self.numbers, kind="stable")[len(found) - int(self.counts.sum()) :]
        self._ends = np.cumsum(self.counts)

    def rows_of(self, place: int) -> list[int]:
        end = int(self._ends[place])
        return self._order[end - int(self.counts[place]) : end].tolist()


class _Layer:
    """Indexed texts, compared in one way."""

    def __init__(self, view: Callable[[str], str], texts: Sequence[str], threshold: float, characters: int) -> None:
        self.view = view
        self.views = _Views([view(text) for text in texts])
        self.join = JaccardJoin(self.views.texts, threshold, characters)
        self._places = {text: place for place, text in enumerate(self.views.texts)}

    def pairs(self, texts: Sequence[str], kind: Kind | None) -> Iterator[DuplicatePair]:
        """Yield all pairs of rows; the kind is given, or told by the texts."""
        views = _Views([self.view(text) for text in texts])
        for found in self.join.matches(views.texts):
            for one, other, similarity in zip(*(values.tolist() for values in found), strict=True):
                how: Kind = kind or ("exact" if self.views.texts[one] == views.texts[other] else "near")
                for index_a, index_b in product(self.views.rows_of(one), views.rows_of(other)):
                    yield DuplicatePair(index_a, index_b, similarity, how)

    def closest(self, texts: Sequence[str], kind: Kind | None) -> Iterator[tuple[int, ClosestText]]:
        """Yield the place of each text that has duplicates, and the closest."""
        for found in self.join.matches(texts):
            counts = np.bincount(found.other, weights=self.views.counts[found.indexed])
            for at in _best(found.other, found.similarity, found.indexed):
                place = int(found.other[at])
                same = self._places.get(texts[place])
                index = int(found.indexed[at]) if same is None else same
                similarity = float(found.similarity[at])
                how: Kind = kind or ("near" if same is None else "exact")
                yield place, ClosestText(self.views.rows_of(index)[0], similarity, how, int(counts[place]))


def _best(other: Integers, similarity: NDArray[np.float64], indexed: Integers) -> list[int]:
    """Return for each of the other texts where its most similar pair stands."""
    order = np.lexsort((indexed, -similarity, other))
    return order[np.diff(other[order], prepend=-1) > 0].tolist()


__all__ = [
    "CHARACTERS",
    "THRESHOLD",
    "ClosestText",
    "DuplicatePair",
    "Kind",
    "NearDuplicateIndex",
    "duplicate_components",
    "near_duplicates",
    "uncloaked",
]
