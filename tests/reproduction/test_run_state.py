from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.reproduction.run_state import FILE, RunState, can_go_on, checked_state, load_state, text_key

INPUTS = {"recipe": "1", "data": "2", "encoder": "3"}


def test_a_state_is_read_back(tmp_path: Path) -> None:
    state = RunState(INPUTS, True, True, "ab", {"total": 3}, {"steps": 8}, {"toxicn": "k"})
    state.save(tmp_path / "new")
    assert load_state(tmp_path / "new") == state == checked_state(tmp_path / "new", dict(INPUTS))
    assert [file.name for file in (tmp_path / "new").iterdir()] == [FILE]


def test_a_run_that_never_began_has_none(tmp_path: Path) -> None:
    assert load_state(tmp_path) is None
    assert checked_state(tmp_path / "nothing", INPUTS) == RunState(INPUTS)


def test_other_inputs_are_named_and_nothing_is_lost(tmp_path: Path) -> None:
    RunState(INPUTS, trained=True).save(tmp_path)
    with pytest.raises(ValueError, match="was trained with another recipe, another data: delete it, or name another"):
        checked_state(tmp_path, INPUTS | {"recipe": "9", "data": "9"})
    assert load_state(tmp_path) == RunState(INPUTS, trained=True)


def test_a_run_that_learned_nothing_yet_may_change(tmp_path: Path) -> None:
    other = INPUTS | {"recipe": "9"}
    RunState(INPUTS).save(tmp_path)
    whole(tmp_path / "initial", "processor_config.json")
    assert checked_state(tmp_path, other) == RunState(other)
    assert not (tmp_path / "initial").exists()
    whole(tmp_path / "checkpoints" / "checkpoint-3", "trainer_state.json")
    with pytest.raises(ValueError, match="another recipe"):
        checked_state(tmp_path, other)


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(ValueError, match="holds files and no run.json"):
        checked_state(tmp_path, INPUTS)
    (tmp_path / FILE).write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="is damaged"):
        checked_state(tmp_path, INPUTS)


def whole(folder: Path, last: str) -> None:
    folder.mkdir(parents=True)
    (folder / "model.safetensors").touch()
    (folder / last).touch()


def test_half_a_checkpoint_is_cleared_away(tmp_path: Path) -> None:
    whole(tmp_path / "initial", "processor_config.json")
    whole(tmp_path / "checkpoints" / "checkpoint-3", "trainer_state.json")
    whole(tmp_path / "checkpoints" / "checkpoint-6", "optimizer.pt")
    assert can_go_on(tmp_path)
    assert [file.name for file in (tmp_path / "checkpoints").iterdir()] == ["checkpoint-3"]


def test_half_an_untrained_model_is_made_again(tmp_path: Path) -> None:
    whole(tmp_path / "initial", "config.json")
    assert not can_go_on(tmp_path)
    assert not (tmp_path / "initial").exists()
    assert not can_go_on(tmp_path / "nowhere")


@given(st.dictionaries(st.text(), st.integers()), st.dictionaries(st.text(), st.integers()))
def test_keys_tell_values_apart_but_not_their_order(one: dict[str, int], other: dict[str, int]) -> None:
    assert (text_key(one) == text_key(other)) == (one == other)
    assert text_key(dict(reversed(list(one.items())))) == text_key(one)
