"""How text and sense tokens become one sequence."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from decloak.modeling.configuration_mmbert import MODALITIES
from decloak.modeling.fusion_mmbert import MMBertEmbeddings, TextTokens, check_names, empty_text, read_text
from decloak.modeling.senses_mmbert import SenseTokens
from tests.tiny import WIDTH, tiny_config, tiny_model


@pytest.fixture(scope="module")
def embeddings() -> MMBertEmbeddings:
    return tiny_model().mmbert.embeddings


def a_text(embeddings: MMBertEmbeddings, length: int = 5, pair_from: int = 3) -> TextTokens:
    ids = torch.arange(5, 5 + length).unsqueeze(0)
    types = (torch.arange(length) >= pair_from).long().unsqueeze(0)
    return read_text(embeddings, ids, None, None, types, None)


def a_sense(positions: list[int]) -> SenseTokens:
    generator = torch.Generator().manual_seed(3)
    states = torch.randn(1, len(positions), WIDTH, generator=generator)
    return SenseTokens(states, torch.ones(1, len(positions), dtype=torch.bool), torch.tensor([positions]))


def embed(embeddings: MMBertEmbeddings, state: torch.Tensor, place: int, kind: int, modality: str) -> torch.Tensor:
    """The formula for one token."""
    total = state + embeddings.position_embeddings.weight[place] + embeddings.token_type_embeddings.weight[kind]
    return embeddings.LayerNorm(total + embeddings.modality_embeddings.weight[MODALITIES.index(modality)])


@torch.no_grad()
def test_concatenated_tokens_take_place_and_type_of_their_text_token(embeddings: MMBertEmbeddings) -> None:
    text, sense = a_text(embeddings), a_sense([1, 4, 4])
    states, mask, modality_ids = embeddings.concatenate(text, {"vision": sense})
    assert states.shape == (1, 8, WIDTH)
    assert mask.all()
    assert modality_ids.tolist() == [[0] * 5 + [2] * 3]
    for token, (place, kind) in enumerate([(1, 0), (4, 1), (4, 1)]):
        expected = embed(embeddings, sense.states[0, token], place, kind, "vision")
        torch.testing.assert_close(states[0, 5 + token], expected)
    for token in range(5):
        expected = embed(embeddings, text.states[0, token], token, int(token >= 3), "text")
        torch.testing.assert_close(states[0, token], expected)


@torch.no_grad()
def test_added_tokens_are_averaged_on_their_text_token(embeddings: MMBertEmbeddings) -> None:
    text, sense = a_text(embeddings), a_sense([1, 4, 4])
    states = embeddings.add(text, {"speech": sense})
    modality = embeddings.modality_embeddings.weight[MODALITIES.index("speech")]
    added = {1: sense.states[0, 0] + modality, 4: sense.states[0, 1:].mean(dim=0) + modality}
    for token in range(5):
        word = text.states[0, token] + added.get(token, torch.zeros(WIDTH))
        torch.testing.assert_close(states[0, token], embed(embeddings, word, token, int(token >= 3), "text"))


def test_positions_of_the_caller_are_followed(embeddings: MMBertEmbeddings) -> None:
    text = read_text(embeddings, torch.tensor([[7, 8]]), None, None, None, torch.tensor([[10, 20]]))
    sense = a_sense([1])
    states, _, _ = embeddings.concatenate(text, {"vision": sense})
    torch.testing.assert_close(states[0, 2], embed(embeddings, sense.states[0, 0], 20, 0, "vision"))


@pytest.mark.parametrize("keeps_slots", [True, False])
def test_a_text_without_its_words(embeddings: MMBertEmbeddings, keeps_slots: bool) -> None:
    text = a_text(embeddings)
    bare = text.without_words({"speech": a_sense([2, 2, 4])}, keeps_slots)
    torch.testing.assert_close(bare.states[:, 0], text.states[:, 0])
    assert bare.states[:, 1:].eq(0).all()
    assert bare.mask.tolist() == [[True, False, keeps_slots, False, keeps_slots]]


def test_a_row_without_text_has_a_slot_for_each_place() -> None:
    config = tiny_config()
    embeddings = MMBertEmbeddings(config)
    placed = empty_text(embeddings, config, {"speech": a_sense([1, 6])})
    assert placed.states.shape == (1, 7, WIDTH)
    torch.testing.assert_close(placed.states[0, 0], embeddings.word_embeddings.weight[config.cls_token_id])
    unplaced = a_sense([0, 0, 0])
    unplaced.positions = None
    assert empty_text(embeddings, config, {"vision": unplaced}).states.shape[1] == 4
    assert unplaced.positions.tolist() == [[1, 2, 3]]
    nothing = SenseTokens(torch.zeros(1, 0, WIDTH), torch.zeros(1, 0, dtype=torch.bool), None)
    assert empty_text(embeddings, config, {"vision": nothing}).states.shape[1] == 1
    with pytest.raises(ValueError, match="batch is empty"):
        empty_text(embeddings, config, {})


@given(st.lists(st.sampled_from(MODALITIES), min_size=1))
def test_names_come_in_order_and_once(names: list[str]) -> None:
    assert check_names(names, "x") == [name for name in MODALITIES if name in names]
    assert check_names(names[0], "x") == [names[0]]


@given(st.text().filter(lambda name: name not in MODALITIES))
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="choose from"):
        check_names(["text", name], "modalities")
    assert check_names(None, "modalities") is None
