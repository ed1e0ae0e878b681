"""From a text to the windows of tokens that the model reads, never cut in silence."""

import re
from dataclasses import dataclass
from typing import Any

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
        ValueError: It is no string, or there is nothing in it.
    """
    if not isinstance(text, str):
        raise ValueError(f"A text is a string; this is {type(text).__name__}.")
    if not text.strip():
        raise ValueError(
            f"The text is empty ({len(text)} characters, all of them blank): there is nothing to classify."
        )
    return LONE_SURROGATES.sub(REPLACEMENT, text)


def split_windows(
    tokenizer: Any,  # noqa: ANN401  any fast tokenizer
    text: str,
    text_pair: str | None,
    length: int,
    overlap: int,
    truncation: bool,
) -> list[TextWindow]:
    """Tokenize a text into windows of at most `length` tokens that share `overlap` tokens.

    A pair is split in its longer text; the other one is in every window.

    Args:
        tokenizer: a fast tokenizer (it gives the characters of each token).
        text: a cleaned text.
        text_pair: a second one, or None.
        length: tokens of a window, special ones included.
        overlap: tokens that neighbouring windows share.
        truncation: keep the first window alone and mark it as cut.

    Raises:
        ValueError: The tokenizer is not fast, or the shorter text of a pair leaves no room.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise ValueError(f"{type(tokenizer).__name__} gives no offsets; use a fast tokenizer.")
    side = "only_second" if text_pair is not None and len(text_pair) > len(text) else "only_first"
    try:
        encoded = tokenizer(
            text,
            text_pair,
            truncation=side,
            max_length=length,
            stride=min(overlap, length // 4),
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_attention_mask=False,
        )
    except Exception as error:  # the tokenizer raises a bare Exception where one text of a pair fills the window
        raise ValueError(f"The pair does not fit {length} tokens: shorten its shorter text ({error}).") from error
    count = 1 if truncation else len(encoded["input_ids"])
    cut = truncation and len(encoded["input_ids"]) > 1
    return [_window(encoded, index, text, text_pair, cut) for index in range(count)]


def _window(encoded: Any, index: int, text: str, text_pair: str | None, cut: bool) -> TextWindow:  # noqa: ANN401
    sources = encoded.encodings[index].sequence_ids
    offsets = encoded["offset_mapping"][index]
    spans = [(source, start, end) for source, (start, end) in zip(sources, offsets, strict=True)]
    start, end = _extent(spans, 0)
    pair_start, pair_end = _extent(spans, 1)
    if len(encoded["input_ids"]) == 1:  # characters that the tokenizer drops at the edges still belong to it
        start, end, pair_start, pair_end = 0, len(text), 0, len(text_pair or "")
    return TextWindow(
        input_ids=list(encoded["input_ids"][index]),
        token_type_ids=list(encoded.encodings[index].type_ids),
        spans=spans,
        text=text[start:end],
        text_pair=None if text_pair is None else text_pair[pair_start:pair_end],
        start=start,
        pair_start=pair_start,
        cut=cut,
    )


def _extent(spans: list[tuple[int | None, int, int]], source: int) -> tuple[int, int]:
    own = [(start, end) for which, start, end in spans if which == source]
    return (min(start for start, _ in own), max(end for _, end in own)) if own else (0, 0)


def window_length(tokenizer: Any, max_length: int | None) -> int:  # noqa: ANN401
    """Return the tokens of a window: what the caller says, else what the tokenizer says, else 512."""
    if max_length is not None:
        if max_length < 8:
            raise ValueError(f"max_length is {max_length}; a window has at least 8 tokens.")
        return max_length
    length = getattr(tokenizer, "model_max_length", 512)
    return length if length < LONGEST_POSITIONS else 512


__all__ = ["TextWindow", "clean", "split_windows", "window_length"]
