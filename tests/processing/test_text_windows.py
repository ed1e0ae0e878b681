"""Windows cover a text whatever is in it, fit the model, and are cut only where the caller asks for it."""

import functools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from decloak.processing.glyph_rendering import characters
from decloak.processing.sense_inputs import glyph_units
from decloak.processing.text_windows import TextWindow, clean, split_windows, window_length
from tests.tiny import tiny_tokenizer

any_text = st.text(st.characters(exclude_categories=()), max_size=80)
mixed_text = st.text(st.sampled_from("你好坏人ab ,.\n\u200b\ufffd\u0301\x00😀👍🏽ﬁ㎏"), max_size=120)
texts = (any_text | mixed_text).filter(lambda text: bool(characters(text)))


def unigram_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer like that of XLM-R: NFKC, blanks as pieces, runs of unknown characters fused to one token."""
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(piece, -3.0) for piece in ("▁", *"你好人abcfi,.kg")] + [("▁a", -2.0), ("ab", -2.0), ("你好", -2.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    names = {"cls_token": "<s>", "pad_token": "<pad>", "sep_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **names)


TOKENIZERS = {"wordpiece": tiny_tokenizer(), "unigram": unigram_tokenizer()}
both_kinds = pytest.mark.parametrize("kind", TOKENIZERS)


def windows(kind: str, text: str, pair: str | None = None, length: int = 10, overlap: int = 4) -> list[TextWindow]:
    return split_windows(TOKENIZERS[kind], clean(text), None if pair is None else clean(pair), length, overlap, False)


@both_kinds
@given(texts, st.integers(8, 20), st.integers(0, 30))
@example("你好" * 30, 8, 0)
@example("\ufffd" * 3 + "你好" * 30 + "\x00\x00", 8, 0)
@example("你\ufffd好" * 20, 8, 0)
def test_windows_cover_every_character(kind: str, text: str, length: int, overlap: int) -> None:
    text = clean(text)
    covered: set[int] = set()
    last_start = -1
    for window in windows(kind, text, length=length, overlap=overlap):
        assert len(window.input_ids) == len(window.token_type_ids) == len(window.spans) <= length
        assert window.text == text[window.start : window.start + len(window.text)]
        assert window.start > last_start
        assert not window.cut
        last_start = window.start
        covered.update(range(window.start, window.start + len(window.text)))
    assert covered == set(range(len(text)))


@both_kinds
def test_neighbours_overlap(kind: str) -> None:
    found = windows(kind, "你好" * 20, length=12, overlap=2)
    assert len(found) > 2
    for one, other in zip(found, found[1:], strict=False):
        assert one.start < other.start < one.start + len(one.text)
        assert one.input_ids[-3:-1] == other.input_ids[1:3]


@both_kinds
@given(texts)
def test_tokens_of_all_windows_are_those_of_the_text(kind: str, text: str) -> None:
    whole = TOKENIZERS[kind](clean(text))["input_ids"]
    found = windows(kind, text, length=8, overlap=0)
    assert [token for window in found for token in window.input_ids[1:-1]] == whole[1:-1]


@both_kinds
@given(texts, texts, st.integers(8, 30))
def test_pairs_are_split_in_one_text_or_refused(kind: str, text: str, pair: str, length: int) -> None:
    text, pair = clean(text), clean(pair)
    sizes = [len(TOKENIZERS[kind](one, add_special_tokens=False)["input_ids"]) for one in (text, pair)]
    try:
        found = windows(kind, text, pair, length, overlap=30)
    except ValueError as error:
        assert "does not fit" in str(error)
        assert min(sizes) + 4 > length
        return
    assert all(len(window.input_ids) <= length for window in found)
    whole = [window.text == text for window in found], [window.text_pair == pair for window in found]
    assert all(whole[0]) or all(whole[1])
    for source, offsets in (
        (text, [(window.start, window.text) for window in found]),
        (pair, [(window.pair_start, window.text_pair or "") for window in found]),
    ):
        assert set().union(*(range(start, start + len(part)) for start, part in offsets)) == set(range(len(source)))


def test_the_text_with_more_tokens_is_split_though_it_has_fewer_characters() -> None:
    pair = "你" * 12
    text = " ".join("a" * 40 for _ in range(2))  # unknown words: few tokens, many characters
    tokenizer = TOKENIZERS["unigram"]
    tokenizer_counts = [len(tokenizer(one, add_special_tokens=False)["input_ids"]) for one in ("𝼀" * 40, pair)]
    assert tokenizer_counts[0] < tokenizer_counts[1] < len(text)
    found = split_windows(tokenizer, "𝼀" * 40, pair, 12, 2, False)
    assert len(found) > 1
    assert {window.text for window in found} == {"𝼀" * 40}


@both_kinds
def test_truncation_is_reported(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]
    (window,) = split_windows(tokenizer, "你好" * 20, None, 10, 4, True)
    assert window.cut
    assert len(window.input_ids) <= 10
    (window,) = split_windows(tokenizer, "你好", None, 10, 4, True)
    assert not window.cut


@both_kinds
@given(texts, st.none() | texts)
@example("\x00你\x00", None)
@example("\u200b\u200b", "你")
def test_every_unit_belongs_to_the_token_that_starts_last_before_it(kind: str, text: str, pair: str | None) -> None:
    try:
        found = windows(kind, text, pair, length=24)
    except ValueError:
        return
    for window in found:
        units, positions = glyph_units(window, None)
        expected = [(0, window.start + at) for at, _, _ in characters(window.text)]
        expected += [(1, window.pair_start + at) for at, _, _ in characters(window.text_pair or "")]
        assert len(units) == len(positions) == len(expected)
        for (source, offset), position in zip(expected, positions, strict=True):
            own = [i for i, span in enumerate(window.spans) if span[0] == source]
            before = [i for i in own if window.spans[i][1] <= offset]
            assert position == (before[-1] if before else own[0] if own else 0)


@both_kinds
def test_units_lie_in_their_tokens(kind: str) -> None:
    (window,) = windows(kind, "ab 你好,人", length=24)
    units, positions = glyph_units(window, None)
    for unit, position in zip(units, positions, strict=True):
        _, start, end = window.spans[position]
        assert unit in window.text[start:end]
    assert units == list("ab你好,人")


def test_one_token_of_many_characters_is_looked_at_in_parts() -> None:
    text = "𝼀" * 100  # one unknown word
    tokenizer = TOKENIZERS["unigram"]
    found = split_windows(tokenizer, text, None, 16, 4, False, max_characters=30)
    assert [len(window.text) for window in found] == [30, 30, 30, 10]
    assert "".join(window.text for window in found) == text
    assert len({tuple(window.input_ids) for window in found}) == 1
    (cut,) = split_windows(tokenizer, text, None, 16, 4, True, max_characters=30)
    assert cut.cut
    paired = split_windows(tokenizer, "你", text, 16, 4, False, max_characters=30)
    assert "".join(window.text_pair or "" for window in paired) == text
    assert {window.text for window in paired} == {"你"}
    assert [window.pair_start for window in paired] == [0, 29, 58, 87]


@pytest.mark.parametrize("text", ["", " \n\t\u3000", 5, None, b"bytes", ["a"]])
def test_no_text(text: object) -> None:
    with pytest.raises(ValueError, match="text"):
        clean(text)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["\u200b", "\u202e\u200d", "\x01\x02", " \t\n", "\ud800", "\ufe0f"])
def test_a_text_with_nothing_to_see_is_empty(text: str) -> None:
    with pytest.raises(ValueError, match=f"empty .{len(text)} characters, none of them visible"):
        clean(text)


@given(st.text(st.characters(exclude_categories=()), min_size=1))
def test_cleaning_keeps_all_but_lone_surrogates(text: str) -> None:
    if not characters(text):
        return
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert len(cleaned) == len(text)
    pairs = zip(text, cleaned, strict=True)
    assert all(old == new or ("\ud800" <= old <= "\udfff" and new == "\ufffd") for old, new in pairs)


def test_window_length() -> None:
    tokenizer = tiny_tokenizer(48)
    assert window_length(tokenizer, None) == 48
    assert window_length(tokenizer, 16) == 16
    tokenizer.model_max_length = int(1e30)
    assert window_length(tokenizer, None) == 512
    with pytest.raises(ValueError, match="max_length is 7"):
        window_length(tokenizer, 7)


def test_slow_tokenizers_are_refused() -> None:
    with pytest.raises(ValueError, match="fast tokenizer"):
        split_windows(functools.partial(print), "a", None, 16, 4, False)
