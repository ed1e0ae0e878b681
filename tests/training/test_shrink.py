"""Vocabulary pruning and layer selection, on tokenizers trained here and tiny random encoders."""

import functools
import random
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    BertModel,
    BertTokenizer,
    DistilBertConfig,
    DistilBertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
)

from decloak.training.shrink import evenly_spaced_layers, keep_layers, prune_vocabulary, select_pieces

SPECIALS = {"cls_token": "<s>", "pad_token": "<pad>", "sep_token": "</s>", "unk_token": "<unk>", "mask_token": "<mask>"}
SYLLABLES = ["ba", "dor", "ki", "lume", "no", "ri", "sta", "tu", "ven", "zo", "语", "言", "学", "模型"]
LAYERS = 5


def make_texts(count: int, seed: int) -> list[str]:
    generator = random.Random(seed)

    def word() -> str:
        return "".join(generator.choices(SYLLABLES, weights=range(len(SYLLABLES), 0, -1), k=generator.randint(1, 4)))

    return [" ".join(word() for _ in range(generator.randint(1, 12))) for _ in range(count)]


TEXTS = make_texts(400, seed=1)
alphabet = st.sampled_from(sorted(set("".join(SYLLABLES)) | {" ", "q", "中", "\U0001f600"}))
texts_in_alphabet = st.text(alphabet, max_size=40)


def make_unigram() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=220, special_tokens=list(SPECIALS.values()), unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.enable_padding(pad_id=1, pad_token="<pad>")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **SPECIALS)


def make_word_piece() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=220, special_tokens=list(SPECIALS.values()), show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.BertProcessing(("</s>", 2), ("<s>", 0))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **SPECIALS)


UNIGRAM, WORD_PIECE = make_unigram(), make_word_piece()
both_kinds = pytest.mark.parametrize("tokenizer", [UNIGRAM, WORD_PIECE], ids=["unigram", "wordpiece"])


def make_encoder(vocabulary_size: int = 220) -> BertModel:
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=vocabulary_size, hidden_size=16, num_hidden_layers=LAYERS, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=80, pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    return BertModel(config, add_pooling_layer=False).eval()


def pieces(tokenizer: PreTrainedTokenizerFast, text: str) -> list[str]:
    return tokenizer.convert_ids_to_tokens(tokenizer(text)["input_ids"])


def kept_pieces(tokenizer: PreTrainedTokenizerFast, kept: Iterable[int]) -> set[str]:
    return set(tokenizer.convert_ids_to_tokens(list(kept)))


@functools.cache
def prune_to(kind: str, size: int) -> tuple[list[int], PreTrainedTokenizerFast]:
    tokenizer = {"unigram": UNIGRAM, "wordpiece": WORD_PIECE}[kind]
    kept = select_pieces(tokenizer, TEXTS[:50], size)
    return kept, prune_vocabulary(tokenizer, make_encoder(), kept)[0]


@settings(deadline=None)
@given(kind=st.sampled_from(["unigram", "wordpiece"]), size=st.sampled_from([40, 70, 110, 200]), text=texts_in_alphabet)
def test_texts_of_kept_pieces_are_cut_as_before(kind: str, size: int, text: str) -> None:
    tokenizer = {"unigram": UNIGRAM, "wordpiece": WORD_PIECE}[kind]
    kept, pruned = prune_to(kind, size)
    before = pieces(tokenizer, text)
    if set(before) <= kept_pieces(tokenizer, kept) and "<unk>" not in before:
        assert pieces(pruned, text) == before
    assert max(pruned(text)["input_ids"]) < size


@both_kinds
def test_the_property_above_is_not_vacuous(tokenizer: PreTrainedTokenizerFast) -> None:
    kept = kept_pieces(tokenizer, select_pieces(tokenizer, TEXTS, 100))
    unchanged = [set(pieces(tokenizer, text)) <= kept for text in make_texts(200, seed=2)]
    assert 10 < sum(unchanged) < 200


@both_kinds
def test_a_dropped_piece_is_cut_into_shorter_ones_and_no_character_is_lost(tokenizer: PreTrainedTokenizerFast) -> None:
    pruned, _ = prune_vocabulary(tokenizer, make_encoder(), select_pieces(tokenizer, TEXTS, 60))
    for text in TEXTS:
        ids = pruned(text)["input_ids"]
        assert pruned.unk_token_id not in ids
        assert pruned.decode(ids, skip_special_tokens=True) == tokenizer.decode(
            tokenizer(text)["input_ids"], skip_special_tokens=True
        )


@both_kinds
def test_each_kept_row_follows_its_piece(tokenizer: PreTrainedTokenizerFast) -> None:
    encoder = make_encoder()
    kept = select_pieces(tokenizer, TEXTS, 90)
    pruned, small = prune_vocabulary(tokenizer, encoder, kept)
    assert len(pruned) == 90 == small.config.vocab_size == small.get_input_embeddings().num_embeddings
    for piece, new in pruned.get_vocab().items():
        old = tokenizer.convert_tokens_to_ids(piece)
        assert torch.equal(small.get_input_embeddings().weight[new], encoder.get_input_embeddings().weight[old])
    assert small.get_input_embeddings().padding_idx == small.config.pad_token_id == pruned.pad_token_id
    assert small.config.eos_token_id == pruned.convert_tokens_to_ids("</s>")
    assert encoder.config.vocab_size == 220 and len(tokenizer) == 220  # the arguments are left alone


@both_kinds
def test_the_encoder_answers_as_before_on_texts_of_kept_pieces(tokenizer: PreTrainedTokenizerFast) -> None:
    encoder = make_encoder()
    text = TEXTS[0]
    kept = set(select_pieces(tokenizer, TEXTS, 60)) | set(tokenizer(text)["input_ids"])
    pruned, small = prune_vocabulary(tokenizer, encoder, list(kept))
    before = encoder(**tokenizer(text, return_tensors="pt")).last_hidden_state
    after = small(**pruned(text, return_tensors="pt")).last_hidden_state
    torch.testing.assert_close(after, before)


@both_kinds
def test_pruned_tokenizer_round_trips_with_its_settings(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    pruned, small = prune_vocabulary(tokenizer, make_encoder(), select_pieces(tokenizer, TEXTS, 70))
    pruned.save_pretrained(tmp_path)
    small.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    encoder = BertModel.from_pretrained(tmp_path, add_pooling_layer=False)
    assert loaded.get_vocab() == pruned.get_vocab()
    assert loaded.model_max_length == 64 and loaded.special_tokens_map == tokenizer.special_tokens_map
    assert [loaded(text)["input_ids"] for text in TEXTS] == [pruned(text)["input_ids"] for text in TEXTS]
    pair = loaded(TEXTS[0], TEXTS[1])["input_ids"]
    assert loaded.convert_ids_to_tokens([pair[0], pair[-1]]) == ["<s>", "</s>"]
    assert torch.equal(encoder.get_input_embeddings().weight, small.get_input_embeddings().weight)


def test_an_added_token_keeps_its_row_behind_the_pieces_of_the_model() -> None:
    tokenizer = make_unigram()
    tokenizer.add_tokens(["[URL]"])
    encoder = make_encoder(vocabulary_size=240)  # more rows than ids, as after padding to a multiple
    pruned, small = prune_vocabulary(tokenizer, encoder, select_pieces(tokenizer, TEXTS, 50))
    assert pruned.convert_tokens_to_ids("[URL]") == 49
    assert "[URL]" in pruned.tokenize("ba [URL] no")
    assert torch.equal(small.get_input_embeddings().weight[49], encoder.get_input_embeddings().weight[220])


def test_byte_pieces_of_a_byte_fallback_stay() -> None:
    bytes_ = [(f"<0x{value:02X}>", -12.0) for value in range(256)]
    backend = Tokenizer(models.Unigram([("<unk>", 0.0), ("a", -1.0), ("b", -2.0), *bytes_], 0, byte_fallback=True))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")
    with pytest.raises(ValueError, match="257 must stay"):
        select_pieces(tokenizer, ["ab"], 256)
    kept = select_pieces(tokenizer, ["aa", "aa"], 258)
    pruned, _ = prune_vocabulary(tokenizer, make_encoder(259), kept)
    assert pruned.convert_ids_to_tokens(pruned("a学")["input_ids"]) == ["a", "<0xE5>", "<0xAD>", "<0xA6>"]


def test_the_class_of_a_bert_tokenizer_is_kept(tmp_path: Path) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "home", "house", "##s", "h", "##o", "##u", "##e"]
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    tokenizer = BertTokenizer(str(tmp_path / "vocab.txt"))
    kept = [index for word, index in tokenizer.get_vocab().items() if word not in ("home", "house")]
    pruned, _ = prune_vocabulary(tokenizer, make_encoder(len(words)), kept)
    assert isinstance(pruned, BertTokenizer)
    assert tokenizer.tokenize("Houses") == ["house", "##s"]
    assert pruned.tokenize("Houses") == ["h", "##o", "##u", "##s", "##e", "##s"]
    assert pruned.convert_ids_to_tokens(pruned("h")["input_ids"]) == ["[CLS]", "h", "[SEP]"]


@both_kinds
def test_pieces_are_chosen_by_use_and_frequent_characters_first(tokenizer: PreTrainedTokenizerFast) -> None:
    vocabulary = tokenizer.get_vocab()
    names = kept_pieces(tokenizer, select_pieces(tokenizer, ["baba 语言"] * 3, 40))
    assert {"b", "a"} <= {name.removeprefix("##") for name in names}
    used = {vocabulary[name] for name in tokenizer.tokenize("baba 语言")}
    assert used <= set(select_pieces(tokenizer, ["baba 语言"] * 3, 40))
    assert select_pieces(tokenizer, TEXTS, 220) == sorted(vocabulary.values())
    rare = select_pieces(tokenizer, ["z"], 6, min_character_count=1)
    assert any(name.removeprefix("##") in ("z", "▁") for name in kept_pieces(tokenizer, rare) - set(SPECIALS.values()))


@settings(deadline=None, max_examples=30)
@given(texts=st.lists(texts_in_alphabet, max_size=5), size=st.integers(5, 220), count=st.integers(1, 4))
def test_selection_always_has_the_size_and_the_specials(texts: list[str], size: int, count: int) -> None:
    kept = select_pieces(UNIGRAM, texts, size, min_character_count=count)
    assert len(kept) == len(set(kept)) == size and kept == sorted(kept)
    assert set(UNIGRAM.all_special_ids) <= set(kept)


@pytest.mark.parametrize("size", [-1, 0, 4, 221])
def test_an_impossible_size_is_named(size: int) -> None:
    with pytest.raises(ValueError, match=f"vocabulary_size is {size}.*from 5 to 220"):
        select_pieces(UNIGRAM, TEXTS, size)


def test_a_character_count_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="min_character_count is 0"):
        select_pieces(UNIGRAM, TEXTS, 50, min_character_count=0)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([0, 1, 2, 3, 4, 4], "6 ids but 5 different"),
        ([0, 1, 2, 3, 4, 220], "does not have, the first 220"),
        ([0, 1, 2, 3, 4, -1], "does not have, the first -1"),
        ([0, 1, 2, 9], "'<unk>', '<mask>'"),
        ([], "5 pieces that must stay"),
    ],
)
def test_bad_ids_are_named(ids: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prune_vocabulary(UNIGRAM, make_encoder(), ids)


def test_a_byte_pair_tokenizer_is_refused() -> None:
    backend = Tokenizer(models.BPE())
    backend.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=100, show_progress=False))
    with pytest.raises(ValueError, match="model is BPE.*Unigram or a WordPiece"):
        select_pieces(PreTrainedTokenizerFast(tokenizer_object=backend), TEXTS, 50)


def test_models_that_cannot_follow_the_vocabulary_are_refused() -> None:
    kept = select_pieces(UNIGRAM, TEXTS, 50)
    with pytest.raises(ValueError, match="BertForMaskedLM has a language-modelling head"):
        prune_vocabulary(UNIGRAM, BertForMaskedLM(make_encoder().config), kept)
    with pytest.raises(ValueError, match="has 100 word embeddings"):
        prune_vocabulary(UNIGRAM, make_encoder(100), [*range(5), 150])


def test_a_padding_id_that_sets_the_positions_may_not_move() -> None:
    config = RobertaConfig(
        vocab_size=220, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, pad_token_id=8
    )
    with pytest.raises(ValueError, match="counts positions from the padding id 8, which would become 6"):
        prune_vocabulary(UNIGRAM, RobertaModel(config), [*range(5), 7, 8])
    _, small = prune_vocabulary(UNIGRAM, RobertaModel(config), list(range(9)))
    assert small.config.pad_token_id == 8


@pytest.mark.parametrize("layers", [[0, 1, 2], [0, 2, 4], [4], [0, 1, 2, 3, 4]])
def test_kept_layers_compute_what_they_computed(layers: list[int], tmp_path: Path) -> None:
    encoder = make_encoder()
    small = keep_layers(encoder, layers)
    ids = torch.arange(5, 25).reshape(2, 10)
    hidden = encoder.embeddings(ids)
    for index in layers:
        output = encoder.encoder.layer[index](hidden)
        hidden = output[0] if isinstance(output, tuple) else output
    torch.testing.assert_close(small(ids).last_hidden_state, hidden)
    numbers = [module.layer_idx for module in small.modules() if hasattr(module, "layer_idx")]
    assert sorted(set(numbers)) == list(range(len(layers)))
    assert small.config.num_hidden_layers == len(layers) and encoder.config.num_hidden_layers == LAYERS
    small.save_pretrained(tmp_path)
    loaded = BertModel.from_pretrained(tmp_path, add_pooling_layer=False).eval()
    torch.testing.assert_close(loaded(ids).last_hidden_state, hidden)


def test_a_copy_shares_no_weights_with_the_encoder() -> None:
    encoder = make_encoder()
    small = keep_layers(encoder, [1, 3])
    _, pruned = prune_vocabulary(UNIGRAM, encoder, select_pieces(UNIGRAM, TEXTS, 50))
    with torch.no_grad():
        for parameter in [*small.parameters(), *pruned.parameters()]:
            parameter.fill_(7.0)
    assert not any((parameter == 7.0).all() for parameter in encoder.parameters())


@pytest.mark.parametrize("layers", [[], [0, 0], [2, 1], [-1, 0], [0, 5], [5]])
def test_bad_layers_are_named(layers: list[int]) -> None:
    with pytest.raises(ValueError, match="encoder has 5 layers.*from 0 to 4"):
        keep_layers(make_encoder(), layers)


def test_an_encoder_with_its_layers_elsewhere_is_refused() -> None:
    config = DistilBertConfig(vocab_size=220, dim=16, n_layers=2, n_heads=2, hidden_dim=32)
    with pytest.raises(ValueError, match="DistilBertModel does not keep its layers in encoder.layer"):
        keep_layers(DistilBertModel(config), [0])


@given(total=st.integers(1, 60), data=st.data())
def test_evenly_spaced_layers_span_the_encoder(total: int, data: st.DataObject) -> None:
    kept = data.draw(st.integers(1, total))
    layers = evenly_spaced_layers(total, kept)
    assert len(set(layers)) == len(layers) == kept and layers == sorted(layers)
    assert layers[0] == 0 and (kept == 1 or layers[-1] == total - 1)
    gaps = [after - before for before, after in zip(layers, layers[1:], strict=False)]
    assert max(gaps, default=1) - min(gaps, default=1) <= 1


@pytest.mark.parametrize("kept", [-1, 0, 13])
def test_an_impossible_number_of_layers_is_named(kept: int) -> None:
    with pytest.raises(ValueError, match=f"{kept} layers cannot be kept of an encoder of 12"):
        evenly_spaced_layers(12, kept)
