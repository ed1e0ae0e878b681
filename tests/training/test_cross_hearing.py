"""Training texts are heard by models that have not seen them."""

import logging

import pytest

from decloak.training.collator import EncodedDataset
from decloak.training.cross_hearing import cross_hearing
from decloak.training.data.mixture import LabelledText
from decloak.training.recipe import TranscriptSettings
from tests.tiny import tiny_processor

SOUNDS = {"readings": {"hao3": "好郝", "ni3": "你妮", "ren2": "人仁", "huai4": "坏怀", "tian1": "天"}}
EMPTY = {"unigrams": {"<unk>": 9.0}, "backoffs": {}, "bigrams": {}}
TEXTS = [f"{first}{second}" for first in ("你好", "坏人", "好人", "天天") for second in ("好", "人", "天", "你", "坏")]
ROWS = [LabelledText(text, 0, "own") for text in TEXTS]
COPIES = [LabelledText(text.replace("人", "仁"), 0, "own", "homophone", text) for text in TEXTS if "人" in text]


def hearing() -> object:
    return tiny_processor(sound_tables=SOUNDS, transcript_tables=EMPTY, default_modalities=("text", "speech"))


def known(processor: object) -> set[str]:
    """The pairs of words that a processor's model was made of."""
    return set(processor.transcript_tables["bigrams"])  # type: ignore[attr-defined]


def test_no_text_is_heard_by_a_model_that_has_seen_it() -> None:
    rows = [*ROWS, LabelledText("坏天", 1, "own")]
    alone = "<s> 坏天"  # the one text that begins so
    of_row = cross_hearing(hearing(), rows, TranscriptSettings(parts=3))  # type: ignore[arg-type]
    own, others = known(of_row(len(rows) - 1)), [known(of_row(number)) for number in range(len(rows))]
    assert alone not in own and any(alone in pairs for pairs in others)
    assert len({frozenset(pairs) for pairs in others}) == 3


def test_a_cloaked_copy_goes_with_its_text_and_teaches_nothing() -> None:
    rows = [*ROWS, *COPIES]
    of_row = cross_hearing(hearing(), rows, TranscriptSettings(parts=4))  # type: ignore[arg-type]
    places = {row.text: number for number, row in enumerate(ROWS)}
    for number, copy in enumerate(COPIES, start=len(ROWS)):
        assert of_row(number) is of_row(places[copy.copied])
    assert not any("仁" in pair for number in range(len(rows)) for pair in known(of_row(number)))


def test_other_texts_teach_every_part() -> None:
    settings = TranscriptSettings(parts=3)
    of_row = cross_hearing(hearing(), ROWS, settings, ["仁天"])  # type: ignore[arg-type]
    without = cross_hearing(hearing(), ROWS, settings)  # type: ignore[arg-type]
    for number in range(len(ROWS)):
        assert any("仁" in pair for pair in known(of_row(number)))
        assert not any("仁" in pair for pair in known(without(number)))


def test_parts_do_not_depend_on_the_order_of_the_rows() -> None:
    settings = TranscriptSettings(parts=4)
    one = cross_hearing(hearing(), ROWS, settings)  # type: ignore[arg-type]
    other = cross_hearing(hearing(), ROWS[::-1], settings)  # type: ignore[arg-type]
    for number in range(len(ROWS)):
        assert one(number).transcript_tables == other(len(ROWS) - 1 - number).transcript_tables


def test_one_part_and_no_transcript_are_the_processor_itself() -> None:
    processor, deaf = hearing(), tiny_processor()
    assert cross_hearing(processor, ROWS, TranscriptSettings(parts=1))(3) is processor  # type: ignore[arg-type]
    assert cross_hearing(deaf, ROWS, TranscriptSettings())(0) is deaf


def test_too_few_texts_are_heard_by_the_model_of_all(caplog: pytest.LogCaptureFixture) -> None:
    processor = hearing()
    with caplog.at_level(logging.WARNING):
        of_row = cross_hearing(processor, ROWS[:1], TranscriptSettings(parts=2))  # type: ignore[arg-type]
    assert of_row(0) is processor
    assert "no Chinese words" in caplog.text


def test_lone_surrogates_have_a_part() -> None:
    rows = [*ROWS, LabelledText("坏\ud800人", 0, "own")]
    assert cross_hearing(hearing(), rows, TranscriptSettings())(len(rows) - 1).transcript_tables  # type: ignore[arg-type]


def test_rows_are_encoded_with_their_own_processor() -> None:
    processor = hearing()
    heard = tiny_processor(
        sound_tables=SOUNDS,
        transcript_tables=EMPTY | {"unigrams": {"<unk>": 9.0, "坏人": 1.0}},
        default_modalities=("text", "speech"),
    )
    rows = EncodedDataset(
        processor,  # type: ignore[arg-type]
        ["怀仁", "怀仁"],
        [0, 1],
        processor_of=lambda number: (processor, heard)[number],  # type: ignore[arg-type, return-value]
    )
    lengths = [len(row.get("transcript_ids", ())) for row in rows.rows]
    assert lengths[0] == 0 and lengths[1] > 0
