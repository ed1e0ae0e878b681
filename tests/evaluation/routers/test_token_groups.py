import numpy as np

from decloak.evaluation.routers.routed_windows import RoutedWindow, SideText
from decloak.evaluation.routers.token_groups import GROUPS, covered, describe_group, group_names, token_groups

# [CLS] a b c [SEP], and [CLS] d [SEP] with padding; b was changed, the second text has no twin.
WINDOWS = [
    RoutedWindow(SideText(0, 1, "abc", "1", ((1, 2),)), {}, (None, (0, 1), (1, 2), (2, 3), None)),
    RoutedWindow(SideText(1, 2, "d", "0"), {}, (None, (0, 1), None)),
]
BATCH = {
    "input_ids": np.zeros((2, 5), dtype=np.int64),
    "speech_positions": np.array([[1, 2], [1, 0]]),
    "speech_attention_mask": np.array([[1, 1], [1, 0]]),
    "vision_positions": np.array([[1], [0]]),
    "vision_attention_mask": np.array([[1], [0]]),
    "transcript_positions": np.array([[2], [0]]),
    "transcript_attention_mask": np.array([[1], [0]]),
}
TEXT = [[0, 0, 0, 0, 0], [0, 0, 0, -1, -1]]


def places(groups: dict[str, np.ndarray]) -> dict[str, list[tuple[int, int]]]:
    return {
        name: [(int(row), int(token)) for row, token in zip(*np.nonzero(mask), strict=True)]
        for name, mask in groups.items()
    }


def test_what_a_token_carries_where_senses_are_added() -> None:
    found = places(token_groups(WINDOWS, BATCH, np.array(TEXT), "add", ["0", "1"]))
    assert found["special"] == [(0, 0), (0, 4), (1, 0), (1, 2)]
    assert found["with_sound"] == [(0, 1), (0, 2), (1, 1)]
    assert found["with_glyph"] == [(0, 1)]
    assert found["with_heard_word"] == [(0, 2)]
    assert found["text_alone"] == [(0, 3)]
    assert (found["changed"], found["unchanged"]) == ([(0, 2)], [(0, 1), (0, 3)])
    assert (found["label 0"], found["label 1"]) == ([(1, 1)], [(0, 1), (0, 2), (0, 3)])
    assert len(found["all"]) == 8 and found["speech"] == found["vision"] == []


def test_sense_tokens_behind_the_text_inherit_from_their_text_token() -> None:
    ids = np.array([[*TEXT[0], 1, 1, 2, 1], [*TEXT[1], 1, -1, -1, -1]])
    found = places(token_groups(WINDOWS, BATCH, ids, "concat", []))
    assert found["speech"] == [(0, 5), (0, 6), (0, 8), (1, 5)]
    assert found["heard_word"] == [(0, 8)]
    assert found["vision"] == [(0, 7)]
    assert found["changed"] == [(0, 2)]
    assert found["changed_speech"] == [(0, 6), (0, 8)] and found["unchanged_speech"] == [(0, 5)]
    assert found["changed_vision"] == [] and found["unchanged_vision"] == [(0, 7)]
    assert found["text_alone"] == found["with_sound"] == []


def test_a_batch_without_any_sense() -> None:
    batch = {"input_ids": BATCH["input_ids"]}
    for fusion in ("add", "concat"):
        found = places(token_groups(WINDOWS, batch, np.array(TEXT), fusion, []))
        assert found["words"] == [(0, 1), (0, 2), (0, 3), (1, 1)]
        assert found["speech"] == found["with_sound"] == []
    assert not covered(batch, "speech", 5).any()


def test_every_group_is_told_of() -> None:
    names = group_names(["0"])
    assert names == [*GROUPS, "label 0"]
    assert all(describe_group(name) for name in names)
    assert set(token_groups(WINDOWS, BATCH, np.array(TEXT), "add", ["0"])) == set(names)
