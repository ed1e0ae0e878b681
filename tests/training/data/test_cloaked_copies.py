"""Cloaked copies of training texts: which texts get one, and what a copy keeps."""

from typing import Any

import pytest
from pydantic import ValidationError

from decloak.processing.cloaking import attack_class
from decloak.training.data.cloaked_copies import add_cloaked_copies, attacks_for
from decloak.training.data.mixture import LabelledText, Mixture, normalised
from decloak.training.recipe import CloakingSettings

CHINESE = ["今天天气很好我们去公园", "他说明天要下雨记得带伞", "这家店的面条真的很好吃"]
ENGLISH = ["the weather is lovely today", "remember to bring an umbrella", "these noodles taste wonderful"]
TEXTS = CHINESE + ENGLISH


def settings(**fields: Any) -> CloakingSettings:
    return CloakingSettings(
        **({"share": 1.0, "strength": (0.5, 0.9), "chinese": ["homophone", "split"], "english": ["leet"]} | fields)
    )


def mixture() -> Mixture:
    rows = [LabelledText(text, index % 2, "zh" if text in CHINESE else "en") for index, text in enumerate(TEXTS)]
    return Mixture(rows=rows)


def test_copies_keep_label_and_source_and_the_originals_stay() -> None:
    made = mixture()
    add_cloaked_copies(made, settings(), set(), seed=0)
    assert set(mixture().rows) <= set(made.rows)
    copies = [row for row in made.rows if row.text not in TEXTS]
    assert len(copies) == len(made.rows) - len(TEXTS) >= 4
    assert sum(made.cloaked.values()) == len(copies)
    for source, count in (("zh", 3), ("en", 3)):
        labels = [row.label for row in mixture().rows if row.source == source]
        copied = [row.label for row in copies if row.source == source]
        assert 1 <= len(copied) <= count
        assert all(copied.count(label) <= labels.count(label) for label in (0, 1))


def test_every_text_has_an_attack_of_its_language() -> None:
    for text in TEXTS:
        language = "zh" if text in CHINESE else "en"
        assert all(language in attack_class(name).languages for name in attacks_for(text, settings()))
    made = mixture()
    add_cloaked_copies(made, settings(chinese=["homophone"]), set(), seed=1)
    assert set(made.cloaked) == {"homophone", "leet"}


def test_the_seed_fixes_the_copies_and_another_gives_others() -> None:
    results = []
    for seed in (0, 0, 1):
        made = mixture()
        add_cloaked_copies(made, settings(), set(), seed)
        results.append([row.text for row in made.rows])
    assert results[0] == results[1] != results[2]


def test_the_share_is_that_of_the_texts() -> None:
    rows = [LabelledText(f"the weather was lovely on day {number}", 0, "en") for number in range(400)]
    made = Mixture(rows=list(rows))
    add_cloaked_copies(made, settings(share=0.25), set(), seed=0)
    assert 60 <= len(made.rows) - len(rows) <= 140


def test_copies_that_are_excluded_or_no_change_are_left_out() -> None:
    made = mixture()
    add_cloaked_copies(made, settings(), set(), seed=0)
    copies = {row.text for row in made.rows} - set(TEXTS)
    again = mixture()
    add_cloaked_copies(again, settings(), {normalised(text) for text in copies}, seed=0)
    assert {row.text for row in again.rows} == set(TEXTS)
    assert again.cloaked == {}
    short = Mixture(rows=[LabelledText("ok", 0, "en")])
    add_cloaked_copies(short, settings(), set(), seed=0)
    assert [row.text for row in short.rows] == ["ok"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"share": 0}, "greater than 0"),
        ({"strength": (0.5, 0.2)}, "least <= greatest"),
        ({"english": ["homophone"]}, "english has the attacks"),
        ({"chinese": []}, "some of"),
    ],
)
def test_settings_that_make_no_sense_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**fields)
