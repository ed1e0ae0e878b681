"""Cloaked copies of training texts, so that a model meets the hiding that it must see through."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from decloak.modeling.calibration_mmbert import language_of
from decloak.processing.cloaking import load_attack

from .mixture import LabelledText, Mixture, normalised

if TYPE_CHECKING:
    from ..recipe import CloakingSettings


def add_cloaked_copies(mixture: Mixture, settings: "CloakingSettings", excluded: set[str], seed: int) -> None:
    """Add a cloaked copy of some texts to a mixture, among the others, and count them by source and attack.

    A copy keeps the label and the source of its text. Each has one attack of its language, at a strength between the
    two that are given. Copies equal to their text, or to an excluded one, are left out.

    Args:
        mixture: what to add to.
        settings: attacks, their strengths and the share of texts that get a copy.
        excluded: normalised texts that must not be trained on.
        seed: chooses texts, attacks and strengths.
    """
    chooser = random.Random(seed)  # noqa: S311  a choice, not a secret
    copies = []
    for row in mixture.rows:
        if chooser.random() >= settings.share:
            continue
        name = chooser.choice(attacks_for(row.text, settings))
        strength = round(chooser.uniform(*settings.strength), 2)
        text = load_attack(name, strength=strength, seed=chooser.randrange(2**31))(row.text)
        key = normalised(text)
        if text == row.text or key in excluded:
            continue
        copies.append(LabelledText(text, row.label, row.source, name, row.text))
        mixture.cloaked[name] = mixture.cloaked.get(name, 0) + 1
    mixture.rows += copies
    chooser.shuffle(mixture.rows)


def attacks_for(text: str, settings: "CloakingSettings") -> Sequence[str]:
    """Return the attacks for the language of a text: Chinese where it has a Han character, else English."""
    return settings.chinese if language_of(text) == "zh" else settings.english


__all__ = ["add_cloaked_copies"]
