"""From a text to the windows of tokens that the model reads, never cut in silence."""

import re
from dataclasses import dataclass, replace
from typing import Any

from .glyph_rendering import characters

LONE_SURROGATES = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"
LONGEST_POSITIONS = 1_000_000  # Tokenizers without a limit say so with a number of thirty digits.


@dataclass(frozen=True)
class TextWindow:
    """A run of tokens that fits the model.

    Attributes:
        input_ids: token ids with the special tokens.
        token_type_ids: 0 for the first text, 1 for the second of a pair.
        spans: for each token, which text it is from (0, 1, or None for a special token) and its characters
            there, start and end.
        text: the characters of the first text that this window covers.
        text_pair: those of the second text, or None.
        start: offset of `text` in the whole first text.
        pair_start: offset of `text_pair` in the whole second text.
        cut: the text was longer and the rest was dropped, because the caller asked for truncation.
    """

    input_ids: list[int]
    token_type_ids: list[int]
    spans: list[tuple[int | None, int, int]]
    text: str
    text_pair: str | None
    start: int
    pair_start: int
    cut: bool

    @property
    def word_tokens(self) -> list[int]:
        """Indices of the tokens that are not special."""
        return [index for index, (source, _, _) in enumerate(self.spans) if source is not None]


def clean(text: str) -> str:
    """Replace lone surrogates, which no tokenizer takes, by U+FFFD; everything else stays.

    Raises:
        ValueError: It is no string, or there is nothing to see in it.
    """
    if not isinstance(text, str):
        raise ValueError(f"A text is a string; this is {type(text).__name__}.")
    if not characters(text):
        invisible = f" ({len(text)} characters, none of them visible)" if text else ""
        raise ValueError(f"The text is empty{invisible}: there is nothing to classify.")
    return LONE_SURROGATES.sub(REPLACEMENT, text)


def split_windows(
    tokenizer: Any,
    text: str,
    text_pair: str | None,
    length: int,
    overlap: int,
    truncation: bool,
    max_characters: int | None = None,
) -> list[TextWindow]:
    """Tokenize a text into windows of at most `length` tokens that share `overlap` tokens.

    A pair is split in the text with more tokens; the other one is in every window. Together the windows cover every
    character, also those that the tokenizer drops.

    Args:
        tokenizer: a fast tokenizer (it gives the characters of each token).
        text: a cleaned text.
        text_pair: a second one, or None.
        length: tokens of a window, special ones included.
        overlap: tokens that neighbouring windows share.
        truncation: keep the first window alone and mark it as cut.
        max_characters: most characters of a window, blanks not counted. One token can stand for thousands (an
            unknown word); such a window is repeated with the same tokens, each time with the next characters.

    Raises:
        ValueError: The tokenizer is not fast, or the shorter text of a pair leaves no room.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise ValueError(f"{type(tokenizer).__name__} gives no offsets; use a fast tokenizer.")
    counts = _token_counts(tokenizer, text, text_pair)
    room = length - sum(counts) + max(counts) - tokenizer.num_special_tokens_to_add(pair=text_pair is not None)
    if room < 1:
        raise ValueError(f"The pair does not fit {length} tokens: shorten its shorter text of {min(counts)} tokens.")
    split = int(counts[-1] > counts[0])
    encoded = tokenizer(
        text,
        text_pair,
        truncation="only_second" if split else "only_first",
        max_length=length,
        stride=min(overlap, room // 4),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_attention_mask=False,
    )
    windows = [_window(encoded, index, text, text_pair, split) for index in range(len(encoded["input_ids"]))]
    windows = [part for window in windows for part in _parts(window, max_characters)]
    return [replace(windows[0], cut=len(windows) > 1)] if truncation else windows


def _token_counts(tokenizer: Any, text: str, text_pair: str | None) -> list[int]:
    """Return the tokens of each text of a pair; of a text alone it does not matter."""
    if text_pair is None:
        return [0]
    texts = (text, text_pair)
    return [len(tokenizer(one, add_special_tokens=False, truncation=False)["input_ids"]) for one in texts]


def _window(encoded: Any, index: int, text: str, text_pair: str | None, split: int) -> TextWindow:
    sources = encoded.encodings[index].sequence_ids
    offsets = encoded["offset_mapping"][index]
    spans = [(source, start, end) for source, (start, end) in zip(sources, offsets, strict=True)]
    extents = [(0, len(text)), (0, len(text_pair or ""))]
    extents[split] = _extent(encoded, index, split, extents[split][1])
    (start, end), (pair_start, pair_end) = extents
    return TextWindow(
        input_ids=list(encoded["input_ids"][index]),
        token_type_ids=list(encoded.encodings[index].type_ids),
        spans=spans,
        text=text[start:end],
        text_pair=None if text_pair is None else text_pair[pair_start:pair_end],
        start=start,
        pair_start=pair_start,
        cut=False,
    )


def _extent(encoded: Any, index: int, split: int, length: int) -> tuple[int, int]:
    """Return the characters of a window, with those that the tokenizer drops before its neighbour or at an edge."""

    def tokens(window: int) -> list[tuple[int, int]]:
        sources, offsets = encoded.encodings[window].sequence_ids, encoded["offset_mapping"][window]
        return [offset for source, offset in zip(sources, offsets, strict=True) if source == split]

    first, last = index == 0, index == len(encoded["input_ids"]) - 1
    start = 0 if first else min(start for start, _ in tokens(index))
    if last:
        return start, length
    return start, max(*(end for _, end in tokens(index)), min(start for start, _ in tokens(index + 1)))


def _parts(window: TextWindow, limit: int | None) -> list[TextWindow]:
    """Split the characters of a window that has more than `limit` that are not blank; its tokens stay."""
    pair = window.text_pair or ""
    step = 0 if limit is None else limit - min(len(window.text), len(pair))
    visible = sum(map(len, (window.text + pair).split()))
    if limit is None or visible <= limit or 2 * step < limit:  # two such texts are too many, and refused later
        return [window]
    if len(pair) > len(window.text):
        starts = range(0, len(pair), step)
        return [replace(window, text_pair=pair[i : i + step], pair_start=window.pair_start + i) for i in starts]
    starts = range(0, len(window.text), step)
    return [replace(window, text=window.text[i : i + step], start=window.start + i) for i in starts]


def window_length(tokenizer: Any, max_length: int | None) -> int:
    """Return the tokens of a window: what the caller says, else what the tokenizer says, else 512.

    Raises:
        ValueError: The caller says fewer than 8.
    """
    if max_length is not None:
        if max_length < 8:
            raise ValueError(f"max_length is {max_length}; a window has at least 8 tokens.")
        return max_length
    length = getattr(tokenizer, "model_max_length", 512)
    return length if length < LONGEST_POSITIONS else 512


__all__ = ["TextWindow", "clean", "split_windows", "window_length"]
