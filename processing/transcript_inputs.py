"""The transcript of a window: tokens of the words that are heard otherwise than they are written."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from .text_windows import TextWindow
from .transcription import HeardWord, Transcriber


def transcript_features(window: TextWindow, transcriber: Transcriber, tokenizer: Any) -> dict[str, Any]:
    """Return the transcript part of a row: `transcript_ids`, the token of the window that each belongs to, and `heard`.

    The whole transcript is tokenized, so that a word is divided as it would be in a text, and the tokens that hold a
    word heard otherwise are kept. One that belongs to several tokens of the window is repeated for each. `heard` names
    these words for people, as `written` and `heard`. All lists are empty where everything is heard as it is written.

    Args:
        window: a window of a text or a pair.
        transcriber: hears its texts.
        tokenizer: the text's own, a fast one.
    """
    ids: list[int] = []
    positions: list[int] = []
    named: list[dict[str, str]] = []
    for source, text, start in ((0, window.text, window.start), (1, window.text_pair, window.pair_start)):
        words = transcriber(text) if text else []
        if not text or not words:
            continue
        named += [{"written": text[word.start : word.end], "heard": word.text} for word in words]
        spans = [
            (index, at - start, end - start) for index, (which, at, end) in enumerate(window.spans) if which == source
        ]
        heard, places = heard_text(text, words)
        encoded = tokenizer(heard, add_special_tokens=False, return_offsets_mapping=True)
        for token, (first, last) in zip(encoded["input_ids"], encoded["offset_mapping"], strict=True):
            covered = [place for place in places[first:last] if place is not None]
            for index in _tokens_of(spans, covered):
                ids.append(token)
                positions.append(index)
    return {"transcript_ids": ids, "transcript_positions": positions, "heard": named}


def heard_text(text: str, words: Sequence[HeardWord]) -> tuple[str, list[tuple[int, int] | None]]:
    """Return a text as it is heard, and for each of its characters what it is heard from, None where it is read.

    A word of as many characters as are written is heard from each of them in turn; of any other word each character is
    heard from all of them.
    """
    parts: list[str] = []
    places: list[tuple[int, int] | None] = []
    end = 0
    for word in words:
        before = text[end : word.start]
        parts += [before, word.text]
        places += [None] * len(before)
        one_for_one = len(word.text) == word.end - word.start
        for offset in range(len(word.text)):
            place = (word.start + offset, word.start + offset + 1) if one_for_one else (word.start, word.end)
            places.append(place)
        end = word.end
    parts.append(text[end:])
    places += [None] * (len(text) - end)
    return "".join(parts), places


def _tokens_of(spans: Sequence[tuple[int, int, int]], places: Sequence[tuple[int, int]]) -> list[int]:
    """Return the tokens that have a character of any of the places; the last one before them, if none has.

    Args:
        spans: (index of the token, start, end) in the order of the text: both starts and ends never fall.
        places: (start, end).
    """
    if not places or not spans:
        return []
    begin, behind = min(start for start, _ in places), max(end for _, end in places)
    first = bisect_right(spans, begin, key=lambda span: span[2])
    last = bisect_left(spans, behind, key=lambda span: span[1])
    found = [index for index, start, end in spans[first:last] if start < end]
    return found or [spans[max(first - 1, 0)][0]]


__all__ = ["heard_text", "transcript_features"]
