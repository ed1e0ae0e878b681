"""The language model that a processor hears with: words and pairs of words, counted in texts.

What is heard depends on what people write: a model of the texts that a classifier is trained on hears its subjects
better than one of newspapers. The dictionary of jieba (Sun Junyi, MIT) divides texts into words and gives those that
the texts lack a probability.
"""

import importlib
import logging
import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from decloak.processing.transcription import LONGEST_WORD, SENTENCE, UNKNOWN

HAN_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
DICTIONARY_SHARE = 0.5  # of a word's probability: the rest is that of the texts
MIXING = 5.0  # occurrences of a word from which its pairs count as much as the words alone
PAIR_SHARE = 0.9
LEAST_DICTIONARY_COUNT = 20
DICTIONARY_EXTRA, TEXT_EXTRA = 0.5, 0.05


def make_transcript_tables(texts: Iterable[str], least_pair_count: int = 1) -> dict[str, dict[str, float]]:
    """Count words and pairs in texts, and return the costs that a `Transcriber` takes.

    The model is interpolated: `p(w | v) = m (c(vw) / c(v)) + (1 - m) p(w)` with `m = 0.9 c(v) / (c(v) + 5)`. It can be
    written as a back-off model: a pair that was not seen costs what the word costs and `-log(1 - m)`.

    Args:
        texts: what people write; parts that are not Han characters separate sentences.
        least_pair_count: pairs that are seen less often are left out.

    Returns:
        The tables, in an order and with numbers that depend on the texts alone. Costs have two decimals: the
        probabilities after a word sum to 1 or less but for that rounding. Words longer than `LONGEST_WORD`, which are
        never heard, have no row.

    Raises:
        ModuleNotFoundError: jieba is not installed.
        ValueError: The texts have no Chinese.
    """
    jieba = _jieba()
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        for match in HAN_RUN.finditer(text):
            sentence = [SENTENCE, *jieba.cut(match.group())]
            words.update(sentence)
            pairs.update(pairwise(sentence))
    if not words:
        raise ValueError("The texts have no Chinese words: a transcript needs a model of what people write.")
    probabilities, unknown = _word_probabilities(words, _dictionary(jieba))
    unigrams = {word: _cost(probability) for word, probability in probabilities.items()} | {UNKNOWN: _cost(unknown)}
    contexts = {SENTENCE} | (probabilities.keys() & words.keys())
    backoffs = {word: _cost(1 - _mixing(words[word])) for word in sorted(contexts)}
    bigrams = {}
    for (first, second), count in sorted(pairs.items()):
        if count >= least_pair_count and first in contexts and second in probabilities:
            mixing = _mixing(words[first])
            seen = mixing * count / words[first] + (1 - mixing) * probabilities[second]
            bigrams[f"{first} {second}"] = _cost(seen)
    return {"unigrams": unigrams, "backoffs": backoffs, "bigrams": bigrams}


def _jieba() -> Any:
    try:
        jieba = importlib.import_module("jieba")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "Transcripts need jieba to divide texts into words: pip install 'decloak[train]'", name="jieba"
        ) from error
    jieba.setLogLevel(logging.WARNING)
    return jieba


def _dictionary(jieba: Any) -> dict[str, int]:
    """Return jieba's words of Han characters, with how often each was seen."""
    with jieba.get_dict_file() as lines:
        entries = (line.decode("utf-8").split() for line in lines)
        return {
            word: int(count)
            for word, count, *_ in entries
            if int(count) >= LEAST_DICTIONARY_COUNT and len(word) <= LONGEST_WORD and HAN_RUN.fullmatch(word)
        }


def _word_probabilities(words: Counter[str], dictionary: dict[str, int]) -> tuple[dict[str, float], float]:
    """Return the probability of each word, and of one that is in neither source; they sum to 1.

    Each source gives every word, and the one that is in neither, a part of an occurrence more than it has.
    """
    known = {word for word in words if word != SENTENCE and len(word) <= LONGEST_WORD} | set(dictionary)
    in_texts = sum(words[word] for word in known) + TEXT_EXTRA * (len(known) + 1)
    in_dictionary = sum(dictionary.values()) + DICTIONARY_EXTRA * (len(known) + 1)

    def probability(word: str) -> float:
        listed = (dictionary.get(word, 0) + DICTIONARY_EXTRA) / in_dictionary
        seen = (words[word] + TEXT_EXTRA) / in_texts
        return DICTIONARY_SHARE * listed + (1 - DICTIONARY_SHARE) * seen

    return {word: probability(word) for word in sorted(known)}, probability(UNKNOWN)


def _mixing(count: int) -> float:
    return PAIR_SHARE * count / (count + MIXING)


def _cost(probability: float) -> float:
    return round(-math.log(probability), 2)


__all__ = ["make_transcript_tables"]
